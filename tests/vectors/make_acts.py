"""Write tests/vectors/acts.json: one of every act, signed by the SDK, for the network that the forge tests deploy.

The acts follow one another: a month is brought forward and written off; codes are noticed, one is cancelled and two are
paid and receipted; receipts by list are booked, put on paper, taken back and reversed; numbers are voided; the unit
changes its key. contracts/test/unit/ActVectors.t.sol sends them to the contracts, which take a signature only if they
compute the same digest, leaf and root. So the SDK signs for the addresses and ids of test/support/NetworkTest.sol.
"""

import json
from pathlib import Path
from typing import Any, Final

import rlp
from eth_utils.address import to_checksum_address

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
    LeafByCode,
    LeafByList,
    Line,
    body_hash,
    keccak256,
    lines_hash,
    positional_path,
    positional_root,
)

# Forge deploys every test contract at this address; NetworkTest makes the proxies with these nonces of it.
TEST_CONTRACT: Final = bytes.fromhex("7FA9385bE102ac3EAc297483Dd6233D62b3e1496")
NONCES: Final = {"Registry": 5, "PaymentLedger": 6, "ReceiptLedger": 7}
CHAIN_ID: Final = 31337
# Keys that guard nothing, as in NetworkTest: of unit A, its next one, of every receipt, of the booker.
UNIT, NEXT, BOOKING, BOOKER = (SoftwareChainSigner(key.to_bytes(32, "big")) for key in (0xA1, 0xC3, 0xB00C, 0xE1))
# 2026-06-15 10:00 in Beijing, one hour later, and the numbers that NetworkTest gives.
NOW: Final = 1_781_488_800
DEADLINE: Final = NOW + 3600
TODAY: Final = 20_619
JUNE: Final = 2026 * 12 + 5
UNIT_A, LIST_RANGE, CODE_RANGE, PAY_RANGE, PAPER_RANGE = 1, 1, 2, 3, 4
ITEM, CATALOGUE = 1, 2
PAY_PREFIX: Final = 3_209_992_630
FORMER: Final = (7, 1, 0, 70_000, 0)
HALF: Final = 500_000_000


def proxy(name: str) -> str:
    """Return the address of a proxy of the forge tests."""
    return str(to_checksum_address(keccak256(rlp.encode([TEST_CONTRACT, NONCES[name]]))[12:]))


def signed(act: Act, signer: SoftwareChainSigner = UNIT) -> dict[str, Any]:
    """Return an act with everything that is signed, its digest and its signature."""
    return {
        "type": act.TYPE,
        "contract": act.CONTRACT,
        "signer": signer.address,
        **{name: getattr(act, attribute) for _, name, attribute in act.members()},
        "digest": act.digest(CHAIN_ID, proxy(act.CONTRACT)),
        "signature": act.sign(signer, CHAIN_ID, proxy(act.CONTRACT)),
    }


def word(text: str, number: int) -> bytes:
    """Return 32 bytes of their own for a text and a number."""
    return keccak256(f"{text} {number}".encode())


def body(document: int) -> bytes:
    """Return the body hash of a document."""
    return body_hash(word("document", document), word("fields", document), BOOKING.address)


def opened(leaves: list[LeafByList] | list[LeafByCode], index: int, document: int) -> dict[str, Any]:
    """Return what an opening of the receipt at ``index``, with its document's number, needs beside its header."""
    leaf = leaves[index]
    return {
        "number": leaf.number,
        "unitPath": positional_path([one.hash for one in leaves], index),
        "amount": leaf.amount,
        "documentDigest": word("document", document),
        "fieldsRoot": word("fields", document),
        "bookingKey": BOOKING.address,
        "leaf": leaf.hash,
    }


def payments() -> dict[str, Any]:
    """Return the acts on payments, and the receipts by code for the two codes that are paid."""
    several = [Line(10_000, ITEM), Line(20_000, ITEM)]
    lanes = [Line(20_001, ITEM), Line(30_000, 0), Line(500, ITEM)]
    notice = Notice(
        UNIT_A,
        PAY_RANGE,
        1,
        TODAY + 30,
        b"".join(line.to_bytes() for line in lanes),
        bytes([len(several)]) + b"".join(line.to_bytes() for line in several),
        DEADLINE,
    )
    leaves = [
        LeafByCode(CODE_RANGE, 1, 20_001, PAY_PREFIX * 10**10 + 1, lines_hash(lanes[:1]), body(1)),
        LeafByCode(CODE_RANGE, 2, 30_000, PAY_PREFIX * 10**10 + 2, lines_hash(several), body(2)),
    ]
    root = positional_root([leaf.hash for leaf in leaves])
    issue = Issue(UNIT_A, CODE_RANGE, 1, 1, 2, TODAY, 50_001, CATALOGUE, root, DEADLINE)
    return {
        "notice": signed(notice),
        "cancel": signed(Cancel(UNIT_A, PAY_RANGE, 3, DEADLINE)),
        "issueByCode": {**signed(issue), "bodyHashes": [leaf.body_hash for leaf in leaves]},
        "openedByCode": {
            **opened(leaves, 1, 2),
            "paymentCode": leaves[1].payment_code,
            "linesHash": leaves[1].lines_hash,
        },
    }


def receipts() -> dict[str, Any]:
    """Return the acts on five receipts by list."""
    leaves = [LeafByList(LIST_RANGE, n, 10_000 * n + 7, word("salt", n), body(n + 100)) for n in range(1, 6)]
    root = positional_root([leaf.hash for leaf in leaves])
    total = sum(leaf.amount_fen for leaf in leaves)
    reversed_ = leaves[0]
    red = LeafByList(LIST_RANGE, 6, reversed_.amount_fen, reversed_.amount_salt, body(106))
    return {
        "issueByList": signed(Issue(UNIT_A, LIST_RANGE, 2, 1, 5, TODAY, total, CATALOGUE, root, DEADLINE)),
        "opened": [opened(leaves, index, index + 101) for index in range(5)],
        "book": signed(Book(leaves[1].hash, BOOKER.address, 0, HALF, DEADLINE), BOOKING),
        "unbook": signed(Unbook(LIST_RANGE, 2, BOOKER.address, 1, DEADLINE), BOOKER),
        "exchange": signed(Exchange(UNIT_A, LIST_RANGE, 3, PAPER_RANGE, 1, DEADLINE)),
        "returnPaper": signed(ReturnPaper(UNIT_A, LIST_RANGE, 3, PAPER_RANGE, 1, DEADLINE)),
        "reverse": {
            **signed(
                Reverse(UNIT_A, LIST_RANGE, 1, LIST_RANGE, 6, TODAY, red.amount_fen, CATALOGUE, red.hash, 3, DEADLINE)
            ),
            "amountSalt": red.amount_salt,
            "redBodyHash": red.body_hash,
        },
        "void": signed(Void(UNIT_A, LIST_RANGE, 7, 4, 2, DEADLINE)),
    }


def hexed(value: Any) -> Any:
    """Return bytes as 0x-hex, integers beyond 32 bits as decimal text, the rest unchanged."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and value >= 1 << 32:
        return str(value)
    if isinstance(value, dict):
        return {key: hexed(item) for key, item in value.items()}
    return [hexed(item) for item in value] if isinstance(value, list | tuple) else value


def main() -> None:
    """Write the file beside this script."""
    document = {
        "chain_id": CHAIN_ID,
        "contracts": {name: proxy(name) for name in NONCES},
        "acts": {
            "bringForward": signed(BringForward(UNIT_A, 602, JUNE - 1, *FORMER, DEADLINE)),
            "writeOff": signed(WriteOff(UNIT_A, 602, JUNE - 1, *FORMER, DEADLINE)),
            **payments(),
            **receipts(),
            "rotateSigner": signed(RotateSigner(UNIT_A, NEXT.address, word("certificate", 1), 0, DEADLINE)),
        },
    }
    target = Path(__file__).with_name("acts.json")
    target.write_text(json.dumps(hexed(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
