"""``piaolian authority``: a small certificate authority in a folder, for tests, demonstrations and pilots.

The folder holds ``root.pem``, ``root.key`` (readable by its owner alone) and ``crl.pem``, the current revocation list.
"""

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateAuthority,
    DocumentCertificate,
    RevocationList,
    read_revocation_list,
)

Outcome = tuple[list[str], bool]
_ROOT, _KEY, _LIST = "root.pem", "root.key", "crl.pem"
_SUITES = {"sm2": SUITE_SM2, "p256": SUITE_P256}


def create(arguments: argparse.Namespace) -> Outcome:
    """Make a new authority; an existing one is never overwritten."""
    authority = CertificateAuthority.create(arguments.name, _SUITES[arguments.suite], days=arguments.days)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    _write_private(arguments.folder / _KEY, authority.key_pem(_password(arguments)))
    _write_new(arguments.folder / _ROOT, authority.certificate_pem)
    _write_new(arguments.folder / _LIST, authority.revocation_list({}, number=1))
    return [f"已建立发证机构：{authority.certificate.subject}，根证书 {arguments.folder / _ROOT}"], True


def issue(arguments: argparse.Namespace) -> Outcome:
    """Issue a certificate, for a new key or for a public key that stays where it is."""
    authority = _authority(arguments)
    public_key = arguments.public_key.read_bytes() if arguments.public_key else _SUITES[arguments.suite]
    key, certificate = authority.issue(arguments.subject, public_key, usage=arguments.usage, days=arguments.days)
    lines = []
    if key:
        _write_private(arguments.output.with_suffix(".key"), key)
        lines.append(f"私钥：{arguments.output.with_suffix('.key')}（未加密，请妥善保管）")
    _write_new(arguments.output.with_suffix(".pem"), certificate)
    serial = DocumentCertificate.from_pem(certificate).serial_text
    return [*lines, f"证书：{arguments.output.with_suffix('.pem')}，序列号 {serial}"], True


def revoke(arguments: argparse.Namespace) -> Outcome:
    """Revoke a certificate from a time on, and write the next list in place of the current one."""
    authority = _authority(arguments)
    certificate = DocumentCertificate.from_pem(arguments.certificate.read_bytes())
    current = read_revocation_list((arguments.folder / _LIST).read_bytes())
    _check_issuer(authority, certificate, current)
    now = datetime.now(UTC)
    since = min(now, current.revoked.get(certificate.serial, now))
    number = (current.number or 0) + 1
    revoked = {**current.revoked, certificate.serial: since}
    content = authority.revocation_list(revoked, number=number)
    # Whoever reads the list sees the old one or the new one, never half of it.
    staged = arguments.folder / f"{_LIST}.new"
    staged.write_bytes(content)
    staged.replace(arguments.folder / _LIST)
    return [f"已吊销 {certificate.serial_text}；吊销列表第 {number} 号，共 {len(revoked)} 张"], True


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "authority init": create,
    "authority issue": issue,
    "authority revoke": revoke,
}


def add_parsers(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``piaolian authority`` and its commands."""
    actions = groups.add_parser("authority", help="测试与试点用的小型发证机构").add_subparsers(
        dest="action", required=True, metavar="操作"
    )
    first = _action(actions, "init", "建立发证机构", "authority init")
    first.add_argument("--name", required=True, metavar="名称", help="机构名称")
    first.add_argument("--suite", choices=sorted(_SUITES), default="sm2", help="算法（缺省 sm2）")
    first.add_argument("--days", type=int, default=3650, metavar="天数", help="根证书有效期（缺省 3650）")

    second = _action(actions, "issue", "签发证书", "authority issue")
    second.add_argument("--subject", required=True, metavar="名称", help="持有者名称")
    kind = second.add_mutually_exclusive_group()
    kind.add_argument("--suite", choices=sorted(_SUITES), default="sm2", help="新密钥的算法（缺省 sm2）")
    kind.add_argument("--public-key", type=Path, metavar="PEM", help="为已有公钥签发（密钥在密码机中）")
    second.add_argument("--usage", choices=("sign", "encrypt"), default="sign", help="密钥用途（缺省 sign）")
    second.add_argument("--days", type=int, default=365, metavar="天数", help="有效期（缺省 365）")
    second.add_argument("--output", required=True, type=Path, metavar="文件", help="写入 文件.pem 与 文件.key")

    third = _action(actions, "revoke", "吊销证书并更新吊销列表", "authority revoke")
    third.add_argument("--certificate", required=True, type=Path, metavar="PEM", help="要吊销的证书")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, words: str, command: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words)
    parser.add_argument("folder", type=Path, metavar="文件夹", help="机构所在文件夹")
    parser.add_argument("--password-file", type=Path, metavar="文件", help="机构私钥口令所在文件")
    parser.set_defaults(command=command)
    return parser


def _authority(arguments: argparse.Namespace) -> CertificateAuthority:
    folder: Path = arguments.folder
    return CertificateAuthority.from_pem(
        (folder / _KEY).read_bytes(), (folder / _ROOT).read_bytes(), _password(arguments)
    )


def _password(arguments: argparse.Namespace) -> bytes | None:
    file: Path | None = arguments.password_file
    return file.read_bytes().rstrip(b"\r\n") if file else None


def _check_issuer(authority: CertificateAuthority, certificate: DocumentCertificate, current: RevocationList) -> None:
    name = authority.certificate.subject_der
    if certificate.issuer_der != name or current.issuer_der != name:
        raise InputError(
            "certificate-not-trusted",
            "the certificate was issued by another authority",
            "该证书不是本机构签发的",
            field="certificate",
            rule="an authority revokes its own certificates",
            remedy="use the folder of the authority that issued it",
        )


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
