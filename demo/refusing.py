"""Reading a refusal: who decided, and with which code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.errors import StoryFailedError
from piaolian_sdk.client import NodeRefusedError
from piaolian_sdk.errors import InputError, PiaolianError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.report import Step
    from demo.rogue import Attempt
    from piaolian_sdk.client import BatchResult
    from piaolian_sdk.wire import SubmissionState


def call_refused(step: Step, act: Callable[[], object]) -> None:
    """Do something through the SDK that must be refused, and note who refused it.

    What is not refused is left for the step to complain about. Anything else than a refusal is raised.
    """
    try:
        act()
    except NodeRefusedError as exc:
        step.refused(exc.problem.decided_by, exc.problem.code, exc.problem.detail_zh or exc.problem.detail)
    except (InputError, VerificationError) as exc:
        note_sdk_refusal(step, exc)


def note_sdk_refusal(step: Step, error: PiaolianError) -> None:
    """Note that the SDK itself refused, before anything was sent or believed."""
    step.refused("sdk", error.code, error.message_zh)


def item_refused(step: Step, result: BatchResult) -> None:
    """Note the refusal of the only item of a batch."""
    item = result.items[0]
    if item.verdict == "refused" and item.problem is not None:
        step.refused(item.problem.decided_by, item.problem.code, item.problem.detail_zh or item.problem.detail)


def submission_refused(step: Step, state: SubmissionState) -> None:
    """Note the refusal that a submission ended with."""
    if state.refusal is not None:
        step.refused(state.refusal.decided_by, state.refusal.code, state.refusal.detail_zh or state.refusal.detail)


def attempt_refused(step: Step, attempt: Attempt) -> None:
    """Note the refusal of an act that went straight to the chain."""
    if attempt.refusal is not None:
        step.refused("contract", attempt.refusal.code, attempt.refusal.message_zh)


def require_equal(what: str, found: object, expected: object) -> None:
    """Check one fact.

    Raises:
        StoryFailedError: it is otherwise.
    """
    if found != expected:
        raise StoryFailedError(f"{what} is {found!r}, expected {expected!r}")
