"""Every named way of being wrong is refused at its own step, by its own code."""

from datetime import timedelta
from typing import Any

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import STEPS, BundleError, Trust
from piaolian_sdk.proof.reasons import REASONS
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import SUITE_P256, SoftwareSigner, sign_receipt_as_supervisor, sign_receipt_as_unit
from support.bundle_cases import bad_cases, good_cases, verdict_of
from support.documents import NOW, OUTPATIENT, sample_model, signatory
from support.proof_world import (
    BLOCK_TIME,
    LEDGER,
    LEDGER_CODE,
    LIST_CODE,
    LIST_RANGE,
    MEMBERS,
    RED_RANGE,
    REGISTRY,
    ProofWorld,
)

EXPECTED: dict[str, tuple[str, str]] = {
    "checked before the checkpoint": ("checkpoint-time", "checkpoint-from-future"),
    "too few members": ("checkpoint-quorum", "checkpoint-quorum-missing"),
    "a member twice": ("checkpoint-members", "checkpoint-member-twice"),
    "sandbox bundle": ("sandbox", "bundle-from-sandbox"),
    "sandbox trust": ("sandbox", "bundle-not-from-sandbox"),
    "other chain": ("network", "bundle-wrong-chain"),
    "other genesis": ("network", "bundle-wrong-genesis"),
    "retired member": ("checkpoint-members", "checkpoint-member-not-valid"),
    "unknown member": ("checkpoint-members", "checkpoint-member-unknown"),
    "no quorum yet": ("checkpoint-quorum", "checkpoint-quorum-missing"),
    "quorum raised": ("checkpoint-quorum", "checkpoint-quorum-missing"),
    "roots of another authority": ("unit-signature", "certificate-not-trusted"),
    "revoked before signing": ("supervision-signature", "certificate-revoked"),
    "countersigned by no department": ("supervision-signature", "supervisor-unknown"),
    "suite not allowed": ("unit-signature", "certificate-suite-unsupported"),
    "Registry: other proxy_code_hashes": ("contracts", "contract-code-unknown"),
    "Registry: other implementations": ("contracts", "implementation-unknown"),
    "Registry: other address": ("contracts", "state-node-missing"),
    "ReceiptLedger: other proxy_code_hashes": ("contracts", "contract-code-unknown"),
    "ReceiptLedger: other implementations": ("contracts", "implementation-unknown"),
    "ReceiptLedger: other address": ("contracts", "state-node-missing"),
    "trust file of version 2": ("", "trust-malformed"),
    "trust file with another member": ("", "trust-malformed"),
    "unit of another code": ("unit", "unit-other"),
    "range of another unit": ("range", "range-of-other-unit"),
    "range of another mode": ("range", "range-of-other-mode"),
    "range of another code": ("range", "range-of-other-code"),
    "range without the number": ("range", "range-without-number"),
    "range of payment codes": ("range", "range-missing"),
    "red on the chain alone": ("header", "header-red-differs"),
    "blue on the chain alone": ("header", "header-red-differs"),
    "red header of no reversal": ("reversal", "red-header-unexpected"),
    "reversed without its red header": ("reversal", "red-header-missing"),
    "reversed by another red receipt": ("reversal", "red-header-differs"),
    "original of no red receipt": ("root", "original-unexpected"),
    "paper of another unit": ("paper", "paper-of-other-unit"),
    "original reversed by another": ("root", "header-not-under-root"),
    "original not reversed": ("root", "root-missing"),
    "original of another unit": ("original", "original-missing"),
    "red receipt without original": ("root", "original-missing"),
    "red receipt under a batch's root": ("root", "original-missing"),
    "no root": ("root", "root-missing"),
    "other place under the root": ("root", "header-not-under-root"),
    "header of another range of numbers": ("header", "header-without-number"),
    "header of another day": ("header", "header-of-other-day"),
    "other amount": ("leaf", "leaf-other-amount"),
    "salt under code control": ("leaf", "leaf-unfit-for-mode"),
    "algorithm RSA": ("unit-signature", "signature-algorithm-mismatch"),
    "algorithm constructor": ("unit-signature", "signature-algorithm-mismatch"),
    "document of another receipt": ("document", "document-damaged"),
    "document of another receipt with its digest": ("document", "document-of-other-receipt"),
    "state of another receipt": ("contracts", "state-node-missing"),
    "state ends early": ("contracts", "state-node-malformed"),
    "state goes on": ("contracts", "state-node-malformed"),
    "the ledger's storage alone": ("contracts", "state-node-missing"),
    "tries in another order": ("contracts", "state-node-missing"),
    "all below a root is missing": ("contracts", "state-node-missing"),
    "one way is missing": ("paper", "state-node-missing"),
    "a node stands twice": ("state-complete", "state-node-unused"),
    "an unrelated node": ("state-complete", "state-node-unused"),
    "unknown version": ("format", "bundle-version-unknown"),
    "member that no version has": ("format", "bundle-malformed"),
    "truncated": ("format", "bundle-malformed"),
    "blank in the file": ("format", "bundle-malformed"),
    "byte order mark": ("format", "bundle-malformed"),
    "oversized": ("size", "bundle-too-large"),
    "empty": ("format", "bundle-malformed"),
    "no object": ("format", "bundle-malformed"),
    "high s": ("format", "bundle-malformed"),
    "path too short": ("leaf", "leaf-not-under-unit-root"),
}


def test_named_cases__each_refused_at_its_step_by_its_code() -> None:
    cases = {case.name: case for case in bad_cases()}
    found = {name: verdict_of(case) for name, case in cases.items()}
    accepted = {name for name, verdict in found.items() if "state" in verdict}
    # A certificate that was revoked after it had signed stays good for what it signed before.
    assert accepted == {"revoked after signing"}
    assert {name: (one["step"], one["code"]) for name, one in found.items() if name not in accepted} == EXPECTED


def test_every_state__in_both_suites__accepted() -> None:
    states = [verdict_of(case)["state"] for case in good_cases()]
    expected = ["stamped", "stamped", "reversed", "red", "exchanged", "booking", "booked", "stamped"]
    assert states[:8] == states[8:] == expected


def refusal(world: ProofWorld, bundle: Any, at: int = BLOCK_TIME + 60, **trust: Any) -> tuple[str, str]:
    with pytest.raises(BundleError) as caught:
        world.verify(bundle, at, **trust)
    assert caught.value.message_zh
    assert caught.value.step == type(caught.value).STEP
    return caught.value.step, caught.value.code


def test_checkpoint__signed_by_another_key__refused() -> None:
    world = ProofWorld()
    bundle = world.bundle(world.issue_by_list())
    world.member_keys[MEMBERS[1]] = world.member_keys[MEMBERS[2]]
    forged = world.sign(bundle.signed_checkpoint(), MEMBERS[1])
    entry = bundle.checkpoint.signatures[1].model_copy(update={"signature": forged[1]})
    signatures = [bundle.checkpoint.signatures[0], entry]
    checkpoint = bundle.checkpoint.model_copy(update={"signatures": signatures})
    forged_bundle = bundle.model_copy(update={"checkpoint": checkpoint})
    assert refusal(ProofWorld(), forged_bundle) == ("checkpoint-signature", "checkpoint-signature-wrong")


@pytest.mark.parametrize("member", ["number", "timestamp", "block_hash", "state_root"])
def test_checkpoint__any_part_changed_after_signing__refused(member: str) -> None:
    world = ProofWorld()
    bundle = world.bundle(world.issue_by_list())
    value: Any = b"\7" * 32 if member in ("block_hash", "state_root") else getattr(bundle.checkpoint, member) - 1
    changed = bundle.model_copy(update={"checkpoint": bundle.checkpoint.model_copy(update={member: value})})
    assert refusal(world, changed) == ("checkpoint-signature", "checkpoint-signature-wrong")


def test_member_key_renewed__old_bundle_still_verifies_and_old_key_no_new_one() -> None:
    world = ProofWorld()
    old = world.bundle(world.issue_by_list())
    keys = dict(world.member_keys)
    retired = [world.member(MEMBERS[0], 0, BLOCK_TIME + 10), world.member(MEMBERS[1])]
    world.member_keys[MEMBERS[0]] = keys[MEMBERS[2]]
    members = [*retired, world.member(MEMBERS[0], BLOCK_TIME + 10)]
    assert world.verify(old, checkpoint_members=members).state == "stamped"
    world.member_keys[MEMBERS[0]] = keys[MEMBERS[0]]
    world.block_time += 20
    new = world.bundle(world.issue_by_list(13))
    found = refusal(world, new, world.block_time, checkpoint_members=members)
    assert found == ("checkpoint-signature", "checkpoint-signature-wrong")


def test_contract_upgraded__old_and_new_code_allowed__both_verify() -> None:
    world = ProofWorld()
    old = world.bundle(world.issue_by_list())
    world.code[LEDGER_CODE] = b"\x77" * 32
    new = world.bundle(world.issue_by_list(13))
    contracts = world.trust_file().model_dump()["contracts"]
    contracts["ReceiptLedger"]["implementations"].append({"code_hash": b"\x77" * 32, "layout": 1})
    assert refusal(world, new) == ("contracts", "implementation-unknown")
    for bundle in (old, new):
        assert world.verify(bundle, contracts=contracts).state == "stamped"


@pytest.mark.parametrize("address", [LEDGER, REGISTRY], ids=["ledger", "registry"])
def test_contract__not_on_the_chain__refused(address: bytes) -> None:
    world = ProofWorld()
    parts = world.issue_by_list()
    world.absent.add(address)
    assert refusal(world, world.bundle(parts)) == ("contracts", "contract-missing")


def test_implementation__without_account__refused() -> None:
    world = ProofWorld()
    parts = world.issue_by_list()
    world.absent.add(LEDGER_CODE)
    assert refusal(world, world.bundle(parts)) == ("contracts", "implementation-unknown")


def _signed(
    world: ProofWorld,
    unit: SoftwareSigner,
    finance: SoftwareSigner,
    *,
    unit_later: timedelta = timedelta(),
    finance_later: timedelta = timedelta(),
) -> bytes:
    document = world.document(sample_model(OUTPATIENT), LIST_CODE, 12)
    unsigned = document[: document.index(b"<EInvoiceSignature>")] + b"</EInvoice>"
    unit_time = NOW + unit_later
    signed = sign_receipt_as_unit(unsigned, unit, unit_time)
    return sign_receipt_as_supervisor(signed, finance, unit_time + finance_later)


@pytest.mark.parametrize(
    ("later", "place"),
    [
        ({"unit_later": timedelta(days=-1)}, 1),
        ({"unit_later": timedelta(minutes=7)}, 1),
        ({"finance_later": timedelta(minutes=-6)}, 2),
        ({"finance_later": timedelta(minutes=7)}, 2),
    ],
    ids=["unit-a-day-early", "unit-after-the-checkpoint", "finance-before-the-unit", "finance-after-the-checkpoint"],
)
def test_signature_time__outside_issue_day_and_checkpoint__refused(later: dict[str, timedelta], place: int) -> None:
    world = ProofWorld()
    document = _signed(world, world.unit_signer, world.finance_signer, **later)
    bundle = world.bundle(world.stamp(document, LIST_RANGE, 12, mode=2))
    with pytest.raises(BundleError) as caught:
        world.verify(bundle)
    assert (caught.value.step, caught.value.code) == ("signature-time", "signature-time-out-of-window")
    assert caught.value.field == f"EInvoiceSignature/Signature[{place}]"


def test_certificates__not_yet_valid_expired_and_foreign__refused() -> None:
    world = ProofWorld()
    foreign = signatory(SUITE_P256).unit
    document = _signed(world, foreign, world.finance_signer)
    bundle = world.bundle(world.stamp(document, LIST_RANGE, 12, mode=2))
    assert refusal(world, bundle) == ("unit-signature", "certificate-not-trusted")
    short = SoftwareSigner.from_pem(*world.authority.issue("测试财政局", SUITE_P256, days=1))
    document = _signed(world, world.unit_signer, short, finance_later=timedelta(hours=30))
    world.block_time += 200_000
    bundle = world.bundle(world.stamp(document, LIST_RANGE, 12, mode=2))
    known = [short.certificate.pem.decode("ascii")]
    found = refusal(world, bundle, world.block_time, supervisors=known)
    assert found == ("supervision-signature", "certificate-expired")


def test_supervision_signature__over_another_document__refused() -> None:
    world = ProofWorld()
    one, other = (world.document(sample_model(OUTPATIENT), LIST_CODE, number) for number in (12, 13))
    wrong = parse_receipt(other).supervision_signature_bytes
    right = parse_receipt(one).supervision_signature_bytes
    assert wrong is not None
    assert right is not None
    bundle = world.bundle(world.stamp(one.replace(right, wrong), LIST_RANGE, 12, mode=2))
    assert refusal(world, bundle) == ("supervision-signature", "signature-wrong")


def test_document__with_the_units_signature_alone__refused() -> None:
    world = ProofWorld()
    document = world.document(sample_model(OUTPATIENT), LIST_CODE, 12)
    supervision = parse_receipt(document).supervision_signature_bytes
    assert supervision is not None
    bundle = world.bundle(world.stamp(document.replace(supervision, b""), LIST_RANGE, 12, mode=2))
    assert refusal(world, bundle) == ("supervision-signature", "signature-missing")


def test_original__of_a_receipt_that_is_not_red__refused() -> None:
    world = ProofWorld()
    bundle = world.bundle(world.issue_by_list()).model_copy(update={"original_range": 3})
    assert refusal(world, bundle) == ("root", "original-unexpected")


def test_red_receipt__of_an_original_of_another_unit__refused() -> None:
    world = ProofWorld()
    red = world.issue_red(world.issue_by_list())
    world.set_range(LIST_RANGE, LIST_CODE, mode=2, unit=8)
    assert refusal(world, world.bundle(red)) == ("original", "original-missing")


def test_reversed_receipt__by_a_number_of_another_unit__refused() -> None:
    world = ProofWorld()
    parts = world.issue_by_list()
    world.issue_red(parts)
    world.set_range(RED_RANGE, LIST_CODE, mode=2, unit=8)
    assert refusal(world, world.bundle(parts)) == ("reversal", "red-header-of-other-unit")


def test_state_from_before_a_reversal__under_the_checkpoint_after_it__refused() -> None:
    world = ProofWorld()
    parts = world.issue_by_list()
    before = world.bundle(parts)
    world.issue_red(parts)
    world.block_number += 1
    after = world.bundle(parts)
    mixed = before.model_copy(update={"checkpoint": after.checkpoint})
    assert refusal(world, mixed) == ("contracts", "state-node-missing")


def test_reasons__every_one_belongs_to_a_step_and_numbers_count_up() -> None:
    assert [step.NUMBER for step in STEPS] == list(range(1, 23))
    assert len({step.STEP for step in STEPS}) == 22
    assert all(reason.message_zh and reason.remedy for reason in REASONS.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"checkpoint_members": [ProofWorld().member(MEMBERS[0]), ProofWorld().member(MEMBERS[0], 5)]},
        {"checkpoint_members": [ProofWorld().member(MEMBERS[0], 9, 5)]},
        {"checkpoint_members": [ProofWorld().member(MEMBERS[0]) | {"name": name} for name in ("a", "b")]},
        {"checkpoint_members": [ProofWorld().member(MEMBERS[0]) | {"public_key": "0x04" + "11" * 64}]},
    ],
    ids=["two-keys-at-a-time", "ends-before-it-begins", "one-key-for-two", "point-off-the-curve"],
)
def test_trust_file__members_that_break_the_rules__refused(changes: dict[str, Any]) -> None:
    world = ProofWorld()
    with pytest.raises(InputError) as caught:
        Trust.from_json(world.trust_file(**changes).to_json().encode())
    assert caught.value.code in ("trust-malformed", "key-malformed")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"format":1,"format":2}', b"[" * 100_000])
def test_trust_file__that_is_none__refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        Trust.from_json(data)
    assert caught.value.code == "trust-malformed"
