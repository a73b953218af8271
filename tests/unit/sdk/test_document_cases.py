"""Cases of codes, documents, signatures and time: each has its tests, and none is forgotten."""

import hashlib
import re
from datetime import datetime
from pathlib import Path

import pytest

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.cli import main
from piaolian_sdk.codes import CheckCode, ReceiptKey
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import document_digest, original_bytes, parse_receipt
from piaolian_sdk.receipt.card import card_members, identity_of_card
from piaolian_sdk.signing import SUITE_SM2, sign_receipt_as_supervisor, sign_receipt_as_unit
from piaolian_sdk.sm2 import libcrypto
from piaolian_sdk.tree import positional_path, positional_root, verify_path
from support.documents import NOW, OUTPATIENT, signatory, unsigned_sample

TESTS = Path(__file__).parents[2]
CONTRACT_TESTS = TESTS.parent / "contracts" / "test"
NAMED = {f"C{number:03d}" for number in (*range(1, 40), *range(61, 73))}
# Whose tests do not carry the case's number in their name, because they say more than the case.
ELSEWHERE = {
    "C021": ["test_c020_c021_capital_words__published_forms"],
    "C033": ["test_postgres__batch_to_final_and_concurrent_leases__as_on_sqlite", "test_open__later_lease_first"],
    "C034": ["test_fuzz_splitAllotRecall_keepEveryNumberOnce", "test_number_used_before__in_its_turn__passes"],
    "C038": ["test_issue__answer_lost_and_next_process_tries_again__sends_the_same_bytes"],
    "C039": ["test_original__of_a_receipt_that_is_not_red__refused", "test_fuzz_openLeaf_anyChangeIsRefused"],
    "C064": ["test_c062_c064_signature__other_encoding__refused_by_name"],
}
# These speak of visual copies (OFD, PDF), which this library does not make.
VISUAL_COPIES = {"C016", "C031", "C066"}


def test_cases__named__each_has_its_tests() -> None:
    files = [*TESTS.rglob("*.py"), *CONTRACT_TESTS.rglob("*.sol")]
    names = "\n".join(
        re.findall(r"(?:def|function) (test_?\w+)", "\n".join(f.read_text(encoding="utf-8") for f in files))
    )

    numbered = {f"C{number}" for number in re.findall(r"(?:test|_)_?c([0-9]{3})(?=_)", names)}
    for case, tests in ELSEWHERE.items():
        assert all(re.search(f"^{test}", names, re.MULTILINE) for test in tests), case

    assert NAMED - numbered - set(ELSEWHERE) == VISUAL_COPIES


def test_c008_card__code_and_number__by_meaning_both_ways() -> None:
    key, check_code = ReceiptKey("320601230000010003"), CheckCode("138900")
    card = card_members(key, check_code, 99354)

    assert identity_of_card(card) == (key, check_code)
    assert (card["billing_no"], card["billing_code"]) == (key.code, key.number)


@pytest.mark.parametrize("missing", ["billing_no", "billing_code", "check_code"])
def test_c008_card__member_missing__refused(missing: str) -> None:
    card = dict(card_members(ReceiptKey("320601230000010003"), CheckCode("138900"), 1))
    del card[missing]

    with pytest.raises(InputError):
        identity_of_card(card)


def test_c008_card__code_and_number_exchanged__refused() -> None:
    with pytest.raises(InputError) as refusal:
        identity_of_card({"billing_no": "0000010003", "billing_code": "32060123", "check_code": "138900"})
    assert refusal.value.code == "receipt-code-malformed"


@pytest.mark.parametrize(("size", "prefix"), [(127, "047f"), (129, "048181"), (255, "0481ff")])
def test_c019_der__long_contents__long_form_of_the_length(size: int, prefix: str) -> None:
    assert libcrypto._der(0x04, bytes(size)).hex().startswith(prefix)


def test_c019_der__beyond_the_form__an_error_and_no_wrapped_length() -> None:
    with pytest.raises(ValueError, match="range"):
        libcrypto._der(0x04, bytes(258))


def test_c032_show__issue_date__of_the_signed_body(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = signatory(SUITE_SM2)
    next_day = datetime(2023, 5, 1, 9, 0, tzinfo=BEIJING)
    (tmp_path / "receipt.xml").write_bytes(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, next_day))

    assert main(["receipt", "show", str(tmp_path / "receipt.xml")]) == 0
    written = capsys.readouterr().out
    assert "开票日期：2023-04-30 11:09:01" in written
    assert "2023-05-01" not in written


def test_c036_batch__equal_times__ordered_by_number_alone() -> None:
    # A leaf's place is its number less the first one: nothing is chained to a neighbour, and no time is looked at.
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(5)]
    root = positional_root(leaves)

    for number, leaf in enumerate(leaves):
        verify_path(root, leaf, number, len(leaves), positional_path(leaves, number))
    assert positional_root([leaves[1], leaves[0], *leaves[2:]]) != root


def test_c037_digest__at_issue_and_at_delivery__over_the_same_stored_bytes() -> None:
    keys = signatory(SUITE_SM2)
    half = sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, NOW)
    complete = sign_receipt_as_supervisor(half, keys.finance, NOW)
    at_issue, delivered = parse_receipt(half), parse_receipt(complete)

    assert document_digest(at_issue) == document_digest(delivered)
    assert original_bytes(at_issue) == original_bytes(delivered)
    assert original_bytes(at_issue) in unsigned_sample(OUTPATIENT)
