"""Numbered rules of a receipt, as data. A unit's SDK runs them before it sends, a node before it countersigns.

``check_receipt`` raises the first rule that is broken, ``violations`` gives all of them, ``RULES`` lists them with the
regulation that each comes from.
"""

from piaolian_sdk.rules.context import CatalogueItem, NoticeLine, PaidNotice, RuleContext
from piaolian_sdk.rules.extension import NOT_CIRCULABLE_ZH, check_circulable
from piaolian_sdk.rules.kinds import KINDS, ReceiptKind, kind_of
from piaolian_sdk.rules.listing import RULES, check_receipt, violations
from piaolian_sdk.rules.rule import Finding, Rule

__all__ = [
    "KINDS",
    "NOT_CIRCULABLE_ZH",
    "RULES",
    "CatalogueItem",
    "Finding",
    "NoticeLine",
    "PaidNotice",
    "ReceiptKind",
    "Rule",
    "RuleContext",
    "check_circulable",
    "check_receipt",
    "kind_of",
    "violations",
]
