"""What the bank said, for reconciliation: every line of every statement, without name, account or remittance text.

Real-time confirmations are left out: the statement that bears them out has the same money once more.
"""

import json
from datetime import datetime

from piaolian_oracle.state import Database
from piaolian_sdk.beijing import BEIJING, day_number

FORMAT = "piaolian.bank-lines.1"


def export_lines(database: Database) -> bytes:
    """Return the lines as JSON, in the order of the statements.

    A line that was not reported has no value day in the state file; the day on which its statement was read stands for
    it. Its bank reference in the ledger is left out: it is not there.
    """
    rows = database.connection.execute(
        "SELECT s.id, s.read_unix, p.entry, 0, p.reference, p.code, p.amount_fen, p.value_day, '', 1,"
        " hex(p.bank_reference) FROM payments p JOIN parts ON parts.id = p.part"
        " JOIN statements s ON s.id = parts.statement WHERE s.message != 'realtime'"
        " UNION ALL"
        " SELECT s.id, s.read_unix, e.entry, e.detail, e.reference, e.code, e.amount_fen, NULL, e.reason,"
        " e.is_incoming, '' FROM exceptional_lines e JOIN statements s ON s.id = e.statement"
        " ORDER BY 1, 3, 4, 5"
    )
    lines = [
        {
            "reference": row[4],
            "bank_reference": row[10].lower(),
            "code": row[5],
            "amount_fen": row[6],
            "day": row[7] if row[7] is not None else _day(row[1]),
            "reason": row[8],
            "is_incoming": bool(row[9]),
        }
        for row in rows
    ]
    return json.dumps({"format": FORMAT, "lines": lines}, ensure_ascii=False, separators=(",", ":")).encode()


def _day(read_unix: int) -> int:
    return day_number(datetime.fromtimestamp(read_unix, tz=BEIJING).date())
