"""The peer: one EAS attestation per receipt, sent through web3.py as a first attempt would.

The contracts are those of npm's ``@ethereum-attestation-service/eas-contracts``, deployed from its own artifacts on the
same network. An attestation holds what our leaf commits to: one word, the digest of a receipt's document.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from web3.exceptions import TransactionNotFound

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3
    from web3.contract import Contract
    from web3.types import TxReceipt

_ARTIFACTS = Path(__file__).resolve().parents[1] / "node_modules/@ethereum-attestation-service/eas-contracts/artifacts"
_SCHEMA = "bytes32 documentDigest"
_ZERO_ADDRESS = "0x" + "00" * 20
_ZERO_WORD = bytes(32)
_POLL_SECONDS = 0.05
_GAS_ATTEST = 400_000


@dataclass(frozen=True, slots=True)
class Attested:
    """What a run of attestations cost.

    Attributes:
        receipts: how many.
        seconds: from the first send to the last one final.
        latencies: seconds from send to final of each.
        gas: gas of all transactions together.
    """

    receipts: int
    seconds: float
    latencies: tuple[float, ...]
    gas: int


class EASPeer:
    """EAS on the network under test.

    Args:
        web3: a connected client.
        key: private key of a funded account.
        finality_depth: blocks below the head at which a block counts as final.
    """

    def __init__(self, web3: Web3, key: bytes | str, finality_depth: int) -> None:
        self._web3 = web3
        self._account: LocalAccount = Account.from_key(key)
        self._depth = finality_depth
        self._nonce = int(web3.eth.get_transaction_count(self._account.address))
        registry = self._deploy("SchemaRegistry")
        self._eas = self._deploy("EAS", registry.address)
        self._schema = self._register_schema(registry)

    def attest_one_by_one(self, receipts: int) -> Attested:
        """Attest, wait until it is final, go on with the next: the plainest program that can be trusted."""
        return self._attest(receipts, window=1)

    def attest_pipelined(self, receipts: int, window: int = 16) -> Attested:
        """Attest with up to ``window`` transactions on their way at once."""
        return self._attest(receipts, window=window)

    def _attest(self, receipts: int, *, window: int) -> Attested:
        begun = time.monotonic()
        waiting: list[tuple[bytes, float]] = []
        latencies: list[float] = []
        gas = 0
        sent = 0
        while sent < receipts or waiting:
            while sent < receipts and len(waiting) < window:
                waiting.append((self._send_attestation(sent), time.monotonic()))
                sent += 1
            final_height = self._web3.eth.block_number - self._depth
            still: list[tuple[bytes, float]] = []
            for transaction, at in waiting:
                receipt = self._receipt(transaction)
                if receipt is None or receipt["blockNumber"] > final_height:
                    still.append((transaction, at))
                    continue
                if receipt["status"] != 1:
                    raise RuntimeError(f"attestation {transaction.hex()} reverted")
                latencies.append(time.monotonic() - at)
                gas += receipt["gasUsed"]
            waiting = still
            if waiting:
                time.sleep(_POLL_SECONDS)
        return Attested(receipts, time.monotonic() - begun, tuple(latencies), gas)

    def _send_attestation(self, index: int) -> bytes:
        digest = hashlib.sha256(f"receipt {self._nonce} {index}".encode()).digest()
        request = {
            "schema": self._schema,
            "data": {
                "recipient": _ZERO_ADDRESS,
                "expirationTime": 0,
                "revocable": True,
                "refUID": _ZERO_WORD,
                "data": digest,
                "value": 0,
            },
        }
        return self._send(
            {"to": self._eas.address, "data": self._eas.encode_abi("attest", [request]), "gas": _GAS_ATTEST}
        )

    def _register_schema(self, registry: Contract) -> bytes:
        data = registry.encode_abi("register", [_SCHEMA, _ZERO_ADDRESS, True])
        receipt = self._wait(self._send({"to": registry.address, "data": data, "gas": _GAS_ATTEST}))
        return bytes(receipt["logs"][0]["topics"][1])

    def _deploy(self, name: str, *arguments: str) -> Contract:
        artifact = json.loads((_ARTIFACTS / f"contracts/{name}.sol/{name}.json").read_text(encoding="utf-8"))
        factory = self._web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        data = factory.constructor(*arguments).data_in_transaction
        receipt = self._wait(self._send({"data": data, "gas": 8_000_000}))
        return factory(receipt["contractAddress"])

    def _send(self, fields: dict[str, Any]) -> bytes:
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._web3.eth.chain_id,
                "nonce": self._nonce,
                "value": 0,
                "maxPriorityFeePerGas": 2,
                "maxFeePerGas": 10**11,
                **fields,
            }
        )
        self._nonce += 1
        return bytes(self._web3.eth.send_raw_transaction(signed.raw_transaction))

    def _receipt(self, transaction: bytes) -> TxReceipt | None:
        try:
            return self._web3.eth.get_transaction_receipt(transaction)  # type: ignore[arg-type]
        except TransactionNotFound:
            return None

    def _wait(self, transaction: bytes) -> TxReceipt:
        receipt = self._web3.eth.wait_for_transaction_receipt(transaction, timeout=60)  # type: ignore[arg-type]
        if receipt["status"] != 1:
            raise RuntimeError(f"{transaction.hex()} reverted")
        return receipt
