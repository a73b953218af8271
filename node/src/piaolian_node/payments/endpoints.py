"""Addresses of payment notices."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from piaolian_node.api.authentication import Context, reads, writes
from piaolian_node.api.call import Call
from piaolian_node.outbox.acceptance import once
from piaolian_node.payments.service import cancel_notice, notice_state, prepare_notices, submit_notices
from piaolian_node.registry.parties import Party
from piaolian_sdk.wire import (
    CancelNotice,
    NoticeState,
    PreparedNotices,
    PrepareNotices,
    SubmitNotices,
    Submitted,
    SubmittedNotices,
    paths,
)

router = APIRouter(tags=["payments"])


@router.post(paths.NOTICES_PREPARE)
async def prepare(
    context: Context, signed: Annotated[tuple[Call, PrepareNotices], Depends(writes(PrepareNotices, "unit"))]
) -> PreparedNotices:
    """Judge notices and lease payment codes to the good ones."""
    return await once(context, *signed, prepare_notices, PreparedNotices)


@router.post(paths.NOTICES_SUBMIT, status_code=202)
async def submit(
    context: Context, signed: Annotated[tuple[Call, SubmitNotices], Depends(writes(SubmitNotices, "unit"))]
) -> SubmittedNotices:
    """Accept the notices of a lease."""
    return await once(context, *signed, submit_notices, SubmittedNotices)


@router.post(paths.NOTICES_CANCEL, status_code=202)
async def cancel(
    context: Context, signed: Annotated[tuple[Call, CancelNotice], Depends(writes(CancelNotice, "unit"))]
) -> Submitted:
    """Cancel a notice that nobody has paid."""
    return await once(context, *signed, cancel_notice, Submitted)


@router.get(paths.NOTICE)
async def state(
    context: Context,
    party: Annotated[Party, Depends(reads("unit"))],
    payment_code: Annotated[str, Path(pattern=r"^[0-9]{20}$")],
) -> NoticeState:
    """Return the state of a notice of the calling unit."""
    return await notice_state(context, party, payment_code)
