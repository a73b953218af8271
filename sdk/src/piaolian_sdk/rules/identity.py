"""Rules of what the document is: mandatory elements, identifiers, kind, dates, parties, text."""

from collections.abc import Iterator

from piaolian_sdk.codes import CitizenId, CreditCode, ReceiptCode
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding, aux_path, item_path

_PLACEHOLDER_CHECK_CODE = "000000"
MAX_NAME_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 2000


def mandatory_elements(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Elements that the model cannot demand because they may be present and empty."""
    main = receipt.main
    texts = {
        "Main/EInvoiceName": main.einvoice_name,
        "Main/InvoicingParty/InvoicingPartyName": main.invoicing_party.invoicing_party_name,
        "Main/HandlingPerson": main.handling_person,
        "Main/Checker": main.checker,
        "Main/InvoicingPartySeal/SealId": main.invoicing_party_seal.seal_id,
        "Main/InvoicingPartySeal/SealName": main.invoicing_party_seal.seal_name,
        "Main/InvoicingPartySeal/SealHash": main.invoicing_party_seal.seal_hash,
    }
    texts |= {item_path(position, "ItemName"): item.item_name for position, item in enumerate(receipt.items)}
    for path, text in texts.items():
        if not text.strip():
            yield Finding(path, "a value")


def identifiers(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Tag and identifier follow from code and number; the unit is the one that the range belongs to."""
    key = receipt.main.key
    if receipt.header.einvoice_tag != key.einvoice_tag:
        yield Finding("Header/EInvoiceTag", key.einvoice_tag)
    if receipt.header.einvoice_id != key.einvoice_id:
        yield Finding("Header/EInvoiceID", key.einvoice_id)
    if receipt.header.version != "1.1.0":
        yield Finding("Header/Version", "1.1.0")
    unit = context.unit_credit_code
    if unit is not None and receipt.main.invoicing_party.invoicing_party_code != unit:
        yield Finding("Main/InvoicingParty/InvoicingPartyCode", unit)


def check_code(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """A final document carries its own check code, not the placeholder of a draft."""
    if not context.is_draft and receipt.main.random_number == _PLACEHOLDER_CHECK_CODE:
        yield Finding("Main/RandomNumber", "the check code that prepare gave")


def kind(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """The code names the kind of the range."""
    code = ReceiptCode.from_string(receipt.main.einvoice_code)
    if code.kind != context.kind.digits:
        yield Finding("Main/EInvoiceCode", f"category and kind {context.kind.digits}")


def specimen(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The specimen belongs to the kind: both begin with region, category and kind."""
    prefix = receipt.main.einvoice_code[:6]
    if not receipt.main.einvoice_specimen_code.startswith(prefix):
        yield Finding("Main/EInvoiceSpecimenCode", f"{prefix} and four digits")


def issue_date(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """The day of issue is the current Beijing day of whoever accepts."""
    today = context.beijing_now.date()
    if receipt.main.issue_date != today:
        yield Finding("Main/IssueDate", f"{today:%Y%m%d}")


def year(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The code's year is the year of issue."""
    expected = f"{receipt.main.issue_date:%y}"
    if receipt.main.einvoice_code[6:] != expected:
        yield Finding("Main/EInvoiceCode", f"year {expected} at the end")


def unit_code(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The unit's credit code has its check character."""
    try:
        CreditCode.from_string(receipt.main.invoicing_party.invoicing_party_code)
    except InputError as exc:
        yield Finding("Main/InvoicingParty/InvoicingPartyCode", exc.rule or "a credit code of GB 32100")


def payer(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """A payer's code fits its type; a name is there, save for an anonymous donor."""
    party = receipt.main.payer_party
    if not (party.payer_party_name or "").strip() and context.kind.layout != "donation":
        yield Finding("Main/PayerParty/PayerPartyName", "a name", "payer-name-missing")
    code = party.payer_party_code or ""
    is_organisation = party.payer_party_type == "2"
    if not code:
        if is_organisation:
            yield Finding("Main/PayerParty/PayerPartyCode", "the credit code of the organisation")
        return
    # A foreign passport has no published form: only what looks like one of the two national forms is judged.
    if is_organisation and not _is_credit_code(code):
        yield Finding("Main/PayerParty/PayerPartyCode", "a credit code of GB 32100, because PayerPartyType is 2")
    looks_national = len(code) == 18 and code[:17].isdigit()
    if not is_organisation and looks_national and not _is_citizen_id(code):
        yield Finding("Main/PayerParty/PayerPartyCode", "a citizen identity number with its check character")


def text_lengths(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Names fit a line of the visual copy, remarks fit its box; lengths count characters."""
    main = receipt.main
    names = {
        "Main/EInvoiceName": main.einvoice_name,
        "Main/InvoicingParty/InvoicingPartyName": main.invoicing_party.invoicing_party_name,
        "Main/PayerParty/PayerPartyName": main.payer_party.payer_party_name or "",
        "Main/HandlingPerson": main.handling_person,
        "Main/Checker": main.checker,
    }
    names |= {item_path(position, "ItemName"): item.item_name for position, item in enumerate(receipt.items)}
    names |= {
        aux_path(position, "AuxItemName"): line.aux_item_name or "" for position, line in enumerate(receipt.aux_items)
    }
    for path, text in names.items():
        if len(text) > MAX_NAME_CHARACTERS:
            yield Finding(path, f"at most {MAX_NAME_CHARACTERS} characters")
    remarks = {"Main/Remark": main.remark or "", "Main/SupervisorRemark": main.supervisor_remark or ""}
    for path, text in remarks.items():
        if len(text) > MAX_TEXT_CHARACTERS:
            yield Finding(path, f"at most {MAX_TEXT_CHARACTERS} characters")


def single_lines(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """A name is one line: tabs and line ends, which XML allows, stand only in remarks."""
    main = receipt.main
    names = {
        "Main/EInvoiceName": main.einvoice_name,
        "Main/InvoicingParty/InvoicingPartyName": main.invoicing_party.invoicing_party_name,
        "Main/PayerParty/PayerPartyName": main.payer_party.payer_party_name or "",
    }
    names |= {item_path(position, "ItemName"): item.item_name for position, item in enumerate(receipt.items)}
    for path, text in names.items():
        if any(character in "\t\r\n" for character in text):
            yield Finding(path, "one line of text")


def _is_credit_code(text: str) -> bool:
    try:
        CreditCode.from_string(text)
    except InputError:
        return False
    return True


def _is_citizen_id(text: str) -> bool:
    try:
        CitizenId.from_string(text)
    except InputError:
        return False
    return True
