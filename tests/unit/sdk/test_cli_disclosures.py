"""Disclosures from the command line and back, and revocation lists among the trusted files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.cli import main
from piaolian_sdk.receipt import document_digest, fields_of, parse_receipt
from piaolian_sdk.signing import (
    SUITE_SM2,
    CertificateAuthority,
    DocumentCertificate,
    SoftwareSigner,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
)
from piaolian_sdk.tree import LeafByList, body_hash, fields_root, keccak256, positional_path, positional_root
from support.documents import OUTPATIENT, unsigned_sample

SEED, SALT, KEY = b"\x07" * 32, b"\x08" * 32, bytes(20)
SHOWN = ["Main/TotalAmount", "Main/IssueDate", "Main/InvoicingParty/InvoicingPartyName"]


@dataclass(frozen=True)
class Files:
    """A signed receipt, its disclosure, its proof and the authority, in one folder."""

    folder: Path
    authority: CertificateAuthority
    unit: SoftwareSigner
    now: datetime

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    now = datetime.now(BEIJING)
    authority = CertificateAuthority.create("测试 CA", SUITE_SM2)
    unit, finance = (SoftwareSigner.from_pem(*authority.issue(name, SUITE_SM2)) for name in ("单位", "财政"))
    half = sign_receipt_as_unit(unsigned_sample(OUTPATIENT), unit, now)
    document = sign_receipt_as_supervisor(half, finance, now)
    (tmp_path / "root.pem").write_bytes(authority.certificate_pem)
    (tmp_path / "receipt.xml").write_bytes(document)
    (tmp_path / "seed.txt").write_text(SEED.hex(), encoding="ascii")
    files = Files(tmp_path, authority, unit, now)
    options = ["--field", *SHOWN, "--seed-file", files.path("seed.txt"), "--output", files.path("shown.json")]
    assert main(["receipt", "disclose", files.path("receipt.xml"), *options]) == 0
    files.write("proof.json", proof_of(document))
    return files


def proof_of(document: bytes) -> dict[str, Any]:
    """Return the proof of the receipt as the second of three under its header; the seed stays out of it."""
    parsed = parse_receipt(document)
    digest, root = document_digest(parsed), fields_root(fields_of(parsed), SEED)
    leaf = LeafByList(3, 10003, 99354, SALT, body_hash(digest, root, KEY)).hash
    leaves = [keccak256(b"a"), leaf, keccak256(b"b")]
    return {
        "chain_id": 7, "receipt_ledger": "0x" + "11" * 20, "code": "32060123", "number": "0000010003",
        "root_id": 5, "position": 0, "headers": 1, "root_path": [],
        "header": {
            "unit": 1, "range": 3, "mode": "list", "first": 10002, "count": 3, "issue_day": 19477,
            "total_fen": 300_000, "catalog_version": 1, "unit_root": "0x" + positional_root(leaves).hex(),
        },
        "unit_path": ["0x" + node.hex() for node in positional_path(leaves, 1)],
        "amount_fen": 99354, "amount_salt": "0x" + SALT.hex(), "lines_hash": "0x" + "00" * 32,
        "document_digest": "0x" + digest.hex(), "fields_root": "0x" + root.hex(), "booking_address": "0x" + KEY.hex(),
    }  # fmt: skip


def verify(files: Files, *options: str) -> int:
    return main(["receipt", "verify", files.path("shown.json"), *options])


def test_disclosure__with_its_proof__shows_what_is_proven(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(files, "--proof", files.path("proof.json")) == 0

    written = capsys.readouterr().out
    assert "已证明：Main/TotalAmount = 993.54" in written
    assert "已证明：Main/InvoicingParty/InvoicingPartyName = 测试市第一人民医院" in written
    assert "32060123 0000010003" in written
    assert "未证明：链上状态" in written
    assert "测试丙" not in written
    assert "种子" not in written


def test_disclosure__with_the_root__verifies(files: Files) -> None:
    root = files.read("shown.json")["fields_root"]

    assert verify(files, "--fields-root", "0x" + root.upper()) == 0


def test_disclosure__proof_with_the_seed__warns(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write("proof.json", files.read("proof.json") | {"fields_seed": "0x" + SEED.hex()})

    assert verify(files, "--proof", files.path("proof.json")) == 0
    assert "未披露的字段可被猜出" in capsys.readouterr().out


def of_field(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda shown: shown["fields"][0].update(changes)


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "other text": (of_field(text="9.93"), "path-mismatch"),
    "other path": (of_field(path="Main/Other"), "path-mismatch"),
    "other place": (of_field(index=3), "path-mismatch"),
    "other count": (of_field(count=1000), "path-mismatch"),
    "other salt": (of_field(salt="00" * 32), "path-mismatch"),
    "salt of another length": (of_field(salt="00" * 31), "proof-malformed"),
    "sibling that is no number": (of_field(siblings=["x"] * 6), "path-mismatch"),
    "float": (of_field(index=1.0), "proof-malformed"),
    "unknown member": (of_field(more=1), "proof-malformed"),
    "no field": (lambda shown: shown.update(fields=[]), "proof-malformed"),
    "other root": (lambda shown: shown.update(fields_root="00" * 32), "proof-mismatch"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_disclosure__changed__refused(files: Files, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    change, code = DAMAGES[damage]
    shown = files.read("shown.json")
    change(shown)
    files.write("shown.json", shown)

    assert verify(files, "--proof", files.path("proof.json")) == 1
    assert f"（{code}）" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("fields_root", "0x" + "00" * 32, "proof-mismatch"),
        ("amount_fen", 99355, "path-mismatch"),
        ("number", "0000010009", "proof-mismatch"),
        ("number", "0000010004", "path-mismatch"),
        ("document_digest", "0x" + "00" * 32, "path-mismatch"),
        ("chain_id", "seven", "proof-malformed"),
    ],
)
def test_disclosure__proof_that_does_not_hold__refused(
    files: Files, capsys: pytest.CaptureFixture[str], member: str, value: object, code: str
) -> None:
    files.write("proof.json", files.read("proof.json") | {member: value})

    assert verify(files, "--proof", files.path("proof.json")) == 1
    assert f"（{code}）" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--fields-root", "00" * 32], ["--fields-root", "x"]])
def test_disclosure__without_its_root__refused(files: Files, options: list[str]) -> None:
    assert verify(files, *options) == 1


def verify_document(files: Files, at: datetime, *trust: str) -> int:
    paths = [files.path(name) for name in trust]
    return main(["receipt", "verify", files.path("receipt.xml"), "--trust", *paths, "--at", at.isoformat()])


def revoke(files: Files, name: str, since: datetime, number: int) -> None:
    certificate = DocumentCertificate.from_pem(files.unit.certificate.pem)
    content = files.authority.revocation_list({certificate.serial: since}, number=number)
    (files.folder / name).write_bytes(content)


def test_trust__revocation_list__refuses_from_its_date_on(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    revoke(files, "crl.pem", files.now + timedelta(hours=1), 1)

    assert verify_document(files, files.now, "root.pem", "crl.pem") == 0
    assert "吊销列表：" in capsys.readouterr().out
    assert verify_document(files, files.now + timedelta(hours=2), "crl.pem", "root.pem") == 1
    assert "certificate-revoked" in capsys.readouterr().err
    assert verify_document(files, files.now, "root.pem") == 0
    assert "未检查：证书吊销状态" in capsys.readouterr().out


def test_trust__overdue_list__says_so(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    # The list is due again after seven days, the document's time must be near the time of the check.
    old = CertificateAuthority(
        files.authority._key, files.authority.certificate, now=lambda: files.now - timedelta(days=8)
    )
    (files.folder / "crl.pem").write_bytes(old.revocation_list({}, number=1))

    assert verify_document(files, files.now, "root.pem", "crl.pem") == 0
    assert "已过更新期限" in capsys.readouterr().out


def test_trust__list_of_a_stranger__refused(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = CertificateAuthority.create("别的 CA", SUITE_SM2)
    (files.folder / "crl.pem").write_bytes(stranger.revocation_list({}, number=1))

    assert verify_document(files, files.now, "root.pem", "crl.pem") == 1
    assert "revocation-list-not-trusted" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_trust__another_file__refused(files: Files, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (files.folder / "other.pem").write_bytes(content)

    assert verify_document(files, files.now, "root.pem", "other.pem") == 1
    assert "certificate-malformed" in capsys.readouterr().err


def test_verify__document_without_trust__refused(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt", "verify", files.path("receipt.xml")]) == 1
    assert "certificate-not-trusted" in capsys.readouterr().err
