"""Gas of Ethereum Attestation Service attestations, the yardstick of `bench.gas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web3 import HTTPProvider, Web3

from piaolian_sdk.tree import keccak256

if TYPE_CHECKING:
    from web3.contract import Contract
    from web3.types import TxReceipt

_ARTIFACTS = Path(__file__).resolve().parents[1] / "node_modules/@ethereum-attestation-service/eas-contracts/artifacts"
_BATCH = 1000
# geth and anvil take one transaction of this size; 1,000 attestations need about 190M gas.
_PER_CALL = 250


def eas_figures(url: str) -> dict[str, float]:
    """Return gas of `attest`, and of one attestation and one timestamp among many in one transaction.

    An attestation holds one word, the digest of a document: what one of our leaves commits to.

    Raises:
        RuntimeError: A transaction reverted.
    """
    web3 = Web3(HTTPProvider(url))
    registry = _deploy(web3, "SchemaRegistry")
    eas = _deploy(web3, "EAS", registry.address)
    revocable = True
    receipt = _send(web3, registry.functions.register("bytes32 documentDigest", "0x" + "00" * 20, revocable))
    schema = bytes(receipt["logs"][0]["topics"][1])

    def data(number: int) -> dict[str, Any]:
        return {
            "recipient": "0x" + "00" * 20,
            "expirationTime": 0,
            "revocable": revocable,
            "refUID": bytes(32),
            "data": keccak256(b"document %d" % number),
            "value": 0,
        }

    single = _send(web3, eas.functions.attest({"schema": schema, "data": data(0)}))["gasUsed"]
    many = 0
    for at in range(0, _BATCH, _PER_CALL):
        request = {"schema": schema, "data": [data(number) for number in range(at, at + _PER_CALL)]}
        many += _send(web3, eas.functions.multiAttest([request]))["gasUsed"]
    stamps = _send(web3, eas.functions.multiTimestamp([keccak256(b"stamp %d" % n) for n in range(_BATCH)]))["gasUsed"]
    return {"eas_attest": single, "eas_multi_attest": many / _BATCH, "eas_multi_timestamp": stamps / _BATCH}


def _deploy(web3: Web3, name: str, *arguments: str) -> Contract:
    artifact = json.loads((_ARTIFACTS / f"contracts/{name}.sol/{name}.json").read_text(encoding="utf-8"))
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    receipt = _send(web3, factory.constructor(*arguments))
    return factory(receipt["contractAddress"])


def _send(web3: Web3, call: Any) -> TxReceipt:  # noqa: ANN401 # A prepared call of web3.
    sender = web3.eth.accounts[0]
    receipt = web3.eth.wait_for_transaction_receipt(call.transact({"from": sender, "gas": 60_000_000}), timeout=300)
    if receipt["status"] != 1:
        raise RuntimeError("a transaction of the peer reverted")
    return receipt
