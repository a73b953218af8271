"""The command line without a network: what it writes and how it ends."""

from pathlib import Path

import pytest

from piaolian_sdk.cli import main
from piaolian_sdk.rules import RULES

DATA = Path(__file__).parents[2] / "data" / "einvoice"


def test_rules__are_all_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0

    written = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[0] for line in written] == [rule.rule_id for rule in RULES]


def test_receipt_check__sample__is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt", "check", str(DATA / "medical_outpatient_js.xml")]) == 0

    assert "符合全部编号规则" in capsys.readouterr().out


def test_receipt_check__wrong_sum__names_the_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    altered = tmp_path / "altered.xml"
    original = (DATA / "medical_outpatient_js.xml").read_bytes()
    altered.write_bytes(original.replace(b"<TotalAmount>993.54", b"<TotalAmount>993.55"))

    assert main(["receipt", "check", str(altered)]) == 1

    assert "R012" in capsys.readouterr().out


def test_receipt_check__today__refuses_an_old_receipt(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt", "check", "--today", str(DATA / "medical_outpatient_js.xml")]) == 1

    assert "R006" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "receipt-encoding-wrong"), (b"\xff\xfe", "receipt-encoding-wrong")],
    ids=["empty", "not-utf-8"],
)
def test_receipt_check__no_receipt__is_refused_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: str
) -> None:
    file = tmp_path / "x.xml"
    file.write_bytes(content)

    assert main(["receipt", "check", str(file)]) == 1

    written = capsys.readouterr().err
    assert code in written
    assert "Traceback" not in written


def test_receipt_check__file_missing__says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt", "check", str(tmp_path / "none.xml")]) == 2

    assert "无法读写文件" in capsys.readouterr().err


def test_verify__proof_malformed__is_refused_before_any_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proof.json").write_text('{"version": 2}', encoding="utf-8")
    (tmp_path / "book.json").write_text(
        '{"chain_id": 1, "genesis_hash": "0x' + "00" * 32 + '", "contracts": {}, "deployed_block": 0}', encoding="utf-8"
    )
    arguments = ["verify", str(DATA / "medical_outpatient_js.xml"), "--proof", str(tmp_path / "proof.json")]
    arguments += ["--rpc", "http://127.0.0.1:9", "--address-book", str(tmp_path / "book.json"), "--trust", "none.pem"]

    assert main(arguments) == 1

    assert "proof-malformed" in capsys.readouterr().err


def test_verify__address_book_malformed__is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "book.json").write_text("{}", encoding="utf-8")
    arguments = ["verify", str(DATA / "medical_outpatient_js.xml"), "--proof", "p.json", "--rpc", "http://127.0.0.1:9"]

    assert main([*arguments, "--address-book", str(tmp_path / "book.json"), "--trust", "none.pem"]) == 1

    assert "address-book-malformed" in capsys.readouterr().err
