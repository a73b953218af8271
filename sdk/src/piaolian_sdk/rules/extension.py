"""Rules of ``MainExt``: fields of the kind, and receipts for arrears, which may not circulate."""

from collections.abc import Iterator

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import EInvoice, MainExtension, ParsedReceipt
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding
from piaolian_sdk.wording import NOT_CIRCULABLE

NOT_CIRCULABLE_ZH = NOT_CIRCULABLE


def kind_fields(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """A receipt carries the fields of its kind: what a hospital needs has no place in a fine."""
    own = context.kind.all_fields
    for name, value in receipt.main.main_ext.__dict__.items():
        if name not in own and value is not None and value != "":
            alias = MainExtension.model_fields[name].alias
            yield Finding(f"Main/MainExt/{alias}", f"no such field in {context.kind.name_zh}")


def arrears(receipt: EInvoice, _context: RuleContext) -> Iterator[Finding]:
    """Whoever keeps a receipt from circulating says why, and nobody gives a reason for one that circulates."""
    extension = receipt.main.main_ext
    reason = (extension.arrears_reason or "").strip()
    if receipt.main.is_circulable and reason:
        yield Finding("Main/MainExt/ArrearsReason", "no reason, because the receipt may circulate")
    if not receipt.main.is_circulable and not reason:
        yield Finding("Main/MainExt/ArrearsReason", "the reason why the receipt may not circulate")


def check_circulable(receipt: ParsedReceipt | EInvoice) -> None:
    """Refuse a receipt for arrears, before it is reimbursed or booked.

    Raises:
        InputError: ``receipt-not-circulable``.
    """
    model = receipt.model if isinstance(receipt, ParsedReceipt) else receipt
    if not model.main.is_circulable:
        raise InputError(
            "receipt-not-circulable",
            "the receipt was issued for arrears and may not circulate",
            f"{NOT_CIRCULABLE}：该票据因欠费开具，不得报销、入账",
            field="Main/MainExt/IsArrears",
            rule="a receipt for arrears is neither reimbursed nor booked",
            remedy="pay what is owed and ask the unit to reverse this receipt and issue another",
        )
