"""Read the text layer of a printed receipt: labels and values as the visual copies of the provinces show them.

Text layers run a value into the next label (``交款人：李四开票日期：2024-05-01``), so that a value ends where the next
known label begins. What is read proves nothing: it is what a person would type to verify the receipt.

>>> printed = read_printed("交款人：李四开票日期：2024-05-01 (小写)￥188.21")
>>> printed.values["交款人"], printed.issue_date.isoformat(), printed.total_fen
('李四', '2024-05-01', 18821)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from piaolian_sdk.beijing import date_from_text
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_capital_words, fen_from_text

# Amounts of the medical part. The balance of the account is one of them and no payment.
AMOUNT_LABELS: Final = (
    "医保统筹基金支付",
    "其他支付",
    "个人账户支付",
    "个人现金支付",
    "个人自付",
    "个人自费",
    "大病保险支付",
    "其他保险支付",
    "医疗救助支付",
    "个人账户余额",
)
_CAPITALS, _FIGURES, _REMARK = "大写", "小写", "备注"
_LABELS: Final = (
    *AMOUNT_LABELS,
    "业务流水号",
    "门诊号",
    "住院号",
    "病历号",
    "就诊日期",
    "交费日期",
    "医疗机构类型",
    "医保类型",
    "医保编号",
    "性别",
    "支付方式",
    _REMARK,
    "票据代码",
    "票据号码",
    "校验码",
    "交款人统一社会信用代码",
    "交款人",
    "开票日期",
    "收款单位（章）",
    "（章）",
    "复核人",
    "收款人",
    "所属电子票据代码",
    "所属电子票据号码",
)
_COLON = "[：:]"
# The longest first, so that no label is read within another.
_LABEL = re.compile(
    "(?P<label>" + "|".join(re.escape(label) for label in sorted(_LABELS, key=len, reverse=True)) + f"){_COLON}"
    f"|[（(](?P<total>{_CAPITALS}|{_FIGURES})[）)]"
)
_DATE = re.compile("([0-9]{4})(?:-|年)?([0-9]{2})(?:-|月)?([0-9]{2})日?(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_CURRENCY_MARKS = "￥¥"


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """What stands on a copy.

    Attributes:
        values: Texts by label; of a label that stands twice, the first.
    """

    values: Mapping[str, str]

    @property
    def unit(self) -> str | None:
        """The unit that issued, from beside its seal; the name of a platform in the footer is never taken for it."""
        return self.values.get("收款单位（章）") or self.values.get("（章）") or None

    @property
    def issue_date(self) -> date:
        """The printed day of issue.

        Raises:
            InputError: It is missing or no date.
        """
        return printed_date(self.values.get("开票日期", ""), "开票日期")

    @property
    def total_fen(self) -> int:
        """The total in fen, from figures and words, which must agree where both are there.

        Raises:
            InputError: Both are missing, one is malformed, or they differ.
        """
        figures, words = self.values.get(_FIGURES), self.values.get(_CAPITALS)
        read = set()
        if figures is not None:
            read.add(fen_from_text(figures.lstrip(_CURRENCY_MARKS), _FIGURES))
        if words is not None:
            read.add(fen_from_capital_words(words, _CAPITALS))
        if len(read) != 1:
            raise InputError(
                "total-mismatch" if read else "amount-malformed",
                "the total in figures and in words is missing or differs",
                "金额合计缺失，或大写与小写不一致",
                field="金额合计",
                rule="words and figures agree",
                remedy="read the copy again, or take the document itself",
            )
        return read.pop()

    def amount_fen(self, label: str) -> int | None:
        """Return an amount of the medical part, or None where the copy does not show it; ``0`` and ``0.00`` are zero.

        Raises:
            InputError: The text is no amount.
        """
        text = self.values.get(label)
        return fen_from_text(text, label) if text else None


def read_printed(text: str) -> PrintedReceipt:
    """Read the text layer of one receipt. Unknown labels are left out; nothing is guessed."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        found = list(_LABEL.finditer(line))
        for place, match in enumerate(found):
            label = match["label"] or match["total"]
            # A remark is free text: whatever looks like a label in it is its own.
            ends_line = place + 1 == len(found) or label == _REMARK
            end = len(line) if ends_line else found[place + 1].start()
            values.setdefault(label, line[match.end() : end].strip())
            if label == _REMARK:
                break
    return PrintedReceipt(values)


def printed_date(text: str, field: str) -> date:
    """Read a date as copies print it: ``2023-04-30``, ``2023年04月30日``, ``20230430``, with or without a time.

    Raises:
        InputError: It has another form, or there is no such day.
    """
    match = _DATE.fullmatch(text)
    return date_from_text("".join(match.groups()) if match else text, field)
