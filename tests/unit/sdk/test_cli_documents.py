"""Commands on a document: sign, verify, show, disclose."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.cli import main
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority
from piaolian_sdk.tree import DisclosedField, verify_disclosure
from support.documents import OUTPATIENT, RED, SUITES, sample_bytes, unsigned_sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "receipt.xml").write_bytes(unsigned_sample(OUTPATIENT))
    return tmp_path


def make_keys(folder: Path, suite: str) -> None:
    authority = CertificateAuthority.create("测试 CA", suite)
    (folder / "root.pem").write_bytes(authority.certificate_pem)
    for role in ("unit", "finance"):
        key, certificate = authority.issue(f"测试 {role}", suite)
        (folder / f"{role}.key").write_bytes(key)
        (folder / f"{role}.pem").write_bytes(certificate)


def sign(folder: Path, role: str, source: str, target: str) -> int:
    keys = ["--role", role, "--key", str(folder / f"{role}.key"), "--certificate", str(folder / f"{role}.pem")]
    if role == "finance":
        keys += ["--trust", str(folder / "root.pem")]
    return main(["receipt", "sign", str(folder / source), *keys, "--output", str(folder / target)])


def verify(folder: Path, name: str) -> int:
    now = datetime.now(BEIJING).isoformat()
    return main(["receipt", "verify", str(folder / name), "--trust", str(folder / "root.pem"), "--at", now])


@pytest.mark.parametrize("suite", SUITES)
def test_sign_and_verify__both_roles__verify(folder: Path, suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(folder, suite)

    assert sign(folder, "unit", "receipt.xml", "unit-signed.xml") == 0
    assert sign(folder, "finance", "unit-signed.xml", "complete.xml") == 0
    assert verify(folder, "complete.xml") == 0

    written = capsys.readouterr().out
    assert "单位签名有效" in written
    assert "监制签名有效" in written


def test_verify__one_byte_altered__is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(folder, SUITE_SM2)
    sign(folder, "unit", "receipt.xml", "unit-signed.xml")
    sign(folder, "finance", "unit-signed.xml", "complete.xml")
    altered = (folder / "complete.xml").read_bytes().replace(b"<RandomNumber>138900", b"<RandomNumber>138901")
    (folder / "altered.xml").write_bytes(altered)

    assert verify(folder, "altered.xml") == 1

    assert "signature-wrong" in capsys.readouterr().err


def test_sign__finance_before_the_unit__is_refused_and_writes_nothing(folder: Path) -> None:
    make_keys(folder, SUITE_P256)

    assert sign(folder, "finance", "receipt.xml", "signed.xml") == 1
    assert not (folder / "signed.xml").exists()


def test_sign__finance_after_an_untrusted_unit__is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(folder, SUITE_SM2)
    sign(folder, "unit", "receipt.xml", "unit-signed.xml")
    make_keys(folder, SUITE_SM2)

    assert sign(folder, "finance", "unit-signed.xml", "complete.xml") == 1

    assert "certificate-not-trusted" in capsys.readouterr().err
    assert not (folder / "complete.xml").exists()


def test_sign__key_of_another_certificate__is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(folder, SUITE_SM2)
    (folder / "unit.key").write_bytes((folder / "finance.key").read_bytes())

    assert sign(folder, "unit", "receipt.xml", "signed.xml") == 1

    assert "key-mismatch" in capsys.readouterr().err
    assert not (folder / "signed.xml").exists()


def test_sign__output_exists__is_not_overwritten(folder: Path) -> None:
    make_keys(folder, SUITE_SM2)
    (folder / "signed.xml").write_bytes(b"kept")

    assert sign(folder, "unit", "receipt.xml", "signed.xml") == 2
    assert (folder / "signed.xml").read_bytes() == b"kept"


def test_show__red_receipt__reads_as_a_person_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "red.xml").write_bytes(sample_bytes(RED))

    assert main(["receipt", "show", str(tmp_path / "red.xml")]) == 0

    written = capsys.readouterr().out
    assert "负玖佰玖拾叁元伍角肆分" in written
    assert "-993.54" in written
    assert "红字票据，原票据：32060123 0000010003" in written
    assert "未验证" in written


def disclose(folder: Path, field: str, seed: str = "07" * 32) -> int:
    (folder / "seed.txt").write_text(f"{seed}\n", encoding="ascii")
    options = ["--field", field, "Main/IssueDate", "--seed-file", str(folder / "seed.txt")]
    return main(["receipt", "disclose", str(folder / "receipt.xml"), *options, "--output", str(folder / "shown.json")])


def test_disclose__amount_and_date__verify_without_the_items(folder: Path) -> None:
    assert disclose(folder, "Main/TotalAmount") == 0

    text = (folder / "shown.json").read_text(encoding="utf-8")
    content = json.loads(text)
    root = bytes.fromhex(content["fields_root"])
    fields = [
        DisclosedField(
            **{**field, "salt": bytes.fromhex(field["salt"]), "siblings": tuple(map(bytes.fromhex, field["siblings"]))}
        )
        for field in content["fields"]
    ]
    assert {field.path: field.text for field in fields} == {"Main/TotalAmount": "993.54", "Main/IssueDate": "20230430"}
    for field in fields:
        verify_disclosure(root, field)
    assert "检查费" not in text
    with pytest.raises(VerificationError):
        verify_disclosure(bytes(32), fields[0])


@pytest.mark.parametrize(
    ("field", "seed", "code"),
    [("Main/Nothing", "07" * 32, "value-out-of-range"), ("Main/TotalAmount", "07" * 31, "key-malformed")],
    ids=["unknown-field", "short-seed"],
)
def test_disclose__wrong_argument__is_refused_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], field: str, seed: str, code: str
) -> None:
    assert disclose(folder, field, seed) == 1

    assert code in capsys.readouterr().err
    assert not (folder / "shown.json").exists()
