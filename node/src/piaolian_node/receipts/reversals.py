"""Reversals: the red receipt gets its number in prepare; submit brings it signed, with the unit's act.

The red leaf repeats the original's amount, payment code and lines; its document, fields and booking key are its own.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.api.answers import first_answer, keep_answer
from piaolian_node.api.call import Call
from piaolian_node.chain.openings import amount_word
from piaolian_node.context import NodeContext
from piaolian_node.database.index import chain_events
from piaolian_node.errors import RecordError, RefusedError
from piaolian_node.outbox import leases
from piaolian_node.outbox.acceptance import require_not_busy
from piaolian_node.outbox.acts import require_act
from piaolian_node.outbox.backpressure import require_room
from piaolian_node.outbox.leases import Lease
from piaolian_node.outbox.payloads import ReversePayload
from piaolian_node.outbox.rows import NewRow, add_row
from piaolian_node.receipts import desk, repository
from piaolian_node.receipts.bodies import rebuild_documents
from piaolian_node.receipts.countersign import Countersigned, Judged, countersign
from piaolian_node.receipts.judging import (
    JudgedDocument,
    JudgedDraft,
    SignedDocument,
    draft_digest,
    judge_draft,
)
from piaolian_node.receipts.lookup import on_chain, receipt_of, require_alive, require_owner, stamped_of
from piaolian_node.receipts.prepare import new_check_code
from piaolian_node.receipts.terms import require_registered, terms_for
from piaolian_node.registry.facts import RangeFacts
from piaolian_sdk.acts import Reverse
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import ControlMode, RangeClass
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.tree.leaves import leaf_hash
from piaolian_sdk.wire import (
    CountersignedReceipt,
    PreparedReversal,
    PrepareReversal,
    SubmitReversal,
    SubmittedReversal,
)

_NO_SALT = bytes(32)


async def prepare_reversal(context: NodeContext, call: Call, message: PrepareReversal) -> PreparedReversal:
    """Judge a reversal and lease the red receipt's number.

    Raises:
        PiaolianError: The receipt cannot be reversed so; nothing was written.
    """
    facts = await _facts(context, call, message.red_range)
    async with context.database.read() as connection:
        await require_room(connection, context)
        original = await _original(connection, call.unit, message.code, message.number)
        terms = await terms_for(context, connection, facts)
    _require_same_control(original, facts)
    draft = await context.in_executor(judge_draft, message.draft, None, terms)
    _require_red(draft, original)
    await _require_reversible(context, original)
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return PreparedReversal.model_validate_json(answered.answer)
        await require_not_busy(connection, (original.range, original.number))
        answer = await _lease(connection, context, call, facts, original, draft, message.reason)
        await keep_answer(connection, call, answer, context.now_ms(), lease=answer.lease)
    return answer


def same_reversal(call: Call, message: PrepareReversal) -> Call:
    """Return the call with the digest of what is asked, so that a draft written again a moment later is the same."""
    asked = f"{message.code}|{message.number}|{message.red_range}|{message.reason}|".encode()
    return replace(call, content_digest=hashlib.sha256(asked + draft_digest(message.draft)).digest())


async def submit_reversal(context: NodeContext, call: Call, message: SubmitReversal) -> SubmittedReversal:
    """Countersign the red receipt and accept the reversal.

    Raises:
        PiaolianError: Something is not right; nothing was written.
    """
    async with context.database.read() as connection:
        answered = await first_answer(connection, call)
        if answered is not None and answered.submission is not None:
            return await _answer_again(context, answered.submission)
        lease = await leases.open_lease(connection, message.lease, "reverse", call.caller.key_id, context.now_ms())
        content = lease.content
        original = await _original(connection, call.unit, content["code"], content["original_number"])
    facts = await _facts(context, call, lease.range)
    await _require_reversible(context, original)
    document = await _judge(context, call, facts, lease, message)
    if document.amount_fen != original.amount_fen or document.issue_date != message.issue_day:
        raise RefusedError(
            "lease-mismatch",
            "amount and day must be those that were prepared",
            "红票金额或日期与预留不符",
            field="document",
            remedy="sign the prepared document",
        )
    columns = _columns(context, facts, lease, original, document, message.fields_seed)
    payload = _payload(lease, original, document, message)
    require_act(context, _act(payload, columns["leaf"]), message.signature, facts.signer)
    judged = Judged(
        columns=columns,
        document=message.document,
        amount_salt=original.amount_salt or _NO_SALT,
        fields_seed=message.fields_seed,
        booking_secret=message.booking_secret,
        total_fen=-document.amount_fen,
        issue_date=document.issue_date,
        payer_point=message.payer_key,
    )
    done = await countersign(context, call.unit, [judged])
    return await _accept(context, call, lease, payload, done)


async def _facts(context: NodeContext, call: Call, range_id: int) -> RangeFacts:
    facts = await context.facts.range(call.unit, range_id)
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.RECEIPT, context.beijing_now().date())
    return facts


async def _original(connection: AsyncConnection, unit: int, code: str, number: str) -> Row[Any]:
    original = await receipt_of(connection, code, number, None)
    require_owner(original, unit)
    await stamped_of(connection, original)
    return original


async def _require_reversible(context: NodeContext, original: Row[Any]) -> None:
    found = await on_chain(context, original.range, original.number)
    require_alive(original, found)
    if not found.booking.share:
        return
    async with context.database.read() as connection:
        allowed = await connection.execute(
            select(chain_events.c["values"]).where(
                chain_events.c.name == "ReversalAllowed", chain_events.c.range == original.range
            )
        )
        if any(f'"number":{original.number},' in row[0] for row in allowed):
            return
    raise CONTRACT_ERRORS["ReceiptIsBooked"](
        {"range": original.range, "number": original.number, "share": found.booking.share}
    )


def _require_same_control(original: Row[Any], facts: RangeFacts) -> None:
    if int(facts.numbers.mode) != original.mode:
        raise CONTRACT_ERRORS["OpeningDoesNotMatch"]({"step": b"mode"})
    if facts.numbers.kind != original.kind:
        raise CONTRACT_ERRORS["OpeningDoesNotMatch"]({"step": b"kind"})


def _require_red(draft: JudgedDraft, original: Row[Any]) -> None:
    if draft.related != (original.code, f"{original.number:010d}") or draft.amount_fen != -original.amount_fen:
        raise RefusedError(
            "lease-mismatch",
            "a red receipt names its original and takes back its whole amount",
            "红票须注明原票代码、号码，金额与原票相同",
            field="draft",
            rule=f"related {original.code} {original.number:010d}",
            remedy="fill RelatedInvoiceCode and RelatedInvoiceNumber, and negate every amount",
        )


async def _lease(
    connection: AsyncConnection,
    context: NodeContext,
    call: Call,
    facts: RangeFacts,
    original: Row[Any],
    draft: JudgedDraft,
    reason: int,
) -> PreparedReversal:
    now_ms = context.now_ms()
    number = await leases.next_number(connection, facts.range, facts.numbers.next, now_ms)
    content = {
        "code": original.code,
        "original_number": f"{original.number:010d}",
        "number": f"{number:010d}",
        "check_code": new_check_code(),
        "content_digest": draft.content_digest.hex(),
        "reason": reason,
        "catalog_version": facts.catalog_version,
    }
    lease = Lease(
        lease=secrets.token_hex(16),
        kind="reverse",
        key_id=call.caller.key_id,
        unit=call.unit,
        range=facts.range,
        first=number,
        count=1,
        state="open",
        expires_at=now_ms + int(context.config.lease_time.total_seconds() * 1000),
        content=content,
    )
    await leases.take(connection, lease, facts.numbers.last, now_ms)
    return PreparedReversal(
        lease=lease.lease,
        range=original.range,
        red_range=facts.range,
        code=facts.prefix_text,
        number=f"{number:010d}",
        check_code=str(content["check_code"]),
        mode="code" if facts.numbers.mode == ControlMode.BY_CODE else "list",
        amount=text_from_fen(original.amount_fen),
        payment_code=original.payment_code,
        lines_hash=original.lines_hash,
        catalog_version=facts.catalog_version,
        expires_at=datetime.fromtimestamp(lease.expires_at / 1000, tz=BEIJING),
    )


async def _judge(
    context: NodeContext, call: Call, facts: RangeFacts, lease: Lease, message: SubmitReversal
) -> JudgedDocument:
    # The processes that judge know the roots alone; what was revoked is known here.
    context.trust.check(call.caller.certificate, context.beijing_now())
    async with context.database.read() as connection:
        terms = await terms_for(context, connection, facts)
    document = SignedDocument(
        number=lease.content["number"],
        check_code=lease.content["check_code"],
        content_digest=bytes.fromhex(lease.content["content_digest"]),
        document=message.document,
        fields_seed=message.fields_seed,
        booking_secret=message.booking_secret,
        payment=None,
    )
    (judged,) = await context.desks.run(
        facts.unit, desk.judge_signed, [document], terms, facts.record.certificate_digest
    )
    return judged


def _columns(
    context: NodeContext,
    facts: RangeFacts,
    lease: Lease,
    original: Row[Any],
    document: JudgedDocument,
    fields_seed: bytes,
) -> dict[str, Any]:
    leaf = leaf_hash(
        facts.range,
        lease.first,
        amount_word(original),
        int(original.payment_code or 0),
        original.lines_hash,
        document.body_hash,
    )
    return {
        "range": facts.range,
        "number": lease.first,
        "code": facts.prefix_text,
        "unit": facts.unit,
        "kind": facts.numbers.kind,
        "mode": original.mode,
        "business_number": f"red:{original.code}{original.number:010d}",
        "content_digest": bytes.fromhex(lease.content["content_digest"]),
        "check_code": lease.content["check_code"],
        "issue_day": day_number(document.issue_date),
        "amount_fen": original.amount_fen,
        "amount_salt": original.amount_salt,
        "payment_range": original.payment_range,
        "payment_code": original.payment_code,
        "lines_hash": original.lines_hash,
        "document_digest": document.digest,
        "fields_seed": fields_seed,
        "fields_root": document.fields_root,
        "booking_address": document.booking_address,
        "leaf": leaf,
        "is_red": 1,
        "original_range": original.range,
        "original_number": original.number,
        "is_refused": 0,
        "verified_count": 0,
        "created_at": context.now_ms(),
    }


def _payload(lease: Lease, original: Row[Any], document: JudgedDocument, message: SubmitReversal) -> ReversePayload:
    return ReversePayload(
        unit=lease.unit,
        range=original.range,
        number=original.number,
        red_range=lease.range,
        red_number=lease.first,
        issue_day=day_number(message.issue_day),
        amount_fen=original.amount_fen,
        amount_salt=original.amount_salt or _NO_SALT,
        red_body_hash=document.body_hash,
        catalog_version=lease.content["catalog_version"],
        reason=lease.content["reason"],
        payment_range=original.payment_range or 0,
        deadline=message.deadline,
        signature=message.signature,
    )


def _act(payload: ReversePayload, leaf: bytes) -> Reverse:
    return Reverse(
        unit=payload.unit,
        range=payload.range,
        number=payload.number,
        red_range=payload.red_range,
        red_number=payload.red_number,
        issue_day=payload.issue_day,
        amount_fen=payload.amount_fen,
        catalog_version=payload.catalog_version,
        red_root=leaf,
        reason=payload.reason,
        deadline=payload.deadline,
    )


async def _accept(
    context: NodeContext, call: Call, lease: Lease, payload: ReversePayload, done: Countersigned
) -> SubmittedReversal:
    submission = secrets.token_hex(16)
    subject = (payload.range, payload.number)
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is None:
            await leases.open_lease(connection, lease.lease, "reverse", call.caller.key_id, context.now_ms())
            await require_not_busy(connection, subject)
            row = NewRow(
                submission=submission,
                payload=payload,
                state="countersigned",
                unit=payload.unit,
                key_id=call.caller.key_id,
                idempotency_key=call.idempotency_key,
                content_digest=call.content_digest,
                range=payload.red_range,
                first=payload.red_number,
                count=1,
                subject=subject,
            )
            await add_row(connection, row, context.now_ms())
            await repository.add_receipts(connection, submission, done.receipts, done.wrapped_batch_keys)
            await leases.close(connection, lease.lease)
            await keep_answer(connection, call, None, context.now_ms(), submission=submission, lease=lease.lease)
    if answered is not None and answered.submission is not None:
        return await _answer_again(context, answered.submission)
    return _answer(submission, {**done.receipts[0].columns}, done.documents[0])


async def _answer_again(context: NodeContext, submission: str) -> SubmittedReversal:
    async with context.database.read() as connection:
        rows = await repository.receipts_of(connection, submission)
    if len(rows) != 1:
        raise RecordError("a reversal has exactly one red receipt", "冲红记录不一致")
    (document,) = await rebuild_documents(context, rows)
    return _answer(submission, dict(rows[0]._mapping), document)  # noqa: SLF001 # Public, by name.


def _answer(submission: str, columns: Mapping[str, Any], document: bytes) -> SubmittedReversal:
    return SubmittedReversal(
        submission=submission,
        state="countersigned",
        receipt=CountersignedReceipt(
            number=f"{columns['number']:010d}",
            code=columns["code"],
            check_code=columns["check_code"],
            document=document,
            document_digest=columns["document_digest"],
            qr=columns["qr"],
        ),
    )
