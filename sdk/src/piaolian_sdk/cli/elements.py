"""The five elements of a receipt, and lists of them as accountants keep them."""

import csv
import io
from dataclasses import dataclass
from datetime import date

from piaolian_sdk.beijing import date_from_text
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_decimal, fen_from_text
from piaolian_sdk.receipt import Main

_HEADINGS = ("代码", "号码", "校验码", "金额", "开票日期")


@dataclass(frozen=True, slots=True)
class Elements:
    """What names a receipt, and what is printed beside it; None where it was not given.

    Attributes:
        amount_fen: As printed: negative for a red receipt.
    """

    code: str
    number: str
    check_code: str | None = None
    amount_fen: int | None = None
    issue_date: date | None = None

    @classmethod
    def of_document(cls, main: Main) -> "Elements":
        """Return the elements of a document."""
        return cls(
            main.einvoice_code,
            main.einvoice_number,
            main.random_number,
            fen_from_decimal(main.total_amount),
            main.issue_date,
        )

    @property
    def key(self) -> tuple[str, str]:
        """Code and number, which name one receipt."""
        return self.code, self.number

    def differences(self, other: "Elements | None") -> list[str]:
        """Return what is said otherwise, in Chinese; what was not given does not count."""
        if other is None:
            return []
        pairs = (
            ("校验码", self.check_code, other.check_code),
            ("金额", self.amount_fen, other.amount_fen),
            ("开票日期", self.issue_date, other.issue_date),
        )
        return [name for name, one, two in pairs if one is not None and two is not None and one != two]


def read_list(data: bytes) -> list[Elements]:
    """Return the lines of a CSV list: code, number, check code, amount, day; a heading is left out.

    Args:
        data: UTF-8 or GB 18030, as spreadsheets write it.

    Raises:
        InputError: A line is malformed; ``field`` names it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    rows = [[cell.strip().lstrip("'") for cell in row] for row in csv.reader(io.StringIO(text)) if any(row)]
    is_heading = bool(rows) and not rows[0][0].isdigit()
    return [_line(row, place) for place, row in enumerate(rows, 1) if not (is_heading and place == 1)]


def _line(row: list[str], place: int) -> Elements:
    code, number, check_code, amount, day = (row + [""] * 5)[:5]
    try:
        # Spreadsheets drop leading zeros.
        return Elements(
            f"{int(code):08d}",
            f"{int(number):010d}",
            check_code or None,
            fen_from_text(amount) if amount else None,
            date_from_text(day.replace("-", "")) if day else None,
        )
    except (ValueError, InputError) as exc:
        raise InputError(
            "value-out-of-range",
            f"line {place} of the list is malformed",
            f"清单第 {place} 行格式有误",
            field=f"line {place}",
            rule=",".join(_HEADINGS),
            remedy="write code, number, check code, amount and day, parted by commas",
        ) from exc
