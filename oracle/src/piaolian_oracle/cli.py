"""Command line of the oracle: `piaolian-oracle keys init|show`, `run`, `check`, `show`, `release`, `export`, `cfx`."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from piaolian_oracle.cfx import PaymentNotice
from piaolian_oracle.channels import cfx_client
from piaolian_oracle.check import run_checks
from piaolian_oracle.config import OracleConfig
from piaolian_oracle.daemon import opened, run_oracle
from piaolian_oracle.errors import ConfigError
from piaolian_oracle.export import export_lines
from piaolian_oracle.keys import KeyLocation, init_softhsm_token, make_key, open_signer
from piaolian_oracle.logs import configure_logs
from piaolian_oracle.overview import read_overview
from piaolian_oracle.state import Database, StatementStore
from piaolian_sdk.errors import PiaolianError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIG = 2

_DEFAULT_ROWS = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code.

    Exit codes: 0 done; 1 refused or failed, with the reason on standard error; 2 settings are wrong.
    """
    sys.exit(run_command(arguments))


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code, see `main`."""
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, OracleConfig], int] = parsed.command
    try:
        config = OracleConfig.from_environment()
        return command(parsed, config)
    except ConfigError as error:
        _complain(error)
        return EXIT_CONFIG
    except PiaolianError as error:
        _complain(error)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="piaolian-oracle",
        description="票链缴款预言机: 读取银行对账单, 在链上表决并结算",
        epilog="设置见环境变量 PIAOLIAN_ORACLE_*",
    )
    commands = parser.add_subparsers(required=True, metavar="命令")
    keys = commands.add_parser("keys", help="签名密钥").add_subparsers(required=True, metavar="命令")
    init = keys.add_parser("init", help="在令牌内生成密钥并显示地址")
    init.add_argument("--make-token", action="store_true", help="先建立 SoftHSM 令牌")
    init.add_argument("--so-pin-file", type=Path, help="安全官 PIN 所在文件, 与 --make-token 同用")
    init.set_defaults(command=_init_keys)
    keys.add_parser("show", help="显示地址").set_defaults(command=_show_key)
    commands.add_parser("run", help="运行").set_defaults(command=_run)
    commands.add_parser("check", help="检查各项依赖").set_defaults(command=_check)
    show = commands.add_parser("show", help="显示对账单、报告与未上链的款项")
    show.add_argument("--rows", type=int, default=_DEFAULT_ROWS, help=f"每项最多行数, 默认 {_DEFAULT_ROWS}")
    show.set_defaults(command=_show)
    commands.add_parser("export", help="导出银行明细 (JSON), 供对账").set_defaults(command=_export)
    cfx = commands.add_parser("cfx", help="向 CFX 对方查询或发送").add_subparsers(required=True, metavar="命令")
    query = cfx.add_parser("query", help="查询缴款状态 (8997)")
    query.add_argument("payment_code", help="20 位缴款码")
    query.set_defaults(command=_query)
    notice = cfx.add_parser("notice", help="发送缴款通知书 (8994)")
    notice.add_argument("file", type=Path, help="JSON 文件: 凭证字段名到文本")
    notice.set_defaults(command=_notice)
    release = commands.add_parser("release", help="核实后恢复停用的来源")
    release.add_argument("account", help="账户摘要的开头, 见 show")
    release.set_defaults(command=_release)
    return parser


def _init_keys(arguments: argparse.Namespace, config: OracleConfig) -> int:
    location, pin = _location(config), config.pin.get_secret_value()
    if arguments.make_token:
        init_softhsm_token(location, pin, _so_pin(arguments.so_pin_file))
    make_key(location, pin)
    return _show_key(arguments, config)


def _so_pin(path: Path | None) -> str:
    if path is None:
        raise ConfigError(
            "config-invalid",
            "--make-token needs --so-pin-file",
            "建立令牌需要安全官 PIN",
            "用 --so-pin-file 指定文件",
            field="--so-pin-file",
        )
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigError(
            "config-invalid",
            "the file of --so-pin-file cannot be read",
            "无法读取安全官 PIN 文件",
            "检查路径与权限",
            field="--so-pin-file",
        ) from exc


def _show_key(_arguments: argparse.Namespace, config: OracleConfig) -> int:
    with open_signer(_location(config), config.pin.get_secret_value()) as signer:
        # The address alone, so that scripts can take it as it is.
        print(signer.address)
    return EXIT_OK


def _run(_arguments: argparse.Namespace, config: OracleConfig) -> int:
    configure_logs(config.log_level)
    run_oracle(config)
    return EXIT_OK


def _check(_arguments: argparse.Namespace, config: OracleConfig) -> int:
    is_well = True
    for result in run_checks(config):
        if result.problem is None:
            print(f"正常  {result.name}: {result.detail}")
        else:
            is_well = False
            print(f"异常  {result.name}: {result.problem}")
            if result.remedy:
                print(f"      处理: {result.remedy}")
    return EXIT_OK if is_well else EXIT_FAILED


def _show(arguments: argparse.Namespace, config: OracleConfig) -> int:
    database = Database(config.state_path, is_read_only=True)
    try:
        print("\n".join(read_overview(database, arguments.rows, int(time.time())).lines()))
    finally:
        database.close()
    return EXIT_OK


def _export(_arguments: argparse.Namespace, config: OracleConfig) -> int:
    database = Database(config.state_path, is_read_only=True)
    try:
        print(export_lines(database).decode())
    finally:
        database.close()
    return EXIT_OK


def _release(arguments: argparse.Namespace, config: OracleConfig) -> int:
    with opened(config) as database:
        released = StatementStore(database).release(arguments.account)
    print(f"已恢复 {released} 个来源")
    return EXIT_OK


def _query(arguments: argparse.Namespace, config: OracleConfig) -> int:
    state = cfx_client(config).query(arguments.payment_code)
    if not state.is_paid:
        print("未缴款" if state.text("PayStats") == "0" else "状态未定")
        return EXIT_OK
    print(f"已缴款 {state.text('Amt')} 元, {state.text('CfmDate')} {state.text('CfmTime')}")
    return EXIT_OK


def _notice(arguments: argparse.Namespace, config: OracleConfig) -> int:
    try:
        values = json.loads(arguments.file.read_bytes())
    except (OSError, ValueError) as exc:
        raise _notice_file_error() from exc
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise _notice_file_error()
    cfx_client(config).send_notice(PaymentNotice.compose(values))
    print("已送达")
    return EXIT_OK


def _notice_file_error() -> ConfigError:
    return ConfigError(
        "config-invalid",
        "the file of the notice is no JSON object of texts",
        "通知书文件应为 JSON 对象, 各值为文本",
        "检查文件路径与内容",
        field="file",
    )


def _location(config: OracleConfig) -> KeyLocation:
    return KeyLocation(config.pkcs11_module, config.token_label, config.key_label)


def _complain(error: PiaolianError) -> None:
    print(f"{error.code}: {error.message_zh}", file=sys.stderr)
    if error.remedy:
        print(f"处理: {error.remedy}", file=sys.stderr)


if __name__ == "__main__":
    main()
