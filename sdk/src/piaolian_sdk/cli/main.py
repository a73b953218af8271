"""Arguments, exit codes and what is written."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from piaolian_sdk.cli import authority, codes, commands, documents
from piaolian_sdk.errors import PiaolianError, RemoteError

IN_ORDER, REFUSED, WRONG_USE, UNAVAILABLE = 0, 1, 2, 3
_COMMANDS = commands.COMMANDS | documents.COMMANDS | authority.COMMANDS | codes.COMMANDS


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
    return IN_ORDER if in_order else REFUSED


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

    verify = groups.add_parser("verify", help="向自选的链节点查验票据")
    verify.add_argument("file", type=Path, metavar="文件", help="带两个签名的票据 XML")
    proof = verify.add_mutually_exclusive_group(required=True)
    proof.add_argument("--proof", type=Path, metavar="JSON", help="证明文件")
    proof.add_argument("--node", metavar="网址", help="财政节点；向它索取证明（证明不作为依据，逐项核对）")
    verify.add_argument("--rpc", required=True, metavar="网址", help="自选的链节点")
    verify.add_argument("--address-book", required=True, type=Path, metavar="JSON", help="合约地址簿")
    verify.add_argument("--trust", required=True, type=Path, nargs="+", metavar="PEM", help="受信任的根证书与吊销列表")
    verify.add_argument("--finality-depth", type=int, default=2, metavar="N", help="最终确认所需的区块数（缺省 2）")
    verify.set_defaults(command="verify")

    rules = groups.add_parser("rules", help="列出全部编号规则")
    rules.set_defaults(command="rules")
    authority.add_parsers(groups)
    codes.add_parsers(groups)
    return parser
