"""Sealed bodies: for whoever may open them, and opened by the department where it must show them again."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from piaolian_node.context import NodeContext
from piaolian_node.errors import RecordError
from piaolian_node.receipts import repository
from piaolian_node.receipts.countersign import receipt_key
from piaolian_sdk.sealing import ReceiptBody, open_body


async def ciphertext_of(context: NodeContext, body: Row[Any]) -> bytes:
    """Return a sealed body from the records, or from IPFS once it is kept there."""
    if body.ciphertext is not None:
        return bytes(body.ciphertext)
    return await context.bodies.get(body.cid)


async def rebuild_documents(context: NodeContext, rows: Sequence[Row[Any]]) -> list[bytes]:
    """Return the documents of receipts with both signatures, opened with the department's key."""
    return [await _document(context, row) for row in rows]


async def _document(context: NodeContext, row: Row[Any]) -> bytes:
    async with context.database.read() as connection:
        body = await repository.body_of(connection, row.range, row.number)
        batch_key = await repository.batch_key_of(connection, row.submission, context.department_recipient)
    if body is None or batch_key is None:
        raise RecordError("the body of a receipt or its key is missing", "票据正文或其密钥缺失")
    sealed = await ciphertext_of(context, body)
    key = receipt_key(row._mapping)  # noqa: SLF001 # By column name.
    plaintext = await asyncio.to_thread(
        open_body, sealed, key, body.wrapped_content_key, batch_key, context.private_key
    )
    return ReceiptBody.from_bytes(plaintext).document
