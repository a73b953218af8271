"""Receipts from before any rotation verify for ever: each is checked ten years later, after everything was replaced."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.proof import BundleError
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, point_of
from support.proof_world import BLOCK_TIME, MEMBERS, ProofWorld

_TEN_YEARS = 3_653 * 86_400
_LATER = BLOCK_TIME + _TEN_YEARS
_ROTATED = BLOCK_TIME + 86_400


def _rotated(world: ProofWorld) -> dict[str, Any]:
    """Return the trust file's members after each key, certificate and contract was replaced a day after the receipt."""
    members = [world.member(name, 0, _ROTATED) for name in MEMBERS]
    for place, name in enumerate(MEMBERS):
        key = ec.derive_private_key(9_000 + place, ec.SECP256R1()).public_key()
        fresh = world.member(name, _ROTATED) | {"public_key": "0x" + point_of(key).hex()}
        members.append(fresh)
    contracts = world.trust_file().model_dump()["contracts"]
    for contract in contracts.values():
        contract["implementations"].append({"code_hash": b"\x78" * 32, "layout": 1})
        contract["proxy_code_hashes"].append(b"\x79" * 32)
    authority = CertificateAuthority.create("后继 CA", world.suite)
    _, department = authority.issue("测试财政局", world.suite)
    units, departments = (signer.certificate for signer in (world.unit_signer, world.finance_signer))
    return {
        "made_at": _LATER,
        "checkpoint_members": members,
        "checkpoint_quorums": [{"valid_from": 0, "quorum": 2}, {"valid_from": _ROTATED, "quorum": 3}],
        "contracts": contracts,
        "certificate_roots": [
            world.authority.certificate.pem.decode("ascii"),
            authority.certificate.pem.decode("ascii"),
        ],
        "supervisors": [departments.pem.decode("ascii"), department.decode("ascii")],
        # Both keys were given up after they had signed.
        "revocations": [{"serial": f"{one.serial:X}", "revoked_at": _ROTATED} for one in (units, departments)],
    }


@pytest.mark.parametrize("suite", [SUITE_SM2, SUITE_P256])
def test_receipt__everything_replaced_since__proven_ten_years_later(suite: str) -> None:
    world = ProofWorld(suite=suite)
    by_list, by_code = world.issue_by_list(), world.issue_by_code()
    reversed_one = world.issue_by_list(14)
    red = world.issue_red(reversed_one)
    trust = _rotated(world)
    for parts, state in ((by_list, "stamped"), (by_code, "stamped"), (reversed_one, "reversed"), (red, "red")):
        found = world.verify(world.bundle(parts), _LATER, **trust)
        assert found.state == state
        assert found.age_seconds == _TEN_YEARS
    # All certificates have long expired.
    assert world.finance_signer.certificate.not_after.timestamp() < _LATER


@pytest.mark.parametrize(
    ("dropped", "code"),
    [
        ("checkpoint_members", "checkpoint-member-not-valid"),
        ("supervisors", "supervisor-unknown"),
        ("certificate_roots", "certificate-not-trusted"),
        ("contracts", "implementation-unknown"),
    ],
)
def test_receipt__old_entry_taken_out_of_the_trust_file__refused(dropped: str, code: str) -> None:
    world = ProofWorld()
    bundle, trust = world.bundle(world.issue_by_list()), _rotated(world)
    if dropped == "contracts":
        for contract in trust["contracts"].values():
            del contract["implementations"][0]
    else:
        del trust[dropped][: len(trust[dropped]) // 2]
    with pytest.raises(BundleError) as caught:
        world.verify(bundle, _LATER, **trust)
    assert caught.value.code == code
