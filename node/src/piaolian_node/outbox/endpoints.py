"""Addresses of submissions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from piaolian_node.api.authentication import Context, reads
from piaolian_node.outbox.submissions import find_submission, submission_state
from piaolian_node.registry.parties import Party
from piaolian_sdk.wire import SubmissionState, paths

router = APIRouter(tags=["submissions"])


@router.get(paths.SUBMISSION)
async def by_id(
    submission: str, context: Context, party: Annotated[Party, Depends(reads("unit", "booker"))]
) -> SubmissionState:
    """Return the state of a submission."""
    return await submission_state(context, party, submission)


@router.get(paths.SUBMISSIONS)
async def by_key_or_content(
    context: Context,
    party: Annotated[Party, Depends(reads("unit", "booker"))],
    idempotency_key: Annotated[str | None, Query(max_length=128)] = None,
    content_digest: Annotated[str | None, Query(pattern=r"^0x[0-9a-f]{64}$")] = None,
) -> SubmissionState:
    """Return the state of the submission with this key or content."""
    digest = bytes.fromhex(content_digest[2:]) if content_digest else None
    return await find_submission(context, party, idempotency_key=idempotency_key, content_digest=digest)
