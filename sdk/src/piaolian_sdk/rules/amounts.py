"""Rules of money: sums, quantities, catalogue, currency, rounding, payment, red receipts."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from piaolian_sdk.money import fen_from_decimal, text_from_fen
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding, aux_path, fen, item_path

_TOLERANCE_FEN = 1


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
        expected = fen_from_decimal(item.item_quantity * item.item_std)
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
            yield Finding(item_path(position, "ItemAmount"), "an amount that is not negative", "total-not-positive")
        if not is_rounding and amount > 0 and receipt.main.is_red:
            yield Finding(item_path(position, "ItemAmount"), "an amount that is not positive", "red-sign-wrong")


def currency(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Receipts are in CNY at 1.00, unless the kind allows another currency."""
    main = receipt.main
    if context.kind.allows_foreign_currency:
        return
    if (main.currency_type or "CNY") != "CNY":
        yield Finding("Main/CurrencyType", "CNY")
    if (main.exchange_rate or Decimal(1)) != 1:
        yield Finding("Main/ExchangeRate", "1.00")


def list_lines(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Lines of the list belong to an item, are quantity times standard, and add up to their item to one fen."""
    codes = {item.item_code for item in receipt.items}
    sums: dict[str, Decimal] = {}
    for position, line in enumerate(receipt.aux_items):
        related = line.aux_item_related_code or ""
        if related not in codes:
            yield Finding(aux_path(position, "AuxItemRelatedCode"), "the code of an item above", "list-link-unknown")
            continue
        amount = line.aux_item_amount
        if amount is None:
            continue
        sums[related] = sums.get(related, Decimal(0)) + amount
        if line.aux_item_quantity is not None and line.aux_item_std is not None:
            expected = fen_from_decimal(line.aux_item_quantity * line.aux_item_std)
            if abs(expected - fen_from_decimal(amount)) > _TOLERANCE_FEN:
                yield Finding(
                    aux_path(position, "AuxItemAmount"), f"{text_from_fen(expected)}, quantity times standard"
                )
    amounts: Counter[str] = Counter()
    for item in receipt.items:
        amounts[item.item_code] += fen(item.item_amount)
    for code, listed in sums.items():
        if abs(abs(fen_from_decimal(listed)) - abs(amounts[code])) > _TOLERANCE_FEN:
            position = next(index for index, item in enumerate(receipt.items) if item.item_code == code)
            yield Finding(item_path(position, "ItemAmount"), f"{text_from_fen(fen_from_decimal(listed))}, as listed")


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
