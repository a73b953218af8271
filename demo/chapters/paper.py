"""A payer wants paper: a paper original with a number of its own stands in the receipt's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.chapters.reversal import EXCHANGED, mark_of
from demo.issuing import wait_final
from demo.refusing import call_refused, require_equal

if TYPE_CHECKING:
    from demo.world import Issued, World


def tell(world: World) -> None:
    """Exchange one receipt, and find that it cannot be exchanged again while the paper is out."""
    hospital = world.units["hospital"]
    paper = hospital.ranges["paper"]
    issued = outpatient(world, 1)
    with world.report.step("一张门诊票据换开纸质 / one receipt is exchanged to paper") as step:
        submission = hospital.sdk.exchange(issued.code, issued.number, paper.range_id, paper.first)
        wait_final(world, "hospital", submission, step)
        require_equal("mark of the exchanged receipt", mark_of(world, issued), EXCHANGED)
        world.facts["exchanged"] = issued
        step.detail |= {"receipt": issued.key, "paper": f"{paper.prefix}-{paper.first:010d}"}
    with world.report.refusal(
        "纸质未收回再次换开 / again while the paper is out", decided_by="node", code="receipt-is-on-paper"
    ) as step:
        call_refused(step, lambda: hospital.sdk.exchange(issued.code, issued.number, paper.range_id, paper.first + 1))


def outpatient(world: World, index: int) -> Issued:
    """Return one of the hospital's generated outpatient receipts."""
    generated = [
        issued
        for issued in world.receipts_of("hospital")
        if issued.range_id == world.units["hospital"].ranges["0601"].range_id and issued.total_fen > 0
    ]
    return generated[index]
