"""Revocation lists from a folder: read again when they change, never lost to a bad file; what they do to callers."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from piaolian_node.errors import ConfigError
from piaolian_node.registry.parties import PartyDirectory, add_party
from piaolian_node.registry.revocations import RevocationFolder
from piaolian_sdk.errors import PiaolianError, VerificationError
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, CertificateTrust
from support.documents import NOW, SUITES, signatory
from support.node_fakes import fresh_database


class Folder:
    """A folder of lists under test, and the trust that they go to."""

    def __init__(self, path: Path, *suites: str) -> None:
        self.path = path
        self.trust = CertificateTrust([signatory(suite).authority.certificate for suite in suites or SUITES])
        self.lists = RevocationFolder(path, self.trust)
        self._writes = 0

    def write(self, name: str, data: bytes) -> None:
        self._writes += 1
        (self.path / name).write_bytes(data)
        # File systems keep times coarsely; the test must not depend on how fast it runs.
        os.utime(self.path / name, ns=(self._writes, self._writes))

    def publish(self, suite: str, revoked: Mapping[int, datetime], number: int = 1) -> None:
        self.write(f"{suite}.crl", signatory(suite).authority.revocation_list(revoked, number=number))

    def code_of(self, suite: str, at: datetime = NOW) -> str | None:
        try:
            self.trust.check(signatory(suite).unit.certificate, at)
        except VerificationError as exc:
            return exc.code
        return None


@pytest.mark.parametrize("suite", SUITES)
def test_refresh__newer_list_revokes__certificate_refused_from_then(tmp_path: Path, suite: str) -> None:
    folder = Folder(tmp_path)
    folder.publish(suite, {})
    folder.lists.load()
    assert folder.code_of(suite) is None

    folder.publish(suite, {signatory(suite).unit.certificate.serial: NOW}, number=2)
    folder.lists.refresh()

    assert folder.code_of(suite) == "certificate-revoked"
    assert folder.code_of(suite, NOW - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"no list", "revocation-list-malformed", id="malformed"),
        pytest.param(
            CertificateAuthority.create("测试 CA", SUITE_P256).revocation_list({}, number=9),
            "revocation-list-not-trusted",
            id="of another authority with the same name",
        ),
    ],
)
def test_refresh__bad_file__named_and_the_list_before_stays(tmp_path: Path, data: bytes, code: str) -> None:
    folder = Folder(tmp_path)
    folder.publish(SUITE_P256, {signatory(SUITE_P256).unit.certificate.serial: NOW})
    folder.lists.load()

    folder.write(f"{SUITE_P256}.crl", data)
    folder.lists.refresh()

    fault = folder.lists.faults[f"{SUITE_P256}.crl"]
    assert isinstance(fault, PiaolianError)
    assert fault.code == code
    assert folder.code_of(SUITE_P256) == "certificate-revoked"
    with pytest.raises(ConfigError):
        Folder(tmp_path).lists.load()


def test_load__empty_folder__refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Folder(tmp_path).lists.load()
    assert refused.value.field == "revocation_lists"


def test_overdue__next_list_absent__authority_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.publish(SUITE_SM2, {})
    folder.lists.load()
    assert folder.lists.overdue(NOW) == []
    assert folder.lists.overdue(NOW + timedelta(days=8)) == [signatory(SUITE_SM2).authority.certificate.subject]


async def test_directory__certificate_revoked_while_running__fault_and_no_recipient(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.publish(SUITE_SM2, {})
    folder.lists.load()
    unit = signatory(SUITE_SM2).unit.certificate
    clock = [NOW.timestamp()]
    async with fresh_database(tmp_path) as database:
        key_id = await add_party(
            database, role="unit", name="测试单位", unit=1, certificate=unit, encryption_point=None, now_ms=0
        )
        directory = PartyDirectory(database, folder.trust, lambda: int(clock[0] * 1000), folder.lists)
        await directory.refresh()
        party = directory.get(key_id)
        assert party is not None
        assert party.fault is None
        assert directory.of_unit(1) == [party]

        folder.publish(SUITE_SM2, {unit.serial: NOW}, number=2)
        clock[0] += 3
        await directory.refresh()

        revoked = directory.get(key_id)
        assert revoked is not None
        assert revoked.fault is not None
        assert revoked.fault.code == "certificate-revoked"
        assert directory.of_unit(1) == []
