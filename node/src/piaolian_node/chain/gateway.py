"""Sending transactions and asking what became of them. The methods block: the relayer calls them in threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from piaolian_node.chain.view import ChainAccess
from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.errors import decode_revert
from piaolian_sdk.contracts.events import DecodedLog, decode_log
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import ContractRefusedError

# Answers of pools that hold the transaction already, or whose chain has it.
_KNOWN = ("already known", "already imported", "known transaction")
_TOO_LOW = ("nonce too low", "nonce is too low")
# A tip that geth's smallest gas price accepts; the currency of the network has no value.
_TIP_WEI = 1_000
# The base fee may double six times before a waiting transaction is too cheap.
_FEE_FACTOR = 64
_MIN_FEE_WEI = 10**9


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """A transaction in a block.

    Attributes:
        events: Events of our contracts, in order.
    """

    block_number: int
    block_hash: bytes
    is_success: bool
    gas_used: int
    events: tuple[DecodedLog, ...]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a pool said.

    Attributes:
        is_held: The pool or the chain has the transaction.
        is_nonce_used: The chain has a transaction with this nonce, this one or another.
        message: The pool's words.
    """

    is_held: bool
    is_nonce_used: bool
    message: str


class ChainGateway(Protocol):
    """What the relayer and the indexer need of the chain. Each raises ``RemoteError`` when no chain node answers."""

    def nonce(self, account: str) -> int:
        """Return the number of mined transactions of an account."""
        ...

    def fees(self) -> dict[str, int]:
        """Return ``maxFeePerGas`` and ``maxPriorityFeePerGas``."""
        ...

    def simulate(self, sender: str, to: str, data: bytes) -> ContractRefusedError | None:
        """Return why a call would revert at the newest block, or None."""
        ...

    def replay(self, sender: str, to: str, data: bytes, block_number: int) -> ContractRefusedError:
        """Return why a mined call reverted, judged by the state before its block."""
        ...

    def estimate(self, sender: str, to: str, data: bytes) -> int:
        """Return the gas that a call needs."""
        ...

    def send(self, raw: bytes) -> SendResult:
        """Hand a signed transaction to the pool."""
        ...

    def is_replaced(self, account: str, nonce: int, transaction_hash: bytes) -> bool:
        """Whether another transaction of the account has the nonce in a final block."""
        ...

    def mined(self, transaction_hash: bytes) -> MinedTransaction | None:
        """Return a transaction's place and events, or None while no block has it."""
        ...

    def block(self, number: int) -> BlockStamp | None:
        """Return the block at a height, or None."""
        ...

    def events(self, first: int, last: int) -> list[DecodedLog]:
        """Return all events of our contracts in these blocks, in order."""
        ...

    def block_time(self, number: int) -> int:
        """Return the Unix time of a block."""
        ...


class Web3Gateway:
    """The gateway over the chain nodes of ``ChainAccess``."""

    def __init__(self, access: ChainAccess) -> None:
        self._access = access
        book = access.address_book
        self._addresses = [
            Web3.to_checksum_address(book.address_of(name)) for name in ("Registry", "PaymentLedger", "ReceiptLedger")
        ]

    def nonce(self, account: str) -> int:
        """Return the number of mined transactions of an account."""
        address = Web3.to_checksum_address(account)
        return self._access.ask(lambda reader: call_chain(lambda: reader.web3.eth.get_transaction_count(address)))

    def fees(self) -> dict[str, int]:
        """Return ``maxFeePerGas`` and ``maxPriorityFeePerGas``."""
        head: Any = self._access.ask(lambda reader: call_chain(lambda: reader.web3.eth.get_block("latest")))
        base = int(head.get("baseFeePerGas", 0))
        return {"maxFeePerGas": max(base * _FEE_FACTOR, _MIN_FEE_WEI) + _TIP_WEI, "maxPriorityFeePerGas": _TIP_WEI}

    def simulate(self, sender: str, to: str, data: bytes) -> ContractRefusedError | None:
        """Return why a call would revert at the newest block, or None."""
        return self._refusal(sender, to, data, "latest")

    def replay(self, sender: str, to: str, data: bytes, block_number: int) -> ContractRefusedError:
        """Return why a mined call reverted, judged by the state before its block."""
        return self._refusal(sender, to, data, block_number - 1) or decode_revert(b"")

    def estimate(self, sender: str, to: str, data: bytes) -> int:
        """Return the gas that a call needs."""
        call = _transaction(sender, to, data)
        return self._access.ask(lambda reader: call_chain(lambda: reader.web3.eth.estimate_gas(call)))

    def send(self, raw: bytes) -> SendResult:
        """Hand a signed transaction to the pool."""
        return self._access.ask(lambda reader: call_chain(lambda: _send(reader, raw)))

    def is_replaced(self, account: str, nonce: int, transaction_hash: bytes) -> bool:
        """Whether another transaction of the account has the nonce in a final block.

        One chain node answers both questions: the first may know our transaction and the second lag behind it.
        """
        address = Web3.to_checksum_address(account)

        def question(reader: ChainReader) -> bool:
            used = reader.web3.eth.get_transaction_count(address, reader.final().number)
            return used > nonce and _receipt(reader, transaction_hash) is None

        return self._access.ask(lambda reader: call_chain(lambda: question(reader)))

    def mined(self, transaction_hash: bytes) -> MinedTransaction | None:
        """Return a transaction's place and events, or None while no block has it."""
        found: Any = self._access.ask(lambda reader: call_chain(lambda: _receipt(reader, transaction_hash)))
        if found is None:
            return None
        decoded = (decode_log(log) for log in found["logs"])
        return MinedTransaction(
            block_number=int(found["blockNumber"]),
            block_hash=bytes(found["blockHash"]),
            is_success=found["status"] == 1,
            gas_used=int(found["gasUsed"]),
            events=tuple(event for event in decoded if event is not None),
        )

    def block(self, number: int) -> BlockStamp | None:
        """Return the block at a height, or None."""
        return self._access.ask(lambda reader: reader.block(number))

    def events(self, first: int, last: int) -> list[DecodedLog]:
        """Return all events of our contracts in these blocks, in order."""
        wanted: Any = {"fromBlock": first, "toBlock": last, "address": self._addresses}
        logs: Any = self._access.ask(lambda reader: call_chain(lambda: reader.web3.eth.get_logs(wanted)))
        decoded = (decode_log(log) for log in logs)
        return [event for event in decoded if event is not None]

    def block_time(self, number: int) -> int:
        """Return the Unix time of a block."""
        stamp = self.block(number)
        if stamp is None:
            raise RuntimeError("a block that had events is gone")
        return stamp.timestamp

    def _refusal(self, sender: str, to: str, data: bytes, block: str | int) -> ContractRefusedError | None:
        call = _transaction(sender, to, data)
        at: Any = block
        try:
            self._access.ask(lambda reader: call_chain(lambda: reader.web3.eth.call(call, at)))
        except ContractRefusedError as refused:
            return refused
        return None


def _transaction(sender: str, to: str, data: bytes) -> Any:  # noqa: ANN401 # web3's TxParams wants its own string types.
    return {"from": Web3.to_checksum_address(sender), "to": Web3.to_checksum_address(to), "data": HexBytes(data)}


def _receipt(reader: ChainReader, transaction_hash: bytes) -> Mapping[str, Any] | None:
    try:
        return reader.web3.eth.get_transaction_receipt(HexBytes(transaction_hash))
    except TransactionNotFound:
        return None


def _send(reader: ChainReader, raw: bytes) -> SendResult:
    try:
        reader.web3.eth.send_raw_transaction(raw)
    except ContractLogicError:
        raise
    except Web3RPCError as exc:
        words = str(exc.message).lower()
        is_nonce_used = any(word in words for word in _TOO_LOW)
        return SendResult(any(word in words for word in _KNOWN), is_nonce_used, words[:200])
    return SendResult(is_held=True, is_nonce_used=False, message="")
