"""The state of a submission, by its id, its idempotency key or the digest of its content."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.context import NodeContext
from piaolian_node.database.records import notices
from piaolian_node.errors import RefusedError
from piaolian_node.outbox import rows
from piaolian_node.outbox.rows import OutboxRow
from piaolian_node.receipts.repository import receipts_of
from piaolian_node.registry.parties import Party
from piaolian_sdk.wire import Problem, ReceiptSummary, SubmissionState


async def submission_state(context: NodeContext, party: Party, submission: str) -> SubmissionState:
    """Return the state of one submission of the caller.

    Raises:
        RefusedError: ``submission-unknown``.
    """
    async with context.database.read() as connection:
        row = await rows.row_by_submission(connection, submission)
        if row is None or (row.key_id != party.key_id and (row.unit is None or row.unit != party.unit)):
            raise _unknown()
        return await _state(connection, row)


async def find_submission(
    context: NodeContext, party: Party, *, idempotency_key: str | None, content_digest: bytes | None
) -> SubmissionState:
    """Return the state of the caller's newest submission with this key or content.

    Raises:
        RefusedError: ``submission-unknown``, or neither was given.
    """
    if idempotency_key is None and content_digest is None:
        raise RefusedError(
            "request-malformed",
            "give idempotency_key or content_digest",
            "须提供 idempotency_key 或 content_digest",
            field="idempotency_key",
            remedy="give the key or the digest of the request that you ask for",
        )
    async with context.database.read() as connection:
        row = await rows.find_row(
            connection, party.key_id, idempotency_key=idempotency_key, content_digest=content_digest
        )
        if row is None:
            raise _unknown()
        return await _state(connection, row)


async def _state(connection: AsyncConnection, row: OutboxRow) -> SubmissionState:
    transaction = await rows.transaction_of(connection, row)
    receipts = await receipts_of(connection, row.submission)
    codes = await connection.execute(
        select(notices.c.payment_code).where(notices.c.submission == row.submission).order_by(notices.c.sequence)
    )
    return SubmissionState(
        submission=row.submission,
        kind=row.kind,
        state=row.state,
        refusal=Problem.model_validate(row.refusal) if row.refusal and row.state == "refused" else None,
        transaction="0x" + transaction.hash.hex() if transaction else None,
        block=transaction.block_number if transaction else None,
        receipts=[ReceiptSummary(code=found.code, number=f"{found.number:010d}") for found in receipts],
        payment_codes=list(codes.scalars()),
    )


def _unknown() -> RefusedError:
    return RefusedError(
        "submission-unknown",
        "the caller has no such submission",
        "没有该提交",
        field="submission",
        remedy="check the id; ask by Idempotency-Key where the answer was lost",
    )
