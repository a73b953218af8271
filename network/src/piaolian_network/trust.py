"""The trust file: what a verifier takes for granted about a network, in one file (docs/proof-bundle.md).

It names no server. A file that was written before is taken over: code that was ever allowed, keys that ever signed and
certificates that ever countersigned stay in it, so that receipts from before any change verify for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from piaolian_network.checkpoints import CheckpointMember
from piaolian_network.errors import StateError
from piaolian_network.rpc import ChainRPC
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import Trust, TrustFile
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2

# Storage layout of the contracts of this version (piaolian_sdk.proof.slots).
_LAYOUT = 1
_CONTRACTS = ("Registry", "ReceiptLedger")


@dataclass(frozen=True)
class TrustParts:
    """What stands in a trust file beside the address book.

    Attributes:
        network_name: For people.
        is_sandbox: What the network issues is no receipt.
        made_at: Unix seconds.
        proxy_code_hashes: Of each proxy, see `read_proxy_code_hashes`.
        members: Every checkpoint key there ever was.
        quorum: How many members must sign from now on.
        certificate_roots: PEM.
        certificate_intermediates: PEM.
        supervisors: PEM of the certificates that finance departments countersign with.
        revocations: Serial number (hexadecimal, capital) and Unix seconds.
        suites: Allowed suites of signatures.
    """

    network_name: str
    is_sandbox: bool
    made_at: int
    proxy_code_hashes: dict[str, bytes]
    members: Sequence[CheckpointMember]
    quorum: int
    certificate_roots: Sequence[str]
    supervisors: Sequence[str]
    certificate_intermediates: Sequence[str] = ()
    revocations: Sequence[tuple[str, int]] = ()
    suites: Sequence[str] = field(default=(SUITE_SM2, SUITE_P256))


def read_proxy_code_hashes(rpc_url: str, book: AddressBook) -> dict[str, bytes]:
    """Return keccak256 of the runtime code at each proxy's address.

    Raises:
        StateError: There is no code (`code-missing`).
        ServiceError: The chain does not answer.
    """
    rpc = ChainRPC(rpc_url)
    found: dict[str, bytes] = {}
    for name in _CONTRACTS:
        code = bytes.fromhex(str(rpc.call("eth_getCode", [book.address_of(name), "latest"])).removeprefix("0x"))
        if not code:
            raise StateError("code-missing", f"there is no code at {name}", f"{name} 处没有合约代码", "先部署合约。")
        found[name] = keccak(code)
    return found


def trust_file(book: AddressBook, parts: TrustParts, earlier: TrustFile | None = None) -> TrustFile:
    """Make the trust file of a network.

    Args:
        book: Its contracts. Their code hashes are taken over as they are: run `check` first.
        parts: What else stands in it.
        earlier: The file before, whose history is kept.

    Raises:
        StateError: The quorum does not exceed half of the members that sign now (`members-invalid`): two quorums
            must share a member. Or the earlier file is another network's (`trust-mismatch`), or the parts break a
            rule of the file (`members-invalid`).
    """
    present = [member for member in parts.members if member.is_open()]
    if not (len(present) == parts.quorum == 0 or len(present) // 2 < parts.quorum <= len(present)):
        raise StateError(
            "members-invalid",
            f"a quorum of {parts.quorum} does not fit {len(present)} members: more than half are needed",
            f"检查点成员 {len(present)} 个，法定数 {parts.quorum} 不合规则：须超过半数",
        )
    if earlier is not None and (earlier.chain_id, earlier.genesis_hash) != (book.chain_id, book.genesis_hash):
        raise StateError(
            "trust-mismatch", "the earlier file is another network's", "原信任文件属于另一个网络", "换一个输出文件。"
        )
    document = {
        "network_name": parts.network_name,
        "sandbox": parts.is_sandbox,
        "made_at": parts.made_at,
        "chain_id": book.chain_id,
        "genesis_hash": book.genesis_hash,
        "contracts": {name: _contract(name, book, parts, earlier) for name in _CONTRACTS},
        "checkpoint_members": [_member(member) for member in parts.members],
        "checkpoint_quorums": _quorums(parts, earlier),
        "certificate_roots": _joined(earlier.certificate_roots if earlier else (), parts.certificate_roots),
        "certificate_intermediates": _joined(
            earlier.certificate_intermediates if earlier else (), parts.certificate_intermediates
        ),
        "supervisors": _joined(earlier.supervisors if earlier else (), parts.supervisors),
        "revocations": _revocations(parts, earlier),
        "suites": list(parts.suites),
    }
    try:
        made = TrustFile.model_validate(document)
        Trust(made)
    except (InputError, ValueError) as exc:
        what = exc.message if isinstance(exc, InputError) else "a part has not the file's form"
        raise StateError("members-invalid", f"no trust file: {what}", "信任文件的内容不合规则") from exc
    return made


def read_trust_file(path: Path) -> TrustFile | None:
    """Return the file that was written before, or None.

    Raises:
        StateError: It is no trust file (`trust-mismatch`).
    """
    if not path.exists():
        return None
    try:
        return Trust.from_file(path).file
    except InputError as exc:
        raise StateError(
            "trust-mismatch", f"{path.name} is no trust file", f"{path.name} 不是信任文件", "换一个输出文件。"
        ) from exc


def _contract(name: str, book: AddressBook, parts: TrustParts, earlier: TrustFile | None) -> dict[str, Any]:
    before = getattr(earlier.contracts, name) if earlier else None
    entry = book.contracts[name]
    proxies = [*(before.proxy_code_hashes if before else ()), parts.proxy_code_hashes[name]]
    codes = {known.code_hash: known.layout for known in (before.implementations if before else ())}
    codes[entry.code_hash] = _LAYOUT
    return {
        "address": bytes.fromhex(entry.address.removeprefix("0x")),
        "proxy_code_hashes": list(dict.fromkeys(proxies)),
        "implementations": [{"code_hash": code_hash, "layout": layout} for code_hash, layout in codes.items()],
    }


def _member(member: CheckpointMember) -> dict[str, Any]:
    return {
        "name": member.name,
        "address": bytes.fromhex(member.address.removeprefix("0x")),
        "public_key": "0x" + member.public_key.hex(),
        "valid_from": member.valid_from,
        "valid_until": member.valid_until,
    }


def _quorums(parts: TrustParts, earlier: TrustFile | None) -> list[dict[str, int]]:
    known = [entry.model_dump() for entry in earlier.checkpoint_quorums] if earlier else []
    if parts.quorum == 0 or (known and known[-1]["quorum"] == parts.quorum):
        return known
    return [*known, {"valid_from": parts.made_at if known else 0, "quorum": parts.quorum}]


def _joined(before: Sequence[str], now: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text.replace("\r\n", "\n") for text in (*before, *now)))


def _revocations(parts: TrustParts, earlier: TrustFile | None) -> list[dict[str, Any]]:
    known = {entry.serial: entry.revoked_at for entry in earlier.revocations} if earlier else {}
    for serial, revoked_at in parts.revocations:
        # A revocation may be found to reach further back; never less far.
        known[serial] = min(revoked_at, known.get(serial, revoked_at))
    return [{"serial": serial, "revoked_at": revoked_at} for serial, revoked_at in known.items()]
