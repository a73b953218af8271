"""Late fees: what is added when a due day has passed.

>>> from datetime import date
>>> FINE_SURCHARGE.fee_fen(8_000, date(2026, 5, 12), date(2026, 5, 22))
2400
>>> FINE_SURCHARGE.fee_fen(8_000, date(2026, 5, 12), date(2026, 12, 31))
8000

A notice never changes its amount: a fee is asked for by a new notice with a line of its own, after the old one was
cancelled.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

_WHOLE: Final = 10_000
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class LateFeeRule:
    """How a fee grows.

    Attributes:
        daily_ten_thousandths: Added for each day after the due day, in ten-thousandths of the principal (万分之几).
        cap_percent: Most that the fee may come to, in percent of the principal.
    """

    daily_ten_thousandths: int
    cap_percent: int = 100

    def fee_fen(self, principal_fen: int, due_day: date, paid_day: date) -> int:
        """Return the fee in fen, 0 up to and on the due day; half a fen is rounded up.

        Args:
            principal_fen: What was due, fen.
            due_day: Last day without a fee, Beijing calendar.
            paid_day: Value day of the payment, Beijing calendar.
        """
        days = max((paid_day - due_day).days, 0)
        fee = (principal_fen * self.daily_ten_thousandths * days + _WHOLE // 2) // _WHOLE
        return min(fee, principal_fen * self.cap_percent // _PERCENT)


# 行政处罚法 (2021) Art. 72: a fine grows by three per cent a day, and the surcharge never exceeds the fine.
FINE_SURCHARGE: Final = LateFeeRule(300)
# 行政强制法 Art. 45: whatever its rate, a late fee never exceeds what was owed. 万分之五 a day is the usual rate.
USUAL_LATE_FEE: Final = LateFeeRule(5)
