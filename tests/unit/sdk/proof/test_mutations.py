"""Nothing in a bundle can be changed without a named refusal: every byte, and every member in every usual way."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from piaolian_sdk.proof import STEPS, BundleError, Trust, verify_bundle
from piaolian_sdk.proof.bundle import compact_json
from support.bundle_cases import BundleCase, good_cases

_SEED = 20_260_302
GOOD = {case.name: case for case in good_cases()}
_STEP_NAMES = {step.STEP for step in STEPS}


def refused_step(data: bytes, case: BundleCase, trust: Trust) -> str:
    try:
        verify_bundle(data, trust, case.at)
    except BundleError as error:
        step = error.step
    else:
        raise AssertionError("a changed bundle was accepted")
    assert step in _STEP_NAMES
    return step


@pytest.mark.parametrize(
    ("name", "stride"),
    [("by list, ECDSA-P256-SHA256", 1), ("by code, SM2-SM3", 11), ("red, SM2-SM3", 11), ("booked, SM2-SM3", 11)],
)
def test_bytes__one_bit_flipped__refused_with_its_step(name: str, stride: int) -> None:
    case, chance = GOOD[name], random.Random(_SEED)
    trust = Trust.from_json(case.trust.encode())
    steps = set()
    count = 0
    for place in range(0, len(case.bundle), stride):
        changed = bytearray(case.bundle)
        changed[place] ^= 1 << chance.randrange(8)
        steps.add(refused_step(bytes(changed), case, trust))
        count += 1
    assert count * stride >= len(case.bundle)
    assert {"format", "document"} <= steps


def _others(value: object, chance: random.Random) -> list[object]:
    """Return values to put in a member's place."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, -1, value + 0.5, 1 << 64, str(value)]
    if value is None:
        return [0, 1, "0x" + "11" * 32, "0" * 20]
    if not isinstance(value, str):
        return [None, 0]
    place = chance.randrange(2, len(value))
    digit = "0" if value[place] != "0" else "1"
    return [value[:place] + digit + value[place + 1 :], value.upper(), value[:-1], value + "0", "", None, value[::-1]]


def _changes(members: Any, top: Any, chance: random.Random) -> Iterator[None]:
    """Change one place after the other within ``top``; the change stands while the caller has it."""
    places = members.items() if isinstance(members, dict) else enumerate(members)
    for key, value in list(places):
        if isinstance(value, dict | list):
            yield from _changes(value, top, chance)
        for other in _others(value, chance):
            if other != value or type(other) is not type(value):
                members[key] = other
                yield
        members[key] = value
    if isinstance(members, dict):
        for key in list(members):
            kept = dict(members)
            del members[key]
            yield
            members.clear()
            members.update(kept)
            members["more"] = 0
            yield
            del members["more"]
    elif members:
        kept_list = list(members)
        for changed in (kept_list[1:], [*kept_list, kept_list[0]], kept_list[:-1], []):
            members[:] = changed
            yield
        members[:] = kept_list


@pytest.mark.parametrize("name", list(GOOD))
def test_members__changed_in_every_usual_way__refused_with_their_step(name: str) -> None:
    case, chance = GOOD[name], random.Random(_SEED)
    trust = Trust.from_json(case.trust.encode())
    members = json.loads(case.bundle)
    count = 0
    for _ in _changes(members, members, chance):
        refused_step(compact_json(members).encode(), case, trust)
        count += 1
    assert compact_json(members).encode() == case.bundle
    assert count > 350


def test_bundles__parts_of_two_mixed__refused() -> None:
    names = list(GOOD)[:7]
    count = 0
    for one in names:
        for other in names:
            if one == other:
                continue
            case = GOOD[one]
            trust = Trust.from_json(case.trust.encode())
            members, foreign = json.loads(case.bundle), json.loads(GOOD[other].bundle)
            for key, value in members.items():
                # The checkpoint is of the same block: signed anew it is as good.
                if foreign[key] != value and key != "checkpoint":
                    refused_step(compact_json(members | {key: foreign[key]}).encode(), case, trust)
                    count += 1
    assert count > 250
