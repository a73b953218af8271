"""The shape of a rule and of what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from piaolian_sdk.errors import ErrorCode, RuleViolation
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.rules.context import RuleContext

_FEN_PER_YUAN = Decimal(100)


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken.

    Attributes:
        field: Path of the element, such as ``Details/Item[1]/ItemCode``. Never the value of a personal field.
        expected: What would be right, in a few words.
        code: A closer code than the rule's own.
    """

    field: str
    expected: str
    code: ErrorCode | None = None


Check = Callable[[EInvoice, RuleContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One numbered rule.

    Attributes:
        rule_id: ``R001`` and so on, never given twice.
        code: Code of the error.
        source: Regulation and article, or the published practice.
        message: One English sentence.
        message_zh: The same in Chinese.
        remedy: What a unit does about it.
        check: Gives the places where the rule is broken.
    """

    rule_id: str
    code: ErrorCode
    source: str
    message: str
    message_zh: str
    remedy: str
    check: Check

    def violations(self, receipt: EInvoice, context: RuleContext) -> Iterator[RuleViolation]:
        """Give one error for each place where ``receipt`` breaks this rule."""
        for finding in self.check(receipt, context):
            yield self.violation(finding)

    def violation(self, finding: Finding) -> RuleViolation:
        """Return the error for one place."""
        return RuleViolation(
            finding.code or self.code,
            f"{finding.field}: {self.message}; expected {finding.expected}",
            f"{finding.field}：{self.message_zh}（应为：{finding.expected}）",
            rule_id=self.rule_id,
            source=self.source,
            field=finding.field,
            rule=finding.expected,
            remedy=self.remedy,
        )


def fen(amount: Decimal) -> int:
    """Return an amount of the model, which has two places, as integer fen."""
    return int(amount * _FEN_PER_YUAN)


def item_path(position: int, name: str) -> str:
    """Return the path of a child of the item at ``position``, counted from zero."""
    return f"Details/Item[{position + 1}]/{name}"


def aux_path(position: int, name: str) -> str:
    """Return the path of a child of the list line at ``position``, counted from zero."""
    return f"AuxDetails/AuxItem[{position + 1}]/{name}"
