"""Addresses of receipts."""

from typing import Annotated

from fastapi import APIRouter, Depends

from piaolian_node.api.authentication import Context, writes
from piaolian_node.api.call import Call
from piaolian_node.receipts.prepare import prepare_receipts
from piaolian_node.receipts.submit import submit_receipts
from piaolian_sdk.wire import PreparedReceipts, PrepareReceipts, SubmitReceipts, SubmittedReceipts, paths

router = APIRouter(tags=["receipts"])


@router.post(paths.RECEIPTS_PREPARE)
async def prepare(
    context: Context, signed: Annotated[tuple[Call, PrepareReceipts], Depends(writes(PrepareReceipts, "unit"))]
) -> PreparedReceipts:
    """Judge items and lease numbers to the good ones."""
    return await prepare_receipts(context, *signed)


@router.post(paths.RECEIPTS_SUBMIT, status_code=202)
async def submit(
    context: Context, signed: Annotated[tuple[Call, SubmitReceipts], Depends(writes(SubmitReceipts, "unit"))]
) -> SubmittedReceipts:
    """Countersign the documents of a lease and accept them."""
    return await submit_receipts(context, *signed)
