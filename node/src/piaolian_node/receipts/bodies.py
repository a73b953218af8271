"""Sealed bodies: for whoever may open them, and opened by the department where it must show them again."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from piaolian_node.context import NodeContext
from piaolian_node.errors import RecordError, RefusedError
from piaolian_node.preservation.erasure.desk import is_erased
from piaolian_node.receipts import repository
from piaolian_node.receipts.countersign import receipt_key
from piaolian_sdk.sealing import ReceiptBody, open_body

# Bodies fetched from IPFS at the same time.
_SIDE_BY_SIDE = 16


async def ciphertext_of(context: NodeContext, body: Row[Any]) -> bytes:
    """Return a sealed body from the records, or from IPFS once it is kept there."""
    if body.ciphertext is not None:
        return bytes(body.ciphertext)
    return await context.bodies.get(body.cid)


def require_body(found: object | None, *, is_erased: bool) -> None:
    """Refuse what was destroyed under the rules, rather than call it lost.

    Raises:
        RefusedError: ``receipt-erased``.
    """
    if found is None and is_erased:
        raise RefusedError(
            "receipt-erased",
            "the keys of the receipt were destroyed at the end of its retention: its body opens for nobody",
            "该票据保存期满，密钥已依规销毁，正文不可恢复",
            field="number",
            remedy="its commitment on the chain stays; a copy that was delivered can still be verified",
        )


async def document_of(context: NodeContext, row: Row[Any]) -> bytes:
    """Return one receipt's document with both signatures, opened with the department's key.

    Raises:
        RefusedError: Its keys were destroyed.
        RecordError: The body or a key is missing.
        UnavailableError: The body is in IPFS alone and the daemons do not answer.
    """
    async with context.database.read() as connection:
        body = await repository.body_of(connection, row.range, row.number)
        batch_key = await repository.batch_key_of(connection, row.submission, context.department_recipient)
        erased = await is_erased(connection, row.range, row.number)
    require_body(body, is_erased=erased)
    if body is None or batch_key is None:
        raise RecordError("the body of a receipt or its key is missing", "票据正文或其密钥缺失")
    ciphertext = await ciphertext_of(context, body)
    return await context.in_executor(_open, context, row, body, batch_key, ciphertext)


def _open(context: NodeContext, row: Row[Any], body: Row[Any], batch_key: bytes, ciphertext: bytes) -> bytes:
    key = receipt_key(row._mapping)  # noqa: SLF001 # By column name.
    opened = open_body(ciphertext, key, body.wrapped_content_key, batch_key, context.private_key)
    return ReceiptBody.from_bytes(opened).document


async def rebuild_documents(context: NodeContext, rows: Sequence[Row[Any]]) -> list[bytes]:
    """Return the documents of receipts with both signatures, opened with the department's key.

    Args:
        context: The node.
        rows: Receipts of one submission, in order.

    Raises:
        RecordError: A body or a key is missing.
        UnavailableError: A body is in IPFS alone and the daemons do not answer.
    """
    (submission,) = {row.submission for row in rows}
    async with context.database.read() as connection:
        found = {body.number: body for body in await repository.bodies_of(connection, submission)}
        batch_key = await repository.batch_key_of(connection, submission, context.department_recipient)
        erased = [await is_erased(connection, row.range, row.number) for row in rows if row.number not in found]
    require_body(None if erased else batch_key, is_erased=any(erased))
    bodies = [found.get(row.number) for row in rows]
    if batch_key is None or None in bodies:
        raise RecordError("the body of a receipt or its key is missing", "票据正文或其密钥缺失")
    kept = [body for body in bodies if body is not None]
    room = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def fetch(body: Row[Any]) -> bytes:
        async with room:
            return await ciphertext_of(context, body)

    sealed = await asyncio.gather(*[fetch(body) for body in kept])

    def open_all() -> list[bytes]:
        return [
            _open(context, row, body, batch_key, ciphertext)
            for row, body, ciphertext in zip(rows, kept, sealed, strict=True)
        ]

    return await context.in_executor(open_all)
