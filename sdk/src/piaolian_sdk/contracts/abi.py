"""Interfaces of the contracts as generated, and the encoding of calls without any connection."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import abi_to_signature, function_abi_to_4byte_selector

from piaolian_sdk.contracts.structs import to_abi

CONTRACT_NAMES = ("AccessManager", "Registry", "PaymentLedger", "ReceiptLedger")


@cache
def load_artifact(name: str) -> dict[str, Any]:
    """Return ``{"abi": [...], "bytecode": "0x..."}`` of a contract by its name."""
    resource = files("piaolian_sdk") / "_internal" / "abi" / f"{name}.json"
    artifact: dict[str, Any] = json.loads(resource.read_text(encoding="utf-8"))
    return artifact


def load_roles() -> dict[str, Any]:
    """Return contracts/roles.json: ``{"roles": {name: number}, "functions": {contract: {role name: [function]}}}``."""
    return load_artifact("roles")


def load_abi(name: str) -> list[dict[str, Any]]:
    """Return the interface of a contract by its name."""
    abi: list[dict[str, Any]] = load_artifact(name)["abi"]
    return abi


@cache
def function_abi(contract: str, function: str, argument_count: int) -> dict[str, Any]:
    """Return the entry of the function with this name and number of arguments."""
    for entry in load_abi(contract):
        if entry["type"] == "function" and entry["name"] == function and len(entry["inputs"]) == argument_count:
            return entry
    raise RuntimeError(f"{contract} has no function {function} of {argument_count} arguments")


def encode_call(contract: str, function: str, *arguments: Any) -> bytes:  # noqa: ANN401 # Any ABI value.
    """Return calldata: selector and arguments.

    Args:
        contract: Name of the contract.
        function: Name of the function.
        arguments: Plain values, structs of ``contracts.structs`` or sequences of them.

    Raises:
        eth_abi.exceptions.EncodingError: A value does not fit its type.
    """
    entry = function_abi(contract, function, len(arguments))
    types = argument_types(entry["inputs"])
    return bytes(function_abi_to_4byte_selector(entry)) + encode(types, [to_abi(argument) for argument in arguments])  # type: ignore[arg-type]


def argument_types(inputs: list[dict[str, Any]]) -> list[str]:
    """Return the canonical types of ABI inputs; structs as ``(uint32,bytes)``."""
    return [_canonical(entry) for entry in inputs]


def signature_of(entry: dict[str, Any]) -> str:
    """Return ``Name(type,type)`` of an ABI entry."""
    return str(abi_to_signature(entry))  # type: ignore[arg-type]


def _canonical(entry: dict[str, Any]) -> str:
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_canonical(component) for component in entry["components"])
    return f"({inner}){kind.removeprefix('tuple')}"
