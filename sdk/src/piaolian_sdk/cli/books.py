"""``piaolian books`` and ``piaolian notices``: reconcile with bank and treasury, close days, read tables of notices."""

import argparse
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.client.notice_files import read_notices
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import BlockStamp, FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.reconciliation import (
    OPEN_KINDS,
    RULES,
    Ambiguity,
    Balance,
    Books,
    ClosedDay,
    CodeDirectory,
    ItemRow,
    OpenItem,
    Reconciliation,
    balance,
    close_day,
    day_rows,
    last_block_of_day,
    read_bank_lines,
    read_books,
    read_treasury_entries,
    reconcile,
    sign_day,
    verify_day,
)
from piaolian_sdk.signing import DocumentCertificate, SoftwareSigner

Outcome = tuple[list[str], bool]
_OWNERS_ZH = {"bank": "银行", "supervisor": "主管人员", "treasury": "国库", "unit": "执收单位"}


def show(arguments: argparse.Namespace) -> Outcome:
    """Reconcile up to the newest final block, or to the end of a day; in order when nothing is ambiguous."""
    reader = _reader(arguments)
    at = reader.final() if arguments.day is None else last_block_of_day(reader, day_number(arguments.day))
    books, found = _reconcile(reader, at, arguments)
    day = day_number(arguments.day or datetime.fromtimestamp(at.timestamp, tz=BEIJING).date())
    return _report(books, found, day), not found.ambiguities


def close(arguments: argparse.Namespace) -> Outcome:
    """Close a day: write the statement and its signature beside it."""
    reader, day = _reader(arguments), day_number(arguments.day)
    at = last_block_of_day(reader, day)
    books, found = _reconcile(reader, at, arguments)
    previous = ClosedDay(arguments.previous.read_bytes(), b"").digest if arguments.previous else ""
    totals = reader.payment_ledger.totals(at)
    document = close_day(books, found, totals, day=day, at=at, chain_id=reader.address_book.chain_id, previous=previous)
    password = arguments.password_file.read_bytes().rstrip(b"\r\n") if arguments.password_file else None
    signer = SoftwareSigner.from_pem(arguments.key.read_bytes(), arguments.certificate.read_bytes(), password)
    closed = sign_day(document, signer)
    verify_day(closed, signer.certificate, totals)
    arguments.out.write_bytes(closed.document)
    _signature_path(arguments.out).write_bytes(closed.signature)
    done = f"已日结 {arguments.day.isoformat()}：{arguments.out}，摘要 {closed.digest}"
    return [*_report(books, found, day), done], True


def verify(arguments: argparse.Namespace) -> Outcome:
    """Verify a closed day against its signature and the ledger at its block."""
    closed = ClosedDay(arguments.file.read_bytes(), _signature_path(arguments.file).read_bytes())
    certificate = DocumentCertificate.from_pem(arguments.certificate.read_bytes())
    reader = _reader(arguments)
    at = reader.block(_block_number(closed))
    if at is None:
        raise InputError("day-does-not-close", "the chain lacks the statement's block", "链上没有日结单所指的区块")
    content = verify_day(closed, certificate, reader.payment_ledger.totals(at))
    if content["block"]["hash"] != at.hash.hex():
        raise InputError("day-does-not-close", "the statement is of another chain", "日结单属于另一条链")
    return [f"日结单 {content['day']} 有效：签名、总额与链上一致，未结事项 {len(content['open_items'])} 项"], True


def check_notices(arguments: argparse.Namespace) -> Outcome:
    """Read a table of notices; say in which cell what is wrong."""
    table = read_notices(arguments.file.read_bytes())
    if table.faults:
        return [fault.line_zh() for fault in table.faults], False
    total = sum(fen_from_text(amount) for draft in table.drafts for _, amount in draft.lines)
    days = "、".join(day.isoformat() for day in table.by_due_day())
    return [f"{len(table.drafts)} 份通知书，合计 {text_from_fen(total)} 元，限缴日期 {days}"], True


def _reconcile(reader: ChainReader, at: BlockStamp, arguments: argparse.Namespace) -> tuple[Books, Reconciliation]:
    lines = read_bank_lines(arguments.bank.read_bytes())
    entries = read_treasury_entries(arguments.treasury.read_bytes()) if arguments.treasury else None
    if arguments.day is not None:
        last = day_number(arguments.day)
        lines = [line for line in lines if line.day <= last]
        entries = None if entries is None else [entry for entry in entries if entry.day <= last]
    books, directory = read_books(reader, at), CodeDirectory(reader, at)
    return books, reconcile(books, lines, entries, directory.code_of, directory.text_of)


def _report(books: Books, found: Reconciliation, day: int) -> list[str]:
    return [
        _balance_line(balance(books.postings)),
        *(_row_line(row) for row in day_rows(books.postings, day)),
        *(f"已对上 {count} 笔：{RULES[rule]}（{rule}）" for rule, count in found.by_rule().items()),
        *(_item_line(item, day) for item in found.open_items),
        *(_ambiguity_line(one) for one in found.ambiguities),
    ]


def _item_line(item: OpenItem, day: int) -> str:
    named = " ".join(part for part in (item.code, item.reference) if part)
    amount, owner = text_from_fen(item.amount_fen), _OWNERS_ZH[item.owner]
    kind = f"{OPEN_KINDS[item.kind]} {named} {amount} 元，由{owner}处理（{item.kind}）"
    return f"未结 {item.age_days(day)} 天：{kind}"


def _ambiguity_line(one: Ambiguity) -> str:
    ways = f"{'、'.join(one.members)} ↔ {'、'.join(one.candidates)}"
    return f"多种可能，待人工判定：{one.code} {text_from_fen(one.amount_fen)} 元 {ways}"


def _row_line(row: ItemRow) -> str:
    amounts = (
        ("收", row.received),
        ("蓝", row.blue),
        ("红", row.red),
        ("退", row.refunded),
        ("暂收增减", row.suspended),
    )
    told = "，".join(f"{name} {text_from_fen(fen)}" for name, fen in amounts)
    return f"单位 {row.unit} 项目 {row.item or '未分项'}：{told}"


def _balance_line(sums: Balance) -> str:
    parts = (
        ("收", sums.received),
        ("已缴未开票", sums.paid),
        ("已开票", sums.receipted),
        ("已退", sums.refunded),
        ("暂收", sums.suspense),
    )
    return "，".join(f"{name} {text_from_fen(fen)}" for name, fen in parts) + f"，差额 {text_from_fen(sums.difference)}"


def _reader(arguments: argparse.Namespace) -> ChainReader:
    book = AddressBook.from_file(arguments.address_book)
    reader = ChainReader(arguments.rpc, book, FinalityPolicy(arguments.finality_depth))
    reader.check_network()
    return reader


def _signature_path(path: Path) -> Path:
    return path.with_suffix(path.suffix + ".sig")


def _block_number(closed: ClosedDay) -> int:
    try:
        return int(json.loads(closed.document)["block"]["number"])
    except (ValueError, KeyError, TypeError) as exc:
        raise InputError("table-malformed", "the file is no day statement", "文件不是日结单") from exc


def add_parsers(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``books reconcile``, ``books close``, ``books verify`` and ``notices check``."""
    books = groups.add_parser("books", help="链上款项与银行、国库对账，日结")
    actions = books.add_subparsers(dest="action", required=True, metavar="操作")
    reconciling = actions.add_parser("reconcile", help="对账：已对上的、未结的、不能判定的")
    closing = actions.add_parser("close", help="日结：总额与链上相等，签名")
    verifying = actions.add_parser("verify", help="验证日结单")
    for action in (reconciling, closing, verifying):
        action.add_argument("--rpc", required=True, metavar="网址", help="自选的链节点")
        action.add_argument("--address-book", required=True, type=Path, metavar="JSON", help="合约地址簿")
        action.add_argument("--finality-depth", type=int, default=2, metavar="N", help="最终确认的区块数（缺省 2）")
    for action in (reconciling, closing):
        action.add_argument("--bank", required=True, type=Path, metavar="JSON", help="piaolian-oracle export 的输出")
        action.add_argument("--treasury", type=Path, metavar="表格", help="国库分录，CSV 或 XLSX")
    reconciling.add_argument(
        "--day", type=date.fromisoformat, metavar="日期", help="截至已过去的某日；缺省为最新的最终区块"
    )
    reconciling.set_defaults(command="books reconcile")
    closing.add_argument("--day", required=True, type=date.fromisoformat, metavar="日期", help="要结的日子")
    closing.add_argument("--previous", type=Path, metavar="JSON", help="前一日的日结单")
    closing.add_argument("--key", required=True, type=Path, metavar="PEM", help="私钥（PKCS#8）")
    closing.add_argument("--certificate", required=True, type=Path, metavar="PEM", help="证书")
    closing.add_argument("--password-file", type=Path, metavar="文件", help="私钥口令所在文件")
    closing.add_argument("--out", required=True, type=Path, metavar="JSON", help="日结单；签名写在其旁")
    closing.set_defaults(command="books close")
    verifying.add_argument("file", type=Path, metavar="JSON", help="日结单")
    verifying.add_argument("--certificate", required=True, type=Path, metavar="PEM", help="出具部门的证书")
    verifying.set_defaults(command="books verify")
    notices = groups.add_parser("notices", help="缴款通知书")
    checking = notices.add_subparsers(dest="action", required=True, metavar="操作").add_parser(
        "check", help="检查通知书表格（CSV 或 XLSX），不联网"
    )
    checking.add_argument("file", type=Path, metavar="表格", help="列：业务号、项目编码、金额、限缴日期")
    checking.set_defaults(command="notices check")


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "books reconcile": show,
    "books close": close,
    "books verify": verify,
    "notices check": check_notices,
}
