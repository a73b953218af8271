"""A refund: the outpatient sample is reversed by a red receipt with a number of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.cast import point_of
from demo.issuing import wait_final
from demo.refusing import call_refused, require_equal
from demo.samples import read_sample, write_red
from demo.world import Issued
from piaolian_sdk.receipt import parse_receipt

if TYPE_CHECKING:
    from demo.world import World
    from piaolian_sdk.client import ReversedReceipt

# Mark bits of the ReceiptLedger.
EXCHANGED, REVERSED = 1, 2
_REFUND = 1


def tell(world: World) -> None:
    """Reverse the sample, and find that it cannot be reversed twice."""
    blue: Issued = world.facts["outpatient_sample"]
    with world.report.step("冲红门诊票据样本 / the outpatient sample is reversed by a red receipt") as step:
        reversed_ = reverse(world, blue, "MZ-SAMPLE-1R")
        state = wait_final(world, blue.unit, reversed_.submission_id, step)
        red = Issued(
            unit=blue.unit,
            range_id=blue.range_id,
            receipt=reversed_.receipt,
            total_fen=-blue.total_fen,
            payer=blue.payer,
            transaction=str(state.transaction),
        )
        world.issued.append(red)
        world.facts["red"] = red
        require_equal("mark of the blue receipt", mark_of(world, blue), REVERSED)
        require_equal("red receipt of the blue one", red_of(world, blue), [red.range_id, int(red.number)])
        step.detail["red"] = red.key
    with world.report.refusal(
        "同一票据再次冲红 / the same receipt again", decided_by="node", code="receipt-is-reversed"
    ) as step:
        call_refused(step, lambda: reverse(world, blue, "MZ-SAMPLE-1RR"))


def reverse(world: World, blue: Issued, business_number: str) -> ReversedReceipt:
    """Ask the unit's node to reverse a receipt; the sample is reversed by the sample of a red receipt."""
    unit = world.units[blue.unit]
    if blue is world.facts["outpatient_sample"]:
        sample = read_sample(
            "red_of_outpatient",
            issuer=unit.unit.issuer,
            code=blue.code,
            at=world.now(),
            business_number=business_number,
            related=(blue.code, blue.number),
        )
    else:
        sample = write_red(blue.receipt.document, code=blue.code, at=world.now(), business_number=business_number)
    model = parse_receipt(sample.xml).model
    return unit.sdk.reverse(blue.receipt, blue.range_id, model, _REFUND, payer_key=point_of(blue.payer))


def red_of(world: World, issued: Issued) -> list[int]:
    """Read range and number of the red receipt that reverses a receipt from the chain's events."""
    root_id = world.ledger.read("ReceiptLedger", "redRootIdOf", issued.range_id, int(issued.number))
    events = world.ledger.history("ReceiptLedger", "Reversed", world.book.deployed_block)
    return [int(event[name]) for event in events if event["rootId"] == root_id for name in ("redRange", "redNumber")]


def mark_of(world: World, issued: Issued) -> int:
    """Read the mark byte of a receipt from the chain."""
    return int(world.ledger.read("ReceiptLedger", "markOf", issued.range_id, int(issued.number)))
