"""Transactions of an account whose key lies in a file: deployment and administration.

Nodes and oracles do not send through this: their keys live in an HSM.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_account import Account

from piaolian_network.errors import NetworkError, ServiceError
from piaolian_network.keys import address_of
from piaolian_network.rpc import ChainRPC

_TIP_WEI: Final = 1
# geth's pool keeps a transaction that can pay the base fee of the next blocks; a rise is 12.5 % a block at most.
_BASE_FEE_ROOM: Final = 4
_MINED_WITHIN_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Order:
    """One transaction to be sent.

    Attributes:
        label: What it does, for messages.
        to: Receiver; None creates a contract.
        data: Calldata, or code and constructor arguments.
        gas: Gas limit.
        value_wei: Ether that goes along.
    """

    label: str
    to: str | None
    data: bytes = b""
    gas: int = 1_000_000
    value_wei: int = 0


class AccountSender:
    """Sends the transactions of one account, several at a time in one block.

    Args:
        rpc: The chain.
        private_key: 32 bytes.
    """

    def __init__(self, rpc: ChainRPC, private_key: bytes) -> None:
        self._rpc = rpc
        self._private_key = private_key
        self.address = address_of(private_key)
        self._chain_id = int(rpc.call("eth_chainId"), 16)

    def next_nonce(self) -> int:
        """Return the number of transactions of this account that are mined or in the pool."""
        return int(self._rpc.call("eth_getTransactionCount", [self.address, "pending"]), 16)

    def send_all(self, orders: Sequence[Order], *, first_nonce: int | None = None) -> list[dict[str, Any]]:
        """Send the orders in one go and wait until all are mined.

        Args:
            orders: In the order of their nonces.
            first_nonce: Nonce of the first; None continues after what was sent.

        Returns:
            Their receipts.

        Raises:
            NetworkError: One of them reverted (`transaction-failed`), with its label and the chain's reason.
            ServiceError: The chain does not answer, refuses one, or does not mine in time.
        """
        nonce = self.next_nonce() if first_nonce is None else first_nonce
        hashes = [self._send(order, nonce + position) for position, order in enumerate(orders)]
        receipts = [self._wait(order, sent) for order, sent in zip(orders, hashes, strict=True)]
        for order, receipt in zip(orders, receipts, strict=True):
            if int(receipt["status"], 16) != 1:
                raise self._refusal(order, receipt)
        return receipts

    def _send(self, order: Order, nonce: int) -> str:
        base_fee = int(self._rpc.block("latest")["baseFeePerGas"], 16)
        transaction: dict[str, Any] = {
            "type": 2,
            "chainId": self._chain_id,
            "nonce": nonce,
            "to": order.to or "",
            "data": order.data,
            "value": order.value_wei,
            "gas": order.gas,
            "maxFeePerGas": _BASE_FEE_ROOM * base_fee + _TIP_WEI,
            "maxPriorityFeePerGas": _TIP_WEI,
        }
        raw = Account.sign_transaction(transaction, self._private_key).raw_transaction
        return str(self._rpc.call("eth_sendRawTransaction", ["0x" + bytes(raw).hex()]))

    def _wait(self, order: Order, transaction_hash: str) -> dict[str, Any]:
        deadline = time.monotonic() + _MINED_WITHIN_SECONDS
        while True:
            receipt: dict[str, Any] | None = self._rpc.call("eth_getTransactionReceipt", [transaction_hash])
            if receipt is not None:
                return receipt
            if time.monotonic() > deadline:
                raise ServiceError(
                    "chain-halted",
                    f"{order.label} was not mined within {_MINED_WITHIN_SECONDS:.0f} s",
                    f"“{order.label}”在 {_MINED_WITHIN_SECONDS:.0f} 秒内未被打包",
                    "运行 piaolian-network status 查看链为何停止。",
                )
            time.sleep(_POLL_SECONDS)

    def _refusal(self, order: Order, receipt: dict[str, Any]) -> NetworkError:
        """Run the transaction again as a call on the state before its block, to hear the reason."""
        call = {"from": self.address, "data": "0x" + order.data.hex(), "gas": hex(order.gas)}
        if order.to:
            call["to"] = order.to
        reason = "no reason given"
        try:
            self._rpc.call("eth_call", [call, hex(int(receipt["blockNumber"], 16) - 1)])
        except ServiceError as exc:
            reason = exc.message
        return NetworkError(
            "transaction-failed",
            f"{order.label} was refused by the chain: {reason}",
            f"链拒绝了“{order.label}”：{reason}",
        )
