"""Rules of money: sums, quantities, catalogue, currency, rounding, payment, red receipts."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from piaolian_sdk.money import fen_from_decimal, text_from_fen
from piaolian_sdk.receipt import AuxItem, EInvoice
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding, aux_path, fen, item_path

_TOLERANCE_FEN = 1
_NOTHING = Decimal(0)
_CURRENCY = re.compile("[A-Z]{3}")
_FEN = Decimal("0.01")


def total(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """The items add up to the total; a gap is closed by a rounding item or not at all."""
    items = sum(fen(item.item_amount) for item in receipt.items)
    if items != fen(receipt.main.total_amount):
        yield Finding("Main/TotalAmount", f"{text_from_fen(items)}, the sum of the items")


def sign(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """A blue receipt says how much was received, a red one takes it back: its lines and its total are negative."""
    amount = receipt.main.total_amount
    if receipt.main.is_red and amount >= 0:
        yield Finding("Main/TotalAmount", "a negative amount, because the receipt is red", "red-sign-wrong")
    if not receipt.main.is_red and amount <= 0:
        yield Finding("Main/TotalAmount", "an amount above zero")


def quantities(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Quantity times standard is the amount, to one fen; quantities keep their fractions (0.3 x 2000.00)."""
    for position, item in enumerate(receipt.items):
        if item.item_quantity is None or item.item_std is None:
            continue
        product = item.item_quantity * item.item_std
        # Mostly they are equal to the last digit, and there is nothing to round.
        if product == item.item_amount:
            continue
        expected = fen_from_decimal(product)
        if abs(expected - fen(item.item_amount)) > _TOLERANCE_FEN:
            yield Finding(item_path(position, "ItemAmount"), f"{text_from_fen(expected)}, quantity times standard")


def catalogue(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Every item is one that finance preset, under its preset name, enabled, within its bounds."""
    for position, item in enumerate(receipt.items):
        known = context.catalogue.get(item.item_code)
        if known is None:
            yield Finding(item_path(position, "ItemCode"), "an item of the catalogue")
            continue
        if not known.enabled:
            yield Finding(item_path(position, "ItemCode"), "an item that is enabled today", "item-disabled")
        if item.item_name != known.name:
            yield Finding(item_path(position, "ItemName"), known.name, "item-name-mismatch")
        amount = abs(fen(item.item_amount))
        is_rounding = item.item_code in context.rounding_item_codes
        if not is_rounding and not known.min_fen <= amount <= known.max_fen:
            bounds = f"from {text_from_fen(known.min_fen)} to {text_from_fen(known.max_fen)}"
            yield Finding(item_path(position, "ItemAmount"), bounds, "item-amount-out-of-bounds")


def rounding(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """A rounding item closes a gap of rounding, and nothing larger; only it may be negative in a blue receipt."""
    for position, item in enumerate(receipt.items):
        is_rounding = item.item_code in context.rounding_item_codes
        amount = fen(item.item_amount)
        if is_rounding and abs(amount) > context.rounding_limit_fen:
            yield Finding(
                item_path(position, "ItemAmount"), f"at most {text_from_fen(context.rounding_limit_fen)} either way"
            )
        if not is_rounding and amount < 0 and not receipt.main.is_red:
            yield Finding(item_path(position, "ItemAmount"), "an amount that is not negative", "item-amount-negative")
        if not is_rounding and amount > 0 and receipt.main.is_red:
            yield Finding(item_path(position, "ItemAmount"), "an amount that is not positive", "red-sign-wrong")


def currency(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Amounts are in CNY. Where the kind allows it, currency and rate say what was received."""
    main = receipt.main
    code, rate = main.currency_type or "CNY", main.exchange_rate
    if code != "CNY" and context.kind.allows_foreign_currency:
        if not _CURRENCY.fullmatch(code):
            yield Finding("Main/CurrencyType", "a code of ISO 4217, three capital letters")
        if rate is None or rate <= 0:
            yield Finding("Main/ExchangeRate", f"CNY for one {code[:3]}, above zero")
        return
    if code != "CNY":
        yield Finding("Main/CurrencyType", "CNY")
    if rate is not None and rate != 1:
        yield Finding("Main/ExchangeRate", "1.00")


def list_lines(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Lines of the list belong to an item, are quantity times standard, and add up to their item.

    Lines have more decimals than items, so that each item may be less than a fen from its lines. All of them together
    may not: a gap of a fen is closed by a rounding item.
    """
    if not receipt.aux_items:
        return
    amounts: Counter[str] = Counter()
    for item in receipt.items:
        amounts[item.item_code] += fen(item.item_amount)
    sums: dict[str, Decimal] = {}
    for position, line in enumerate(receipt.aux_items):
        related = line.aux_item_related_code or ""
        if related not in amounts:
            yield Finding(aux_path(position, "AuxItemRelatedCode"), "the code of an item above", "list-link-unknown")
        elif line.aux_item_amount is not None:
            sums[related] = sums.get(related, _NOTHING) + line.aux_item_amount
            yield from _list_line(line, line.aux_item_amount, position)
    for code, listed in sums.items():
        if _gap(listed, amounts[code]) >= _FEN:
            position = next(index for index, item in enumerate(receipt.items) if item.item_code == code)
            yield Finding(item_path(position, "ItemAmount"), f"{text_from_fen(fen_from_decimal(listed))}, as listed")
    rounding_codes = context.rounding_item_codes & amounts.keys()
    charged = sum(amounts[code] for code in sums.keys() | rounding_codes)
    everything = sum(sums.values(), _NOTHING)
    if _gap(everything, charged) >= _FEN:
        yield Finding("Main/TotalAmount", f"{text_from_fen(fen_from_decimal(everything))} for the listed items")


def _list_line(line: AuxItem, amount: Decimal, position: int) -> Iterator[Finding]:
    if line.aux_item_quantity is None or line.aux_item_std is None:
        return
    product = line.aux_item_quantity * line.aux_item_std
    if product == amount:
        return
    expected = fen_from_decimal(product)
    if abs(expected - fen_from_decimal(amount)) > _TOLERANCE_FEN:
        yield Finding(aux_path(position, "AuxItemAmount"), f"{text_from_fen(expected)}, quantity times standard")


def _gap(listed: Decimal, amount_fen: int) -> Decimal:
    """Return by how much a listed amount is off, in yuan; the lists of red receipts are written with either sign."""
    return abs(abs(listed) - abs(amount_fen * _FEN))


def payment(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Pay first, receipt after: one paid and unused code, exactly its amount and its lines."""
    code = receipt.main.main_ext.pay_code or ""
    path = "Main/MainExt/PayCode"
    if context.kind.control == "list":
        if code:
            yield Finding(path, "no payment code, because the kind is under control by list", "payment-code-unexpected")
        return
    if not code:
        yield Finding(path, "the 20-digit payment code", "payment-code-missing")
        return
    notice = context.payment
    if receipt.main.is_red:
        return
    if notice is None or notice.payment_code != code:
        yield Finding(path, "the payment code of the notice", "payment-code-mismatch")
        return
    if not notice.is_paid or notice.is_used:
        yield Finding(path, "a code that is paid and has no receipt yet", "notice-not-paid")
    if fen(receipt.main.total_amount) != notice.amount_fen:
        yield Finding("Main/TotalAmount", text_from_fen(notice.amount_fen), "notice-amount-mismatch")
    if notice.lines:
        lines = [(item.item_code, fen(item.item_amount)) for item in receipt.items]
        if lines != [(line.item_code, line.amount_fen) for line in notice.lines]:
            yield Finding("Details", "the items and amounts of the notice, in its order", "notice-amount-mismatch")


def red_reference(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """A red receipt names both code and number of the blue one, which is another receipt."""
    extension = receipt.main.main_ext
    if not receipt.main.is_red:
        return
    if not extension.related_invoice_code:
        yield Finding("Main/MainExt/RelatedInvoiceCode", "the code of the blue receipt")
    if not extension.related_invoice_number:
        yield Finding("Main/MainExt/RelatedInvoiceNumber", "the number of the blue receipt")
    same = (extension.related_invoice_code, extension.related_invoice_number)
    if same == (receipt.main.einvoice_code, receipt.main.einvoice_number):
        yield Finding("Main/MainExt/RelatedInvoiceNumber", "another receipt than this one", "red-reference-mismatch")
