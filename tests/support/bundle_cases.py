"""Bundles in every state and in every way of being wrong, each with its trust file and time of checking."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.proof import Trust, slots, verify_bundle
from piaolian_sdk.proof.building import ReceiptParts
from piaolian_sdk.proof.bundle import compact_json
from piaolian_sdk.proof.rlp import Item, encode_list
from piaolian_sdk.proof.witness import Node, unpack
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2
from piaolian_sdk.tree import Header
from support.documents import OUTPATIENT, sample_model
from support.proof_world import CHECKED_AT, LIST_CODE, LIST_RANGE, MEMBERS, ProofWorld


@dataclass(frozen=True)
class BundleCase:
    """One bundle before one trust file.

    Attributes:
        name: What it shows.
        bundle: The file.
        trust: Text of the trust file.
        at: Unix seconds of checking.
    """

    name: str
    bundle: bytes
    trust: str
    at: int = CHECKED_AT


def verdict_of(case: BundleCase) -> dict[str, Any]:
    """Return what the SDK says: the state with evidence number and amount, or step and code of the refusal."""
    try:
        found = verify_bundle(case.bundle, Trust.from_json(case.trust.encode()), case.at)
    except PiaolianError as error:
        return {"step": getattr(error, "step", ""), "code": error.code}
    words = [found.state_zh, *found.proven, *found.not_proven]
    return {
        "state": found.state,
        "words": words,
        "circulable": found.is_circulable,
        "evidence": found.evidence_number,
        "amount": text_from_fen(found.amount_fen),
    }


def good_cases() -> Iterator[BundleCase]:
    """Return bundles of every state in both suites."""
    for suite in (SUITE_P256, SUITE_SM2):
        world = ProofWorld(suite=suite)
        trust = world.trust_file().to_json()
        by_list, by_code, reversed_one = world.issue_by_list(12), world.issue_by_code(), world.issue_by_list(14)
        exchanged, booking, booked = world.issue_by_list(15), world.issue_by_list(16), world.issue_by_list(17)
        red = world.issue_red(reversed_one)
        world.exchange(exchanged)
        world.book(booking, 400_000_000)
        world.book(booked, 1_000_000_000)
        parts = {
            "by list": by_list,
            "by code": by_code,
            "reversed": reversed_one,
            "red": red,
            "exchanged": exchanged,
            "booking": booking,
            "booked": booked,
            "for arrears": world.issue_for_arrears(18),
        }
        for name, one in parts.items():
            yield BundleCase(f"{name}, {suite}", world.bundle(one).to_bytes(), trust)


def bad_cases() -> Iterator[BundleCase]:
    """Return bundles that must be refused, each for one reason."""
    yield from _bad_checkpoints()
    yield from _bad_chains()
    yield from _odd_algorithms()
    yield from _bad_reversals()
    yield from _bad_members()


def _bad_checkpoints() -> Iterator[BundleCase]:
    world = ProofWorld()
    parts = world.issue_by_list()
    bundle, trust = world.bundle(parts), world.trust_file()
    data, text = bundle.to_bytes(), trust.to_json()
    yield BundleCase("checked before the checkpoint", data, text, world.block_time - 301)
    yield BundleCase("too few members", world.bundle(parts, MEMBERS[:1]).to_bytes(), text)
    yield BundleCase("a member twice", world.bundle(parts, (MEMBERS[0], MEMBERS[0])).to_bytes(), text)
    yield BundleCase("sandbox bundle", ProofWorld(sandbox=True).bundle(parts).to_bytes(), text)
    yield BundleCase("sandbox trust", data, world.trust_file(sandbox=True).to_json())
    yield BundleCase("other chain", data, world.trust_file(chain_id=1).to_json())
    yield BundleCase("other genesis", data, world.trust_file(genesis_hash=bytes(32)).to_json())
    retired = [world.member(MEMBERS[0], 0, world.block_time), world.member(MEMBERS[1])]
    yield BundleCase("retired member", data, world.trust_file(checkpoint_members=retired).to_json())
    yield BundleCase("unknown member", data, world.trust_file(checkpoint_members=[world.member(MEMBERS[1])]).to_json())
    later = [{"valid_from": world.block_time + 1, "quorum": 2}]
    yield BundleCase("no quorum yet", data, world.trust_file(checkpoint_quorums=later).to_json())
    higher = [{"valid_from": 0, "quorum": 1}, {"valid_from": world.block_time, "quorum": 3}]
    yield BundleCase("quorum raised", data, world.trust_file(checkpoint_quorums=higher).to_json())
    other = ProofWorld()
    yield BundleCase("roots of another authority", data, other.trust_file().to_json())
    serial = f"{world.finance_signer.certificate.serial:X}"
    for name, at in (("before", -60), ("after", 3600)):
        revoked = [{"serial": serial, "revoked_at": world.block_time - 60 + at}]
        yield BundleCase(f"revoked {name} signing", data, world.trust_file(revocations=revoked).to_json())
    own = [world.unit_signer.certificate.pem.decode("ascii")]
    yield BundleCase("countersigned by no department", data, world.trust_file(supervisors=own).to_json())
    yield BundleCase("suite not allowed", data, world.trust_file(suites=[SUITE_SM2]).to_json())
    contracts = trust.model_dump(mode="json")["contracts"]
    for name in ("Registry", "ReceiptLedger"):
        for member in ("proxy_code_hashes", "implementations", "address"):
            changed = json.loads(json.dumps(contracts))
            zero = "0x" + "00" * 32
            changed[name][member] = {
                "proxy_code_hashes": [zero],
                "implementations": [{"code_hash": zero, "layout": 1}],
                "address": "0x" + "00" * 20,
            }[member]
            file = json.dumps(json.loads(text) | {"contracts": changed})
            yield BundleCase(f"{name}: other {member}", data, file)
    yield BundleCase("trust file of version 2", data, json.dumps(json.loads(text) | {"version": 2}))
    yield BundleCase("trust file with another member", data, json.dumps(json.loads(text) | {"x": 1}))


def _world() -> tuple[ProofWorld, ReceiptParts]:
    world = ProofWorld()
    return world, world.issue_by_list()


def _bad_chains() -> Iterator[BundleCase]:
    one, parts = _world()
    one.set_unit("91320000000000000X")
    yield _case("unit of another code", one, parts)
    ranges: dict[str, dict[str, Any]] = {
        "range of another unit": {"unit": 8},
        "range of another mode": {"mode": 1},
        "range of another code": {"code": "32060127"},
        "range without the number": {"used": 5},
        "range of payment codes": {"range_class": 2},
    }
    for name, options in ranges.items():
        one, parts = _world()
        usual: dict[str, Any] = {"code": "32060126", "mode": 2}
        one.set_range(LIST_RANGE, **(usual | options))
        yield _case(name, one, parts)
    one, parts = _world()
    one.exchange(parts, unit=9)
    yield _case("paper of another unit", one, parts)
    one, parts = _world()
    one.ledger[int.from_bytes(slots.root_slot(parts.root_id), "big")] = 0
    yield _case("no root", one, parts)
    one, parts = _world()
    yield _case("other place under the root", one, replace(parts, position=0))
    one, parts = _world()
    yield _case("header of another range of numbers", one, one.commit(replace(parts, header=_moved(parts, 40))))
    one, parts = _world()
    yield _case("header of another day", one, one.commit(replace(parts, header=replace(parts.header, issue_day=3))))
    one, parts = _world()
    yield _case("other amount", one, one.commit(replace(parts, amount_fen=parts.amount_fen + 1)))
    one, parts = _world()
    yield _case("salt under code control", one, one.commit(replace(parts, header=replace(parts.header, mode=1))))


def _odd_algorithms() -> Iterator[BundleCase]:
    """Return documents whose signatures name an algorithm that no suite has, one of them a word of JavaScript."""
    for name in ("RSA", "constructor"):
        world = ProofWorld()
        document = world.document(sample_model(OUTPATIENT), LIST_CODE, 12)
        named = document.replace(b"<SignatureAlgorithm>ECDSA<", f"<SignatureAlgorithm>{name}<".encode(), 1)
        parts = world.stamp(named, LIST_RANGE, 12, mode=2)
        yield BundleCase(f"algorithm {name}", world.bundle(parts).to_bytes(), world.trust_file().to_json())


def _bad_reversals() -> Iterator[BundleCase]:
    one, parts = _world()
    yield _case("red on the chain alone", one, one.commit(replace(parts, header=replace(parts.header, mode=4))))
    one, parts = _world()
    red = one.issue_red(parts)
    yield _case("blue on the chain alone", one, one.commit(replace(red, header=replace(red.header, mode=2))))
    one, parts = _world()
    bundle = json.loads(one.bundle(parts).to_bytes())
    one.issue_red(parts)
    reversed_one = json.loads(one.bundle(parts).to_bytes())
    trust = one.trust_file().to_json()
    yield BundleCase("red header of no reversal", _with(bundle, red_header=reversed_one["red_header"]), trust)
    yield BundleCase("reversed without its red header", _with(reversed_one, red_header=None), trust)
    other = reversed_one["red_header"] | {"first": 502}
    yield BundleCase("reversed by another red receipt", _with(reversed_one, red_header=other), trust)
    bundle["original_range"] = LIST_RANGE
    yield BundleCase("original of no red receipt", compact_json(bundle).encode(), trust)
    one, parts = _world()
    red = one.issue_red(parts)
    one.ledger[int.from_bytes(slots.root_slot(red.root_id), "big")] = 1
    yield _case("original reversed by another", one, red)
    one, parts = _world()
    red = one.issue_red(parts)
    one.ledger[int.from_bytes(slots.root_slot(red.root_id), "big")] = 0
    yield _case("original not reversed", one, red)
    one, parts = _world()
    red = one.issue_red(parts)
    one.set_range(LIST_RANGE, "32060126", mode=2, unit=8)
    yield _case("original of another unit", one, red)
    one, parts = _world()
    bundle = json.loads(one.bundle(one.issue_red(parts)).to_bytes())
    yield BundleCase("red receipt without original", _with(bundle, original_range=None), one.trust_file().to_json())
    numbered = _with(bundle, root=bundle["root"] | {"id": 1})
    yield BundleCase("red receipt under a batch's root", numbered, one.trust_file().to_json())


def _bad_members() -> Iterator[BundleCase]:
    world = ProofWorld()
    bundle = world.bundle(world.issue_by_list())
    trust, data = world.trust_file().to_json(), bundle.to_bytes()
    other = json.loads(world.bundle(world.issue_by_list(18)).to_bytes())
    members = json.loads(data)
    yield BundleCase("document of another receipt", _with(members, document=other["document"]), trust)
    swapped = _with(members, document=other["document"], document_sha256=other["document_sha256"])
    yield BundleCase("document of another receipt with its digest", swapped, trust)
    yield BundleCase("state of another receipt", _with(members, state=other["state"]), trust)
    yield from _bad_states(members, trust)
    yield BundleCase("unknown version", _with(members, version=3), trust)
    yield BundleCase("member that no version has", _with(members, x=1), trust)
    yield BundleCase("truncated", data[:-20], trust)
    yield BundleCase("blank in the file", data + b" ", trust)
    yield BundleCase("byte order mark", b"\xef\xbb\xbf" + data, trust)
    yield BundleCase("oversized", data + b" " * (2 << 20), trust)
    yield BundleCase("empty", b"", trust)
    yield BundleCase("no object", b"[]", trust)
    yield BundleCase("high s", _high_s(members), trust)
    yield BundleCase("path too short", _with(members, unit_path=members["unit_path"][:-1]), trust)


def _bad_states(members: dict[str, Any], trust: str) -> Iterator[BundleCase]:
    state = base64.b64decode(members["state"])
    tries = [tree for _, tree in unpack(state)]
    # A node alone: its RLP with the hashes of all below it.
    alone = encode_list(tries[0].items)
    states = {
        "state ends early": state[:-1],
        "state goes on": state + b"\x80",
        "a node stands twice": state + alone,
        "an unrelated node": state + encode_list([b"\x20" + bytes(32), b"value" * 8]),
        "the ledger's storage alone": state[len(_whole(tries[0])) :],
        "tries in another order": _whole(tries[0]) + _whole(tries[2]) + _whole(tries[1]),
        "all below a root is missing": alone + _whole(tries[1]) + _whole(tries[2]),
        "one way is missing": _whole(tries[0]) + _whole(_pruned(tries[1])) + _whole(tries[2]),
    }
    for name, changed in states.items():
        yield BundleCase(name, _with(members, state=base64.b64encode(changed).decode()), trust)


def _whole(node: Node) -> bytes:
    items: list[Item] = [[] if place in node.children else item for place, item in enumerate(node.items)]
    return encode_list(items) + b"".join(_whole(node.children[place]) for place in sorted(node.children))


def _pruned(node: Node) -> Node:
    """Return a node without its last child."""
    return Node(node.items, dict(sorted(node.children.items())[:-1]))


def _with(members: dict[str, Any], **changes: Any) -> bytes:
    return compact_json(members | changes).encode()


def _high_s(members: dict[str, Any]) -> bytes:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    changed = json.loads(json.dumps(members))
    entry = changed["checkpoint"]["signatures"][0]
    s = order - int(entry["signature"][66:], 16)
    entry["signature"] = f"{entry['signature'][:66]}{s:064x}"
    return compact_json(changed).encode()


def _moved(parts: ReceiptParts, first: int) -> Header:
    return replace(parts.header, first=first)


def _case(name: str, world: ProofWorld, parts: ReceiptParts) -> BundleCase:
    return BundleCase(name, world.bundle(parts).to_bytes(), world.trust_file().to_json())
