"""A month is written off, which lets its unit issue; a unit whose month is past its grace is refused by the contract.

The clock of a real chain cannot be moved. Both months were brought forward from the former system when the units were
registered, as ``institutions`` tells.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from demo.chapters.nontax import PATENT_FEES, patent_receipts
from demo.chapters.refusals import base_by_list
from demo.issuing import draft_of, issue, wait_final
from demo.refusing import attempt_refused, call_refused, item_refused, require_equal
from demo.samples import read_sample
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from demo.report import Step
    from demo.world import World


def tell(world: World) -> None:
    """Write off one month of the patent office; refuse the second hospital."""
    patent = world.units["patent_office"]
    month = world.facts["open_months"]["patent_office"]
    with world.report.step(f"核销专利代办处 {month} 月结转 / the patent office's month is written off") as step:
        submission = patent.sdk.write_off("0101", month)
        wait_final(world, "patent_office", submission, step)
        require_equal("the month is closed", patent.sdk.period("0101", month).closed, expected=True)
        step.detail["month"] = month
    with world.report.refusal(
        f"{month} 再次核销 / the same month again", decided_by="node", code="month-closed"
    ) as step:
        call_refused(step, lambda: patent.sdk.write_off("0101", month))
    with world.report.step(
        f"核销后开具专利年费票据 {PATENT_FEES} 张，0.3 × 2000.00 / receipts after the write-off"
    ) as step:
        codes = world.facts["payment_codes"]
        issue(world, "patent_office", "0101", list(patent_receipts(world, codes)), step, codes)

    late = world.facts["open_months"]["second_hospital"]
    with world.report.refusal(
        f"第二人民医院 {late} 逾期未核销，合约拒绝开票 / an overdue unit is refused by the contract",
        decided_by="contract",
        code="unit-overdue",
    ) as step:
        unit = world.units["second_hospital"]
        attempt = world.facts["rogue"].issue(base_by_list(world, "second_hospital"), unit.unit.chain_signer, step)
        attempt_refused(step, attempt)
    with world.report.refusal(
        "第二人民医院经节点开票同样被拒 / its own node refuses it at the door", decided_by="node", code="unit-overdue"
    ) as step:
        _issue_at_the_door(world, step)


def _issue_at_the_door(world: World, step: Step) -> None:
    unit = world.units["second_hospital"]
    sample = read_sample(
        "medical_outpatient_js",
        issuer=unit.unit.issuer,
        code=unit.ranges["0601"].prefix,
        at=world.now(),
        business_number="EY-0001",
    )
    draft = draft_of(sample, Sm2PrivateKey.generate(secrets.token_bytes))
    call_refused(step, lambda: item_refused(step, unit.sdk.issue(unit.ranges["0601"].range_id, [draft])))
