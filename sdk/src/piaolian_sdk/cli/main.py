"""Arguments, exit codes and what is written."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from piaolian_sdk.cli import authority, books, codes, commands, documents, verifying
from piaolian_sdk.errors import PiaolianError, RemoteError

IN_ORDER, REFUSED, WRONG_USE, UNAVAILABLE = 0, 1, 2, 3
_COMMANDS = (
    commands.COMMANDS | documents.COMMANDS | authority.COMMANDS | codes.COMMANDS | books.COMMANDS | verifying.COMMANDS
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        lines, in_order = _COMMANDS[chosen.command](chosen)
    except RemoteError as error:
        _complain(error)
        return UNAVAILABLE
    except PiaolianError as error:
        _complain(error)
        return REFUSED
    except OSError as error:
        sys.stderr.write(f"无法读写文件 {error.filename}：{error.strerror}\n")
        return WRONG_USE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    if isinstance(in_order, bool):
        return IN_ORDER if in_order else REFUSED
    return in_order


def _complain(error: PiaolianError) -> None:
    parts = [f"{error.message_zh}（{error.code}）"]
    step = getattr(error, "step", None)
    if step:
        parts.append(f"  步骤：{step}")
    if error.field:
        parts.append(f"  位置：{error.field}")
    if error.remedy:
        parts.append(f"  remedy: {error.remedy}")
    sys.stderr.write("\n".join(parts) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="piaolian", description="财政电子票据：检查、查验、规则")
    groups = parser.add_subparsers(dest="group", required=True, metavar="命令")

    receipt = groups.add_parser("receipt", help="检查、签名、验证、显示、披露一张票据")
    actions = receipt.add_subparsers(dest="action", required=True, metavar="操作")
    check = actions.add_parser("check", help="按编号规则检查票据文件，不联网")
    check.add_argument("file", type=Path, metavar="文件", help="票据 XML")
    check.add_argument(
        "--trust", type=Path, nargs="+", metavar="PEM", help="受信任的根证书与吊销列表；给出时一并验证签名"
    )
    check.add_argument("--today", action="store_true", help="开票日期须为今天；缺省按票面日期检查")
    check.set_defaults(command="receipt check")
    documents.add_parsers(actions)

    verifying.add_parser(groups)

    rules = groups.add_parser("rules", help="列出全部编号规则")
    rules.set_defaults(command="rules")
    authority.add_parsers(groups)
    codes.add_parsers(groups)
    books.add_parsers(groups)
    return parser
