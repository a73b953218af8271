"""Sample documents under new dates and numbers, and receipts generated from a seed.

The five files in ``demo/data`` keep their lay-out, items and amounts. What changes is what must change for a receipt
that is issued today: code, number, check code, dates, business number, and the payment code where there is one. The
central sample with its fractional quantity is issued here by a unit of Jiangsu, since no central department is a member
of the demonstration network.

Nothing here names a living person: payers are called 测试甲 to 测试癸.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DATA = Path(__file__).parent / "data"

# A draft has no number yet; these stand where prepare puts the real ones.
NO_NUMBER = "0000000000"
NO_CHECK_CODE = "000000"

PAYERS = tuple(f"测试{stem}" for stem in "甲乙丙丁戊己庚辛壬癸")
OUTPATIENT_ITEMS = (("060101", "检查费"), ("060102", "化验费"), ("060103", "治疗费"), ("060104", "西药费"))
INPATIENT_ITEMS = (
    ("060201", "床位费"),
    ("060202", "检查费"),
    ("060203", "化验费"),
    ("060204", "西药费"),
    ("060205", "护理费"),
    ("060206", "卫生材料费"),
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a document says about the unit that issues it.

    Attributes:
        credit_code: 18 characters.
        name: full name.
        area: six digits of the administrative division.
    """

    credit_code: str
    name: str
    area: str


@dataclass(frozen=True, slots=True)
class Line:
    """One charge item of a generated receipt; the amount is quantity times standard, in fen."""

    code: str
    name: str
    amount_fen: int
    quantity: str = "1"
    standard_fen: int | None = None
    unit: str = "项"


@dataclass(frozen=True, slots=True)
class Sample:
    """A draft before the SDK reads it.

    Attributes:
        business_number: the unit's own number, the key that makes a retry harmless.
        xml: unsigned document, UTF-8.
        total_fen: amount in fen.
        lines: (item code, amount in fen) in order, as a payment notice lists them.
    """

    business_number: str
    xml: bytes
    total_fen: int
    lines: tuple[tuple[str, int], ...] = field(default=())


def text_of_fen(fen: int) -> str:
    """Write an amount as documents do: two decimals, no separators."""
    sign, value = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{value // 100}.{value % 100:02d}"


def fen_of_text(text: str) -> int:
    """Read an amount with exactly two decimals, as the sample files hold them."""
    sign = -1 if text.startswith("-") else 1
    whole, _, cents = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((cents + "00")[:2]))


def read_sample(
    name: str,
    *,
    issuer: Issuer,
    code: str,
    at: datetime,
    business_number: str,
    payment_code: str | None = None,
    related: tuple[str, str] | None = None,
    changes: Mapping[str, str] | None = None,
) -> Sample:
    """Take a sample file as today's draft.

    Args:
        name: file name in ``demo/data`` without its suffix.
        issuer: unit that issues it.
        code: receipt code, 8 digits; its year is the year of ``at``.
        at: Beijing time of issue.
        business_number: the unit's own number.
        payment_code: 20 digits, for receipts under code control.
        related: code and number of the blue receipt, for a red one.
        changes: further texts by element path under ``Main``, to alter a draft on purpose.

    Returns:
        The draft without signatures.
    """
    root = _tree(name)
    _date_and_number(root, issuer=issuer, code=code, at=at, business_number=business_number)
    extension = _find(root, "EInvoiceData/Main/MainExt")
    if payment_code is not None:
        _set_first(extension, "PayCode", payment_code)
    if related is not None:
        _set_first(extension, "RelatedInvoiceNumber", related[1])
        _set_first(extension, "RelatedInvoiceCode", related[0])
    for path, text in (changes or {}).items():
        _find(root, f"EInvoiceData/Main/{path}").text = text
    return _sample(root, business_number)


def generate_outpatient(count: int, *, seed: int, issuer: Issuer, code: str, at: datetime) -> Iterator[Sample]:
    """Generate outpatient receipts; the same seed gives the same receipts on the same day."""
    yield from _generate_medical(
        count, seed=seed, issuer=issuer, code=code, at=at, template="medical_outpatient_js", items=OUTPATIENT_ITEMS
    )


def generate_inpatient(count: int, *, seed: int, issuer: Issuer, code: str, at: datetime) -> Iterator[Sample]:
    """Generate inpatient receipts; deposits, refund and own payment agree with each other."""
    yield from _generate_medical(
        count, seed=seed, issuer=issuer, code=code, at=at, template="medical_inpatient", items=INPATIENT_ITEMS
    )


def write_by_code(
    *,
    issuer: Issuer,
    code: str,
    at: datetime,
    business_number: str,
    payment_code: str,
    lines: Sequence[Line],
    payer: str,
) -> Sample:
    """Write a non-tax receipt for a paid notice of the given lines."""
    root = _tree("nontax_unified_js")
    _date_and_number(root, issuer=issuer, code=code, at=at, business_number=business_number)
    _set_first(_find(root, "EInvoiceData/Main/MainExt"), "PayCode", payment_code)
    _payer(root, payer)
    _items(root, lines)
    return _sample(root, business_number)


def write_red(document: bytes, *, code: str, at: datetime, business_number: str) -> Sample:
    """Write the red draft that reverses a receipt: the same lines with negative amounts, and where the blue one is.

    Args:
        document: the blue receipt as issued.
        code: receipt code of the red one.
        at: Beijing time of issue.
        business_number: the unit's own number of the reversal.
    """
    blue = _parse(document)
    root = _parse(document)
    main = _find(root, "EInvoiceData/Main")
    issuer = Issuer(
        _find(main, "InvoicingParty/InvoicingPartyCode").text or "",
        _find(main, "InvoicingParty/InvoicingPartyName").text or "",
        _find(main, "SupervisorAreaCode").text or "",
    )
    extension = _find(main, "MainExt")
    for child in list(extension):
        if child.tag not in ("PayCode", "BusinessNumber", "BusinessDate"):
            extension.remove(child)
    _set_first(extension, "RelatedInvoiceNumber", _find(blue, "EInvoiceData/Main/EInvoiceNumber").text or "")
    _set_first(extension, "RelatedInvoiceCode", _find(blue, "EInvoiceData/Main/EInvoiceCode").text or "")
    _date_and_number(root, issuer=issuer, code=code, at=at, business_number=business_number)
    _find(main, "Remark").text = "冲红原因：退费"
    for item in _find(root, "EInvoiceData/Details"):
        for name in ("ItemAmount", "ItemQuantity"):
            element = _find(item, name)
            element.text = f"-{element.text}"
    total = _find(main, "TotalAmount")
    total.text = f"-{total.text}"
    if (aux := root.find("EInvoiceData/AuxDetails")) is not None:
        _find(root, "EInvoiceData").remove(aux)
    return _sample(root, business_number)


def _generate_medical(
    count: int,
    *,
    seed: int,
    issuer: Issuer,
    code: str,
    at: datetime,
    template: str,
    items: Sequence[tuple[str, str]],
) -> Iterator[Sample]:
    chance = random.Random(seed)  # noqa: S311 - the same receipts on every run, nothing secret
    day = at.strftime("%Y%m%d")
    for index in range(count):
        business_number = f"G{code[4:6]}{day}{seed:04d}{index:05d}"
        chosen = sorted(chance.sample(range(len(items)), chance.randint(1, len(items))))
        lines = [Line(*items[position], amount_fen=chance.randint(100, 250_000)) for position in chosen]
        root = _tree(template)
        _date_and_number(root, issuer=issuer, code=code, at=at, business_number=business_number)
        _payer(root, chance.choice(PAYERS))
        _items(root, lines)
        _medical_money(root, sum(line.amount_fen for line in lines), chance, inpatient=template.endswith("inpatient"))
        yield _sample(root, business_number)


def _tree(name: str) -> etree._Element:
    return _parse((DATA / f"{name}.xml").read_bytes())


def _parse(document: bytes) -> etree._Element:
    """Parse a document of the demonstration's own and take its signatures off."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(document, parser)
    signature = root.find("EInvoiceSignature")
    if signature is not None:
        root.remove(signature)
    return root


def _date_and_number(root: etree._Element, *, issuer: Issuer, code: str, at: datetime, business_number: str) -> None:
    day = at.strftime("%Y%m%d")
    _find(root, "Header/EInvoiceTag").text = f"CZ-EI-{code[:2]}"
    _find(root, "Header/EInvoiceID").text = f"{NO_NUMBER[::-1]}-{code[::-1]}"
    main = _find(root, "EInvoiceData/Main")
    for path, text in {
        "EInvoiceCode": code,
        "EInvoiceNumber": NO_NUMBER,
        "RandomNumber": NO_CHECK_CODE,
        "EInvoiceSpecimenCode": code[:6] + (_find(main, "EInvoiceSpecimenCode").text or "")[6:],
        "SupervisorAreaCode": issuer.area,
        "IssueDate": day,
        "IssueTime": at.strftime("%H:%M:%S"),
        "InvoicingParty/InvoicingPartyCode": issuer.credit_code,
        "InvoicingParty/InvoicingPartyName": issuer.name,
        "BizCode": business_number,
    }.items():
        _find(main, path).text = text
    _redate(main, at)
    if (number := main.find("MainExt/BusinessNumber")) is not None:
        number.text = business_number


def _redate(main: etree._Element, at: datetime) -> None:
    """Keep the length of a stay in hospital and let it end today."""
    day = at.strftime("%Y%m%d")
    for name in ("BusinessDate", "MedicalDate"):
        if (element := main.find(f"MainExt/{name}")) is not None:
            element.text = day
    admitted, left = main.find("MainExt/InHospitalDate"), main.find("MainExt/OutHospitalDate")
    if admitted is not None and left is not None:
        stay = _day(left.text or "") - _day(admitted.text or "")
        left.text = day
        admitted.text = (at - stay).strftime("%Y%m%d")


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - a calendar day, no instant


def _payer(root: etree._Element, name: str) -> None:
    payer = _find(root, "EInvoiceData/Main/PayerParty")
    _find(payer, "PayerPartyType").text = "1"
    _find(payer, "PayerPartyCode").text = ""
    _find(payer, "PayerPartyName").text = name


def _items(root: etree._Element, lines: Sequence[Line]) -> None:
    details = _find(root, "EInvoiceData/Details")
    template = copy.deepcopy(details[0])
    for old in list(details):
        details.remove(old)
    for line in lines:
        item = copy.deepcopy(template)
        standard = line.standard_fen if line.standard_fen is not None else line.amount_fen
        for path, text in {
            "ItemCode": line.code,
            "ItemName": line.name,
            "ItemAmount": text_of_fen(line.amount_fen),
            "ItemUnit": line.unit,
            "ItemQuantity": line.quantity,
            "ItemStd": text_of_fen(standard),
        }.items():
            _find(item, path).text = text
        details.append(item)
    _find(root, "EInvoiceData/Main/TotalAmount").text = text_of_fen(sum(line.amount_fen for line in lines))
    _aux_items(root, lines)


def _aux_items(root: etree._Element, lines: Sequence[Line]) -> None:
    """List one article behind the first charge item, as a hospital's system does."""
    aux = root.find("EInvoiceData/AuxDetails")
    if aux is None:
        return
    template = copy.deepcopy(aux[0])
    for old in list(aux):
        aux.remove(old)
    first = lines[0]
    for path, text in {
        "AuxItemRelatedCode": first.code,
        "AuxItemRelatedName": first.name,
        "AuxItemCode": f"L{first.code[-4:]}",
        "AuxItemName": f"{first.name}明细",
        "AuxItemQuantity": "1",
        "AuxItemUnit": "次",
        "AuxItemStd": f"{text_of_fen(first.amount_fen)}00",
        "AuxItemAmount": text_of_fen(first.amount_fen),
    }.items():
        _find(template, path).text = text
    aux.append(template)


def _medical_money(root: etree._Element, total_fen: int, chance: random.Random, *, inpatient: bool) -> None:
    """Split the total between fund, account and the patient's own money."""
    fund = chance.randint(0, total_fen)
    account = 0 if inpatient else chance.randint(0, total_fen - fund)
    own = total_fen - fund - account
    extension = _find(root, "EInvoiceData/Main/MainExt")
    amounts = {
        "FundPayAmount": fund,
        "OtherPayAmount": 0,
        "AccountPayAmount": account,
        "OwnPayAmount": own,
        "SelfpaymentAmount": own,
        "SelfpaymentCost": 0,
    }
    if inpatient:
        deposit = own + chance.randint(0, 50_000)
        amounts |= {"PrepayAmount": deposit, "RechargeAmount": 0, "RefundAmount": deposit - own}
    for name, fen in amounts.items():
        _find(extension, name).text = text_of_fen(fen)


def _sample(root: etree._Element, business_number: str) -> Sample:
    main = _find(root, "EInvoiceData/Main")
    lines = tuple(
        (_find(item, "ItemCode").text or "", fen_of_text(_find(item, "ItemAmount").text or "0.00"))
        for item in _find(root, "EInvoiceData/Details")
    )
    body = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return Sample(
        business_number=business_number,
        xml=b'<?xml version="1.0" encoding="UTF-8"?>' + body,
        total_fen=fen_of_text(_find(main, "TotalAmount").text or "0.00"),
        lines=lines,
    )


def _find(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path)
    if found is None:
        raise ValueError(f"the sample has no element {path}")
    return found


def _set_first(parent: etree._Element, name: str, text: str) -> None:
    """Set a child's text; where it is missing it becomes the first child."""
    child = parent.find(name)
    if child is None:
        child = etree.Element(name)
        parent.insert(0, child)
    child.text = text
