"""A payment that a bank or finance department confirms at once, before any statement."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from piaolian_oracle.reports import Payment, bank_reference
from piaolian_oracle.statements import account_digest
from piaolian_sdk.beijing import day_number

Channel = Literal["cfx", "callback"]

# One report for each confirmation: real time means that it does not wait for others. The name holds nothing of the
# channel, so that oracles that heard of the payment by different channels come to the same report.
_KEY_PREFIX = "realtime="


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One confirmation.

    Attributes:
        account: Account that the money came into, as the bank writes it. Never logged.
        code: 20-digit payment code.
        amount_fen: Fen, above 0.
        value_day: Day on which the money counts, Beijing calendar.
        reference: The bank's reference, the same as in its statement.
        channel: How it came.
    """

    account: str = field(repr=False)
    code: str
    amount_fen: int
    value_day: date
    reference: str
    channel: Channel

    @property
    def statement_key(self) -> str:
        """Name under which its report is made; the same by every channel."""
        return f"{_KEY_PREFIX}{self.reference}"

    @property
    def account_digest(self) -> bytes:
        """SHA-256 of the account, 32 bytes."""
        return account_digest(self.account)

    def content_digest(self) -> str:
        """Return the SHA-256 (hex) of what the oracle acts upon; the channel is no part of it."""
        content = f"{self.account}|{self.code}|{self.amount_fen}|{self.value_day.isoformat()}|{self.reference}"
        return hashlib.sha256(content.encode()).hexdigest()

    def payment(self) -> Payment:
        """Return the payment as a report holds it, with the bank reference of the statement."""
        return Payment(
            code=self.code,
            bank_reference=bank_reference(self.account, self.reference),
            amount_fen=self.amount_fen,
            value_day=day_number(self.value_day),
            reference=self.reference,
            entry=1,
        )
