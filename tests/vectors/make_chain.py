"""Write tests/vectors/chain.json: known answers that Python and Solidity read (`make vectors`)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from piaolian_sdk.acts import (
    Act,
    Book,
    BringForward,
    Cancel,
    Exchange,
    Issue,
    Notice,
    ReturnPaper,
    Reverse,
    RotateSigner,
    SoftwareChainSigner,
    Unbook,
    Void,
    WriteOff,
)
from piaolian_sdk.tree import (
    Header,
    LeafByCode,
    LeafByList,
    Line,
    body_hash,
    field_salt,
    fields_root,
    keccak256,
    lines_hash,
    positional_path,
    positional_root,
    salted_amount,
)

CHAIN_ID = 20260601
CONTRACT = "0x00000000000000000000000000000000C0Ffee00"
# A key that guards nothing: 32 bytes of 0x11.
SIGNER = SoftwareChainSigner(b"\x11" * 32)
DEADLINE = 1_800_000_000
ADDRESS = "0x" + "ab" * 20
# One more than a full tree of ten levels.
EVERY_COUNT = 1025


def hexed(value: Any) -> Any:
    """Return bytes as 0x-hex, integers beyond 32 bits as decimal text, the rest unchanged."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and value >= 1 << 32:
        return str(value)
    if isinstance(value, dict):
        return {key: hexed(item) for key, item in value.items()}
    return [hexed(item) for item in value] if isinstance(value, list | tuple) else value


def word(number: int) -> bytes:
    """Return keccak256(abi.encode(uint256 number)): the test leaf at place ``number``."""
    return keccak256(number.to_bytes(32, "big"))


def trees() -> dict[str, Any]:
    """Return roots over the leaves word(0), word(1)... and some paths."""
    counts = [*range(1, 34), EVERY_COUNT]
    every = [word(i) for i in range(EVERY_COUNT)]
    places = [(1, 0), (2, 1), (3, 2), (5, 4), (33, 32), (33, 7), (1025, 1024), (1025, 511)]
    return {
        "counts": counts,
        "roots": [positional_root([word(i) for i in range(count)]) for count in counts],
        # Roots of every size one after another: what is too long to be written down is computed by each reader.
        "every_root": {
            "counts": EVERY_COUNT,
            "digest": keccak256(b"".join(positional_root(every[:count]) for count in range(1, EVERY_COUNT + 1))),
        },
        "paths": [
            {"count": count, "index": index, "path": positional_path([word(i) for i in range(count)], index)}
            for count, index in places
        ],
    }


def leaves() -> dict[str, Any]:
    """Return body, line and leaf hashes in both modes."""
    lines = [Line(20000, 7), Line((1 << 48) - 1, 65535), Line(1, 2)]
    bodies = [(word(100), word(101), ADDRESS), (bytes(32), b"\xff" * 32, "0x" + "00" * 20)]
    code = [
        LeafByCode(3, 10003, 20000, 32099923300000000001, lines_hash(lines[:1]), word(1)),
        LeafByCode((1 << 32) - 1, (1 << 40) - 1, (1 << 48) - 1, (1 << 128) - 1, lines_hash(lines), b"\xff" * 32),
    ]
    hidden = [LeafByList(5, 1, 99354, word(9), word(2)), LeafByList(1, 0, 0, bytes(32), bytes(32))]
    return {
        "body_hashes": [
            {"document_digest": d, "fields_root": f, "booking_key": k, "hash": body_hash(d, f, k)} for d, f, k in bodies
        ],
        "lines_hashes": [
            {"lines": b"".join(line.to_bytes() for line in part), "hash": lines_hash(part)}
            for part in (lines[:1], lines[:2], lines)
        ],
        "salted_amounts": [
            {"amount_fen": leaf.amount_fen, "salt": leaf.amount_salt, "hash": leaf.amount} for leaf in hidden
        ],
        "leaves_by_code": [{**asdict(leaf), "amount": leaf.amount, "hash": leaf.hash} for leaf in code],
        "leaves_by_list": [
            {**asdict(leaf), "amount": salted_amount(leaf.amount_fen, leaf.amount_salt), "hash": leaf.hash}
            for leaf in hidden
        ],
    }


def headers() -> list[dict[str, Any]]:
    """Return two headers with their hashes."""
    every = [
        Header(1, 3, 1, 10003, 2, 20615, 40000, 4, word(5)),
        Header(
            (1 << 32) - 1,
            (1 << 32) - 1,
            2,
            (1 << 40) - 1,
            (1 << 32) - 1,
            (1 << 32) - 1,
            (1 << 64) - 1,
            (1 << 32) - 1,
            b"\xff" * 32,
        ),
    ]
    return [{**asdict(header), "hash": header.hash} for header in every]


def fields() -> dict[str, Any]:
    """Return salts and the root of three fields, one with rare characters and one empty."""
    seed = word(77)
    pairs = [("Header/EInvoiceTag", "CZ-EI-32"), ("Main/PayerParty/PayerPartyName", "阿卜杜拉·𠮷"), ("Main/Remark", "")]
    return {
        "seed": seed,
        "fields": [list(pair) for pair in pairs],
        "salts": [field_salt(seed, i) for i in range(len(pairs))],
        "root": fields_root(pairs, seed),
    }


def acts() -> list[dict[str, Any]]:
    """Return each act with its digest and the signature of the test key."""
    every: list[Act] = [
        RotateSigner(1, ADDRESS, word(1), 7, DEADLINE),
        Notice(1, 2, 3, 20645, bytes.fromhex("0000000046500007"), b"", DEADLINE),
        Cancel(1, 2, 3, DEADLINE),
        Issue(1, 3, 2, 10003, 2, 20615, 40000, 4, word(5), DEADLINE),
        Void(1, 3, 10005, 4, 2, DEADLINE),
        Reverse(1, 3, 10003, 4, 1, 20615, 20000, 4, word(6), 1, DEADLINE),
        Exchange(1, 3, 10003, 9, 4, DEADLINE),
        ReturnPaper(1, 3, 10003, 9, 4, DEADLINE),
        Book(word(8), ADDRESS, 0, 1_000_000_000, DEADLINE),
        Unbook(3, 10003, ADDRESS, 1, DEADLINE),
        WriteOff(1, 601, 2026 * 12 + 4, 100, 2, 1, 1_000_000, 20_000, DEADLINE),
        BringForward(1, 601, 2026 * 12 + 3, 100, 2, 1, 1_000_000, 20_000, DEADLINE),
    ]
    return [
        {
            "name": type(act).__name__,
            "type": act.TYPE,
            "message": {name: getattr(act, attribute) for _, name, attribute in act.members()},
            "struct_hash": act.struct_hash(),
            "digest": act.digest(CHAIN_ID, CONTRACT),
            "signature": act.sign(SIGNER, CHAIN_ID, CONTRACT),
        }
        for act in every
    ]


def main() -> None:
    """Write the file beside this script."""
    document = {
        "chain_id": CHAIN_ID,
        "contract": CONTRACT,
        "signer": SIGNER.address,
        "trees": trees(),
        **leaves(),
        "headers": headers(),
        "fields": fields(),
        "acts": acts(),
    }
    target = Path(__file__).with_name("chain.json")
    target.write_text(json.dumps(hexed(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
