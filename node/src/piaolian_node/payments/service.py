"""Payment notices: prepare, submit, cancel, state."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.api.answers import first_answer, keep_answer
from piaolian_node.api.call import Call
from piaolian_node.api.problems import problem_members
from piaolian_node.context import NodeContext
from piaolian_node.database.records import notices
from piaolian_node.errors import RefusedError
from piaolian_node.outbox import leases
from piaolian_node.outbox.acceptance import Act, accept_act
from piaolian_node.outbox.acts import require_act
from piaolian_node.outbox.backpressure import require_room
from piaolian_node.outbox.leases import Lease
from piaolian_node.outbox.payloads import CancelPayload, NoticePayload
from piaolian_node.outbox.rows import NewRow, add_row
from piaolian_node.payments.notices import NoticeRow, find_notices
from piaolian_node.receipts import repository
from piaolian_node.receipts.terms import items_for, require_registered
from piaolian_node.registry.catalogue import Item
from piaolian_node.registry.facts import RangeFacts
from piaolian_node.registry.parties import Party
from piaolian_sdk.acts import Cancel, Notice
from piaolian_sdk.beijing import BEIJING, date_from_day_number, day_number
from piaolian_sdk.client.notices import encode_notices
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import RangeClass
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.tree import Line, lines_hash
from piaolian_sdk.wire import (
    CancelNotice,
    NoticeLine,
    NoticeState,
    NoticeToPrepare,
    PreparedNotice,
    PreparedNotices,
    PrepareNotices,
    Problem,
    SubmitNotices,
    Submitted,
    SubmittedNotices,
)

# The contract's own bound on how far ahead a notice may be due.
MAX_DUE_DAYS = 400
_MAX_FEN = (1 << 48) - 1
_SEQUENCE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class _Judged:
    """One notice with its verdict so far.

    Attributes:
        lines: (item code, item number, fen) of a good one.
    """

    item: NoticeToPrepare
    lines: tuple[tuple[str, int, int], ...]
    problem: PiaolianError | None

    @property
    def content_digest(self) -> bytes:
        """SHA-256 of what is to be paid and until when."""
        content = json.dumps([self.lines, self.item.due_day.isoformat()], separators=(",", ":"))
        return hashlib.sha256(content.encode()).digest()


async def prepare_notices(context: NodeContext, call: Call, message: PrepareNotices) -> PreparedNotices:
    """Judge notices and lease payment codes to the good ones.

    Raises:
        PiaolianError: The range cannot be used at all, or the due day is not possible.
    """
    facts = await context.facts.range(call.unit, message.range)
    today = context.beijing_now().date()
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.PAYMENT_CODE, today)
    _require_due_day(message.items[0].due_day, today)
    async with context.database.read() as connection:
        await require_room(connection, context)
        items = await items_for(context, connection, call.unit, facts.record)
    judged = [_judge(item, items, facts) for item in message.items]
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return PreparedNotices.model_validate_json(answered.answer)
        judged = await _judge_numbers(connection, context, call.unit, judged)
        known = await repository.find_business_numbers(
            connection, call.unit, "notice", [one.item.business_number for one in judged]
        )
        answer = await _lease(connection, context, call, facts, judged, known)
        await keep_answer(connection, call, answer, context.now_ms(), lease=answer.lease)
    return answer


def _require_due_day(due_day: date, today: date) -> None:
    if not today <= due_day <= today + timedelta(days=MAX_DUE_DAYS):
        raise CONTRACT_ERRORS["DueDayOutOfWindow"]({"dueDay": day_number(due_day), "today": day_number(today)})


def _judge(item: NoticeToPrepare, items: Mapping[str, tuple[Item, bool]], facts: RangeFacts) -> _Judged:
    try:
        lines = tuple(_judge_line(line.item_code, fen_from_text(line.amount), items, facts) for line in item.lines)
        total = sum(fen for _, _, fen in lines)
        if total > _MAX_FEN:
            raise CONTRACT_ERRORS["LinesMismatch"]({"sequence": 0, "amountFen": _MAX_FEN, "sum": total})
    except PiaolianError as error:
        return _Judged(item, (), error)
    return _Judged(item, lines, None)


def _judge_line(code: str, fen: int, items: Mapping[str, tuple[Item, bool]], facts: RangeFacts) -> tuple[str, int, int]:
    found = items.get(code)
    if found is None:
        raise CONTRACT_ERRORS["UnknownItem"]({"item": code})
    item, is_permitted = found
    if not item.is_enabled:
        raise CONTRACT_ERRORS["ItemDisabled"]({"item": item.item})
    if not is_permitted:
        raise CONTRACT_ERRORS["ItemNotPermitted"]({"item": item.item, "unit": facts.unit})
    if item.kind not in (0, facts.numbers.kind) and facts.numbers.kind:
        raise CONTRACT_ERRORS["ItemNotForKind"]({"item": item.item, "itemKind": item.kind, "kind": facts.numbers.kind})
    if not item.min_fen <= fen <= item.max_fen or fen <= 0:
        raise CONTRACT_ERRORS["ItemAmountOutOfBounds"](
            {"item": item.item, "amountFen": fen, "minFen": item.min_fen, "maxFen": item.max_fen}
        )
    return code, item.item, fen


async def _judge_numbers(
    connection: AsyncConnection, context: NodeContext, unit: int, judged: Sequence[_Judged]
) -> list[_Judged]:
    leased = await leases.leased_business_numbers(connection, unit, "notice", context.now_ms())
    seen: set[str] = set()
    found = []
    for one in judged:
        number, problem = one.item.business_number, one.problem
        if problem is None and number in seen:
            problem = RefusedError(
                "business-number-repeated",
                "the business number occurs twice in the batch",
                "同一批内业务流水号重复",
                field="business_number",
                remedy="send each business once",
            )
        if problem is None and number in leased:
            problem = RefusedError(
                "business-number-leased",
                "another request prepares this business right now",
                "该业务流水号正在另一请求中办理",
                field="business_number",
                remedy="submit that request, or wait until its lease expires",
            )
        seen.add(number)
        found.append(_Judged(one.item, one.lines, problem))
    return found


async def _lease(
    connection: AsyncConnection,
    context: NodeContext,
    call: Call,
    facts: RangeFacts,
    judged: Sequence[_Judged],
    known: Mapping[str, repository.BusinessNumber],
) -> PreparedNotices:
    good = [one for one in judged if one.problem is None and one.item.business_number not in known]
    if not good:
        items = [_answer_item(one, None, facts, known) for one in judged]
        return PreparedNotices(range=facts.range, count=0, items=items)
    now_ms = context.now_ms()
    first = await leases.next_number(connection, facts.range, facts.numbers.next, now_ms)
    content = [
        {
            "business_number": one.item.business_number,
            "sequence": first + place,
            "lines": one.lines,
            "content_digest": one.content_digest.hex(),
        }
        for place, one in enumerate(good)
    ]
    lease = Lease(
        lease=secrets.token_hex(16),
        kind="notice",
        key_id=call.caller.key_id,
        unit=call.unit,
        range=facts.range,
        first=first,
        count=len(good),
        state="open",
        expires_at=now_ms + int(context.config.lease_time.total_seconds() * 1000),
        content={"items": content, "due_day": day_number(judged[0].item.due_day)},
    )
    await leases.take(connection, lease, facts.numbers.last, now_ms)
    sequences = {str(item["business_number"]): first + place for place, item in enumerate(content)}
    return PreparedNotices(
        lease=lease.lease,
        range=facts.range,
        first=first,
        count=len(good),
        expires_at=datetime.fromtimestamp(lease.expires_at / 1000, tz=BEIJING),
        items=[_answer_item(one, sequences.get(one.item.business_number), facts, known) for one in judged],
    )


def _answer_item(
    one: _Judged, sequence: int | None, facts: RangeFacts, known: Mapping[str, repository.BusinessNumber]
) -> PreparedNotice:
    number = one.item.business_number
    if one.problem is not None:
        problem = Problem.model_validate(problem_members(one.problem))
        return PreparedNotice(business_number=number, verdict="refused", problem=problem)
    if number in known:
        code = payment_code(facts, known[number].number)
        return PreparedNotice(business_number=number, verdict="duplicate", payment_code=code)
    return PreparedNotice(
        business_number=number,
        verdict="accepted",
        payment_code=payment_code(facts, sequence or 0),
        lines=_wire_lines(one.lines),
    )


def payment_code(facts: RangeFacts, sequence: int) -> str:
    """Return the 20 digits of a payment code."""
    return f"{facts.prefix_text}{sequence:0{_SEQUENCE_DIGITS}d}"


async def submit_notices(context: NodeContext, call: Call, message: SubmitNotices) -> SubmittedNotices:
    """Accept the notices of a lease with the unit's signature.

    Raises:
        PiaolianError: Something is not right; nothing was written.
    """
    async with context.database.read() as connection:
        lease = await leases.open_lease(connection, message.lease, "notice", call.caller.key_id, context.now_ms())
    facts = await context.facts.range(call.unit, lease.range)
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.PAYMENT_CODE, context.beijing_now().date())
    payload = _payload(lease, message)
    act = Notice(
        unit=payload.unit,
        range=payload.range,
        first=payload.first,
        due_day=payload.due_day,
        lanes=payload.lanes,
        lines=payload.lines,
        deadline=payload.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    items: Sequence[Mapping[str, Any]] = lease.content["items"]
    codes = [payment_code(facts, item["sequence"]) for item in items]
    answer = SubmittedNotices(submission=secrets.token_hex(16), state="accepted", payment_codes=codes)
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return SubmittedNotices.model_validate_json(answered.answer)
        await leases.open_lease(connection, message.lease, "notice", call.caller.key_id, context.now_ms())
        await _write(connection, context, call, lease, payload, answer)
    return answer


def _payload(lease: Lease, message: SubmitNotices) -> NoticePayload:
    items: Sequence[Mapping[str, Any]] = lease.content["items"]
    lanes, lines = encode_notices([[Line(fen, item) for _, item, fen in one["lines"]] for one in items])
    prepared = (lease.content["due_day"], lanes, lines)
    if (day_number(message.due_day), message.lanes, message.lines) != prepared:
        raise RefusedError(
            "lease-mismatch",
            "due day, lanes and lines must be those of the accepted notices, in order",
            "限缴日期或明细与预留内容不符",
            field="lanes",
            remedy="encode exactly what prepare accepted",
        )
    return NoticePayload(
        unit=lease.unit,
        range=lease.range,
        first=lease.first,
        due_day=lease.content["due_day"],
        lanes=lanes,
        lines=lines,
        deadline=message.deadline,
        signature=message.signature,
    )


async def _write(
    connection: AsyncConnection,
    context: NodeContext,
    call: Call,
    lease: Lease,
    payload: NoticePayload,
    answer: SubmittedNotices,
) -> None:
    items: Sequence[Mapping[str, Any]] = lease.content["items"]
    row = NewRow(
        submission=answer.submission,
        payload=payload,
        state="accepted",
        unit=payload.unit,
        key_id=call.caller.key_id,
        idempotency_key=call.idempotency_key,
        content_digest=call.content_digest,
        range=payload.range,
        first=payload.first,
        count=lease.count,
    )
    await add_row(connection, row, context.now_ms())
    # Codes of a refused batch were never registered and are given again.
    await connection.execute(
        delete(notices).where(
            notices.c.range == payload.range,
            notices.c.sequence.between(payload.first, payload.first + lease.count - 1),
            notices.c.is_refused == 1,
        )
    )
    await connection.execute(
        insert(notices),
        [
            {
                "range": payload.range,
                "sequence": item["sequence"],
                "payment_code": code,
                "unit": payload.unit,
                "submission": answer.submission,
                "business_number": item["business_number"],
                "amount_fen": sum(fen for _, _, fen in item["lines"]),
                "lines": json.dumps(item["lines"], separators=(",", ":")),
                "lines_hash": lines_hash([Line(fen, number) for _, number, fen in item["lines"]]),
                "due_day": payload.due_day,
                "is_refused": 0,
            }
            for item, code in zip(items, answer.payment_codes, strict=True)
        ],
    )
    numbers = [
        (item["business_number"], payload.range, item["sequence"], bytes.fromhex(item["content_digest"]))
        for item in items
    ]
    await repository.add_business_numbers(connection, payload.unit, "notice", numbers)
    await leases.close(connection, lease.lease)
    await keep_answer(connection, call, answer, context.now_ms(), submission=answer.submission, lease=lease.lease)


async def cancel_notice(context: NodeContext, call: Call, message: CancelNotice) -> Submitted:
    """Cancel a notice that nobody has paid.

    Raises:
        PiaolianError: The act is not possible; nothing was written.
    """
    async with context.database.read() as connection:
        notice = await _own_notice(connection, message.payment_code, call.unit)
    facts = await context.facts.unit(call.unit)
    require_registered(call.caller, facts.record)
    act = Cancel(unit=call.unit, range=notice.range, sequence=notice.sequence, deadline=message.deadline)
    require_act(context, act, message.signature, facts.signer)
    payload = CancelPayload(
        unit=call.unit,
        range=notice.range,
        sequence=notice.sequence,
        deadline=message.deadline,
        signature=message.signature,
    )
    return await accept_act(context, call, Act(payload, call.unit, subject=(notice.range, notice.sequence)))


async def notice_state(context: NodeContext, party: Party, code: str) -> NoticeState:
    """Return the state of a notice of the calling unit, as of the final block.

    Raises:
        RefusedError: There is no such notice.
    """
    async with context.database.read() as connection:
        notice = await _own_notice(connection, code, party.unit or 0)
    return NoticeState(
        payment_code=code,
        state=_state_word(notice, day_number(context.beijing_now().date())),
        amount=text_from_fen(notice.amount_fen),
        due_day=date_from_day_number(notice.due_day),
        range=notice.range,
        lines=_wire_lines(notice.lines),
    )


def _state_word(notice: NoticeRow, today: int) -> str:
    # In the order in which one hides the other.
    for mark, word in (("used", "receipted"), ("ended", "ended"), ("cancelled", "cancelled"), ("paid", "paid")):
        if mark in notice.marks:
            return word
    if "registered" not in notice.marks:
        return "awaiting"
    return "expired" if notice.due_day < today else "registered"


async def _own_notice(connection: AsyncConnection, code: str, unit: int) -> NoticeRow:
    notice = (await find_notices(connection, [code])).get(code)
    if notice is None or notice.is_refused:
        raise RefusedError(
            "unknown-payment",
            "there is no payment notice with this code",
            "没有该缴款码",
            field="payment_code",
            remedy="check the 20 digits",
        )
    if notice.unit != unit:
        raise CONTRACT_ERRORS["NotYourPayment"]({"range": notice.range, "owner": notice.unit, "unit": unit})
    return notice


def _wire_lines(lines: Sequence[tuple[str, int, int]]) -> list[NoticeLine]:
    return [NoticeLine(item_code=code, item=item, amount=text_from_fen(fen)) for code, item, fen in lines]
