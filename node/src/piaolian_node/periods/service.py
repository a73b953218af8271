"""What the chain counts for a month, and writing it off."""

import asyncio
from datetime import datetime

from piaolian_node.api.call import Call
from piaolian_node.context import NodeContext
from piaolian_node.outbox.acceptance import Act, accept_act
from piaolian_node.outbox.acts import require_act
from piaolian_node.outbox.payloads import WriteOffPayload
from piaolian_node.receipts.terms import require_registered
from piaolian_sdk.acts import WriteOff
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import Overdue, Period
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.wire import PeriodState, PeriodTotals, Submitted, WriteOffPeriod


async def period_state(context: NodeContext, unit: int, kind: str, month: str) -> PeriodState:
    """Return what the chain counts for a unit, kind and month at the newest block.

    Raises:
        RemoteError: No chain node answers.
    """

    def read() -> tuple[Period, Overdue]:
        stamp = context.chain.latest()
        return (
            context.chain.period(unit, int(kind), month_number(month), stamp),
            context.chain.overdue(unit, int(kind), stamp),
        )

    period, overdue = await asyncio.to_thread(read)
    is_oldest = overdue.month == month_number(month)
    totals = period.totals
    return PeriodState(
        kind=kind,
        month=month,
        totals=PeriodTotals(
            issued=totals.issued,
            voided=totals.voided,
            red=totals.red,
            issued_amount=text_from_fen(totals.issued_fen),
            reversed_amount=text_from_fen(totals.reversed_fen),
        ),
        closed=period.closed,
        overdue=is_oldest and overdue.overdue,
        deadline=datetime.fromtimestamp(overdue.deadline, tz=BEIJING) if is_oldest else None,
    )


async def write_off(context: NodeContext, call: Call, message: WriteOffPeriod) -> Submitted:
    """Write a month off.

    Raises:
        PiaolianError: The totals differ, or the contract would refuse; nothing was written.
    """
    facts = await context.facts.unit(call.unit)
    require_registered(call.caller, facts.record)
    month, kind = month_number(message.month), int(message.kind)
    reported = {
        "issued": message.totals.issued,
        "voided": message.totals.voided,
        "red": message.totals.red,
        "issuedFen": fen_from_text(message.totals.issued_amount),
        "reversedFen": fen_from_text(message.totals.reversed_amount),
    }
    payload = WriteOffPayload(
        unit=call.unit,
        kind=kind,
        month=month,
        issued=reported["issued"],
        voided=reported["voided"],
        red=reported["red"],
        issued_fen=reported["issuedFen"],
        reversed_fen=reported["reversedFen"],
        deadline=message.deadline,
        signature=message.signature,
    )
    act = WriteOff(
        unit=call.unit,
        kind=kind,
        month=month,
        issued=payload.issued,
        voided=payload.voided,
        red=payload.red,
        issued_fen=payload.issued_fen,
        reversed_fen=payload.reversed_fen,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    period = await asyncio.to_thread(context.chain.period, call.unit, kind, month, facts.stamp)
    if period.closed:
        raise CONTRACT_ERRORS["MonthClosed"]({"unit": call.unit, "kind": kind, "month": month})
    _require_equal(period, reported)
    return await accept_act(context, call, Act(payload, call.unit))


def month_number(month: str) -> int:
    """Return ``year * 12 + month - 1`` of a month written as 2026-05."""
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number) - 1


def _require_equal(period: Period, reported: dict[str, int]) -> None:
    totals = period.totals
    counted = {
        "issued": totals.issued,
        "voided": totals.voided,
        "red": totals.red,
        "issuedFen": totals.issued_fen,
        "reversedFen": totals.reversed_fen,
    }
    for field, value in counted.items():
        if reported[field] != value:
            raise CONTRACT_ERRORS["WriteOffMismatch"](
                {"field": field.encode().ljust(32, b"\0"), "onChain": value, "reported": reported[field]}
            )
