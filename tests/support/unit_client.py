"""A unit with its keys, a clock and drafts, for tests of the unit's client against the node in memory."""

from collections.abc import Callable
from typing import Any

from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.client import IssuedReceipt, ReceiptDraft, UnitClient
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.signing import (
    SUITE_P256,
    SoftwareSigner,
)
from support.fake_node import (
    NOW,
    RECEIPT_RANGE,
    authority,
    sample,
)

ROOT = authority()
SIGNER = SoftwareSigner.from_pem(*ROOT.issue("测试医院", SUITE_P256))
FINANCE = SoftwareSigner.from_pem(*ROOT.issue("测试财政", SUITE_P256))
CHAIN_SIGNER = SoftwareChainSigner(b"\x21" * 32)


class Randomness:
    """Different bytes at every call, the same in every run."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, count: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(4, "big").rjust(count, b"\x01")


class Clock:
    def __init__(self) -> None:
        self.unix = NOW.timestamp()
        self.slept: list[float] = []

    def now(self) -> float:
        return self.unix

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def draft(number: str = "B-1", model: EInvoice | None = None, **more: Any) -> ReceiptDraft:
    return ReceiptDraft(number, model or sample(), **more)


def issued(client: UnitClient) -> IssuedReceipt:
    (item,) = client.issue(RECEIPT_RANGE, [draft()]).items
    assert item.receipt is not None
    return item.receipt


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(answer: dict[str, Any]) -> dict[str, Any]:
        target: Any = answer
        *steps, last = path.split(".")
        for step in steps:
            target = target[int(step) if step.isdigit() else step]
        target[last] = value(target[last]) if callable(value) else value
        return answer

    return change
