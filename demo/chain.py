"""Transactions of the demonstration's own accounts: administrator, supervisors, and the node that was taken over.

A finance node sends its transactions through its relayer; nothing here stands in for that. These are the acts of people
with an account of their own, and the attempts of somebody who stole a node's key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound

from demo.errors import StoryFailedError
from piaolian_sdk.contracts.abi import load_abi
from piaolian_sdk.contracts.chain import connect
from piaolian_sdk.contracts.errors import decode_revert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eth_account.signers.local import LocalAccount
    from web3.contract import Contract
    from web3.types import TxReceipt

    from demo.report import Step

# A transaction of ours must be mined within this time on a network that lives; blocks come every second.
MINED_WITHIN_SECONDS = 40.0
_POLL_SECONDS = 0.1
_TIP_WEI = 2
_MAX_FEE_WEI = 10**11
# Upper bound when the caller wants a transaction mined although it will be refused inside.
_GAS_UNESTIMATED = 8_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a contract's function."""

    contract: str
    function: str
    arguments: tuple[Any, ...]


class DemoChain:
    """Reads and writes the chain through one validator's RPC.

    Args:
        rpc_url: JSON-RPC of a validator.
        addresses: address of each contract that callers use.
    """

    def __init__(self, rpc_url: str, addresses: Mapping[str, str]) -> None:
        self.web3 = connect(rpc_url)
        self._contracts: dict[str, Contract] = {
            name: self.web3.eth.contract(address=self.web3.to_checksum_address(address), abi=load_abi(name))
            for name, address in addresses.items()
        }
        self._nonces: dict[str, int] = {}
        self.chain_id = self.web3.eth.chain_id

    def contract(self, name: str) -> Contract:
        """Return the bound contract of this name."""
        return self._contracts[name]

    def read(self, contract: str, function: str, *arguments: Any) -> Any:  # noqa: ANN401 # Any ABI value.
        """Call a view at the latest block."""
        return self._contracts[contract].get_function_by_name(function)(*arguments).call()

    def struct_members(self, contract: str, function: str) -> list[dict[str, Any]]:
        """Return the members of the struct that a view returns, in order."""
        outputs = self._contracts[contract].get_function_by_name(function).abi["outputs"]
        return list(outputs[0]["components"])

    def send(self, key: bytes | str, calls: Sequence[Call], step: Step | None = None) -> list[TxReceipt]:
        """Send calls one after the other from one account and wait until all are mined.

        Args:
            key: private key of the account, 32 bytes or 0x-hex.
            calls: what to call, in order.
            step: the step that these transactions belong to.

        Raises:
            StoryFailedError: one of them reverted or was not mined in time.
        """
        account: LocalAccount = Account.from_key(key)
        hashes = [self._submit(account, call) for call in calls]
        receipts = [self.wait_mined(transaction) for transaction in hashes]
        for call, receipt in zip(calls, receipts, strict=True):
            if step is not None:
                step.mined(receipt["transactionHash"].to_0x_hex(), receipt["gasUsed"])
            if receipt["status"] != 1:
                raise StoryFailedError(f"{call.contract}.{call.function} reverted: {self.why(account.address, call)}")
        return receipts

    def send_refused(self, key: bytes | str, call: Call, step: Step | None = None) -> TxReceipt:
        """Have a transaction mined whatever becomes of it, as an attacker would who pays no attention to estimates."""
        account: LocalAccount = Account.from_key(key)
        receipt = self.wait_mined(self._submit(account, call, gas=_GAS_UNESTIMATED))
        if step is not None:
            step.mined(receipt["transactionHash"].to_0x_hex(), receipt["gasUsed"])
        return receipt

    def why(self, sender: str, call: Call) -> str:
        """Ask the chain why a call reverts, in words."""
        bound = self._contracts[call.contract].get_function_by_name(call.function)(*call.arguments)
        try:
            bound.call({"from": self.web3.to_checksum_address(sender)})
        except ContractCustomError as exc:
            refusal = decode_revert(bytes.fromhex(str(exc.data).removeprefix("0x")))
            return f"{refusal.code} ({refusal.message})"
        except ContractLogicError as exc:
            return str(exc.message)
        return "the call passes now"

    def events(self, contract: str, name: str, receipts: Iterable[TxReceipt]) -> list[dict[str, Any]]:
        """Decode the arguments of all events of one name in these receipts, in order."""
        event = self._contracts[contract].get_event_by_name(name)()
        found: list[dict[str, Any]] = []
        address = self._contracts[contract].address
        topic = "0x" + event.topic.removeprefix("0x")
        for receipt in receipts:
            found.extend(
                dict(event.process_log(log)["args"])
                for log in receipt["logs"]
                if log["address"] == address and log["topics"] and log["topics"][0].to_0x_hex() == topic
            )
        return found

    def history(self, contract: str, name: str, from_block: int) -> list[dict[str, Any]]:
        """Return the arguments of all events of one name since a block, in order."""
        return [arguments for arguments, _ in self.history_with_transactions(contract, name, from_block)]

    def history_with_transactions(self, contract: str, name: str, from_block: int) -> list[tuple[dict[str, Any], str]]:
        """Return arguments and 0x-hex transaction hash of all events of one name since a block, in order."""
        return [
            (arguments, transaction)
            for arguments, _, transaction in self.history_with_blocks(contract, name, from_block)
        ]

    def history_with_blocks(self, contract: str, name: str, from_block: int) -> list[tuple[dict[str, Any], int, str]]:
        """Return arguments, height and 0x-hex transaction hash of all events of one name since a block, in order."""
        event = self._contracts[contract].get_event_by_name(name)()
        logs = event.get_logs(from_block=from_block)
        return [(dict(log["args"]), int(log["blockNumber"]), log["transactionHash"].to_0x_hex()) for log in logs]

    def wait_mined(self, transaction: str | bytes, timeout_seconds: float = MINED_WITHIN_SECONDS) -> TxReceipt:
        """Wait for a receipt.

        Raises:
            StoryFailedError: it is not there in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                return self.web3.eth.get_transaction_receipt(transaction)  # type: ignore[arg-type]
            except TransactionNotFound:
                if time.monotonic() > deadline:
                    raise StoryFailedError(
                        f"a transaction was not mined within {timeout_seconds:.0f} s; does the chain stand still?"
                    ) from None
            time.sleep(_POLL_SECONDS)

    def forget_nonces(self) -> None:
        """Ask for the nonces again: the chain went back to an earlier state."""
        self._nonces.clear()

    def fund(self, key: bytes | str, addresses: Sequence[str], ether: int = 1000) -> None:
        """Send ether from one account, so that others can pay their gas."""
        account: LocalAccount = Account.from_key(key)
        hashes = [self._send_raw(account, {"to": to, "value": ether * 10**18, "gas": 21_000}) for to in addresses]
        for transaction in hashes:
            self.wait_mined(transaction)

    def _submit(self, account: LocalAccount, call: Call, gas: int | None = None) -> bytes:
        contract = self._contracts[call.contract]
        data = contract.encode_abi(call.function, list(call.arguments))
        return self._send_raw(
            account, {"to": contract.address, "data": data, "value": 0, "gas": gas or _GAS_UNESTIMATED}
        )

    def _send_raw(self, account: LocalAccount, fields: dict[str, Any]) -> bytes:
        nonce = self._nonces.get(account.address)
        if nonce is None:
            nonce = self.web3.eth.get_transaction_count(account.address)
        signed = account.sign_transaction(
            {
                "type": 2,
                "chainId": self.chain_id,
                "nonce": nonce,
                "maxPriorityFeePerGas": _TIP_WEI,
                "maxFeePerGas": _MAX_FEE_WEI,
                **fields,
            }
        )
        transaction = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        self._nonces[account.address] = nonce + 1
        return bytes(transaction)
