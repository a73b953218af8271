"""What ``--trust`` takes: PEM files with root certificates and revocation lists, in any order."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from asn1crypto import pem

from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import CertificateTrust, RevocationList, certificate_from_der, read_revocation_list

_LIST_KIND = "X509 CRL"


def read_trust(files: Sequence[Path]) -> tuple[CertificateTrust, list[RevocationList]]:
    """Return the trust of some files, and the revocation lists that it uses.

    Raises:
        InputError: A file is no PEM or holds another thing, or no root is among them.
        VerificationError: A list is signed by none of the roots, or is older than another of the same authority.
    """
    blocks = [block for file in files for block in _blocks(file)]
    trust = CertificateTrust(certificate_from_der(der) for kind, der in blocks if kind == "CERTIFICATE")
    lists = [read_revocation_list(der) for kind, der in blocks if kind == _LIST_KIND]
    # The oldest first: each may take the place of an older one alone.
    for revocations in sorted(lists, key=lambda one: one.this_update):
        trust.use_revocation_list(revocations)
    return trust, lists


def list_lines(lists: Sequence[RevocationList], at: datetime) -> list[str]:
    """Say which lists were used, and which of them are overdue."""
    if not lists:
        return ["未检查：证书吊销状态（可用 --trust 一并给出吊销列表）"]
    return [
        f"吊销列表：{one.issuer}，{one.this_update:%Y-%m-%d %H:%M}，共 {len(one.revoked)} 张"
        + ("；已过更新期限，请取最新列表" if one.is_overdue(at) else "")
        for one in lists
    ]


def _blocks(file: Path) -> list[tuple[str, bytes]]:
    try:
        blocks = [(str(kind), bytes(der)) for kind, _, der in pem.unarmor(file.read_bytes(), multiple=True)]
    except ValueError:
        blocks = []
    if not blocks or any(kind not in ("CERTIFICATE", _LIST_KIND) for kind, _ in blocks):
        raise InputError(
            "certificate-malformed",
            f"{file.name} is not PEM of certificates and revocation lists alone",
            f"{file.name} 不是仅含证书与吊销列表的 PEM 文件",
            field="trust",
            rule="PEM blocks CERTIFICATE and X509 CRL",
            remedy="give the root certificates and the revocation lists of the authorities",
        )
    return blocks
