"""The crafted acts of the story: honest batches of its units, and each of them wrong in one place.

``tests/acceptance`` uses the same acts on a chain of its own, to show that each of them passes once the one thing that
is wrong with it is put right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.catalogue import REGISTRATION
from demo.crafted import Batch, Notice, batch_by_list
from piaolian_sdk.acts import Notice as NoticeAct
from piaolian_sdk.tree import Line

if TYPE_CHECKING:
    from demo.chain import DemoChain
    from demo.enrolment import EnrolledUnit


def next_number(chain: DemoChain, range_id: int) -> int:
    """Return the number that a range uses next."""
    found = chain.read("Registry", "rangeOf", range_id)
    names = [member["name"] for member in chain.struct_members("Registry", "rangeOf")]
    return int(dict(zip(names, found, strict=True))["next"])


def registration(unit: EnrolledUnit, sequence: int, item: int) -> Notice:
    """Return the notice of one registration fee."""
    payment = unit.ranges["payment"]
    return Notice(payment.range_id, int(payment.prefix), sequence, (Line(REGISTRATION.max_fen, item),))


def by_code(chain: DemoChain, unit: EnrolledUnit, notice: Notice, *, day: int, deadline: int, seed: bytes) -> Batch:
    """Return an honest batch of one receipt for one notice, from the unit's next number."""
    range_id = unit.ranges["0101"].range_id
    return Batch(
        unit=unit.number,
        range=range_id,
        first=next_number(chain, range_id),
        issue_day=day,
        catalog_version=int(chain.read("Registry", "catalogVersion")),
        deadline=deadline,
        notices=(notice,),
        seed=seed,
    )


def by_list(chain: DemoChain, unit: EnrolledUnit, *, day: int, deadline: int, seed: bytes) -> Batch:
    """Return an honest batch of one outpatient receipt, from the unit's next number."""
    range_id = unit.ranges["0601"].range_id
    return batch_by_list(
        unit=unit.number,
        range_id=range_id,
        first=next_number(chain, range_id),
        issue_day=day,
        catalog_version=int(chain.read("Registry", "catalogVersion")),
        deadline=deadline,
        amounts_fen=(99_354,),
        seed=seed,
    )


def notice_of(
    chain: DemoChain, unit: EnrolledUnit, item: int, amount_fen: int, *, due_day: int, deadline: int
) -> NoticeAct:
    """Return an honest notice batch of one line, from the unit's next sequence."""
    payment = unit.ranges["payment"]
    return NoticeAct(
        unit=unit.number,
        range=payment.range_id,
        first=next_number(chain, payment.range_id),
        due_day=due_day,
        lanes=Line(amount_fen, item).to_bytes(),
        lines=b"",
        deadline=deadline,
    )
