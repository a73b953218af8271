"""Months of the past that a unit brings along, so that there is something to write off today."""

import time
from datetime import datetime

from demo.chain import Call
from demo.enrolment import EnrolledUnit
from piaolian_sdk.acts import BringForward
from piaolian_sdk.beijing import BEIJING
from support.node import NodeWorld

_TOTALS = {"issued": 2, "voided": 0, "red": 0, "issuedFen": 16_000, "reversedFen": 0}


def month_ago(months: int) -> tuple[int, str]:
    """Return a month of the past as the contracts count it, and as text."""
    now = datetime.now(BEIJING)
    number = now.year * 12 + now.month - 1 - months
    return number, f"{number // 12}-{number % 12 + 1:02d}"


def bring_forward(world: NodeWorld, unit: EnrolledUnit, kind: int, month: int) -> None:
    """Have the supervisor count two receipts of 160.00 in a past month of a kind that the unit never issued."""
    act = BringForward(unit.number, kind, month, 2, 0, 0, 16_000, 0, int(time.time()) + 600)
    ledger = world.province.book.address_of("ReceiptLedger")
    struct = {
        "unit": act.unit,
        "kind": act.kind,
        "month": act.month,
        "totals": _TOTALS,
        "deadline": act.deadline,
        "signature": act.sign(unit.unit.chain_signer, world.province.chain.chain_id, ledger),
    }
    world.province.chain.send(world.province.supervisor_key, [Call("ReceiptLedger", "bringForward", (struct,))])
