"""The checks that read the chain's state: contracts, root, range, unit, and what binds on the receipt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof import errors, slots
from piaolian_sdk.proof.bundle import Bundle
from piaolian_sdk.proof.trie import TrieNodes, account_at, slot_value
from piaolian_sdk.proof.trust import Trust
from piaolian_sdk.receipt import ParsedReceipt
from piaolian_sdk.tree import red_root_id, root_from_path
from piaolian_sdk.tree.keccak import keccak256

ContractName = Literal["Registry", "ReceiptLedger"]
_RECEIPT_CLASS: Final = 1
_PAPER_CLASS: Final = 3


@dataclass(frozen=True, slots=True)
class ProvenState:
    """What binds on a receipt at the checkpoint's block.

    Attributes:
        is_red: The receipt cancels another one.
        red_number: Code and number (18 digits) of the red receipt that cancels this one, or None.
        paper_number: Code and number of the paper original in its place, or None.
        booked_share: Billionths.
    """

    is_red: bool
    red_number: str | None
    paper_number: str | None
    booked_share: int


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The state behind a bundle, its contracts checked."""

    bundle: Bundle
    parsed: ParsedReceipt
    nodes: TrieNodes
    storage: dict[ContractName, bytes]

    def check_state(self) -> ProvenState:
        """Check and return what binds on the receipt (steps 19 to 22).

        Raises:
            BundleError: A step failed.
        """
        header = self.bundle.header
        place = (header.range, int(self.bundle.receipt.number))
        main = self.parsed.model.main
        # 19. The original that a red receipt's root is numbered by is the one that the document names.
        with _step(errors.BundleOriginalError):
            self._check_original()
        # 20. A reversed receipt names its red receipt.
        with _step(errors.BundleReversalError):
            red_number = self._red_number(place)
        # 21. The paper original is the unit's.
        with _step(errors.BundlePaperError):
            hold = slots.Hold.from_word(self._ledger(slots.hold_slot(*place)))
            paper_number = self._paper_number(hold.paper)
        # 22. Nothing came that proves nothing.
        if self.nodes.unused:
            raise errors.BundleCompleteError("state-node-unused", str(self.nodes.unused), field="state")
        return ProvenState(main.is_red, red_number, paper_number, hold.share)

    def _check_original(self) -> None:
        original = self._original()
        if original is None:
            return
        found, code = self._range(original[0]), self.parsed.model.main.main_ext.related_invoice_code
        facts = (found.range_class, found.unit, f"{found.prefix:08d}")
        if facts != (_RECEIPT_CLASS, self.bundle.header.unit, code) or not found.first <= original[1] < found.next:
            raise errors.BundleOriginalError("original-missing", field="original_range")

    def _original(self) -> tuple[int, int] | None:
        """Return range and number of what a red receipt reverses; None of a receipt that is not red."""
        original_range = self.bundle.original_range
        number = self.parsed.model.main.main_ext.related_invoice_number
        is_numbered = self.bundle.root.id is not None
        if not self.parsed.model.main.is_red:
            if original_range is not None or not is_numbered:
                raise errors.BundleRootError("original-unexpected", field="original_range")
            return None
        if original_range is None or number is None or is_numbered:
            raise errors.BundleRootError("original-missing", field="original_range")
        return original_range, int(number)

    def _red_number(self, place: tuple[int, int]) -> str | None:
        stored = self._ledger(slots.root_slot(red_root_id(*place))).to_bytes(32, "big")
        red = self.bundle.red_header
        if not any(stored):
            if red is not None:
                raise errors.BundleReversalError("red-header-unexpected", field="red_header")
            return None
        if red is None:
            raise errors.BundleReversalError("red-header-missing", field="red_header")
        if red.to_header().hash != stored:
            raise errors.BundleReversalError("red-header-differs", field="red_header")
        found, unit = self._range(red.range), self.bundle.header.unit
        if (found.range_class, found.unit, red.unit) != (_RECEIPT_CLASS, unit, unit):
            raise errors.BundleReversalError("red-header-of-other-unit", field="red_header")
        return f"{found.prefix:08d}{red.first:010d}"

    def _paper_number(self, paper: slots.Paper | None) -> str | None:
        if paper is None:
            return None
        found, unit = self._range(paper.range), self.bundle.header.unit
        if (found.range_class, found.unit, paper.unit) != (_PAPER_CLASS, unit, unit):
            raise errors.BundlePaperError("paper-of-other-unit")
        return f"{found.prefix:08d}{paper.number:010d}"

    def _range(self, range_id: int) -> slots.Range:
        return slots.Range.from_word(self._word("Registry", slots.range_slot(range_id)))

    def _ledger(self, slot: bytes) -> int:
        return self._word("ReceiptLedger", slot)

    def _word(self, contract: ContractName, slot: bytes) -> int:
        return slot_value(self.nodes, self.storage[contract], slot)

    def check_root(self) -> None:
        """Check that the header stands under the ledger's root (step 13)."""
        root, header, original = self.bundle.root, self.bundle.header.to_header(), self._original()
        with _step(errors.BundleRootError):
            root_id = red_root_id(*original) if original else root.id or 0
            stored = self._ledger(slots.root_slot(root_id)).to_bytes(32, "big")
        if not any(stored):
            raise errors.BundleRootError("root-missing", field="root.id")
        if root.position >> len(root.path) or root_from_path(header.hash, root.position, root.path) != stored:
            raise errors.BundleRootError("header-not-under-root", field="root.path")

    def check_range(self) -> None:
        """Check that the range is the header's and the receipt's (step 14)."""
        header, number = self.bundle.header, int(self.bundle.receipt.number)
        with _step(errors.BundleRangeError):
            found = self._range(header.range)
        checks: tuple[tuple[str, bool], ...] = (
            ("range-missing", found.range_class == _RECEIPT_CLASS),
            ("range-of-other-unit", found.unit == header.unit),
            ("range-of-other-mode", found.mode == header.to_header().control),
            ("range-of-other-code", found.prefix == int(self.bundle.receipt.code)),
            ("range-without-number", found.first <= number < found.next),
        )
        for code, holds in checks:
            if not holds:
                raise errors.BundleRangeError(code, field="header.range")

    def check_unit(self) -> None:
        """Check that the header's unit is the document's (step 15)."""
        with _step(errors.BundleUnitError):
            registered = self._word("Registry", slots.credit_code_slot(self.bundle.header.unit))
        code = self.parsed.model.main.invoicing_party.invoicing_party_code
        if registered != int.from_bytes(keccak256(code.encode("ascii")), "big"):
            raise errors.BundleUnitError("unit-other", field="InvoicingPartyCode")


def check_chain(bundle: Bundle, trust: Trust, parsed: ParsedReceipt) -> ChainFacts:
    """Check contracts, root, range and unit (steps 12 to 15).

    Raises:
        BundleError: A step failed.
    """
    nodes = TrieNodes(bundle.state)
    storage: dict[ContractName, bytes] = {}
    names: tuple[ContractName, ...] = ("ReceiptLedger", "Registry")
    # 12. Both proxies and what they point to are code that somebody checked.
    with _step(errors.BundleContractsError):
        for name in names:
            storage[name] = _check_contract(nodes, bundle.checkpoint.state_root, trust, name)
    facts = ChainFacts(bundle, parsed, nodes, storage)
    checks: tuple[Callable[[], None], ...] = (facts.check_root, facts.check_range, facts.check_unit)
    for check in checks:
        check()
    return facts


def _check_contract(nodes: TrieNodes, state_root: bytes, trust: Trust, name: ContractName) -> bytes:
    known = trust.contract(name)
    proxy = account_at(nodes, state_root, known.address)
    if proxy is None:
        raise errors.BundleContractsError("contract-missing", name)
    storage_root, code_hash = proxy
    if code_hash not in known.proxy_code_hashes:
        raise errors.BundleContractsError("contract-code-unknown", name)
    word = slot_value(nodes, storage_root, slots.IMPLEMENTATION_SLOT)
    implementation = account_at(nodes, state_root, slots.address_of(word))
    if implementation is None or not trust.allows(name, implementation[1]):
        raise errors.BundleContractsError("implementation-unknown", name)
    return storage_root


@contextmanager
def _step(step: type[errors.BundleError]) -> Iterator[None]:
    """Give what goes wrong while values are read the name of the step that reads them."""
    try:
        yield
    except errors.BundleError:
        raise
    except VerificationError as exc:
        raise step.from_lower(exc) from exc
