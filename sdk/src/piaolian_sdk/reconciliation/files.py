"""Reads what a treasury brings to a reconciliation: an oracle's export, and a table of its own entries. Pure."""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from piaolian_sdk.beijing import day_number
from piaolian_sdk.codes import PaymentCode
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.reconciliation.lines import BankLine, TreasuryEntry
from piaolian_sdk.tables import Column, Fault, Row, fault_error, read_table

VOUCHER, CODE, AMOUNT, DAY, REFERENCE = "凭证号", "缴款识别码", "金额", "日期", "银行流水"
COLUMNS: Final = (
    Column(VOUCHER),
    Column(CODE),
    Column(AMOUNT, "amount"),
    Column(DAY, "day"),
    Column(REFERENCE, required=False),
)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    reference: str
    bank_reference: str = Field(pattern=r"^(?:[0-9a-f]{16})?$")
    code: str = Field(pattern=r"^(?:[0-9]{20})?$")
    amount_fen: int = Field(ge=0)
    day: int = Field(ge=0)
    reason: str
    is_incoming: bool


class _Lines(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: str = Field(pattern=r"^piaolian\.bank-lines\.1$")
    lines: list[_Line]


def read_bank_lines(data: bytes) -> list[BankLine]:
    """Read the output of ``piaolian-oracle export``.

    Raises:
        InputError: "table-malformed" with the place.
    """
    try:
        found = _Lines.model_validate_json(data)
    except ValidationError as exc:
        error = exc.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        raise InputError(
            "table-malformed",
            f"the export of the oracle is malformed at {place or 'its beginning'}: {error['msg']}",
            f"预言机导出文件有误：{place or '开头'}",
            field=place or None,
            remedy="export again with piaolian-oracle export",
        ) from None
    return [
        BankLine(
            reference=line.reference,
            bank_reference=bytes.fromhex(line.bank_reference),
            code=line.code,
            amount_fen=line.amount_fen,
            day=line.day,
            reason=line.reason,
            is_incoming=line.is_incoming,
        )
        for line in found.lines
    ]


def read_treasury_entries(data: bytes) -> list[TreasuryEntry]:
    """Read the treasury's entries, CSV or XLSX, with the columns 凭证号, 缴款识别码, 金额, 日期, 银行流水.

    Raises:
        InputError: The table cannot be read, or a cell is refused: codes are text, never scientific notation.
    """
    rows, faults = read_table(data, COLUMNS)
    entries = []
    for row in rows:
        made = _entry(row)
        if isinstance(made, Fault):
            faults.append(made)
        else:
            entries.append(made)
    if faults:
        raise fault_error(sorted(faults, key=lambda fault: fault.row))
    return entries


def _entry(row: Row) -> TreasuryEntry | Fault:
    try:
        return TreasuryEntry(
            voucher=row.values[VOUCHER],
            code=str(PaymentCode(row.values[CODE])),
            amount_fen=fen_from_text(row.values[AMOUNT]),
            day=day_number(date.fromisoformat(row.values[DAY])),
            reference=row.values[REFERENCE],
        )
    except InputError as exc:
        field = AMOUNT if exc.code.startswith("amount") else CODE
        return Fault(row.number, field, exc.message, exc.message_zh, "更正该单元格")
    except ValueError:
        return Fault(row.number, DAY, "a day is YYYY-MM-DD", "日期应为 YYYY-MM-DD", "更正该单元格")
