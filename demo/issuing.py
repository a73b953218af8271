"""Issuing through the SDK: drafts to the unit's node, wait until final, remember what the holders keep."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from demo.cast import point_of
from demo.errors import StoryFailedError
from demo.world import Issued
from piaolian_sdk.client import ReceiptDraft
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.cast import UnitName
    from demo.enrolment import RangeName
    from demo.report import Step
    from demo.samples import Sample
    from demo.world import World
    from piaolian_sdk.client import BatchResult
    from piaolian_sdk.wire import SubmissionState

# Two blocks after the one that holds it an act is final; the rest is patience with two busy cores.
FINAL_WITHIN_SECONDS = 60.0


def draft_of(sample: Sample, payer: Sm2PrivateKey, payment_code: str | None = None) -> ReceiptDraft:
    """Hand a sample to the SDK."""
    return ReceiptDraft(
        business_number=sample.business_number,
        model=parse_receipt(sample.xml).model,
        payment_code=payment_code,
        payer_key=point_of(payer),
    )


def issue(
    world: World,
    unit_name: UnitName,
    range_name: RangeName,
    samples: Sequence[Sample],
    step: Step,
    payment_codes: Mapping[str, str] | None = None,
) -> list[Issued]:
    """Issue a batch and wait until it is final.

    Args:
        world: the run.
        unit_name: who issues.
        range_name: from which of its ranges.
        samples: what to issue.
        step: the step that this belongs to.
        payment_codes: paid code by business number, under code control.

    Returns:
        The issued receipts in the order of the samples.

    Raises:
        StoryFailedError: an item was refused, or the batch did not become final.
    """
    unit = world.units[unit_name]
    payers = [Sm2PrivateKey.generate(secrets.token_bytes) for _ in samples]
    codes = payment_codes or {}
    drafts = [
        draft_of(sample, payer, codes.get(sample.business_number))
        for sample, payer in zip(samples, payers, strict=True)
    ]
    allotment = unit.ranges[range_name]
    result = unit.sdk.issue(allotment.range_id, drafts)
    require_accepted(result, len(samples))
    state = wait_final(world, unit_name, result.submission_id or "", step)
    issued = [
        Issued(
            unit=unit_name,
            range_id=allotment.range_id,
            receipt=item.receipt,
            total_fen=sample.total_fen,
            payer=payer,
            transaction=str(state.transaction),
        )
        for item, sample, payer in zip(result.items, samples, payers, strict=True)
        if item.receipt is not None
    ]
    world.issued.extend(issued)
    step.detail["receipts"] = step.detail.get("receipts", 0) + len(issued)
    return issued


def require_accepted(result: BatchResult, count: int) -> None:
    """Check that every item of a batch was accepted.

    Raises:
        StoryFailedError: one was not; its problem is told.
    """
    for item in result.items:
        if item.verdict != "accepted":
            problem = item.problem
            why = f"{problem.code}: {problem.detail_zh or problem.detail}" if problem else item.verdict
            raise StoryFailedError(f"{item.business_number} was not accepted: {why}")
    if len(result.accepted) != count:
        raise StoryFailedError(f"{len(result.accepted)} of {count} items were accepted")


def wait_final(world: World, unit_name: UnitName, submission: str, step: Step) -> SubmissionState:
    """Wait until a submission of a unit is final, and count its transaction.

    Raises:
        StoryFailedError: it was refused.
    """
    state = world.units[unit_name].sdk.wait(submission, until="final", timeout_seconds=FINAL_WITHIN_SECONDS)
    count_transaction(world, state, step)
    return state


def count_transaction(world: World, state: SubmissionState, step: Step) -> None:
    """Write the transaction of a submission and its gas into a step.

    Raises:
        StoryFailedError: the submission was refused, or has no transaction.
    """
    if state.refusal is not None:
        raise StoryFailedError(f"refused by {state.refusal.decided_by}: {state.refusal.code} {state.refusal.detail}")
    if state.state != "final" or state.transaction is None:
        raise StoryFailedError(f"the submission is {state.state}, not final")
    receipt = world.ledger.wait_mined(state.transaction)
    step.mined(str(state.transaction), receipt["gasUsed"])
