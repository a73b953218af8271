"""Every custom error of the contracts as an exception class.

::

    ContractRefusedError (piaolian_sdk.errors)
    ├── UnitOverdueError, PaymentNotPaidError ...   one class for each custom error, in ``CONTRACT_ERRORS``
    └── UnknownContractError                        a revert that no interface explains

The code is the Solidity name in kebab-case: ``UnitOverdue`` is ``unit-overdue``.
"""

import re
from functools import cache
from typing import Any, ClassVar

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import function_signature_to_4byte_selector

from piaolian_sdk.contracts.abi import CONTRACT_NAMES, argument_types, load_abi
from piaolian_sdk.contracts.error_texts import ERROR_TEXTS, ErrorText
from piaolian_sdk.errors import ContractRefusedError

_SELECTOR_BYTES = 4
# Reverts that the compiler itself makes (Solidity documentation, "Control structures").
_BUILT_IN: dict[str, list[dict[str, str]]] = {
    "Error": [{"name": "message", "type": "string"}],
    "Panic": [{"name": "code", "type": "uint256"}],
}


class CustomError(ContractRefusedError):
    """Base of the generated classes.

    Attributes:
        NAME: Name in Solidity.
        CODE: Kebab-case code.
        TEXT: What people read.
    """

    NAME: ClassVar[str]
    CODE: ClassVar[str]
    TEXT: ClassVar[ErrorText]

    def __init__(self, values: dict[str, Any]) -> None:
        shown = _Shown(values)
        super().__init__(
            self.CODE,
            self.TEXT.english.format_map(shown),
            self.TEXT.chinese.format_map(shown),
            name=self.NAME,
            values=values,
            remedy=self.TEXT.remedy,
        )


class UnknownContractError(ContractRefusedError):
    """The contract reverted with data that no known interface explains, or with none."""

    def __init__(self, data: bytes) -> None:
        shown = "0x" + data[:36].hex()
        super().__init__(
            "contract-refused",
            f"the contract refused with {shown}",
            f"合约拒绝执行（{shown}）",
            name="",
            values={"data": data},
            remedy="check that SDK and contracts are of the same version",
        )


class _Shown(dict[str, Any]):
    """Values for a text; what is missing (cut off) shows as a question mark, bytes as hex."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__({k: "0x" + v.hex() if isinstance(v, bytes) else v for k, v in values.items()})

    def __missing__(self, key: str) -> str:
        return "?"


def code_of(name: str) -> str:
    """Return the code of a custom error: ``ERC1967InvalidImplementation`` is ``erc1967-invalid-implementation``."""
    parts = re.findall(r"[A-Z]+[0-9]*(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", name)
    return "-".join(part.lower() for part in parts)


def _error_class(name: str, text: ErrorText) -> type[CustomError]:
    return type(
        f"{name}Error",
        (CustomError,),
        {"NAME": name, "CODE": code_of(name), "TEXT": text, "__doc__": text.english, "__module__": __name__},
    )


# Name in Solidity -> class.
CONTRACT_ERRORS: dict[str, type[CustomError]] = {name: _error_class(name, text) for name, text in ERROR_TEXTS.items()}


def __getattr__(name: str) -> type[CustomError]:
    """Give the generated classes by their names, so that they can be imported and cross processes."""
    error = CONTRACT_ERRORS.get(name.removesuffix("Error"))
    if error is None or not name.endswith("Error"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return error


def decode_revert(data: bytes) -> ContractRefusedError:
    """Return the exception for what a contract reverted with. It is returned and not raised.

    Args:
        data: Selector and arguments; a batch's event holds at most 256 bytes of them.
    """
    entry = _entries().get(data[:_SELECTOR_BYTES])
    if entry is None:
        return UnknownContractError(data)
    name, inputs = entry
    error = CONTRACT_ERRORS.get(name)
    if error is None:
        return UnknownContractError(data)
    try:
        values = decode(argument_types(inputs), data[_SELECTOR_BYTES:])
    except DecodingError:
        values = ()
    names = [str(argument["name"]) for argument in inputs]
    return error(dict(zip(names, values, strict=False)))


def custom_errors() -> dict[str, list[dict[str, Any]]]:
    """Return the inputs of every custom error in the interfaces, by name."""
    return {
        entry["name"]: entry["inputs"]
        for contract in CONTRACT_NAMES
        for entry in load_abi(contract)
        if entry["type"] == "error"
    }


@cache
def _entries() -> dict[bytes, tuple[str, list[dict[str, Any]]]]:
    every: dict[str, list[dict[str, Any]]] = {**_BUILT_IN, **custom_errors()}
    return {
        bytes(function_signature_to_4byte_selector(f"{name}({','.join(argument_types(inputs))})")): (name, inputs)
        for name, inputs in every.items()
    }
