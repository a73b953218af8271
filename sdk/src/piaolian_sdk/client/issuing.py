"""Build what the unit signs when it issues receipts. No input or output happens here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from piaolian_sdk.acts import ChainSigner, Issue, SoftwareChainSigner
from piaolian_sdk.beijing import day_number
from piaolian_sdk.client.errors import malformed_answer
from piaolian_sdk.client.results import IssuedReceipt, ReceiptDraft
from piaolian_sdk.money import fen_from_decimal, fen_from_text, text_from_fen
from piaolian_sdk.receipt import (
    EInvoice,
    ParsedReceipt,
    document_digest,
    fields_of,
    parse_receipt,
    renumber,
    write_unsigned,
)
from piaolian_sdk.signing import DocumentSigner, sign_receipt_as_unit
from piaolian_sdk.tree import (
    BY_CODE,
    MODES,
    LeafByCode,
    LeafByList,
    Line,
    body_hash,
    fields_root,
    lines_hash,
    positional_root,
)
from piaolian_sdk.wire import (
    CountersignedReceipt,
    PreparedReceipt,
    PreparedReceipts,
    ReceiptToSubmit,
    SubmitReceipts,
)

# A draft has these until the node has given it a number.
DRAFT_NUMBER = "0000000000"
DRAFT_CHECK_CODE = "000000"


@dataclass(frozen=True, slots=True)
class ReceiptSecrets:
    """The random values of one receipt, 32 bytes each."""

    amount_salt: bytes
    fields_seed: bytes
    booking_secret: bytes

    @classmethod
    def generate(cls, random: Callable[[int], bytes]) -> "ReceiptSecrets":
        """Draw new ones. A booking secret outside the curve's order has a chance of 2**-128 and is refused later."""
        return cls(random(32), random(32), random(32))


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A unit-signed receipt with everything its leaf is made of."""

    number: str
    check_code: str
    document: bytes
    digest: bytes
    fields_root: bytes
    amount_fen: int
    secrets: ReceiptSecrets
    booking_address: str

    @property
    def body_hash(self) -> bytes:
        """The commitment to document, fields and booking key, 32 bytes."""
        return body_hash(self.digest, self.fields_root, self.booking_address)


def numbered(model: EInvoice, code: str, number: str, check_code: str, at: datetime) -> EInvoice:
    """Return ``model`` with code, number, check code and the time of issue (Beijing)."""
    return renumber(model, code=code, number=number, check_code=check_code, issue_date=at.date(), issue_time=at.time())


def numbered_draft(model: EInvoice, code: str, at: datetime) -> EInvoice:
    """Return ``model`` with the placeholders of a draft."""
    return numbered(model, code, DRAFT_NUMBER, DRAFT_CHECK_CODE, at)


def draft_document(model: EInvoice, code: str, at: datetime) -> bytes:
    """Return the unsigned XML that prepare takes."""
    return write_unsigned(numbered_draft(model, code, at))


def sign_receipt(
    unsigned: bytes,
    number: str,
    check_code: str,
    document_signer: DocumentSigner,
    secrets: ReceiptSecrets,
    at: datetime,
) -> SignedReceipt:
    """Sign one numbered document as the unit and compute its commitments.

    Raises:
        SignerError: The document key could not sign.
    """
    return read_signed(sign_receipt_as_unit(unsigned, document_signer, at), number, check_code, secrets)


def read_signed(document: bytes, number: str, check_code: str, secrets: ReceiptSecrets) -> SignedReceipt:
    """Compute the commitments of a document that was signed before."""
    parsed = parse_receipt(document)
    return SignedReceipt(
        number=number,
        check_code=check_code,
        document=document,
        digest=document_digest(parsed),
        fields_root=fields_root(fields_of(parsed), secrets.fields_seed),
        amount_fen=abs(amount_fen_of(parsed)),
        secrets=secrets,
        booking_address=SoftwareChainSigner(secrets.booking_secret).address,
    )


def amount_fen_of(parsed: ParsedReceipt) -> int:
    """Return the total of a document in fen, negative for a red receipt."""
    return fen_from_decimal(parsed.model.main.total_amount)


def leaf_of(signed: SignedReceipt, mode: int, range_id: int, payment_code: str | None, lines: Sequence[Line]) -> bytes:
    """Return the 32-byte leaf of a signed receipt."""
    if mode == BY_CODE:
        return LeafByCode(
            range_id, int(signed.number), signed.amount_fen, int(payment_code or 0), lines_hash(lines), signed.body_hash
        ).hash
    return LeafByList(
        range_id, int(signed.number), signed.amount_fen, signed.secrets.amount_salt, signed.body_hash
    ).hash


def build_submission(
    prepared: PreparedReceipts,
    batch: Sequence[tuple[ReceiptDraft, PreparedReceipt, SignedReceipt]],
    *,
    unit: int,
    issued_at: datetime,
    deadline: int,
    chain_signer: ChainSigner,
    chain_id: int,
    receipt_ledger: str,
) -> SubmitReceipts:
    """Return the submission of all accepted items: leaves, root and the signed header.

    Raises:
        SignerError: The chain key could not sign.
        RemoteError: The node's lines do not add up to the document.
    """
    mode = MODES[prepared.mode]
    leaves = [
        leaf_of(signed, mode, prepared.range, draft.payment_code, lines_of(item, signed))
        for draft, item, signed in batch
    ]
    total_fen = sum(signed.amount_fen for _, _, signed in batch)
    act = Issue(
        unit=unit,
        range=prepared.range,
        mode=mode,
        first=int(batch[0][2].number),
        count=len(batch),
        issue_day=day_number(issued_at.date()),
        total_fen=total_fen,
        catalog_version=prepared.catalog_version,
        unit_root=positional_root(leaves),
        deadline=deadline,
    )
    return SubmitReceipts(
        lease=prepared.lease or "",
        issue_day=issued_at.date(),
        total=text_from_fen(total_fen),
        unit_root=act.unit_root,
        deadline=deadline,
        signature=act.sign(chain_signer, chain_id, receipt_ledger),
        receipts=[_to_submit(draft, signed) for draft, _, signed in batch],
    )


def lines_of(item: PreparedReceipt, signed: SignedReceipt) -> list[Line]:
    """Return the lines of the paid notice, empty by list.

    Raises:
        RemoteError: They do not add up to the document's total.
    """
    lines = [Line(fen_from_text(line.amount), line.item) for line in item.lines]
    if lines and sum(line.amount_fen for line in lines) != signed.amount_fen:
        raise malformed_answer("the notice's lines are not the document's total", "缴款明细之和与票据金额不符")
    return lines


def check_prepared(prepared: PreparedReceipts, drafts: Sequence[ReceiptDraft], range_id: int, mode: str) -> None:
    """Check that the answer to prepare speaks of what was asked.

    Raises:
        RemoteError: It does not.
    """
    if [item.business_number for item in prepared.items] != [draft.business_number for draft in drafts]:
        raise malformed_answer("other business numbers than were sent", "返回的业务编号与提交的不一致")
    if prepared.range != range_id or prepared.mode != mode:
        raise malformed_answer("another range or mode than was asked for", "返回的号段或控制方式不一致")
    accepted = [item for item in prepared.items if item.verdict == "accepted"]
    numbers = [int(item.number) for item in accepted if item.number is not None and item.check_code is not None]
    first = prepared.first if prepared.first is not None else 0
    if numbers != list(range(first, first + len(accepted))):
        raise malformed_answer("the numbers are not consecutive", "票据号码不连续")
    if accepted and not prepared.lease:
        raise malformed_answer("accepted items without a lease", "有通过的票据但没有租约")


def check_countersigned(answer: Sequence[CountersignedReceipt], code: str, signed: Sequence[SignedReceipt]) -> None:
    """Check that the node returned our documents with a second signature and nothing else changed.

    Raises:
        RemoteError: A document is missing, changed or without its second signature.
    """
    if [receipt.number for receipt in answer] != [receipt.number for receipt in signed]:
        raise malformed_answer("other numbers than were submitted", "返回的票据号码与提交的不一致")
    for receipt, ours in zip(answer, signed, strict=True):
        parsed = parse_receipt(receipt.document)
        same = receipt.code == code and receipt.check_code == ours.check_code
        if not same or document_digest(parsed) != ours.digest or parsed.supervision_signature_bytes is None:
            raise malformed_answer(f"the document {receipt.number} was changed", f"票据 {receipt.number} 被改动")


def issued_receipt(
    answer: CountersignedReceipt, signed: SignedReceipt, payment_code: str | None = None
) -> IssuedReceipt:
    """Return the receipt as the unit keeps it."""
    return IssuedReceipt(
        code=answer.code,
        number=answer.number,
        check_code=answer.check_code,
        document=answer.document,
        document_digest=signed.digest,
        amount_fen=signed.amount_fen,
        booking_secret=signed.secrets.booking_secret,
        booking_address=signed.booking_address,
        amount_salt=signed.secrets.amount_salt,
        fields_seed=signed.secrets.fields_seed,
        qr=answer.qr,
        payment_code=payment_code,
    )


def _to_submit(draft: ReceiptDraft, signed: SignedReceipt) -> ReceiptToSubmit:
    return ReceiptToSubmit(
        number=signed.number,
        document=signed.document,
        amount_salt=signed.secrets.amount_salt,
        fields_seed=signed.secrets.fields_seed,
        booking_secret=signed.secrets.booking_secret,
        payer_key=draft.payer_key,
    )
