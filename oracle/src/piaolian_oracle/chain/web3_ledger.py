"""The payment ledger over JSON-RPC, through the SDK's bindings."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound, Web3RPCError

from piaolian_oracle.chain.ledger import SUSPENSE_WORDS, Committee, PaymentKey, Settlement, SuspenseWord
from piaolian_oracle.chain.payers import PayersIndex
from piaolian_oracle.errors import ChainError
from piaolian_oracle.reports import Report
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_payments import (
    PaymentRepeated,
    PaymentsSettled,
    PaymentSuspended,
    PaymentUnknown,
)
from piaolian_sdk.contracts.payers import payers_shown
from piaolian_sdk.contracts.payment_ledger import build_settle, build_vote
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.records import RangeClass
from piaolian_sdk.tree.keccak import keccak256

# A tip that every validator takes; accounts of oracles are funded and fees have no economic meaning here.
_PRIORITY_FEE_WEI: Final = 1_000_000_000
# The base fee can rise by an eighth a block, so ten times its present value lasts for about twenty full blocks.
_BASE_FEE_FACTOR: Final = 10
_GAS_MARGIN_PERCENT: Final = 130

# What nodes answer to bytes that they already hold or have mined. Both are no failure: the outcome is read later.
_KNOWN_ALREADY: Final = ("already known", "nonce too low", "already imported", "known transaction")


class Web3Ledger:
    """Reads ledger and registry.

    Args:
        chain: The SDK's reader, on the chain of the address book.
        payers: Who paid; without it every settlement reads the chain from its deployment on.
    """

    def __init__(self, chain: ChainReader, payers: PayersIndex | None = None) -> None:
        self._chain = chain
        self._payers = payers

    def final_stamp(self) -> BlockStamp:
        """Return the newest final block."""
        return self._chain.final()

    def latest_stamp(self) -> BlockStamp:
        """Return the newest block."""
        return self._chain.latest()

    def committee(self, at: BlockStamp) -> Committee:
        """Return the present committee."""
        found = self._chain.payment_ledger.committee(at)
        return Committee(found.epoch, found.threshold, tuple(zip(found.oracles, found.sources, strict=True)))

    def last_serial(self, source: int) -> int:
        """Return the last serial of a source at the newest block."""
        return self._chain.payment_ledger.last_serial_of(source)

    def votes_of(self, digest: bytes, at: BlockStamp) -> int:
        """Return how many distinct sources vouched for a report."""
        return self._chain.payment_ledger.votes_of(digest, at)

    def find_range(self, prefix: int, sequence: int, at: BlockStamp) -> tuple[int, int, int] | None:
        """Return (range, first, last) of the payment range that holds a code, None without one."""
        number = self._chain.registry.find_range(RangeClass.PAYMENT_CODE, prefix, sequence, at)
        if number == 0:
            return None
        found = self._chain.registry.range_of(number, at)
        return number, found.first, found.last

    def is_noticed(self, payment_range: int, sequence: int, at: BlockStamp) -> bool:
        """Return whether a notice of this code is registered."""
        return self._chain.payment_ledger.notice_of(payment_range, sequence, at).noticed

    def settlements(self, report_id: bytes, own: Sequence[bytes], to: BlockStamp) -> list[Settlement]:
        """Return every settlement of a report in final blocks, in the order of the chain."""
        query: Any = {
            "address": self._chain.payment_ledger.address,
            "topics": [HexBytes(topic_of(PaymentsSettled)), None, HexBytes(report_id)],
            "fromBlock": self._chain.address_book.deployed_block,
            "toBlock": to.number,
        }
        logs = call_chain(lambda: self._chain.web3.eth.get_logs(query))
        hashes = dict.fromkeys([*(bytes(log["transactionHash"]) for log in logs), *own])
        receipts = [call_chain(partial(receipt_or_none, self._chain.web3, transaction)) for transaction in hashes]
        final = [receipt for receipt in receipts if receipt is not None and receipt["blockNumber"] <= to.number]
        final.sort(key=lambda receipt: (int(receipt["blockNumber"]), int(receipt["transactionIndex"])))
        return [self._settlement(receipt, report_id) for receipt in final]

    def _settlement(self, receipt: Any, report_id: bytes) -> Settlement:  # noqa: ANN401 # web3's TxReceipt.
        paid: set[PaymentKey] = set()
        suspended: dict[PaymentKey, SuspenseWord] = {}
        unknown: set[PaymentKey] = set()
        repeated: set[PaymentKey] = set()
        for log in receipt["logs"]:
            decoded = decode_log(log)
            if decoded is None or decoded.address != self._chain.payment_ledger.address:
                continue
            event = decoded.event
            if isinstance(event, PaymentsSettled) and event.report_id == report_id:
                paid.update((event.range, *payment) for payment in event.parts())
            elif isinstance(event, PaymentSuspended) and event.reason in SUSPENSE_WORDS:
                key = (event.range, event.sequence, event.bank_reference)
                suspended[key] = SUSPENSE_WORDS[event.reason]
            elif isinstance(event, PaymentUnknown):
                unknown.add((event.range, event.sequence, event.bank_reference))
            elif isinstance(event, PaymentRepeated):
                repeated.add((event.range, event.sequence, event.bank_reference))
        return Settlement(frozenset(paid), suspended, frozenset(unknown), frozenset(repeated))

    def vote_call(self, epoch: int, source: int, serial: int, digest: bytes) -> bytes:
        """Return the calldata of a vote."""
        return build_vote(epoch, source, serial, digest)

    def settle_call(self, epoch: int, report: Report) -> bytes:
        """Return the calldata of a settlement."""
        at = self._chain.latest()
        groups = [
            replace(sent, payers=self._payers_of(sent.range, [entry.sequence for entry in group.entries], at))
            for sent, group in zip(report.settlement_groups(), report.groups, strict=True)
        ]
        return build_settle(epoch, report.report_id, groups)

    def _payers_of(self, payment_range: int, sequences: Sequence[int], at: BlockStamp) -> bytes:
        if self._payers is None:
            return payers_shown(self._chain, payment_range, sequences, at)
        return self._payers.shown(payment_range, sequences, at)


class Web3Sender:
    """Signs and sends transactions of one key to the payment ledger.

    Args:
        chain: The SDK's reader, on the chain of the address book.
        signer: The oracle's key.
    """

    def __init__(self, chain: ChainReader, signer: ChainSigner) -> None:
        self._web3 = chain.web3
        self._contract = chain.payment_ledger.address
        self._chain_id = chain.address_book.chain_id
        self._signer = signer
        self._own = Web3.to_checksum_address(signer.address)

    @property
    def address(self) -> str:
        """Return the checksum address of the key."""
        return str(self._own)

    def simulate(self, data: bytes) -> int:
        """Run a call against the newest block; return the gas that it took, with a margin."""
        call: Any = {"from": self._own, "to": self._contract, "data": HexBytes(data)}
        # The call tells why it is refused; an estimate alone does not on every client.
        call_chain(lambda: self._web3.eth.call(call))
        return call_chain(lambda: self._web3.eth.estimate_gas(call)) * _GAS_MARGIN_PERCENT // 100

    def sign(self, data: bytes, nonce: int, gas: int) -> tuple[bytes, bytes]:
        """Return (hash, signed bytes) of an EIP-1559 transaction."""
        block = call_chain(lambda: self._web3.eth.get_block("latest"))
        transaction = {
            "type": 2,
            "chainId": self._chain_id,
            "nonce": nonce,
            "to": self._contract,
            "value": 0,
            "data": HexBytes(data),
            "gas": gas,
            "maxPriorityFeePerGas": _PRIORITY_FEE_WEI,
            "maxFeePerGas": int(block["baseFeePerGas"]) * _BASE_FEE_FACTOR + _PRIORITY_FEE_WEI,
        }
        raw = self._signer.sign_transaction(transaction)
        return keccak256(raw), raw

    def next_nonce(self) -> int:
        """Return the nonce that follows what is mined."""
        return int(call_chain(lambda: self._web3.eth.get_transaction_count(self._own, "latest")))

    def broadcast(self, raw: bytes) -> None:
        """Hand signed bytes to the chain.

        Raises:
            ChainError: "account-unfunded" when the account cannot pay the fee.
            RemoteError: The node did not answer or refused the bytes.
        """
        call_chain(lambda: self._send(raw))

    def _send(self, raw: bytes) -> None:
        try:
            self._web3.eth.send_raw_transaction(HexBytes(raw))
        except Web3RPCError as exc:
            text = str(exc).lower()
            if any(known in text for known in _KNOWN_ALREADY):
                return
            if "insufficient funds" in text:
                raise ChainError(
                    "account-unfunded",
                    f"account {self._own} cannot pay the fee",
                    f"账户 {self._own} 余额不足以支付手续费",
                    "由管理员向该账户转入手续费",
                    retry="after",
                ) from exc
            raise

    def outcomes(self, hashes: Sequence[bytes], at: BlockStamp) -> dict[bytes, bool]:
        """Return, for those of the transactions that are in final blocks, whether they succeeded."""
        found = {}
        for transaction in hashes:
            receipt = call_chain(partial(receipt_or_none, self._web3, transaction))
            if receipt is not None and int(receipt["blockNumber"]) <= at.number:
                found[transaction] = int(receipt["status"]) == 1
        return found

    def final_nonce(self, at: BlockStamp) -> int:
        """Return how many transactions of this key are in final blocks."""
        return int(call_chain(lambda: self._web3.eth.get_transaction_count(self._own, at.number)))

    def balance_wei(self) -> int:
        """Return the balance of the account, wei."""
        return int(call_chain(lambda: self._web3.eth.get_balance(self._own)))


def receipt_or_none(web3: Web3, transaction: bytes) -> Any | None:  # noqa: ANN401 # web3's TxReceipt.
    """Return the receipt of a mined transaction, None while it is not mined."""
    try:
        return web3.eth.get_transaction_receipt(HexBytes(transaction))
    except TransactionNotFound:
        return None
