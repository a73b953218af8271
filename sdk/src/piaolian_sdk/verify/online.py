"""The whole check against a chain node, as one numbered list."""

from dataclasses import dataclass
from datetime import datetime

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.records import Mark
from piaolian_sdk.contracts.registry import credit_code_digest
from piaolian_sdk.errors import ContractRefusedError, VerificationError
from piaolian_sdk.rules import NOT_CIRCULABLE_ZH
from piaolian_sdk.signing import CertificateTrust
from piaolian_sdk.tree import reversed_place, verify_path
from piaolian_sdk.verify.checks import VerifiedDocument, mismatch, verify_document
from piaolian_sdk.wire import ReceiptProof

_NO_ROOT = bytes(32)
_STATES_ZH = {
    Mark.REVERSED: "已冲红",
    Mark.EXCHANGED: "已换开纸质",
    Mark.VOID: "已作废",
}


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt that is on the chain, and what binds on it at one final block.

    Attributes:
        document: Document, signers and leaf.
        unit: Number of the unit in the Registry.
        marks: Reversed, exchanged, void; none of them is an error of verification.
        booked_share: Sum of the booked shares, in billionths.
        reversed_by: (range, number) of the red receipt, or None.
        stamped_at: Time of the block that holds the root, Beijing.
        block: Block that all chain values were read at.
        proven: What was proven, in Chinese, in the order of the checks.
        not_proven: What was not.
    """

    document: VerifiedDocument
    unit: int
    marks: Mark
    booked_share: int
    reversed_by: tuple[int, int] | None
    stamped_at: datetime
    block: BlockStamp
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]

    @property
    def state_zh(self) -> str:
        """The words that people see."""
        words = [word for mark, word in _STATES_ZH.items() if mark in self.marks]
        if self.document.parsed.model.main.is_red:
            words.append("红票")
        if self.booked_share:
            words.append("已入账" if self.booked_share >= 1_000_000_000 else "部分入账")
        words = words or ["已上链"]
        if not self.document.parsed.model.main.is_circulable:
            words.append(NOT_CIRCULABLE_ZH)
        return "·".join(words)


def verify_receipt_online(
    document: bytes, proof: ReceiptProof, chain: ChainReader, certificates: CertificateTrust
) -> VerifiedReceipt:
    """Check a receipt with both signatures against a chain node.

    Args:
        document: XML with both signatures.
        proof: As the node or the holder gives it; it is not trusted.
        chain: Reader of the network that the verifier knows by its address book; chain id and genesis are checked.
        certificates: Roots and revocations that the verifier trusts.

    Raises:
        VerificationError: ``step`` names the check that failed.
        RemoteError: The chain node did not answer or serves another chain.
    """
    # 1. The chain is the one that the verifier knows, and the proof speaks of its ledger.
    chain.check_network()
    ledger = chain.receipt_ledger.address
    if proof.chain_id != chain.address_book.chain_id or proof.receipt_ledger.lower() != ledger.lower():
        raise mismatch("network", "the proof is of another network", "证明属于另一个网络")
    # 2. All reads are made at one final block.
    block = chain.final()
    # 3. The root is on the chain since a block whose time bounds the signatures.
    root = chain.receipt_ledger.root_of(proof.root_id, at=block)
    if root == _NO_ROOT:
        raise VerificationError(
            "not-final",
            f"root {proof.root_id} is not final at block {block.number}",
            f"存证 {proof.root_id} 在区块 {block.number} 尚未最终确认",
            step="root",
            remedy="wait a few seconds and verify again",
        )
    stamped_at = datetime.fromtimestamp(chain.root_block(proof.root_id, block).timestamp, tz=BEIJING)
    # 4. to 11. Document, identity, both signatures, digest, fields, amount, leaf, path to the unit's root.
    verified = verify_document(document, proof, certificates, stamped_at)
    # 12. The root holds the header at its place.
    verify_path(root, proof.header.to_header().hash, proof.position, proof.headers, proof.root_path)
    # 13. Unit and range of the header are those of the document.
    certificate_is_registered = _check_registry(verified, proof, chain, block)
    # 14. The document is red exactly when its header is, and its root is that of the original it names.
    _check_red(verified, proof, chain, block)
    # 15. What binds on the receipt now.
    header_range, number = proof.header.range, int(proof.number)
    marks = chain.receipt_ledger.mark_of(header_range, number, at=block)
    booking = chain.receipt_ledger.booking_of(header_range, number, at=block)
    red = chain.reversal_of(header_range, number, block.number) if Mark.REVERSED in marks else None
    proven, not_proven = _words(verified, certificate_is_registered=certificate_is_registered)
    return VerifiedReceipt(
        document=verified,
        unit=proof.header.unit,
        marks=marks,
        booked_share=booking.share,
        reversed_by=(red.red_range, red.red_number) if red else None,
        stamped_at=stamped_at,
        block=block,
        proven=proven,
        not_proven=not_proven,
    )


def _check_registry(verified: VerifiedDocument, proof: ReceiptProof, chain: ChainReader, block: BlockStamp) -> bool:
    """Check unit and range; return whether the signing certificate is the unit's registered one now."""
    party = verified.parsed.model.main.invoicing_party
    try:
        unit = chain.registry.unit_of(proof.header.unit, at=block)
        allotted = chain.registry.range_of(proof.header.range, at=block)
    except ContractRefusedError as exc:
        raise mismatch("registry", "the header's unit or range is not registered", "批次的单位或号段未登记") from exc
    if unit.credit_code_digest != credit_code_digest(party.invoicing_party_code):
        raise mismatch("unit", "the header's unit is not the unit of the document", "批次的单位不是开票单位")
    facts = (allotted.unit, allotted.prefix, allotted.mode)
    if facts != (proof.header.unit, int(proof.code), proof.header.to_header().control):
        raise mismatch("range", "the header's range is not the one of the receipt code", "批次的号段与票据代码不符")
    if not allotted.first <= int(proof.number) <= allotted.last:
        raise mismatch("range", "the number is not in the header's range", "票据号码不在号段内")
    return unit.certificate_digest == verified.unit_signer.certificate.digest


def _check_red(verified: VerifiedDocument, proof: ReceiptProof, chain: ChainReader, block: BlockStamp) -> None:
    main, original = verified.parsed.model.main, reversed_place(proof.root_id)
    if proof.header.to_header().is_red != main.is_red or main.is_red != (original is not None):
        raise mismatch("red", "document and chain disagree on whether the receipt is red", "票据与链上的红票标记不一致")
    if original is None:
        return
    try:
        allotted = chain.registry.range_of(original[0], at=block)
    except ContractRefusedError as exc:
        raise mismatch("red", "the original's range is not registered", "红票的原票号段未登记") from exc
    named = (main.main_ext.related_invoice_code, main.main_ext.related_invoice_number)
    facts = (f"{allotted.prefix:08d}", f"{original[1]:010d}")
    if facts != named or allotted.unit != proof.header.unit:
        raise mismatch("red", "the chain has another original for this red receipt", "链上该红票冲销的是另一张票据")


def _words(verified: VerifiedDocument, *, certificate_is_registered: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    proven = [
        "单位签名有效",
        "财政监制签名有效",
        "文件与上链存证一致",
        "金额与上链存证一致",
        "存证已在最终区块",
        "开票单位与号段一致",
    ]
    not_proven = ["查验之后的状态变化"]
    if verified.fields_proven:
        proven.append("逐项字段与上链存证一致")
    else:
        not_proven.append("逐项字段（证明中没有字段种子）")
    if certificate_is_registered:
        proven.append("单位证书为当前登记证书")
    else:
        not_proven.append("单位证书是否为开票时登记的证书（登记证书已更换）")
    return tuple(proven), tuple(not_proven)
