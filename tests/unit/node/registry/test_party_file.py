import json
from pathlib import Path

import pytest

from piaolian_node.errors import ConfigError
from piaolian_node.registry.party_file import read_party_file
from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import SUITE_P256, CertificateAuthority


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _, certificate = CertificateAuthority.create("CA", SUITE_P256).issue("测试单位", SUITE_P256)
    (tmp_path / "unit.pem").write_bytes(certificate)
    return tmp_path


def _write(folder: Path, content: object) -> Path:
    path = folder / "parties.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_read_party_file__relative_certificate__is_read_beside_the_file(folder: Path) -> None:
    (party,) = read_party_file(_write(folder, [{"role": "unit", "unit": 1, "certificate": "unit.pem"}]))

    assert party.entry.unit == 1
    assert party.entry.name is None
    assert "测试单位" in party.certificate.subject


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        {"role": "unit"},
        [{"role": "king", "certificate": "unit.pem"}],
        [{"role": "unit", "unit": "x", "certificate": "unit.pem"}],
        [{"role": "unit", "unit": 1}],
        [{"role": "unit", "unit": 1, "certificate": "unit.pem", "extra": 1}],
        [{"role": "booker", "certificate": "absent.pem"}],
    ],
    ids=["no-json", "no-list", "unknown-role", "unit-no-number", "no-certificate", "unknown-member", "file-absent"],
)
def test_read_party_file__malformed__is_refused(folder: Path, content: object) -> None:
    with pytest.raises(ConfigError):
        read_party_file(_write(folder, content))


def test_read_party_file__no_certificate_inside__is_refused(folder: Path) -> None:
    (folder / "unit.pem").write_text("nothing", encoding="utf-8")

    with pytest.raises(InputError):
        read_party_file(_write(folder, [{"role": "booker", "certificate": "unit.pem"}]))
