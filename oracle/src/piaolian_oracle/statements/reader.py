"""Reads camt.053 statements and camt.054 notifications of every version (ISO 20022).

    >>> from piaolian_oracle.statements import read_statements
    >>> read_statements(b"<Document/>")
    Traceback (most recent call last):
    piaolian_oracle.errors.StatementError: neither a camt.053 nor a camt.054 message

The file is untrusted: no document type, no entity, no network, bounded size and depth. It is read as a stream, so
that a hundred thousand entries need no more memory than their lines do.

NOT CHECKED here: whether the account is one of ours, and whether the statement's number is the next one; the daemon
judges both against its settings and its state.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from piaolian_oracle.errors import StatementError
from piaolian_oracle.statements.elements import (
    amount_fen,
    beijing_instant,
    child,
    children,
    local_name,
    text,
)
from piaolian_oracle.statements.entries import EntryTotals, read_entry
from piaolian_oracle.statements.model import Statement, StatementLine

# 100,000 entries of a full camt.054 take about 110 MB.
MAX_STATEMENT_BYTES = 256 << 20

_MESSAGES = {"BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054"}
_STATEMENTS = {"Stmt": "BkToCstmrStmt", "Ntfctn": "BkToCstmrDbtCdtNtfctn"}


@dataclass
class _Page:
    """One statement while it is being read."""

    account: str
    lines: list[StatementLine] = field(default_factory=list)
    totals: list[EntryTotals] = field(default_factory=list)


def read_statements(data: bytes, *, max_bytes: int = MAX_STATEMENT_BYTES) -> tuple[Statement, ...]:
    """Read every statement of a file.

    Args:
        data: The file as received.
        max_bytes: Largest size that is looked at, bytes.

    Returns:
        The statements in the order of the file, at least one.

    Raises:
        StatementError: The file is too large, is not well-formed XML, has a document type, is no camt.053 or
            camt.054, lacks a mandatory element, or contradicts its own totals.
    """
    if len(data) > max_bytes:
        raise StatementError(
            "statement-too-large",
            f"the file has {len(data)} bytes, more than {max_bytes}",
            f"对账单文件超过上限 {max_bytes} 字节",
            "请银行分页发送, 或调高 PIAOLIAN_ORACLE_MAX_STATEMENT_BYTES",
        )
    try:
        statements = tuple(_stream(data))
    except etree.XMLSyntaxError as exc:
        line, column = exc.position
        raise StatementError(
            "statement-malformed",
            f"the file is not well-formed XML at line {line}, column {column}",
            f"对账单不是合格的 XML (第 {line} 行第 {column} 列)",
            "请银行重发; 若文件仍在传输, 传完后会自动重读",
        ) from exc
    if not statements:
        raise _not_camt()
    return statements


def _stream(data: bytes) -> Iterator[Statement]:
    # (1) A document type is refused at the root, before any entity of it could be used.
    # (2) The path must be Document / message / statement / Ntry: an entry elsewhere is not an entry.
    # (3) Each entry is read when it is complete and then emptied, so that memory stays flat.
    page: _Page | None = None
    events = etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for event, element in events:
        parent = element.getparent()
        if event == "start":
            if parent is None:
                _refuse_document_type(element)
            continue
        name = local_name(element)
        if name == "Ntry" and parent is not None and _is_statement(parent):
            page = page or _Page(_account(parent))
            lines, totals = read_entry(element, len(page.totals) + 1, page.account)
            page.lines.extend(lines)
            page.totals.append(totals)
            _free(element, parent)
        elif _is_statement(element):
            yield _statement(element, page or _Page(_account(element)))
            page = None


def _free(entry: etree._Element, statement: etree._Element) -> None:
    # The parser still holds the entry that it has just closed: that one may be emptied, only earlier ones removed.
    entry.clear()
    earlier = entry.getprevious()
    if earlier is not None and local_name(earlier) == "Ntry":
        statement.remove(earlier)


def _refuse_document_type(root: etree._Element) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise StatementError(
            "statement-entity-forbidden",
            "a statement has no document type",
            "对账单不得含有 DOCTYPE 声明",
            "请核实文件来源",
        )
    if local_name(root) != "Document":
        raise _not_camt()


def _is_statement(element: etree._Element) -> bool:
    parent = element.getparent()
    if parent is None or local_name(parent) != _STATEMENTS.get(local_name(element)):
        return False
    root = parent.getparent()
    return root is not None and root.getparent() is None


def _account(statement: etree._Element) -> str:
    account = text(statement, "Acct", "Id", "IBAN") or text(statement, "Acct", "Id", "Othr", "Id")
    if not account:
        raise _missing("Acct/Id")
    return account


def _statement(element: etree._Element, page: _Page) -> Statement:
    statement_id = text(element, "Id")
    if not statement_id:
        raise _missing("Id")
    parent = element.getparent()
    message = "" if parent is None else _MESSAGES[local_name(parent)]
    pagination = child(element, "StmtPgntn")
    if pagination is None:
        pagination = child(element, "NtfctnPgntn")
    _check_totals(element, page.totals)
    return Statement(
        message=message,
        account=page.account,
        statement_id=statement_id,
        number=_number(element, "ElctrncSeqNb"),
        page=1 if pagination is None else _number(pagination, "PgNb") or 1,
        is_last_page=pagination is None or text(pagination, "LastPgInd") in {"true", "1"},
        year=_year(element),
        lines=tuple(page.lines),
    )


def _check_totals(element: etree._Element, totals: list[EntryTotals]) -> None:
    """Compare the entries with the counts and sums that the bank states (`TxsSummry`), where it states any."""
    summary = child(element, "TxsSummry")
    groups = (("TtlNtries", None), ("TtlCdtNtries", "credit"), ("TtlDbtNtries", "debit"))
    for name, direction in groups:
        amounts = [entry.amount_fen for entry in totals if direction in {None, entry.direction}]
        for total in children(summary, name) if summary is not None else ():
            count, amount = text(total, "NbOfNtries"), text(total, "Sum")
            if (count and count != str(len(amounts))) or (amount and amount_fen(amount, name) != sum(amounts)):
                raise StatementError(
                    "statement-totals-differ",
                    f"the entries differ from the stated {name}",
                    f"对账单明细与其汇总 {name} 不符",
                    "请银行重发完整的对账单",
                    field=name,
                )


def _number(element: etree._Element, name: str) -> int | None:
    value = text(element, name)
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise StatementError(
            "statement-element-invalid",
            f"{name}: a number has at most 18 digits",
            f"对账单元素 {name} 应为不超过 18 位的数字",
            "请银行重发更正后的对账单",
            field=name,
        )
    return int(value)


def _year(element: etree._Element) -> int:
    created = text(element, "CreDtTm")
    if not created:
        raise _missing("CreDtTm")
    try:
        return beijing_instant(created).year
    except ValueError as exc:
        raise StatementError(
            "statement-element-invalid",
            "CreDtTm: an instant is written by ISO 8601",
            "对账单元素 CreDtTm 不是有效的时间",
            "请银行重发更正后的对账单",
            field="CreDtTm",
        ) from exc


def _missing(name: str) -> StatementError:
    return StatementError(
        "statement-element-missing",
        f"{name} is absent",
        f"对账单缺少元素 {name}",
        "请银行重发完整的对账单",
        field=name,
    )


def _not_camt() -> StatementError:
    return StatementError(
        "statement-not-camt",
        "neither a camt.053 nor a camt.054 message",
        "文件既不是 camt.053 也不是 camt.054 报文",
        "请核实文件来源",
    )
