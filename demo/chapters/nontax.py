"""Pay first, receipt after: notices, the bank's file in three folders, two of three oracles agree, receipts."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from demo.bank import Payment, send_statement
from demo.catalogue import CERTIFICATE, PATENT_YEAR, REGISTRATION
from demo.errors import StoryFailedError
from demo.issuing import issue, require_accepted, wait_final
from demo.samples import PAYERS, Line, Sample, fen_of_text, read_sample, text_of_fen, write_by_code
from piaolian_sdk.client import NoticeDraft

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from demo.cast import UnitName
    from demo.report import Step
    from demo.world import World

REGISTRATIONS: Final = 80
PATENT_FEES: Final = 20
_SETTLED_WITHIN_SECONDS: Final = 60.0


def tell(world: World) -> None:
    """Run the life of a payment for two units."""
    due = (world.now() + timedelta(days=15)).date()
    with world.report.step(f"不动产登记缴款通知书 {REGISTRATIONS} 份 / payment notices of the land registry") as step:
        registrations = _registration_notices(due)
        codes = send_notices(world, "land_registry", registrations, step)
    with world.report.step(f"专利年费缴款通知书 {PATENT_FEES} 份 / payment notices for patent fees") as step:
        fees = _patent_notices(due)
        codes |= send_notices(world, "patent_office", fees, step)
    # The patent office has an open month from before; it issues once that is written off, see ``periods``.
    world.facts["payment_codes"] = codes
    with world.report.step("异常用缴款码 4 份 / four notices for what can go wrong") as step:
        odd = [
            NoticeDraft(f"YC-{name}", ((REGISTRATION.code, "80.00"),), due)
            for name in ("unpaid", "under", "over", "twice")
        ]
        odd_codes = send_notices(world, "land_registry", odd, step)
        world.facts["odd_codes"] = odd_codes

    drafts = [*registrations, *fees]
    with world.report.step(
        "银行文件到达三个预言机，两家一致即入账 / the bank's file, two of three oracles agree"
    ) as step:
        payments = [
            Payment(f"B{index:06d}", codes[draft.business_number], _due_fen(draft))
            for index, draft in enumerate(drafts)
        ]
        payments += _odd_payments(odd_codes)
        deliver_statement(world, payments)
        wait_paid(world, "land_registry", [codes[draft.business_number] for draft in registrations])
        wait_paid(world, "patent_office", [codes[draft.business_number] for draft in fees])
        _count_settlement(world, step)
    with world.report.step("少缴不得开票，多缴转挂账，重复通知不重复入账 / under, over and repeated payments") as step:
        _check_odd_payments(world, odd_codes, step)

    with world.report.step(f"不动产登记票据 {REGISTRATIONS} 张，含样本 / receipts by code, sample included") as step:
        issue(world, "land_registry", "0101", list(_registration_receipts(world, codes)), step, codes)


def send_notices(world: World, unit_name: UnitName, drafts: Sequence[NoticeDraft], step: Step) -> dict[str, str]:
    """Register notices and wait until they are final: only then may a payer learn his code.

    Returns:
        Payment code by business number.
    """
    unit = world.units[unit_name]
    result = unit.sdk.send_notices(unit.ranges["payment"].range_id, drafts)
    require_accepted(result, len(drafts))
    wait_final(world, unit_name, result.submission_id or "", step)
    step.detail["notices"] = len(drafts)
    return {item.business_number: str(item.payment_code) for item in result.items}


def deliver_statement(world: World, payments: Iterable[Payment]) -> None:
    """Put the bank's next statement into the folder of every oracle."""
    send_statement(payments, world.facts["bank_folders"], at=world.now())


def wait_paid(world: World, unit_name: UnitName, payment_codes: Sequence[str]) -> None:
    """Wait until every code is paid on the chain, and until the unit's node has seen it there.

    Raises:
        StoryFailedError: one is not in time.
    """
    deadline = time.monotonic() + _SETTLED_WITHIN_SECONDS
    waiting = list(payment_codes)
    while waiting:
        world.report.progress(f"等待入账，还差 {len(waiting)} 笔 / waiting for {len(waiting)} payments")
        waiting = [code for code in waiting if not notice_on_chain(world, code)["paid"]]
        if not waiting and world.units[unit_name].sdk.notice_state(payment_codes[-1]).state != "paid":
            # The node decides by final blocks, two behind the head.
            waiting = [payment_codes[-1]]
        if waiting:
            if time.monotonic() > deadline:
                raise StoryFailedError(f"{len(waiting)} payments were not settled in time")
            time.sleep(0.3)


def notice_on_chain(world: World, payment_code: str) -> dict[str, object]:
    """Read a notice from the chain."""
    prefix, sequence = int(payment_code[:10]), int(payment_code[10:])
    range_id = world.ledger.read("Registry", "findRange", 2, prefix, sequence)
    names = ("amountFen", "item", "linesHash", "dueDay", "noticed", "paid", "used", "cancelled", "ended")
    values = world.ledger.read("PaymentLedger", "noticeOf", range_id, sequence)
    return dict(zip(names, values, strict=True))


def _registration_notices(due: date) -> list[NoticeDraft]:
    """Every fifth registration also pays for the certificate: a notice of two lines."""
    drafts = []
    for index in range(REGISTRATIONS):
        lines = [(REGISTRATION.code, "80.00")]
        if index % 5 == 4:
            lines.append((CERTIFICATE.code, "10.00"))
        drafts.append(NoticeDraft(f"DJ-{index:05d}", tuple(lines), due))
    return drafts


def _patent_notices(due: date) -> list[NoticeDraft]:
    return [NoticeDraft(f"ZL-{index:05d}", ((PATENT_YEAR.code, "600.00"),), due) for index in range(PATENT_FEES)]


def _registration_receipts(world: World, codes: dict[str, str]) -> Iterable[Sample]:
    unit = world.units["land_registry"]
    issuer, code = unit.unit.issuer, unit.ranges["0101"].prefix
    for index in range(REGISTRATIONS):
        number = f"DJ-{index:05d}"
        if index == 0:
            yield read_sample(
                "nontax_unified_js",
                issuer=issuer,
                code=code,
                at=world.now(),
                business_number=number,
                payment_code=codes[number],
            )
            continue
        lines = [Line(REGISTRATION.code, REGISTRATION.name, 8_000, unit="次")]
        if index % 5 == 4:
            lines.append(Line(CERTIFICATE.code, CERTIFICATE.name, 1_000, unit="本"))
        yield write_by_code(
            issuer=issuer,
            code=code,
            at=world.now(),
            business_number=number,
            payment_code=codes[number],
            lines=lines,
            payer=PAYERS[index % len(PAYERS)],
        )


def patent_receipts(world: World, codes: dict[str, str]) -> Iterable[Sample]:
    """Write the receipts for the paid patent fees: 0.3 times a standard of 2000.00 each."""
    unit = world.units["patent_office"]
    for index in range(PATENT_FEES):
        number = f"ZL-{index:05d}"
        yield read_sample(
            "nontax_central_fractional",
            issuer=unit.unit.issuer,
            code=unit.ranges["0101"].prefix,
            at=world.now(),
            business_number=number,
            payment_code=codes[number],
        )


def _due_fen(draft: NoticeDraft) -> int:
    return sum(fen_of_text(amount) for _, amount in draft.lines)


def _odd_payments(codes: dict[str, str]) -> list[Payment]:
    """A fen too little, twenty yuan too much, one payment told twice and paid again."""
    return [
        Payment("X000001", codes["YC-under"], 7_999),
        Payment("X000002", codes["YC-over"], 10_001),
        Payment("X000003", codes["YC-twice"], 8_000),
        Payment("X000003", codes["YC-twice"], 8_000),
        Payment("X000004", codes["YC-twice"], 8_000),
    ]


def _check_odd_payments(world: World, codes: dict[str, str], step: Step) -> None:
    paid = {name: bool(notice_on_chain(world, code)["paid"]) for name, code in codes.items()}
    expected = {"YC-unpaid": False, "YC-under": False, "YC-over": True, "YC-twice": True}
    if paid != expected:
        raise StoryFailedError(f"paid marks are {paid}, expected {expected}")
    suspended = [
        (int(event["reason"]), int(event["amountFen"]))
        for event in world.ledger.history("PaymentLedger", "PaymentSuspended", world.book.deployed_block)
    ]
    # SuspenseReason of the PaymentLedger: 1 underpaid, 2 overpaid (the difference), 4 paid already.
    for entry in ((1, 7_999), (2, 2_001), (4, 8_000)):
        if entry not in suspended:
            raise StoryFailedError(f"suspense lacks {entry}; it holds {suspended}")
    step.detail["suspense"] = [f"{reason}:{text_of_fen(fen)}" for reason, fen in suspended]


def _count_settlement(world: World, step: Step) -> None:
    events = world.ledger.history_with_transactions("PaymentLedger", "PaymentsSettled", world.book.deployed_block)
    if not events:
        raise StoryFailedError("no settlement is on the chain")
    for transaction in dict.fromkeys(transaction for _, transaction in events):
        receipt = world.ledger.wait_mined(transaction)
        step.mined(transaction, receipt["gasUsed"])
    step.detail["paid"] = sum(int(event["paid"]) for event, _ in events)
