"""Submit: the signed documents of a lease under one signed header, all or nothing.

1. The lease is the caller's, open, and the next of its range.
2. Every document is what was prepared, meets the rules now, and has the unit's signature.
3. Total, leaves, root and the unit's chain signature are right; the contract would take the header now.
4. The department signs in the HSM; the bodies are sealed.
5. Everything is written in one transaction, with the lease looked at once more. From here nothing is lost.
6. The answer: complete receipts, on their way to the chain.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from piaolian_node.api.answers import first_answer, keep_answer
from piaolian_node.api.call import Call
from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.outbox import leases
from piaolian_node.outbox.acts import require_act
from piaolian_node.outbox.leases import Lease
from piaolian_node.outbox.payloads import IssuePayload
from piaolian_node.outbox.rows import NewRow, add_row
from piaolian_node.payments.notices import NoticeRow, find_notices, paid_notice
from piaolian_node.receipts import desk, repository
from piaolian_node.receipts.bodies import rebuild_documents
from piaolian_node.receipts.countersign import Countersigned, Judged, countersign
from piaolian_node.receipts.judging import JudgedDocument, SignedDocument
from piaolian_node.receipts.terms import require_registered, terms_for
from piaolian_node.registry.facts import RangeFacts
from piaolian_sdk.acts import Issue
from piaolian_sdk.beijing import day_number
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import ControlMode, RangeClass
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.tree import LeafByCode, LeafByList, positional_root
from piaolian_sdk.wire import CountersignedReceipt, ReceiptToSubmit, SubmitReceipts, SubmittedReceipts

_NO_LINES = bytes(32)


async def submit_receipts(context: NodeContext, call: Call, message: SubmitReceipts) -> SubmittedReceipts:
    """Countersign a batch and accept it.

    Raises:
        PiaolianError: Something is not right; nothing was written.
    """
    async with context.database.read() as connection:
        answered = await first_answer(connection, call)
        if answered is not None and answered.submission is not None:
            return await _answer_again(context, answered.submission)
        lease = await leases.open_lease(connection, message.lease, "issue", call.caller.key_id, context.now_ms())
    facts = await context.facts.range(call.unit, lease.range)
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.RECEIPT, context.beijing_now().date())
    # The processes that judge know the roots alone; what was revoked is known here.
    context.trust.check(call.caller.certificate, context.beijing_now())
    judged, payload = await _judge(context, lease, facts, message)
    done = await countersign(context, call.unit, judged)
    submission = secrets.token_hex(16)
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is None:
            await leases.open_lease(connection, message.lease, "issue", call.caller.key_id, context.now_ms())
            await _write(context, connection, call, lease, payload, done, submission)
            await keep_answer(connection, call, None, context.now_ms(), submission=submission, lease=lease.lease)
    if answered is not None and answered.submission is not None:
        return await _answer_again(context, answered.submission)
    return _answer(submission, [one.columns for one in done.receipts], done.documents)


async def _judge(
    context: NodeContext, lease: Lease, facts: RangeFacts, message: SubmitReceipts
) -> tuple[list[Judged], IssuePayload]:
    items: Sequence[Mapping[str, Any]] = lease.content["items"]
    numbers = [item["number"] for item in items]
    if [receipt.number for receipt in message.receipts] != numbers:
        raise _mismatch("receipts", "the numbers must be those of the lease, in order")
    async with context.database.read() as connection:
        terms = await terms_for(context, connection, facts)
        notices = await find_notices(connection, [item["payment_code"] for item in items if item["payment_code"]])
    documents = [
        _signed_document(item, receipt, notices, facts) for item, receipt in zip(items, message.receipts, strict=True)
    ]
    found = await context.desks.run(facts.unit, desk.judge_signed, documents, terms, facts.record.certificate_digest)
    for document in found:
        _require_day(message, document)
    return _assemble(context, lease, facts, message, found, notices)


def _signed_document(
    item: Mapping[str, Any], receipt: ReceiptToSubmit, notices: Mapping[str, NoticeRow], facts: RangeFacts
) -> SignedDocument:
    code = item["payment_code"]
    payment = paid_notice(notices.get(code), code, facts.unit) if code else None
    return SignedDocument(
        number=item["number"],
        check_code=item["check_code"],
        content_digest=bytes.fromhex(item["content_digest"]),
        document=receipt.document,
        fields_seed=receipt.fields_seed,
        booking_secret=receipt.booking_secret,
        payment=payment,
    )


def _require_day(message: SubmitReceipts, document: JudgedDocument) -> None:
    if document.issue_date != message.issue_day:
        raise _mismatch("issue_day", "the header's day must be the day printed in every document")


def _assemble(
    context: NodeContext,
    lease: Lease,
    facts: RangeFacts,
    message: SubmitReceipts,
    documents: Sequence[JudgedDocument],
    notices: Mapping[str, NoticeRow],
) -> tuple[list[Judged], IssuePayload]:
    items: Sequence[Mapping[str, Any]] = lease.content["items"]
    by_code = facts.numbers.mode == ControlMode.BY_CODE
    total = sum(document.amount_fen for document in documents)
    if fen_from_text(message.total) != total:
        raise CONTRACT_ERRORS["TotalMismatch"]({"computed": total, "given": fen_from_text(message.total)})
    judged = []
    for item, receipt, document in zip(items, message.receipts, documents, strict=True):
        notice = notices.get(item["payment_code"] or "")
        judged.append(_to_countersign(context, facts, item, receipt, document, notice, by_code=by_code))
    root = positional_root([one.columns["leaf"] for one in judged])
    if root != message.unit_root:
        raise CONTRACT_ERRORS["UnitRootMismatch"]({"computed": root, "given": message.unit_root})
    used = [notices[item["payment_code"]] for item in items if item["payment_code"]]
    payload = IssuePayload(
        unit=facts.unit,
        range=facts.range,
        mode=int(facts.numbers.mode),
        first=lease.first,
        count=lease.count,
        issue_day=day_number(message.issue_day),
        total_fen=total,
        catalog_version=lease.content["catalog_version"],
        unit_root=root,
        payment_range=used[0].range if used else 0,
        payment_sequences=b"".join(notice.sequence.to_bytes(5, "big") for notice in used),
        body_hashes=[document.body_hash for document in documents] if by_code else [],
        deadline=message.deadline,
        signature=message.signature,
    )
    act = Issue(
        unit=payload.unit,
        range=payload.range,
        mode=payload.mode,
        first=payload.first,
        count=payload.count,
        issue_day=payload.issue_day,
        total_fen=total,
        catalog_version=payload.catalog_version,
        unit_root=root,
        deadline=payload.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    return judged, payload


def _to_countersign(
    context: NodeContext,
    facts: RangeFacts,
    item: Mapping[str, Any],
    receipt: ReceiptToSubmit,
    document: JudgedDocument,
    notice: NoticeRow | None,
    *,
    by_code: bool,
) -> Judged:
    number = int(item["number"])
    if by_code and notice is not None:
        payment_code, lines_hash = notice.payment_code, notice.lines_hash
        leaf = LeafByCode(
            facts.range, number, document.amount_fen, int(payment_code), lines_hash, document.body_hash
        ).hash
    else:
        payment_code, lines_hash = None, _NO_LINES
        leaf = LeafByList(facts.range, number, document.amount_fen, receipt.amount_salt, document.body_hash).hash
    columns = {
        "range": facts.range,
        "number": number,
        "code": facts.prefix_text,
        "unit": facts.unit,
        "kind": facts.numbers.kind,
        "mode": int(facts.numbers.mode),
        "business_number": item["business_number"],
        "content_digest": bytes.fromhex(item["content_digest"]),
        "check_code": item["check_code"],
        "issue_day": day_number(document.issue_date),
        "amount_fen": document.amount_fen,
        "amount_salt": None if by_code else receipt.amount_salt,
        "payment_range": notice.range if notice else None,
        "payment_code": payment_code,
        "lines_hash": lines_hash,
        "document_digest": document.digest,
        "fields_seed": receipt.fields_seed,
        "fields_root": document.fields_root,
        "booking_address": document.booking_address,
        "leaf": leaf,
        "is_red": 0,
        "is_refused": 0,
        "verified_count": 0,
        "created_at": context.now_ms(),
    }
    return Judged(
        columns=columns,
        document=receipt.document,
        amount_salt=receipt.amount_salt,
        fields_seed=receipt.fields_seed,
        booking_secret=receipt.booking_secret,
        total_fen=document.amount_fen,
        issue_date=document.issue_date,
        payer_point=receipt.payer_key,
    )


async def _write(
    context: NodeContext,
    connection: Any,  # noqa: ANN401 # AsyncConnection
    call: Call,
    lease: Lease,
    payload: IssuePayload,
    done: Countersigned,
    submission: str,
) -> None:
    """Write the outbox row and everything that hangs on it."""
    codes = [one.columns["payment_code"] for one in done.receipts if one.columns["payment_code"]]
    notices = await find_notices(connection, codes)
    for code in codes:
        paid_notice(notices.get(code), code, payload.unit)
    await add_row(
        connection,
        NewRow(
            submission=submission,
            payload=payload,
            state="countersigned",
            unit=payload.unit,
            key_id=call.caller.key_id,
            idempotency_key=call.idempotency_key,
            content_digest=call.content_digest,
            range=payload.range,
            first=payload.first,
            count=payload.count,
        ),
        context.now_ms(),
    )
    await repository.add_receipts(connection, submission, done.receipts, done.wrapped_batch_keys)
    await repository.add_business_numbers(
        connection,
        payload.unit,
        "receipt",
        [
            (one.columns["business_number"], payload.range, one.columns["number"], one.columns["content_digest"])
            for one in done.receipts
        ],
    )
    await repository.use_notices(connection, codes, submission)
    await leases.close(connection, lease.lease)


async def _answer_again(context: NodeContext, submission: str) -> SubmittedReceipts:
    """Build the first answer again from the sealed bodies."""
    async with context.database.read() as connection:
        rows = await repository.receipts_of(connection, submission)
    documents = await rebuild_documents(context, rows)
    return _answer(submission, [dict(row._mapping) for row in rows], documents)  # noqa: SLF001 # Public, by name.


def _answer(submission: str, columns: Sequence[Mapping[str, Any]], documents: Sequence[bytes]) -> SubmittedReceipts:
    return SubmittedReceipts(
        submission=submission,
        state="countersigned",
        receipts=[
            CountersignedReceipt(
                number=f"{row['number']:010d}",
                code=row["code"],
                check_code=row["check_code"],
                document=document,
                document_digest=row["document_digest"],
                qr=row["qr"],
            )
            for row, document in zip(columns, documents, strict=True)
        ],
    )


def _mismatch(field: str, rule: str) -> RefusedError:
    return RefusedError(
        "lease-mismatch",
        f"the submission is not what was prepared: {rule}",
        "提交内容与预留不符",
        field=field,
        rule=rule,
        remedy="submit exactly the accepted items of the lease",
    )
