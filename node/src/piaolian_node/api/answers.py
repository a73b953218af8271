"""First answers by idempotency key: the same key and content gives the first answer, other content is a conflict.

A key counts for one caller and one address. Both functions work on the caller's open write transaction, so that an
effect and its answer are written together.
"""

from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.api.call import Call
from piaolian_node.database.records import answers
from piaolian_node.errors import RefusedError

# A client that was away for a day still learns what became of its request; the outbox knows for ever.
KEPT_MS = 48 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered.

    Attributes:
        answer: JSON text; empty where the answer is built again from the submission.
        submission: Id of the submission that was made, or None.
    """

    answer: str
    submission: str | None


async def first_answer(connection: AsyncConnection, call: Call) -> FirstAnswer | None:
    """Return the first answer to this key, or None when it is new.

    Raises:
        RefusedError: ``idempotency-conflict``: the key was used with other content.
    """
    found = (
        await connection.execute(
            select(answers).where(
                answers.c.key_id == call.caller.key_id,
                answers.c.path == call.path,
                answers.c.idempotency_key == call.idempotency_key,
            )
        )
    ).first()
    if found is None:
        return None
    if found.content_digest != call.content_digest:
        raise RefusedError(
            "idempotency-conflict",
            "the Idempotency-Key was used with other content",
            "该幂等键已用于其他内容",
            field="Idempotency-Key",
            remedy="use a new key for new content; ask for the first submission by its key",
            values={
                "original_content_digest": "0x" + found.content_digest.hex(),
                "original_submission": found.submission,
                "original_lease": found.lease,
            },
        )
    return FirstAnswer(found.answer, found.submission)


async def is_answered(connection: AsyncConnection, call: Call) -> bool:
    """Whether there is an answer to this key, whatever it was used for."""
    found = await connection.execute(
        select(answers.c.created_at).where(
            answers.c.key_id == call.caller.key_id,
            answers.c.path == call.path,
            answers.c.idempotency_key == call.idempotency_key,
        )
    )
    return found.first() is not None


async def keep_answer(
    connection: AsyncConnection,
    call: Call,
    answer: BaseModel | None,
    now_ms: int,
    *,
    submission: str | None = None,
    lease: str | None = None,
) -> None:
    """Write the first answer; None where it can be built again from the submission."""
    await connection.execute(
        insert(answers).values(
            key_id=call.caller.key_id,
            path=call.path,
            idempotency_key=call.idempotency_key,
            content_digest=call.content_digest,
            status=200,
            answer=answer.model_dump_json() if answer is not None else "",
            submission=submission,
            lease=lease,
            created_at=now_ms,
        )
    )


async def forget_old(connection: AsyncConnection, now_ms: int) -> None:
    """Delete answers that nobody asks for any more."""
    await connection.execute(delete(answers).where(answers.c.created_at < now_ms - KEPT_MS))
