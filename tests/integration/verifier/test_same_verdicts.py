"""The page's checks in JavaScript and the SDK's in Python say the same of every bundle: step by step, code by code."""

import base64
import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from support.bundle_cases import BundleCase, bad_cases, good_cases, verdict_of

_ROOT: Final = Path(__file__).parents[3]
_MUTATIONS: Final = 600
_SEED: Final = 8


def judged_in_javascript(cases: Sequence[BundleCase]) -> list[dict[str, Any]]:
    """Return the verdicts of the page's own modules, in one Node process."""
    lines = [
        json.dumps({"trust": case.trust, "bundle": base64.b64encode(case.bundle).decode(), "at": case.at})
        for case in cases
    ]
    done = subprocess.run(
        [_ROOT / ".tools" / "bin" / "node", "--no-warnings", _ROOT / "verifier" / "test" / "judge.js"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_same(cases: Sequence[BundleCase]) -> list[dict[str, Any]]:
    expected = [verdict_of(case) for case in cases]
    found = judged_in_javascript(cases)
    different = [
        (case.name, one, other) for case, one, other in zip(cases, expected, found, strict=True) if one != other
    ]
    assert different == []
    return expected


def test_every_state_in_both_suites__proven_alike() -> None:
    verdicts = assert_same(list(good_cases()))
    states = {"stamped", "reversed", "red", "exchanged", "booking", "booked"}
    assert {verdict["state"] for verdict in verdicts} == states


def test_every_negative_case__refused_at_the_same_step_by_the_same_code() -> None:
    cases = list(bad_cases())
    verdicts = assert_same(cases)
    accepted = [case.name for case, verdict in zip(cases, verdicts, strict=True) if "state" in verdict]
    # A certificate that was revoked after it had signed stays good for what it signed before (C073).
    assert accepted == ["revoked after signing"]
    assert len(cases) > 50


@pytest.mark.parametrize("base", ["by list, ECDSA-P256-SHA256", "red, SM2-SM3"])
def test_one_byte_changed__refused_alike_and_never_accepted(base: str) -> None:
    case = next(one for one in good_cases() if one.name == base)
    chance = random.Random(_SEED)
    mutants = []
    for place in chance.sample(range(len(case.bundle)), _MUTATIONS // 2):
        changed = bytearray(case.bundle)
        changed[place] ^= 1 << chance.randrange(8)
        mutants.append(BundleCase(f"{base}, byte {place}", bytes(changed), case.trust, case.at))
    verdicts = assert_same(mutants)
    assert not any("state" in verdict for verdict in verdicts)
