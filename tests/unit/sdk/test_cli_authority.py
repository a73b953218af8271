"""The small authority from the command line."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from piaolian_sdk.cli import main
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing import (
    CertificateTrust,
    DocumentCertificate,
    SoftwareSigner,
    known_answer,
    read_revocation_list,
)


def run(command: str, folder: Path, *options: str) -> int:
    return main(["authority", command, str(folder / "ca"), *options])


def certificate(folder: Path, name: str) -> DocumentCertificate:
    return DocumentCertificate.from_pem((folder / f"{name}.pem").read_bytes())


@pytest.mark.parametrize("suite", ["sm2", "p256"])
def test_authority__issue_and_revoke__the_certificate_is_refused_afterwards(tmp_path: Path, suite: str) -> None:
    assert run("init", tmp_path, "--name", "试点 CA", "--suite", suite) == 0
    for name in ("unit", "other"):
        assert run("issue", tmp_path, "--subject", name, "--suite", suite, "--output", str(tmp_path / name)) == 0
    known_answer(SoftwareSigner.from_pem((tmp_path / "unit.key").read_bytes(), (tmp_path / "unit.pem").read_bytes()))
    trust = CertificateTrust.from_pem((tmp_path / "ca" / "root.pem").read_bytes())
    later = datetime.now(UTC) + timedelta(minutes=1)
    trust.check(certificate(tmp_path, "unit"), later)

    assert run("revoke", tmp_path, "--certificate", str(tmp_path / "unit.pem")) == 0
    trust.use_revocation_list(read_revocation_list((tmp_path / "ca" / "crl.pem").read_bytes()))

    with pytest.raises(VerificationError) as caught:
        trust.check(certificate(tmp_path, "unit"), later)
    assert caught.value.code == "certificate-revoked"
    trust.check(certificate(tmp_path, "other"), later)


def test_authority__revoked_twice__keeps_the_first_time(tmp_path: Path) -> None:
    run("init", tmp_path, "--name", "试点 CA")
    run("issue", tmp_path, "--subject", "单位", "--output", str(tmp_path / "unit"))
    run("revoke", tmp_path, "--certificate", str(tmp_path / "unit.pem"))
    first = read_revocation_list((tmp_path / "ca" / "crl.pem").read_bytes())

    run("revoke", tmp_path, "--certificate", str(tmp_path / "unit.pem"))

    second = read_revocation_list((tmp_path / "ca" / "crl.pem").read_bytes())
    assert second.revoked == first.revoked
    assert (first.number, second.number) == (2, 3)


def test_authority__private_keys__are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    run("init", tmp_path, "--name", "试点 CA")
    run("issue", tmp_path, "--subject", "单位", "--output", str(tmp_path / "unit"))

    for path in (tmp_path / "ca" / "root.key", tmp_path / "unit.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_authority__initialised_again__is_not_overwritten(tmp_path: Path) -> None:
    run("init", tmp_path, "--name", "试点 CA")
    kept = (tmp_path / "ca" / "root.pem").read_bytes()

    assert run("init", tmp_path, "--name", "另一 CA") == 2
    assert (tmp_path / "ca" / "root.pem").read_bytes() == kept


def test_authority__certificate_of_another__is_not_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", tmp_path, "--name", "试点 CA")
    run("init", tmp_path / "b", "--name", "另一 CA")
    run("issue", tmp_path / "b", "--subject", "单位", "--output", str(tmp_path / "unit"))

    assert run("revoke", tmp_path, "--certificate", str(tmp_path / "unit.pem")) == 1

    assert "certificate-not-trusted" in capsys.readouterr().err
