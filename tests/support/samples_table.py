"""The table of the samples: what is accepted and what is refused, and by which rule. ``make samples`` prints it.

Each line is ``source <TAB> place <TAB> value <TAB> outcome``; outcomes are ``accepted as ...`` or ``refused: code``.
The reviewed table has one cell more: why, by which text.
Values are written with their hidden characters escaped and cut after 40 characters.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from piaolian_sdk.beijing import BEIJING, date_from_text, text_from_date
from piaolian_sdk.codes import CheckCode, CitizenId, CreditCode, PaymentCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import (
    MAX_AMOUNT_FEN,
    decimal_from_text,
    fen_from_capital_words,
    fen_from_decimal,
    fen_from_text,
    text_from_fen,
)
from piaolian_sdk.receipt import EInvoice, ParsedReceipt, parse_receipt, write_unsigned
from piaolian_sdk.receipt.printed import AMOUNT_LABELS, printed_date, read_printed
from piaolian_sdk.rules import CatalogueItem, PaidNotice, RuleContext, kind_of, violations
from piaolian_sdk.text import encode_text
from support.documents import OUTPATIENT, SAMPLES, edge_values, sample_bytes, sample_model

Read = Callable[[str], str]
_TEXTS: Final = Path(__file__).parents[1] / "data" / "text"


def _amount(text: str) -> str:
    return text_from_fen(fen_from_text(text))


def _capitals(text: str) -> str:
    return text_from_fen(fen_from_capital_words(text))


def _quantity(text: str) -> str:
    return str(decimal_from_text(text))


def _day(text: str) -> str:
    return text_from_date(date_from_text(text))


_READERS: Final[dict[str, Read]] = {
    "credit_codes_valid": CreditCode.from_string,
    "credit_codes_invalid": CreditCode.from_string,
    "ids": CitizenId.from_string,
    "receipt_numbers": ReceiptNumber.from_string,
    "receipt_codes": ReceiptCode.from_string,
    "check_codes": CheckCode.from_string,
    "amounts": _amount,
    "quantities": _quantity,
    "dates": _day,
    "pay_codes": PaymentCode.from_string,
}
# What reads the value of a label on a printed copy; every other label is text.
_PRINTED: Final[dict[str, Read]] = {
    **dict.fromkeys(AMOUNT_LABELS, lambda text: _amount(text) if text else "nothing"),
    "票据代码": ReceiptCode.from_string,
    "票据号码": ReceiptNumber.from_string,
    "所属电子票据代码": ReceiptCode.from_string,
    "所属电子票据号码": ReceiptNumber.from_string,
    "校验码": CheckCode.from_string,
    "开票日期": lambda text: text_from_date(printed_date(text, "开票日期")),
    "就诊日期": lambda text: text_from_date(printed_date(text, "就诊日期")),
    "交费日期": lambda text: text_from_date(printed_date(text, "交费日期")),
    "大写": _capitals,
    "小写": lambda text: _amount(text.removeprefix("￥")),
}
# The message that is sent on issue, as Hebei publishes it.
_MESSAGE: Final[tuple[tuple[str, Read, str], ...]] = (
    ("票据代码", ReceiptCode.from_string, r"[0-9]+"),
    ("票据号", ReceiptNumber.from_string, r"[0-9]+"),
    ("校验码", CheckCode.from_string, r"[0-9A-Za-z]+"),
    ("金额", _amount, r"[0-9][0-9.,]*(?=查验)"),
)


def table() -> Iterator[str]:
    """Give every line of the table."""
    yield from _documents()
    for group, read in _READERS.items():
        for text in edge_values()[group]:
            yield _line("edge", group, text, _outcome(read, text))
    for name in edge_values()["payer_names"]:
        yield _line("edge", "payer_names", name, _in_document(_with_payer(name)))
        for charset in ("gbk", "gb18030"):
            yield _line("edge", f"payer_names in {charset}", name, _outcome(_ENCODE[charset], name))
    for text in edge_values()["remarks"]:
        yield _line("edge", "remarks", text, _in_document(_with_remark(text)))
    yield from _printed()


def judge(receipt: ParsedReceipt, rounding_items: frozenset[str] = frozenset()) -> str:
    """Return the outcome of every numbered rule, on the receipt's own day and with its items as the catalogue."""
    main = receipt.model.main
    notice = PaidNotice(main.main_ext.pay_code, fen_from_decimal(main.total_amount)) if main.main_ext.pay_code else None
    context = RuleContext(
        beijing_now=receipt.model.issued_at.replace(tzinfo=BEIJING),
        catalogue={
            item.item_code: CatalogueItem(item.item_name, -MAX_AMOUNT_FEN, MAX_AMOUNT_FEN)
            for item in receipt.model.items
        },
        kind=kind_of(main.einvoice_code),
        payment=notice,
        rounding_item_codes=rounding_items,
    )
    broken = violations(receipt, context)
    if not broken:
        return f"accepted as {kind_of(main.einvoice_code).name_zh} {main.total_amount}"
    return "refused: " + ", ".join(f"{violation.rule_id} {violation.code}" for violation in broken)


_ENCODE: Final[dict[str, Read]] = {
    "gbk": lambda text: encode_text(text, "gbk", "PayerName").hex(),
    "gb18030": lambda text: encode_text(text, "gb18030", "PayerName").hex(),
}


def _documents() -> Iterator[str]:
    for name in SAMPLES:
        receipt = parse_receipt(sample_bytes(name))
        yield _line("einvoice", name, "document", judge(receipt))
        rounding = frozenset(item.item_code for item in receipt.model.items if item.item_name == "货币误差")
        if rounding:
            yield _line("einvoice", name, "document, 货币误差 configured", judge(receipt, rounding))


def _printed() -> Iterator[str]:
    for file in sorted(_TEXTS.glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        if file.stem.startswith("sms"):
            for label, read, form in _MESSAGE:
                for value in re.findall(f"{label}({form})", text):
                    yield _line(file.stem, label, value, _outcome(read, value))
            continue
        printed = read_printed(text)
        for label, value in printed.values.items():
            yield _line(file.stem, label, value, _outcome(_PRINTED.get(label, lambda text: text or "nothing"), value))
        yield _line(file.stem, "total", text_from_fen(printed.total_fen), "accepted as words and figures agree")
        yield _line(file.stem, "unit", printed.unit or "", f"accepted as {printed.unit or 'nothing'}")


def _with_payer(name: str) -> EInvoice:
    model = sample_model(OUTPATIENT)
    payer = model.main.payer_party.model_copy(update={"payer_party_name": name})
    return model.model_copy(update={"main": model.main.model_copy(update={"payer_party": payer})})


def _with_remark(text: str) -> EInvoice:
    model = sample_model(OUTPATIENT)
    return model.model_copy(update={"main": model.main.model_copy(update={"remark": text})})


def _in_document(model: EInvoice) -> str:
    def read(_text: str) -> str:
        parsed = parse_receipt(write_unsigned(model))
        if parsed.model != model:
            raise RuntimeError("the document was read otherwise than it was written")
        return judge(parsed)

    return _outcome(read, "")


def _outcome(read: Read, text: str) -> str:
    try:
        outcome = read(text)
    except InputError as exc:
        return f"refused: {exc.code}"
    return outcome if outcome.startswith(("accepted", "refused")) else f"accepted as {_escaped(outcome)}"


def _line(*cells: str) -> str:
    return "\t".join(_escaped(cell) for cell in cells)


def _escaped(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return shown if len(shown) <= 80 else f"{shown[:40]}...({len(text)} characters)"


if __name__ == "__main__":
    for row in table():
        print(row)
