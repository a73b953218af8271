"""Logs of the contracts as frozen dataclasses."""

import inspect
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import event_signature_to_log_topic
from eth_utils.address import to_checksum_address

from piaolian_sdk.contracts import events_access, events_payments, events_receipts, events_registry, structs
from piaolian_sdk.contracts.abi import CONTRACT_NAMES, argument_types, load_abi
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.errors import RemoteError

_MODULES: tuple[ModuleType, ...] = (events_registry, events_payments, events_receipts, events_access)


@dataclass(frozen=True, slots=True)
class DecodedLog:
    """An event with its place on the chain.

    Attributes:
        address: Contract, checksum form.
        block_hash: 32 bytes.
        transaction_hash: 32 bytes.
        log_index: Place within the block.
    """

    event: ContractEvent
    address: str
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a log of one topic is read."""

    event: type[ContractEvent]
    inputs: tuple[dict[str, Any], ...]


# Name in Solidity -> class.
EVENT_CLASSES: dict[str, type[ContractEvent]] = {
    name: value
    for module in _MODULES
    for name, value in vars(module).items()
    if inspect.isclass(value) and issubclass(value, ContractEvent) and value is not ContractEvent
}


def topic_of(event: type[ContractEvent]) -> bytes:
    """Return the first topic of an event, 32 bytes, to filter logs by."""
    for topic, shape in _shapes().items():
        if shape.event is event:
            return topic
    raise RuntimeError(f"no interface has the event {event.__name__}")


def decode_log(log: Mapping[str, Any]) -> DecodedLog | None:
    """Return the event of a log as web3 gives it, or None when no interface knows it.

    Raises:
        RemoteError: The log has a known topic and unreadable data: the chain node is broken or lies.
    """
    topics = [bytes(topic) for topic in log["topics"]]
    shape = _shapes().get(topics[0]) if topics else None
    if shape is None:
        return None
    try:
        values = _values(shape, topics[1:], bytes(log["data"]))
    except (DecodingError, ValueError, IndexError) as exc:
        raise RemoteError(
            "answer-malformed",
            f"a log of {shape.event.__name__} is unreadable",
            f"事件 {shape.event.__name__} 的日志无法读取",
            remedy="compare with another chain node",
            retry="after",
        ) from exc
    return DecodedLog(
        event=shape.event(**values),
        address=str(to_checksum_address(log["address"])),
        block_number=int(log["blockNumber"]),
        block_hash=bytes(log["blockHash"]),
        transaction_hash=bytes(log["transactionHash"]),
        log_index=int(log["logIndex"]),
    )


def attribute_name(name: str) -> str:
    """Return the attribute of an ABI member: snake_case, with a low line after a word that Python keeps."""
    snake = re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name).lstrip("_")
    return snake + "_" if keyword.iskeyword(snake) else snake


@cache
def _shapes() -> dict[bytes, _Shape]:
    shapes = {}
    for contract in CONTRACT_NAMES:
        for entry in load_abi(contract):
            if entry["type"] == "event" and entry["name"] in EVENT_CLASSES:
                signature = f"{entry['name']}({','.join(argument_types(entry['inputs']))})"
                topic = bytes(event_signature_to_log_topic(signature))
                shapes[topic] = _Shape(EVENT_CLASSES[entry["name"]], tuple(entry["inputs"]))
    return shapes


def _values(shape: _Shape, topics: list[bytes], data: bytes) -> dict[str, Any]:
    plain = [entry for entry in shape.inputs if not entry["indexed"]]
    decoded = iter(decode(argument_types(plain), data))
    indexed = iter(topics)
    values = {}
    for entry in shape.inputs:
        # Members of static types stand in a topic as their word. The contracts index no dynamic ones.
        value = decode([entry["type"]], next(indexed))[0] if entry["indexed"] else next(decoded)
        values[attribute_name(entry["name"])] = convert(entry, value)
    return values


def convert(entry: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 # Any ABI value.
    """Return a decoded value as our types: structs as dataclasses, arrays as tuples, addresses in checksum form."""
    kind: str = entry["type"]
    if kind.endswith("]"):
        inner = {**entry, "type": kind[: kind.rindex("[")]}
        return tuple(convert(inner, item) for item in value)
    if kind == "tuple":
        name = entry["internalType"].split(".")[-1].removeprefix("struct ")
        struct = getattr(structs, name)
        return struct(*(convert(part, item) for part, item in zip(entry["components"], value, strict=True)))
    if kind == "address":
        return str(to_checksum_address(value))
    return value
