"""Bundles that a real network gave, checked with no network at all."""

import json
import random
from pathlib import Path

import pytest

from piaolian_sdk.proof import BundleError, Trust, read_bundle, verify_bundle
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2

_FOLDER = Path(__file__).parents[3] / "data/bundles"
TRUST = Trust.from_file(_FOLDER / "trust.json")
STATES = {
    "stamped": "stamped",
    "reversed": "reversed",
    "red": "red",
    "exchanged": "exchanged",
    "booking": "booking",
    "booked": "booked",
    "by-code": "stamped",
    "second-suite": "stamped",
}


def recorded(name: str) -> tuple[bytes, int]:
    """Return a bundle, and an hour after its checkpoint."""
    data = (_FOLDER / f"{name}.json").read_bytes()
    return data, read_bundle(data).checkpoint.timestamp + 3_600


@pytest.mark.parametrize(("name", "state"), STATES.items(), ids=list(STATES))
def test_recorded__every_state__proven(name: str, state: str) -> None:
    data, at = recorded(name)
    found = verify_bundle(data, TRUST, at)
    assert (found.state, found.age_seconds, len(found.members)) == (state, 3_600, 2)
    assert found.unit_signer.suite == (SUITE_P256 if name in ("by-code", "second-suite") else SUITE_SM2)
    assert (found.payment_code is not None) == (name == "by-code")
    assert len(data) <= 24 << 10
    shown = json.dumps(found.to_json_members(), ensure_ascii=False)
    payer = found.parsed.model.main.payer_party.payer_party_name
    assert payer
    assert payer not in shown


def test_recorded__reversed_and_red__name_each_other() -> None:
    blue, red = (verify_bundle(*_before_trust(name)) for name in ("reversed", "red"))
    assert blue.red_number == red.code + red.number
    assert red.parsed.model.main.main_ext.related_invoice_number == blue.number
    assert red.amount_fen == -blue.amount_fen


def _before_trust(name: str) -> tuple[bytes, Trust, int]:
    data, at = recorded(name)
    return data, TRUST, at


@pytest.mark.parametrize("name", list(STATES))
def test_recorded__bytes_flipped__refused(name: str) -> None:
    data, at = recorded(name)
    chance = random.Random(name)
    for place in chance.sample(range(len(data)), 300):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(BundleError):
            verify_bundle(bytes(changed), TRUST, at)
