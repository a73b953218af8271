"""What documents must be, judged without any input or output, so that it can run in another process."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from eth_keys.datatypes import PrivateKey
from eth_utils.exceptions import ValidationError

from piaolian_node.errors import RefusedError
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.registry import credit_code_digest
from piaolian_sdk.errors import InputError, PiaolianError, RuleViolation, VerificationError
from piaolian_sdk.receipt import (
    EInvoice,
    ParsedReceipt,
    document_digest,
    fields_of,
    parse_receipt,
    renumber,
    write_unsigned,
)
from piaolian_sdk.rules import CatalogueItem, PaidNotice, RuleContext, check_receipt, kind_of
from piaolian_sdk.signing import CertificateTrust, verify_unit_signature
from piaolian_sdk.tree import body_hash, fields_root

DRAFT_NUMBER = "0000000000"
DRAFT_CHECK_CODE = "000000"
# A draft is compared without the moment at which it was written.
_NO_DATE = date(1970, 1, 1)
_NO_TIME = time(0, 0, 0)


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """An item as this unit may charge it, with what the document rules do not know.

    Attributes:
        kind: Receipt kind that it is bound to, 0 for any.
        is_permitted: Whether the unit may charge it.
    """

    code: str
    name: str
    item: int
    min_fen: int
    max_fen: int
    is_enabled: bool
    kind: int
    is_permitted: bool
    is_rounding: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a unit's documents are judged against.

    Attributes:
        code: Receipt code of the range.
        kind: Kind of the range, as the contracts write it.
        credit_code_digest: Digest under which the unit is registered.
        beijing_now: Moment of acceptance.
    """

    unit: int
    code: str
    kind: int
    credit_code_digest: bytes
    beijing_now: datetime
    items: Mapping[str, ItemTerms]


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """A draft that may have a number.

    Attributes:
        content_digest: SHA-256 of the draft without number, check code and time.
        amount_fen: Total in fen, negative for a red receipt.
        pay_code: Payment code in the document, or None.
        related: (code, number) of the original of a red receipt, or None.
    """

    content_digest: bytes
    amount_fen: int
    pay_code: str | None
    related: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class DraftToJudge:
    """A draft, and what was found out about it without reading it.

    Attributes:
        payment: The paid notice that it receipts, under code control.
        is_judged: Whether it is refused already: then its digest alone is wanted.
    """

    draft: bytes
    payment: PaidNotice | None = None
    is_judged: bool = False


@dataclass(frozen=True, slots=True)
class DraftVerdict:
    """What judging said of a draft; one of draft and problem is set unless it was judged before.

    Attributes:
        digest: By which drafts are compared: of the content, or of the bytes where they cannot be read.
    """

    digest: bytes
    draft: JudgedDraft | None
    problem: PiaolianError | None


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A unit-signed document with its secrets, and what it must be."""

    number: str
    check_code: str
    content_digest: bytes
    document: bytes
    fields_seed: bytes
    booking_secret: bytes
    payment: PaidNotice | None


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A document that may be countersigned.

    Attributes:
        amount_fen: Total in fen, positive.
        issue_date: As printed.
    """

    digest: bytes
    fields_root: bytes
    booking_address: str
    body_hash: bytes
    amount_fen: int
    issue_date: date


def judge_draft(draft: bytes, payment: PaidNotice | None, terms: Terms) -> JudgedDraft:
    """Judge a draft by every rule.

    Raises:
        InputError: The document cannot be read, or breaks a rule.
        ContractRefusedError: The contract would refuse an item.
    """
    parsed = parse_receipt(draft)
    rules = replace(_rule_context(terms, is_draft=True), payment=payment)
    return _judge_parsed(parsed, content_digest_of(parsed.model), terms, rules)


def _judge_parsed(parsed: ParsedReceipt, content_digest: bytes, terms: Terms, rules: RuleContext) -> JudgedDraft:
    model = parsed.model
    if model.main.einvoice_number != DRAFT_NUMBER or model.main.random_number != DRAFT_CHECK_CODE:
        raise RefusedError(
            "request-malformed",
            "a draft has the number 0000000000 and the check code 000000",
            "草稿的号码须为 0000000000，校验码须为 000000",
            field="draft",
            remedy="send the document without number and check code",
        )
    if parsed.unit_signature_bytes is not None:
        raise RefusedError(
            "request-malformed",
            "a draft is not signed yet",
            "草稿不应带签名",
            field="draft",
            remedy="sign after prepare gave the number",
        )
    _judge(parsed, terms, rules)
    extension = model.main.main_ext
    related = None
    if extension.related_invoice_code and extension.related_invoice_number:
        related = (extension.related_invoice_code, extension.related_invoice_number)
    return JudgedDraft(content_digest, amount_of(model), extension.pay_code or None, related)


def judge_drafts(drafts: Sequence[DraftToJudge], terms: Terms) -> list[DraftVerdict]:
    """Judge drafts, each on its own, in their order."""
    rules = _rule_context(terms, is_draft=True)
    return [_verdict(draft, terms, rules) for draft in drafts]


def _verdict(draft: DraftToJudge, terms: Terms, rules: RuleContext) -> DraftVerdict:
    try:
        parsed = parse_receipt(draft.draft)
        digest = content_digest_of(parsed.model)
    except InputError as error:
        return DraftVerdict(hashlib.sha256(draft.draft).digest(), None, None if draft.is_judged else error)
    if draft.is_judged:
        return DraftVerdict(digest, None, None)
    try:
        return DraftVerdict(digest, _judge_parsed(parsed, digest, terms, replace(rules, payment=draft.payment)), None)
    except PiaolianError as error:
        return DraftVerdict(digest, None, error)


def judge_documents(
    documents: Sequence[SignedDocument], terms: Terms, trust: CertificateTrust, certificate_digest: bytes
) -> list[JudgedDocument]:
    """Judge the signed documents of a batch.

    Args:
        documents: In the order of their numbers.
        terms: What they are judged against.
        trust: Roots.
        certificate_digest: SHA-256 of the certificate that the unit registered.

    Raises:
        InputError: A document breaks a rule; the field begins with its number.
        VerificationError: A signature does not verify.
        RefusedError: A document is not what was prepared.
    """
    rules = _rule_context(terms, is_draft=False)
    return [_judge_document(document, terms, rules, trust, certificate_digest) for document in documents]


def _judge_document(
    document: SignedDocument, terms: Terms, rules: RuleContext, trust: CertificateTrust, certificate_digest: bytes
) -> JudgedDocument:
    parsed = parse_receipt(document.document)
    main = parsed.model.main
    # 1. It has the number, check code and content that were prepared.
    if (main.einvoice_code, main.einvoice_number, main.random_number) != (
        terms.code,
        document.number,
        document.check_code,
    ):
        raise _mismatch(document.number, "code, number and check code must be those that prepare gave")
    if content_digest_of(parsed.model) != document.content_digest:
        raise _mismatch(document.number, "the content must be that of the draft")
    # 2. It meets the rules now: a lease may have been kept past midnight or past the end of an item.
    _judge(parsed, terms, replace(rules, payment=document.payment))
    # 3. It has the unit's signature and no other yet.
    if parsed.supervision_signature_bytes is not None:
        raise _mismatch(document.number, "it must have the unit's signature alone")
    signer = verify_unit_signature(parsed, trust, terms.beijing_now)
    if signer.certificate.digest != certificate_digest:
        raise VerificationError(
            "signer-mismatch",
            "the document is signed with another certificate than the unit registered",
            "票据签名证书与单位登记的证书不符",
            step="unit signature",
            field=f"receipts.{document.number}",
            remedy="sign with the registered certificate",
        )
    # 4. Its commitments.
    digest = document_digest(parsed)
    root = fields_root(fields_of(parsed), document.fields_seed)
    address = booking_address_of(document.booking_secret)
    return JudgedDocument(
        digest=digest,
        fields_root=root,
        booking_address=address,
        body_hash=body_hash(digest, root, address),
        amount_fen=abs(amount_of(parsed.model)),
        issue_date=main.issue_date,
    )


def content_digest_of(model: EInvoice) -> bytes:
    """Return SHA-256 of a document without number, check code, time and signatures."""
    bare = renumber(
        model,
        code=model.main.einvoice_code,
        number=DRAFT_NUMBER,
        check_code=DRAFT_CHECK_CODE,
        issue_date=_NO_DATE,
        issue_time=_NO_TIME,
    )
    return hashlib.sha256(write_unsigned(bare)).digest()


def draft_digest(draft: bytes) -> bytes:
    """Return the digest by which drafts are compared: of the content, or of the bytes where they cannot be read."""
    try:
        return content_digest_of(parse_receipt(draft).model)
    except InputError:
        return hashlib.sha256(draft).digest()


def amount_of(model: EInvoice) -> int:
    """Return the total in fen, negative for a red receipt."""
    return int(model.main.total_amount.scaleb(2))


def booking_address_of(secret: bytes) -> str:
    """Return the address of a one-time booking key.

    Raises:
        InputError: It is no private key.
    """
    try:
        return str(PrivateKey(secret).public_key.to_checksum_address())
    except (ValidationError, ValueError) as exc:
        raise InputError(
            "key-malformed",
            "a booking secret must be a private key of secp256k1",
            "入账密钥不是有效的私钥",
            field="booking_secret",
            rule="32 bytes, 1 <= d < n",
            remedy="draw a new one",
        ) from exc


def _judge(parsed: ParsedReceipt, terms: Terms, rules: RuleContext) -> None:
    main = parsed.model.main
    if main.einvoice_code != terms.code:
        raise RefusedError(
            "lease-mismatch",
            "the document must bear the receipt code of the range",
            "票据代码与号段不符",
            field="Main/EInvoiceCode",
            rule=terms.code,
            remedy="use the code of the range",
        )
    check_receipt(parsed, rules)
    party_code = main.invoicing_party.invoicing_party_code
    if credit_code_digest(party_code) != terms.credit_code_digest:
        raise RuleViolation(
            "identifier-mismatch",
            "Main/InvoicingParty/InvoicingPartyCode: the document names another unit than the one that issues",
            "Main/InvoicingParty/InvoicingPartyCode：开票单位与登记单位不符",
            rule_id="R002",
            source="财综〔2017〕32号",
            field="Main/InvoicingParty/InvoicingPartyCode",
            remedy="use the credit code under which the unit is registered",
        )
    for item in parsed.model.items:
        _judge_item(terms.items[item.item_code], terms)


def _judge_item(item: ItemTerms, terms: Terms) -> None:
    if item.kind not in (0, terms.kind):
        raise CONTRACT_ERRORS["ItemNotForKind"]({"item": item.item, "itemKind": item.kind, "kind": terms.kind})
    if not item.is_permitted:
        raise CONTRACT_ERRORS["ItemNotPermitted"]({"item": item.item, "unit": terms.unit})


def _rule_context(terms: Terms, *, is_draft: bool) -> RuleContext:
    """Return what is the same for all documents of a batch; the payment is each one's own."""
    return RuleContext(
        beijing_now=terms.beijing_now,
        catalogue={
            code: CatalogueItem(item.name, item.min_fen, item.max_fen, item.is_enabled, item.item)
            for code, item in terms.items.items()
        },
        kind=kind_of(terms.code),
        rounding_item_codes=frozenset(code for code, item in terms.items.items() if item.is_rounding),
        is_draft=is_draft,
    )


def _mismatch(number: str, rule: str) -> RefusedError:
    return RefusedError(
        "lease-mismatch",
        f"document {number} is not what was prepared: {rule}",
        f"票据 {number} 与预留内容不符",
        field=f"receipts.{number}",
        rule=rule,
        remedy="sign the prepared documents with the numbers and check codes that prepare gave",
    )
