"""The bindings against the generated interfaces: nothing of a contract is missing, nothing is in another order."""

import inspect
import pickle
import re
from dataclasses import fields
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from piaolian_sdk import contracts
from piaolian_sdk.contracts import events, structs
from piaolian_sdk.contracts.abi import CONTRACT_NAMES, argument_types, load_abi
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS, UnknownContractError, code_of, custom_errors, decode_revert
from piaolian_sdk.contracts.events import attribute_name
from piaolian_sdk.tree import Header

# Called by the other contracts alone: ordinary accounts cannot, so the SDK builds no calldata for them.
INNER = {
    "consume",
    "use",
    "endPayment",
    "issueOne",
    "bookOne",
    "noticeOne",
    "upgradeToAndCall",
    "initialize",
    "setAuthority",
}
OURS = ("Registry", "PaymentLedger", "ReceiptLedger")


def entries(kind: str, names: tuple[str, ...] = CONTRACT_NAMES) -> list[dict[str, Any]]:
    return [entry for name in names for entry in load_abi(name) if entry["type"] == kind]


def test_contract_errors__every_custom_error__has_a_class_and_a_text() -> None:
    assert set(custom_errors()) - set(CONTRACT_ERRORS) == set()


def test_contract_errors__codes__are_unique_kebab_case() -> None:
    codes = [error.CODE for error in CONTRACT_ERRORS.values()]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UnitOverdue", "unit-overdue"),
        ("NotYourArea", "not-your-area"),
        ("ERC1967InvalidImplementation", "erc1967-invalid-implementation"),
        ("UUPSUnauthorizedCallContext", "uups-unauthorized-call-context"),
        ("ECDSAInvalidSignatureS", "ecdsa-invalid-signature-s"),
    ],
)
def test_code_of__solidity_name__is_kebab_case(name: str, code: str) -> None:
    assert code_of(name) == code


def sample(entry: dict[str, Any]) -> Any:
    kind: str = entry["type"]
    if kind.endswith("]"):
        inner, _, size = kind.removesuffix("]").rpartition("[")
        return [sample({**entry, "type": inner})] * int(size or 1)
    if kind.startswith("uint"):
        return 7
    if kind == "tuple":
        return tuple(sample(part) for part in entry["components"])
    plain: dict[str, Any] = {"address": "0x" + "ab" * 20, "bool": True, "string": "x", "bytes": b"x"}
    return plain[kind] if kind in plain else bytes(int(kind.removeprefix("bytes")))


@pytest.mark.parametrize("name", sorted(custom_errors()))
def test_decode_revert__every_custom_error__gives_its_class_and_values(name: str) -> None:
    inputs = custom_errors()[name]
    types = argument_types(inputs)
    selector = bytes(function_signature_to_4byte_selector(f"{name}({','.join(types)})"))

    error = decode_revert(selector + encode(types, [sample(entry) for entry in inputs]))

    assert type(error) is CONTRACT_ERRORS[name]
    assert error.code == code_of(name)
    assert list(error.values) == [entry["name"] for entry in inputs]
    assert "?" not in error.message
    assert "?" not in error.message_zh


def test_decode_revert__texts__name_only_values_that_the_error_has() -> None:
    for name, inputs in custom_errors().items():
        text = CONTRACT_ERRORS[name].TEXT
        named = set(re.findall(r"\{(\w+)\}", text.english + text.chinese))
        assert named <= {entry["name"] for entry in inputs}, name


def test_contract_error__pickled__is_the_same_error() -> None:
    error = CONTRACT_ERRORS["UnitOverdue"]({"unit": 1, "kind": 601, "month": 24317, "deadline": 5})

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert vars(copy) == vars(error)


def test_decode_revert__values_cut_off__still_names_the_error() -> None:
    types = argument_types(custom_errors()["NumberNotNext"])
    selector = bytes(function_signature_to_4byte_selector(f"NumberNotNext({','.join(types)})"))

    error = decode_revert(selector)

    assert error.code == "number-not-next"
    assert error.values == {}


def test_decode_revert__require_text__is_shown() -> None:
    selector = bytes(function_signature_to_4byte_selector("Error(string)"))

    assert "nope" in decode_revert(selector + encode(["string"], ["nope"])).message


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", b"\xff" * 300], ids=["empty", "unknown", "long"])
def test_decode_revert__no_interface__is_unknown(data: bytes) -> None:
    error = decode_revert(data)

    assert isinstance(error, UnknownContractError)
    assert error.code == "contract-refused"


def test_event_classes__every_event__has_a_class_with_its_members() -> None:
    for entry in entries("event"):
        event = events.EVENT_CLASSES[entry["name"]]
        assert [field.name for field in fields(event)] == [attribute_name(part["name"]) for part in entry["inputs"]]


def test_decode_log__every_event__round_trips() -> None:
    for entry in entries("event"):
        types = argument_types(entry["inputs"])
        topic = events.topic_of(events.EVENT_CLASSES[entry["name"]])
        indexed = [part for part in entry["inputs"] if part["indexed"]]
        plain = [part for part in entry["inputs"] if not part["indexed"]]
        log = {
            "topics": [topic, *(encode([part["type"]], [sample(part)]) for part in indexed)],
            "data": encode(argument_types(plain), [sample(part) for part in plain]),
            "address": "0x" + "11" * 20,
            "blockNumber": 5,
            "blockHash": bytes(32),
            "transactionHash": b"\x01" * 32,
            "logIndex": 2,
        }

        decoded = events.decode_log(log)

        assert decoded is not None, types
        assert type(decoded.event).__name__ == entry["name"]
        for part in entry["inputs"]:
            value = getattr(decoded.event, attribute_name(part["name"]))
            assert value == events.convert(part, sample(part))


def test_decode_log__unknown_topic__is_none() -> None:
    assert events.decode_log({"topics": [b"\x01" * 32], "data": b""}) is None


def abi_structs() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def visit(entry: dict[str, Any]) -> None:
        if entry["type"].startswith("tuple"):
            name = entry["internalType"].split(".")[-1].split("[")[0].removeprefix("struct ")
            found[name] = [part["name"] for part in entry["components"]]
            for part in entry["components"]:
                visit(part)

    for entry in entries("function", OURS):
        if entry["stateMutability"] in ("nonpayable", "payable"):
            for part in entry["inputs"]:
                visit(part)
    return found


@pytest.mark.parametrize("name", sorted(abi_structs()))
def test_structs__every_argument_struct__has_the_members_in_order(name: str) -> None:
    struct = Header if name == "Header" else getattr(structs, name)

    assert [field.name for field in fields(struct)] == [attribute_name(part) for part in abi_structs()[name]]


@pytest.mark.parametrize("contract", OURS)
def test_builders__every_outer_function__has_one(contract: str) -> None:
    module = {
        "Registry": contracts.registry,
        "PaymentLedger": contracts.payment_ledger,
        "ReceiptLedger": contracts.receipt_ledger,
    }[contract]
    built = {name.removeprefix("build_") for name, _ in inspect.getmembers(module, inspect.isfunction)}
    outer = {
        attribute_name(entry["name"])
        for entry in entries("function", (contract,))
        if entry["stateMutability"] == "nonpayable" and entry["name"] not in INNER
    }

    assert outer - built == set()
