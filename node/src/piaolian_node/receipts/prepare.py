"""Prepare: a verdict on each item, and consecutive numbers leased to the good ones."""

import hashlib
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.api.answers import first_answer, is_answered, keep_answer
from piaolian_node.api.call import Call
from piaolian_node.api.problems import problem_members
from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.outbox import leases
from piaolian_node.outbox.backpressure import require_room
from piaolian_node.outbox.leases import Lease
from piaolian_node.payments.notices import NoticeRow, find_notices, paid_notice
from piaolian_node.receipts import desk, repository
from piaolian_node.receipts.judging import DraftToJudge, DraftVerdict, JudgedDraft, Terms, draft_digest
from piaolian_node.receipts.terms import require_registered, terms_for
from piaolian_node.registry.facts import RangeFacts
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.contracts.records import ControlMode, RangeClass
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.rules import PaidNotice
from piaolian_sdk.wire import (
    DuplicateOf,
    Mode,
    NoticeLine,
    PreparedReceipt,
    PreparedReceipts,
    PrepareReceipts,
    Problem,
    ReceiptToPrepare,
)

_CHECK_CODE_LETTERS = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class _Judged:
    """One item with its verdict so far; exactly one of draft and problem is set."""

    item: ReceiptToPrepare
    notice: NoticeRow | None
    draft: JudgedDraft | None
    problem: PiaolianError | None


async def prepare_receipts(context: NodeContext, call: Call, message: PrepareReceipts) -> PreparedReceipts:
    """Judge the items and lease numbers, or give the first answer to this key again.

    Raises:
        PiaolianError: The range cannot be used at all, or the key was used for other receipts.
    """
    async with context.database.read() as connection:
        is_known = await is_answered(connection, call)
    if is_known:
        return await _first_answer(context, call, message)
    facts = await context.facts.range(call.unit, message.range)
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.RECEIPT, context.beijing_now().date())
    async with context.database.read() as connection:
        await require_room(connection, context)
        terms = await terms_for(context, connection, facts)
        codes = [item.payment_code for item in message.items if item.payment_code]
        notices = await find_notices(connection, codes)
    judged, digests = await _judge_all(context, message.items, notices, terms, facts)
    call = same_receipts(call, message, digests)
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return PreparedReceipts.model_validate_json(answered.answer)
        judged = await _judge_against_records(connection, call.unit, judged, context.now_ms())
        duplicates = await _duplicates(connection, call.unit, judged)
        answer = await _lease(connection, context, call, facts, judged, duplicates)
        await keep_answer(connection, call, answer, context.now_ms(), lease=answer.lease)
    return answer


async def _first_answer(context: NodeContext, call: Call, message: PrepareReceipts) -> PreparedReceipts:
    """Return what was answered to this key: what was done must not be judged again."""
    digests = await context.in_executor(lambda: [draft_digest(item.draft) for item in message.items])
    async with context.database.read() as connection:
        answered = await first_answer(connection, same_receipts(call, message, digests))
    if answered is None:
        raise RuntimeError("an answer that is kept for two days is gone")
    return PreparedReceipts.model_validate_json(answered.answer)


def same_receipts(call: Call, message: PrepareReceipts, digests: Sequence[bytes]) -> Call:
    """Return the call with the digest of what is asked, so that drafts written again a moment later are the same.

    A unit that lost the answer makes its drafts anew, with another time in them; it must get its lease again.

    Args:
        call: The call.
        message: Its message.
        digests: ``draft_digest`` of each item.
    """
    digest = hashlib.sha256(str(message.range).encode())
    for item, of_draft in zip(message.items, digests, strict=True):
        digest.update(f"|{item.business_number}|{item.payment_code or ''}|".encode() + of_draft)
    return replace(call, content_digest=digest.digest())


def new_check_code() -> str:
    """Draw a check code: 6 letters or digits, never the placeholder of a draft."""
    while True:
        code = "".join(secrets.choice(_CHECK_CODE_LETTERS) for _ in range(6))
        if code != "000000":
            return code


async def _judge_all(
    context: NodeContext,
    items: Sequence[ReceiptToPrepare],
    notices: Mapping[str, NoticeRow],
    terms: Terms,
    facts: RangeFacts,
) -> tuple[list[_Judged], list[bytes]]:
    """Return each item with its verdict, and the digests of the drafts."""
    by_code = facts.numbers.mode == ControlMode.BY_CODE
    known = [notices.get(item.payment_code or "") for item in items]
    asked = [_payment_of(item, notice, terms, by_code=by_code) for item, notice in zip(items, known, strict=True)]
    drafts = [
        DraftToJudge(item.draft, payment, is_judged=problem is not None)
        for item, (payment, problem) in zip(items, asked, strict=True)
    ]
    verdicts = await context.desks.run(facts.unit, desk.judge, drafts, terms)
    judged = [
        _judged(item, notice, problem, verdict)
        for item, notice, (_, problem), verdict in zip(items, known, asked, verdicts, strict=True)
    ]
    return judged, [verdict.digest for verdict in verdicts]


def _payment_of(
    item: ReceiptToPrepare, notice: NoticeRow | None, terms: Terms, *, by_code: bool
) -> tuple[PaidNotice | None, PiaolianError | None]:
    """Return the payment that an item receipts, or why it cannot have a number."""
    try:
        _require_payment_code(item, by_code=by_code)
        return (paid_notice(notice, item.payment_code or "", terms.unit) if by_code else None), None
    except PiaolianError as error:
        return None, error


def _judged(
    item: ReceiptToPrepare, notice: NoticeRow | None, problem: PiaolianError | None, verdict: DraftVerdict
) -> _Judged:
    problem = problem or verdict.problem
    if verdict.draft is not None and problem is None:
        problem = _red_problem(verdict.draft)
    return _Judged(item, notice, None if problem else verdict.draft, problem)


def _require_payment_code(item: ReceiptToPrepare, *, by_code: bool) -> None:
    if by_code and item.payment_code is None:
        raise RefusedError(
            "payment-code-missing",
            "a receipt under code control needs the code of its paid notice",
            "以码控收的票据须提供已缴费的缴款码",
            field="payment_code",
            remedy="register a payment notice first, and issue when it is paid",
        )
    if not by_code and item.payment_code is not None:
        raise RefusedError(
            "payment-code-unexpected",
            "a receipt under list control has no payment code",
            "清单控收的票据不带缴款码",
            field="payment_code",
            remedy="leave the payment code out",
        )


def _red_problem(draft: JudgedDraft) -> RefusedError | None:
    if draft.related is None and draft.amount_fen >= 0:
        return None
    return RefusedError(
        "request-malformed",
        "a red receipt is issued by reversing its original",
        "红票须通过冲红开具",
        field="draft",
        remedy="use /api/v1/reversals/prepare",
    )


async def _judge_against_records(
    connection: AsyncConnection, unit: int, judged: Sequence[_Judged], now_ms: int
) -> list[_Judged]:
    """Refuse what another request of this moment has taken: business numbers and payment codes."""
    leased = await leases.leased_business_numbers(connection, unit, "issue", now_ms)
    taken = await leases.leased_payment_codes(connection, unit, now_ms)
    codes = [item.item.payment_code for item in judged if item.item.payment_code]
    fresh = await find_notices(connection, codes)
    seen: set[str] = set()
    payment_range: int | None = None
    found = []
    for one in judged:
        number, code = one.item.business_number, one.item.payment_code
        problem = one.problem or _record_problem(number, code, seen, leased, taken)
        if problem is None and code is not None:
            problem, payment_range = _payment_problem(fresh.get(code), code, unit, payment_range)
        seen.add(number)
        if code is not None and problem is None:
            taken.add(code)
        found.append(_Judged(one.item, one.notice, None if problem else one.draft, problem))
    return found


def _record_problem(
    number: str, code: str | None, seen: set[str], leased: set[str], taken: set[str]
) -> PiaolianError | None:
    if number in seen:
        return RefusedError(
            "business-number-repeated",
            "the business number occurs twice in the batch",
            "同一批内业务流水号重复",
            field="business_number",
            remedy="send each business once",
        )
    if number in leased or (code is not None and code in taken):
        return RefusedError(
            "business-number-leased",
            "another request prepares this business or its payment code right now",
            "该业务流水号或缴款码正在另一请求中办理",
            field="business_number",
            remedy="submit that request, or wait until its lease expires",
        )
    return None


def _payment_problem(
    notice: NoticeRow | None, code: str, unit: int, payment_range: int | None
) -> tuple[PiaolianError | None, int | None]:
    try:
        paid_notice(notice, code, unit)
    except PiaolianError as error:
        return error, payment_range
    if notice is not None and payment_range not in (None, notice.range):
        return (
            RefusedError(
                "payment-range-mixed",
                "the payment codes of one batch must come from one range",
                "一批票据的缴款码须属同一号段",
                field="payment_code",
                remedy="send this item in another batch",
            ),
            payment_range,
        )
    return None, notice.range if notice is not None else payment_range


async def _duplicates(
    connection: AsyncConnection, unit: int, judged: Sequence[_Judged]
) -> dict[str, repository.BusinessNumber]:
    numbers = [one.item.business_number for one in judged]
    return await repository.find_business_numbers(connection, unit, "receipt", numbers)


async def _lease(
    connection: AsyncConnection,
    context: NodeContext,
    call: Call,
    facts: RangeFacts,
    judged: Sequence[_Judged],
    duplicates: Mapping[str, repository.BusinessNumber],
) -> PreparedReceipts:
    good = [one for one in judged if one.draft and one.item.business_number not in duplicates]
    mode: Mode = "code" if facts.numbers.mode == ControlMode.BY_CODE else "list"
    if not good:
        items = [_answer_item(one, None, duplicates) for one in judged]
        return PreparedReceipts(
            range=facts.range,
            receipt_code=facts.prefix_text,
            count=0,
            mode=mode,
            catalog_version=facts.catalog_version,
            items=items,
        )
    now_ms = context.now_ms()
    first = await leases.next_number(connection, facts.range, facts.numbers.next, now_ms)
    content = [_content(one, first + place) for place, one in enumerate(good)]
    lease = Lease(
        lease=secrets.token_hex(16),
        kind="issue",
        key_id=call.caller.key_id,
        unit=call.unit,
        range=facts.range,
        first=first,
        count=len(good),
        state="open",
        expires_at=now_ms + int(context.config.lease_time.total_seconds() * 1000),
        content={"items": content, "catalog_version": facts.catalog_version},
    )
    await leases.take(connection, lease, facts.numbers.last, now_ms)
    leased = {item["business_number"]: item for item in content}
    return PreparedReceipts(
        lease=lease.lease,
        range=facts.range,
        receipt_code=facts.prefix_text,
        first=first,
        count=len(good),
        mode=mode,
        catalog_version=facts.catalog_version,
        expires_at=datetime.fromtimestamp(lease.expires_at / 1000, tz=BEIJING),
        items=[_answer_item(one, leased.get(one.item.business_number), duplicates) for one in judged],
    )


def _content(one: _Judged, number: int) -> dict[str, str | None]:
    if one.draft is None:
        raise RuntimeError("only accepted items are leased")
    return {
        "business_number": one.item.business_number,
        "number": f"{number:010d}",
        "check_code": new_check_code(),
        "content_digest": one.draft.content_digest.hex(),
        "payment_code": one.item.payment_code,
    }


def _answer_item(
    one: _Judged, leased: Mapping[str, str | None] | None, duplicates: Mapping[str, repository.BusinessNumber]
) -> PreparedReceipt:
    number = one.item.business_number
    if one.problem is None and number in duplicates and one.draft is not None:
        duplicate = duplicates[number]
        return PreparedReceipt(
            business_number=number,
            verdict="duplicate",
            duplicate_of=DuplicateOf(
                code=duplicate.code,
                number=f"{duplicate.number:010d}",
                content_digest=duplicate.content_digest,
                same_content=duplicate.content_digest == one.draft.content_digest,
            ),
        )
    if one.problem is not None or leased is None:
        problem = Problem.model_validate(problem_members(one.problem)) if one.problem else None
        return PreparedReceipt(business_number=number, verdict="refused", problem=problem)
    lines = one.notice.lines if one.notice is not None else ()
    return PreparedReceipt(
        business_number=number,
        verdict="accepted",
        number=leased["number"],
        check_code=leased["check_code"],
        lines=[NoticeLine(item_code=code, item=item, amount=text_from_fen(fen)) for code, item, fen in lines],
    )
