"""A bare network for gas figures: contracts on anvil, one unit of every kind that is needed, acts built by the SDK."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle
from piaolian_network.ports import free_port
from piaolian_network.rpc import ChainRPC
from piaolian_network.transactions import AccountSender, Order
from piaolian_sdk.acts import Issue, Notice, SoftwareChainSigner
from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.structs import IssueBatch, ItemVersion, NoticeBatch, Opening, SettlementGroup
from piaolian_sdk.tree import (
    BY_CODE,
    BY_LIST,
    Header,
    LeafByCode,
    LeafByList,
    Line,
    body_hash,
    keccak256,
    lines_hash,
    positional_path,
    positional_root,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROOT = Path(__file__).resolve().parents[1]
_ANVIL = _ROOT / "node_modules" / ".bin" / "anvil"
# Far above any network's limit, so that a figure never depends on it.
_GAS_LIMIT = 100_000_000
_START_SECONDS = 20.0
CHAIN_ID = 20260606
# 2026-06-15 10:00 in Beijing, and the day's number there.
NOW_UNIX = 1_781_488_800
TODAY = 20_619
MONTH = 2026 * 12 + 5
DEADLINE = NOW_UNIX + 400 * 86_400

KIND_CODE, KIND_LIST = 101, 601
PAY_PREFIX = 3209992630
AREA = 1320999
AMOUNT_FEN = 20_000
SUPERVISOR, NODE = b"\x21" * 32, b"\x22" * 32
ORACLES = (b"\x31" * 32, b"\x32" * 32, b"\x33" * 32)
BOOKING_KEY = SoftwareChainSigner(b"\x41" * 32)
_ADMINISTRATOR = b"\x51" * 32
_RECEIPT, _PAYMENT_CODE, _PAPER = 1, 2, 3
_REFUSALS = {
    "0x" + keccak256(event).hex()
    for event in (
        b"NoticeRefused(uint32,uint32,uint40,uint16,bytes)",
        b"BatchRefused(uint32,uint32,uint40,uint16,bytes)",
        b"BookingRefused(uint32,uint40,address,uint16,bytes)",
    )
}


def unit_signer(number: int) -> SoftwareChainSigner:
    """Return the chain key of a unit."""
    return SoftwareChainSigner(keccak256(b"unit %d" % number))


def salt_of(number: int) -> bytes:
    """Return the salt of a receipt's amount."""
    return keccak256(b"salt %d" % number)


def body_of(number: int) -> tuple[bytes, bytes, str]:
    """Return document digest, fields root and booking address of a receipt."""
    return keccak256(b"document %d" % number), keccak256(b"fields %d" % number), BOOKING_KEY.address


class GasNetwork:
    """Contracts, units, items and ranges, and who sends.

    Args:
        url: JSON-RPC of an anvil that runs for this alone.
    """

    def __init__(self, url: str) -> None:
        self.rpc = ChainRPC(url, timeout_seconds=300)
        accounts = [SoftwareChainSigner(key).address for key in (_ADMINISTRATOR, SUPERVISOR, NODE, *ORACLES)]
        for address in accounts:
            self.rpc.call("anvil_setBalance", [address, hex(10**24)])
        oracles = [
            Oracle(name=f"oracle-{i + 1}", address=address, source=11 + i) for i, address in enumerate(accounts[3:])
        ]
        setup = Setup(supervisors={accounts[1]: "32"}, nodes={accounts[2]: "32"}, oracles=oracles, threshold=2)
        book = deploy(url, _ADMINISTRATOR, setup)
        self.addresses = {name: entry.address for name, entry in book.contracts.items()}
        self._senders = {key: AccountSender(self.rpc, key) for key in (SUPERVISOR, NODE, *ORACLES)}
        self._serials = dict.fromkeys(ORACLES, 0)
        self.catalog_version = 1
        self._fill()

    def send(self, key: bytes, contract: str, function: str, *arguments: Any) -> int:  # noqa: ANN401 # Any ABI value.
        """Send one act in a transaction of its own and return the gas that it used, 21,000 and calldata included.

        Raises:
            RuntimeError: A batch in it was refused, so the figure would mean nothing.
        """
        data = encode_call(contract, function, *arguments)
        (receipt,) = self._senders[key].send_all(
            [Order(function, self.addresses[contract], data, gas=_GAS_LIMIT * 9 // 10)]
        )
        refused = [log for log in receipt["logs"] if log["topics"][0] in _REFUSALS]
        if refused:
            raise RuntimeError(f"{function} was refused: {refused[0]['data']}")
        return int(receipt["gasUsed"], 16)

    def _fill(self) -> None:
        def act(function: str, *arguments: Any) -> None:  # noqa: ANN401 # Any ABI value.
            self.send(SUPERVISOR, "Registry", function, *arguments)

        for number in range(1, 102):
            act("registerUnit", keccak256(b"code %d" % number), AREA, unit_signer(number).address, bytes(32))
        act(
            "setItem",
            132,
            b"103043211".ljust(12, b"\0"),
            ItemVersion(0, 0, 1, 10**9, KIND_CODE, listed_units_only=False),
        )
        for kind, prefix in ((_RECEIPT, 32010126), (_RECEIPT, 32060126), (_PAYMENT_CODE, PAY_PREFIX), (_PAPER, 4001)):
            act("openPool", kind, 132, prefix, 1, 10_000_000)
        # Ranges of unit 1: 1 by code, 2 by list, 3 payments, 4 paper. From 5 on: one by list for each further unit.
        act("allot", 1, 1, 100_000, KIND_CODE, BY_CODE, 1)
        act("allot", 2, 1, 100_000, KIND_LIST, BY_LIST, 1)
        act("allot", 3, 1, 100_000, KIND_CODE, 0, 1)
        act("allot", 4, 1, 1_000, 0, 0, 1)
        for unit in range(2, 102):
            act("allot", 2, unit, 1_000, KIND_LIST, BY_LIST, 1)

    def notice_batch(self, first: int, count: int) -> NoticeBatch:
        """Return notices of unit 1, one line each."""
        lanes = Line(AMOUNT_FEN, 1).to_bytes() * count
        act = Notice(1, 3, first, TODAY + 30, lanes, b"", DEADLINE)
        return NoticeBatch(1, 3, first, TODAY + 30, lanes, b"", DEADLINE, self._sign(1, act, "PaymentLedger"))

    def settle(self, name: str, sequences: Sequence[int]) -> tuple[int, int]:
        """Vote twice and settle; return the gas of both votes and of the settlement."""
        entries = b"".join(
            sequence.to_bytes(5, "big")
            + AMOUNT_FEN.to_bytes(6, "big")
            + TODAY.to_bytes(3, "big")
            + keccak256(b"reference %d" % sequence)[:8]
            for sequence in sorted(sequences)
        )
        report_id = keccak256(name.encode())
        group_digest = keccak256((3).to_bytes(32, "big") + keccak256(entries))
        digest = keccak256(report_id + keccak256(group_digest))
        votes = 0
        for index, key in enumerate(ORACLES[:2]):
            self._serials[key] += 1
            votes += self.send(key, "PaymentLedger", "vote", 1, 11 + index, self._serials[key], digest)
        groups = [SettlementGroup(3, 0, entries)]
        return votes, self.send(NODE, "PaymentLedger", "settle", 1, report_id, groups)

    def list_batch(self, unit: int, range_id: int, first: int, count: int) -> tuple[IssueBatch, list[bytes], Header]:
        """Return a batch under list control, its leaves and its header."""
        leaves = [
            LeafByList(range_id, number, AMOUNT_FEN, salt_of(number), body_hash(*body_of(number))).hash
            for number in range(first, first + count)
        ]
        return self._batch(unit, range_id, BY_LIST, first, leaves)

    def code_batch(self, first: int, sequences: Sequence[int]) -> tuple[IssueBatch, list[bytes], Header]:
        """Return receipts of unit 1 for paid codes, in the order given."""
        lines = lines_hash([Line(AMOUNT_FEN, 1)])
        leaves = [
            LeafByCode(
                1, first + i, AMOUNT_FEN, PAY_PREFIX * 10**10 + sequence, lines, body_hash(*body_of(first + i))
            ).hash
            for i, sequence in enumerate(sequences)
        ]
        return self._batch(1, 1, BY_CODE, first, leaves, sequences)

    def _batch(
        self, unit: int, range_id: int, mode: int, first: int, leaves: list[bytes], sequences: Sequence[int] = ()
    ) -> tuple[IssueBatch, list[bytes], Header]:
        count = len(leaves)
        root = positional_root(leaves)
        total = AMOUNT_FEN * count
        header = Header(unit, range_id, mode, first, count, TODAY, total, self.catalog_version, root)
        act = Issue(unit, range_id, mode, first, count, TODAY, total, self.catalog_version, root, DEADLINE)
        bodies = [body_hash(*body_of(first + i)) for i in range(len(sequences))]
        packed = b"".join(sequence.to_bytes(5, "big") for sequence in sequences)
        batch = IssueBatch(
            unit,
            range_id,
            first,
            count,
            TODAY,
            total,
            self.catalog_version,
            root,
            3 if sequences else 0,
            packed,
            bodies,
            keccak256(b"bodies"),
            DEADLINE,
            self._sign(unit, act, "ReceiptLedger"),
        )
        return batch, leaves, header

    def opening(self, root_id: int, header: Header, leaves: list[bytes], number: int) -> Opening:
        """Open a receipt under list control whose batch was alone in its root."""
        leaf = LeafByList(header.range, number, AMOUNT_FEN, salt_of(number), body_hash(*body_of(number)))
        path = positional_path(leaves, number - header.first)
        return Opening(root_id, 0, [], header, number, path, leaf.amount, 0, bytes(32), *body_of(number))

    def _sign(self, unit: int, act: Any, contract: str) -> bytes:  # noqa: ANN401 # Every act has sign().
        return bytes(act.sign(unit_signer(unit), CHAIN_ID, self.addresses[contract]))

    def sign(self, unit: int, act: Any) -> bytes:  # noqa: ANN401 # Every act has sign().
        """Return a unit's signature for the ledger of receipts."""
        return self._sign(unit, act, "ReceiptLedger")

    def move_clock(self, unix: int) -> None:
        """Let the next block have this time."""
        self.rpc.call("evm_setNextBlockTimestamp", [hex(unix)])
        self.rpc.call("anvil_mine", [hex(1)])


@contextmanager
def running_anvil() -> Iterator[str]:
    """Run an anvil under London rules on a free port; stop it at the end.

    Raises:
        RuntimeError: It does not answer within 20 seconds.
    """
    port = free_port()
    command = [str(_ANVIL), "--port", str(port), "--hardfork", "london", "--silent"]
    command += ["--chain-id", str(CHAIN_ID), "--gas-limit", str(_GAS_LIMIT), "--timestamp", str(NOW_UNIX)]
    with TemporaryDirectory() as directory:
        process = Popen(command, cwd=directory)
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            ChainRPC(url, timeout_seconds=1).call("eth_chainId")
        except Exception:  # noqa: BLE001 # Whatever is wrong while it starts, the answer is to ask again.
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("anvil does not answer")
