"""What can be checked without a chain: document, signatures, leaf and path to the unit's root."""

from dataclasses import dataclass
from datetime import datetime

from piaolian_sdk.beijing import day_number
from piaolian_sdk.contracts.structs import Opening
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.money import fen_from_decimal
from piaolian_sdk.receipt import ParsedReceipt, document_digest, fields_of, parse_receipt
from piaolian_sdk.signing import (
    CertificateTrust,
    VerifiedSigner,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.tree import BY_CODE, BY_LIST, body_hash, fields_root, salted_amount, verify_path
from piaolian_sdk.tree.keccak import uint_word
from piaolian_sdk.tree.leaves import leaf_hash
from piaolian_sdk.wire import ReceiptProof


@dataclass(frozen=True, slots=True)
class VerifiedDocument:
    """A document that both departments signed and that the proof's header commits to.

    Attributes:
        parsed: The document.
        unit_signer: Who signed as the unit.
        supervision_signer: Who countersigned.
        leaf: 32 bytes.
        fields_proven: Whether the seed was there, so that single fields can be shown.
    """

    parsed: ParsedReceipt
    unit_signer: VerifiedSigner
    supervision_signer: VerifiedSigner
    leaf: bytes
    fields_proven: bool


def leaf_of_proof(proof: ReceiptProof) -> bytes:
    """Return the leaf that the proof speaks of, 32 bytes. Nothing is checked.

    Raises:
        InputError: A value does not fit its width.
    """
    return leaf_hash(
        proof.header.range,
        int(proof.number),
        amount_of_proof(proof),
        int(proof.payment_code or 0),
        proof.lines_hash,
        body_hash(proof.document_digest, proof.fields_root, proof.booking_address),
    )


def amount_of_proof(proof: ReceiptProof) -> bytes:
    """Return the amount word of the leaf: plain by code, salted by list."""
    if proof.amount_salt is None:
        return uint_word(proof.amount_fen, 48, "amount_fen")
    return salted_amount(proof.amount_fen, proof.amount_salt)


def opening_of_proof(proof: ReceiptProof) -> Opening:
    """Return the proof as the contract takes it; the amount's salt stays out of it."""
    return Opening(
        root_id=proof.root_id,
        position=proof.position,
        root_path=tuple(proof.root_path),
        header=proof.header.to_header(),
        number=int(proof.number),
        unit_path=tuple(proof.unit_path),
        amount=amount_of_proof(proof),
        payment_code=int(proof.payment_code or 0),
        lines_hash=proof.lines_hash,
        document_digest=proof.document_digest,
        fields_root=proof.fields_root,
        booking_key=proof.booking_address,
    )


def verify_document(
    document: bytes, proof: ReceiptProof, certificates: CertificateTrust, at: datetime
) -> VerifiedDocument:
    """Check document and proof against each other; no chain is asked.

    Args:
        document: XML with both signatures.
        proof: As the node or the holder gives it.
        certificates: Roots and revocations.
        at: Time of the block that holds the root: certificates are judged at it.

    Raises:
        VerificationError: ``step`` names the check that failed.
    """
    # 1. The document is a receipt.
    try:
        parsed = parse_receipt(document)
    except InputError as exc:
        raise VerificationError(exc.code, exc.message, exc.message_zh, step="structure", field=exc.field) from exc
    main = parsed.model.main
    # 2. The proof speaks of this receipt, and its header of this day and number.
    if (main.einvoice_code, main.einvoice_number) != (proof.code, proof.number):
        raise mismatch("identity", "the proof is of another receipt", "证明属于另一张票据")
    header = proof.header.to_header()
    if header.issue_day != day_number(main.issue_date):
        raise mismatch("header", "the header is of another day", "批次的开票日期不同")
    place = int(proof.number) - header.first
    if not 0 <= place < header.count:
        raise mismatch("header", "the header does not hold the number", "批次不包含该票据号码")
    # 3. The unit signed the document.
    unit_signer = verify_unit_signature(parsed, certificates, at)
    # 4. The finance department countersigned it.
    supervision_signer = verify_supervision_signature(parsed, certificates, at)
    # 5. The proof commits to exactly these bytes.
    if document_digest(parsed) != proof.document_digest:
        raise mismatch("document digest", "the chain commits to another document", "链上存证的是另一份文件")
    # 6. The fields' root is the one of this document.
    fields_proven = proof.fields_seed is not None
    if proof.fields_seed is not None and fields_root(fields_of(parsed), proof.fields_seed) != proof.fields_root:
        raise mismatch("fields root", "the chain commits to other fields", "链上存证的字段不同")
    # 7. The leaf holds the document's amount.
    if abs(fen_from_decimal(main.total_amount)) != proof.amount_fen:
        raise mismatch("amount", "the chain commits to another amount", "链上存证的金额不同")
    if (proof.header.to_header().control == BY_LIST) != (proof.amount_salt is not None):
        raise mismatch("amount", "the amount's salt does not fit the mode of control", "金额盐值与控制方式不符")
    if (proof.payment_code or "") != (main.main_ext.pay_code or "") and proof.header.to_header().control == BY_CODE:
        raise mismatch("payment code", "the chain commits to another payment code", "链上存证的缴款码不同")
    leaf = leaf_of_proof(proof)
    # 8. The leaf stands at its number's place under the unit's root.
    verify_path(header.unit_root, leaf, place, header.count, proof.unit_path)
    return VerifiedDocument(parsed, unit_signer, supervision_signer, leaf, fields_proven)


def mismatch(step: str, message: str, message_zh: str) -> VerificationError:
    """Return the error for a proof that does not fit."""
    return VerificationError(
        "proof-mismatch",
        message,
        message_zh,
        step=step,
        remedy="ask the finance department that issued the proof; do not reimburse this receipt",
    )
