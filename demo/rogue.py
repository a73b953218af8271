"""A finance node that was taken over: it has a key with the NODE role and sends what it likes straight to the chain."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account

from demo.chain import Call, DemoChain
from demo.errors import StoryFailedError
from piaolian_sdk.contracts.errors import decode_revert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from web3.types import TxReceipt

    from demo.crafted import Batch
    from demo.report import Step
    from piaolian_sdk.acts import ChainSigner
    from piaolian_sdk.acts import Notice as NoticeAct
    from piaolian_sdk.errors import ContractRefusedError


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a crafted act.

    Attributes:
        transaction: receipt of the transaction that carried it; it is mined whether or not the act passed.
        refusal: why the contract refused it; None when it passed.
    """

    transaction: TxReceipt
    refusal: ContractRefusedError | None


class TakenOverNode:
    """Sends crafted acts with a node's key.

    Args:
        chain: the way to the chain.
        key: the stolen private key, 32 bytes.
    """

    def __init__(self, chain: DemoChain, key: bytes | None = None) -> None:
        self._chain = chain
        self._key = key if key is not None else secrets.token_bytes(32)
        self.address: str = Account.from_key(self._key).address

    def issue(self, batch: Batch, signer: ChainSigner, step: Step | None = None) -> Attempt:
        """Send an issue batch that ``signer`` signed, and read from the events what became of it."""
        ledger = self._chain.contract("ReceiptLedger").address
        struct = batch.sign(signer, chain_id=self._chain.chain_id, receipt_ledger=ledger)
        return self._attempt("ReceiptLedger", "issue", struct, ("BatchIssued", "BatchRefused"), step)

    def issue_many(self, batches: Sequence[tuple[Batch, ChainSigner]]) -> tuple[int, int]:
        """Send several signed batches in one call; returns how many were issued and how many refused."""
        ledger = self._chain.contract("ReceiptLedger").address
        structs = [
            batch.sign(signer, chain_id=self._chain.chain_id, receipt_ledger=ledger) for batch, signer in batches
        ]
        receipt = self._chain.send_refused(self._key, Call("ReceiptLedger", "issue", (structs,)))
        issued, refused = (
            len(self._chain.events("ReceiptLedger", name, [receipt])) for name in ("BatchIssued", "BatchRefused")
        )
        return issued, refused

    def notice(self, act: NoticeAct, signer: ChainSigner, step: Step | None = None) -> Attempt:
        """Send a notice batch that ``signer`` signed, and read from the events what became of it."""
        ledger = self._chain.contract("PaymentLedger").address
        struct = {
            "unit": act.unit,
            "range": act.range,
            "first": act.first,
            "dueDay": act.due_day,
            "lanes": act.lanes,
            "lines": act.lines,
            "deadline": act.deadline,
            "signature": act.sign(signer, self._chain.chain_id, ledger),
        }
        return self._attempt("PaymentLedger", "notice", struct, ("NoticeRegistered", "NoticeRefused"), step)

    def _attempt(
        self, contract: str, function: str, struct: Mapping[str, Any], events: tuple[str, str], step: Step | None
    ) -> Attempt:
        receipt = self._chain.send_refused(self._key, Call(contract, function, ([struct],)), step)
        if receipt["status"] != 1:
            raise StoryFailedError(f"the transaction of {function} itself reverted; the node may not call it at all")
        if refusals := self._chain.events(contract, events[1], [receipt]):
            return Attempt(receipt, decode_revert(bytes(refusals[0]["error"])))
        if not self._chain.events(contract, events[0], [receipt]):
            raise StoryFailedError(f"{function} left neither {events[0]} nor {events[1]}")
        return Attempt(receipt, None)
