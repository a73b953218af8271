"""Rules of what the document is: mandatory elements, identifiers, kind, dates, parties, text."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from piaolian_sdk.beijing import beijing_day
from piaolian_sdk.codes import CitizenId, CreditCode, ReceiptCode, is_persons_number
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import EInvoice, Element
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding, item_path

_PLACEHOLDER_CHECK_CODE = "000000"
MAX_NAME_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 2000
# DEL, C1 controls, line and paragraph separators, and the marks of Unicode's bidirectional algorithm (UAX 9).
_HIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile("[\t\r\n]")


def mandatory_elements(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Elements that the model cannot demand because they may be present and empty."""
    main = receipt.main
    unit, finance = main.invoicing_party_seal, main.supervisor_party_seal
    texts = [
        ("Main/EInvoiceName", main.einvoice_name),
        ("Main/InvoicingParty/InvoicingPartyName", main.invoicing_party.invoicing_party_name),
        ("Main/HandlingPerson", main.handling_person),
        ("Main/Checker", main.checker),
        ("Main/InvoicingPartySeal/SealId", unit.seal_id),
        ("Main/InvoicingPartySeal/SealName", unit.seal_name),
        ("Main/InvoicingPartySeal/SealHash", unit.seal_hash),
        ("Main/SupervisorPartySeal/SealId", finance.seal_id),
        ("Main/SupervisorPartySeal/SealName", finance.seal_name),
        ("Main/SupervisorPartySeal/SealHash", finance.seal_hash),
    ]
    for path, text in texts:
        if not text.strip():
            yield Finding(path, "a value")
    for position, item in enumerate(receipt.items):
        if not item.item_name.strip():
            yield Finding(item_path(position, "ItemName"), "a value")


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
    now = context.beijing_now
    # A moment with a zone is turned into Beijing time; one without is Beijing wall clock already.
    today = now.date() if now.tzinfo is None else beijing_day(now)
    if receipt.main.issue_date != today:
        yield Finding("Main/IssueDate", f"{today:%Y%m%d}")


def year(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The code's year is the year of issue."""
    expected = f"{receipt.main.issue_date:%y}"
    if receipt.main.einvoice_code[6:] != expected:
        yield Finding("Main/EInvoiceCode", f"year {expected} at the end")


def unit_code(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The unit's credit code has its check character."""
    fault = _credit_code_fault(receipt.main.invoicing_party.invoicing_party_code)
    if fault is not None:
        yield Finding("Main/InvoicingParty/InvoicingPartyCode", fault)


def payer(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """A payer's code fits its type; a name is there, save for an anonymous donor."""
    party = receipt.main.payer_party
    if not (party.payer_party_name or "").strip() and not context.kind.allows_anonymous_payer:
        yield Finding("Main/PayerParty/PayerPartyName", "a name", "payer-name-missing")
    code = party.payer_party_code or ""
    is_organisation = party.payer_party_type == "2"
    if not code:
        if is_organisation:
            yield Finding("Main/PayerParty/PayerPartyCode", "the credit code of the organisation")
        return
    # A foreign passport has no published form: only what looks like one of the two national forms is judged.
    if is_organisation and (_credit_code_fault.__wrapped__(code) or is_persons_number(code)):
        yield Finding("Main/PayerParty/PayerPartyCode", "a credit code of GB 32100, because PayerPartyType is 2")
    # Seventeen digits are an identity number that lost its X in a spreadsheet.
    looks_national = len(code) in (17, 18) and code[:17].isascii() and code[:17].isdigit()
    if not is_organisation and looks_national and not _is_citizen_id(code):
        yield Finding(
            "Main/PayerParty/PayerPartyCode", "a citizen identity number with its check character, X in upper case"
        )


def text_lengths(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Texts fit a line of the visual copy, remarks fit their box; lengths count characters."""
    if max(map(len, _all_texts(receipt))) <= MAX_NAME_CHARACTERS:
        return
    for place, name, text in _free_texts(receipt):
        limit = MAX_TEXT_CHARACTERS if name.endswith("Remark") else MAX_NAME_CHARACTERS
        if len(text) > limit:
            yield Finding(f"{place}/{name}", f"at most {limit} characters")


def characters(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """No text holds control characters, nor marks that turn the direction of reading and so hide what is signed.

    XML keeps out those below U+0020 except tab and line ends; these stand in remarks alone, a name is one line.
    """
    # One look at everything: what is printable is none of them, and nearly every receipt ends here.
    if "".join(_all_texts(receipt)).isprintable():
        return
    for place, name, text in _free_texts(receipt):
        if _HIDDEN.search(text):
            yield Finding(f"{place}/{name}", "text without control characters and direction marks")
        elif not name.endswith("Remark") and _LINE_ENDS.search(text):
            yield Finding(f"{place}/{name}", "one line of text")


def _all_texts(receipt: EInvoice) -> list[str]:
    """Return every text of the document but those of header and signatures, codes among them."""
    main = receipt.main
    elements = (
        main,
        main.invoicing_party,
        main.payer_party,
        main.main_ext,
        main.invoicing_party_seal,
        main.supervisor_party_seal,
        *receipt.items,
        *receipt.aux_items,
    )
    return [text for element in elements for text in element.__dict__.values() if isinstance(text, str)]


def _free_texts(receipt: EInvoice) -> Iterator[tuple[str, str, str]]:
    """Give place, element and text of every free text of the document."""
    for place, element in _text_places(receipt):
        for name, alias in _text_fields(type(element)):
            text = getattr(element, name)
            if text:
                yield place, alias, text


def _text_places(receipt: EInvoice) -> list[tuple[str, Element]]:
    main = receipt.main
    return [
        ("Main", main),
        ("Main/InvoicingParty", main.invoicing_party),
        ("Main/PayerParty", main.payer_party),
        ("Main/MainExt", main.main_ext),
        ("Main/InvoicingPartySeal", main.invoicing_party_seal),
        ("Main/SupervisorPartySeal", main.supervisor_party_seal),
        *[(f"Details/Item[{number}]", item) for number, item in enumerate(receipt.items, 1)],
        *[(f"AuxDetails/AuxItem[{number}]", line) for number, line in enumerate(receipt.aux_items, 1)],
    ]


@cache
def _text_fields(model: type[Element]) -> tuple[tuple[str, str], ...]:
    """Return name and element of the fields that hold free text."""
    return tuple(
        (name, field.alias or name)
        for name, field in model.model_fields.items()
        if field.annotation in (str, str | None) and not field.metadata
    )


# A unit's code stands in all its receipts. Payers' codes are judged without being remembered.
@lru_cache(maxsize=1024)
def _credit_code_fault(text: str) -> str | None:
    """Return the rule that a credit code breaks, or None."""
    try:
        CreditCode.from_string(text)
    except InputError as exc:
        return exc.rule or "a credit code of GB 32100"
    return None


def _is_citizen_id(text: str) -> bool:
    try:
        return CitizenId.from_string(text) == text
    except InputError:
        return False
