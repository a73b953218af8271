"""Rules of the medical extensions: who paid the total, deposits, dates of treatment."""

from collections.abc import Iterator

from piaolian_sdk.money import text_from_fen
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Finding, fen


def funds(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Fund, personal account, cash and other payments make the total."""
    extension = receipt.main.main_ext
    parts = (
        extension.fund_pay_amount,
        extension.account_pay_amount,
        extension.own_pay_amount,
        extension.other_pay_amount,
    )
    if not context.kind.is_medical or all(part is None for part in parts):
        return
    paid = sum(fen(part) for part in parts if part is not None)
    if paid != fen(receipt.main.total_amount):
        yield Finding("Main/MainExt/FundPayAmount", f"payments that add up to {receipt.main.total_amount}")


def settlement(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """What the patient paid is the deposit and what was added, less what was given back."""
    extension = receipt.main.main_ext
    if not context.kind.is_medical or extension.prepay_amount is None or extension.own_pay_amount is None:
        return
    balance = fen(extension.prepay_amount)
    balance += fen(extension.recharge_amount) if extension.recharge_amount is not None else 0
    balance -= fen(extension.refund_amount) if extension.refund_amount is not None else 0
    if balance != fen(extension.own_pay_amount):
        yield Finding("Main/MainExt/OwnPayAmount", f"{text_from_fen(balance)}, deposit plus recharge less refund")


def dates(receipt: EInvoice, context: RuleContext) -> Iterator[Finding]:
    """Treatment is not later than the receipt, and nobody leaves before coming."""
    extension = receipt.main.main_ext
    if not context.kind.is_medical:
        return
    issued = receipt.main.issue_date
    if extension.medical_date is not None and extension.medical_date > issued:
        yield Finding("Main/MainExt/MedicalDate", "a day up to IssueDate")
    if extension.out_hospital_date is not None and extension.out_hospital_date > issued:
        yield Finding("Main/MainExt/OutHospitalDate", "a day up to IssueDate")
    came, left = extension.in_hospital_date, extension.out_hospital_date
    if came is not None and left is not None and came > left:
        yield Finding("Main/MainExt/InHospitalDate", "a day up to OutHospitalDate")
