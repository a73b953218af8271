"""``piaolian-node``: keys, parties, database, the two processes, and a check of everything they need."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asn1crypto import pem

from piaolian_node.config import PREFIX, NodeConfig
from piaolian_node.errors import ConfigError
from piaolian_node.logs import configure_logs
from piaolian_node.preservation.cli import add_commands as add_preservation
from piaolian_sdk.errors import PiaolianError

if TYPE_CHECKING:
    from fastapi import FastAPI


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except PiaolianError as exc:
        print(f"错误：{exc.message_zh}", file=sys.stderr)
        print(f"error ({exc.code}): {exc.message}", file=sys.stderr)
        if exc.remedy:
            print(f"  -> {exc.remedy}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="piaolian-node", description="票链节点 / node of one finance department")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_administration(commands)
    commands.add_parser("migrate", help="升级数据库 / bring the database up to date").set_defaults(command=_migrate)
    commands.add_parser("serve", help="启动接口 / run the API").set_defaults(command=_serve)
    commands.add_parser("worker", help="启动工作进程 / run the worker").set_defaults(command=_worker)
    commands.add_parser("witness", help="只签署检查点 / sign checkpoints alone").set_defaults(command=_witness)
    commands.add_parser("check", help="检查依赖 / check what the node needs").set_defaults(command=_check)
    add_preservation(commands, _config)
    return parser


def _add_administration(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:

    keys = commands.add_parser("keys", help="密钥 / keys in the HSM").add_subparsers(required=True, metavar="ACTION")
    init = keys.add_parser("init", help="生成密钥 / make the keys, print their public halves")
    init.add_argument("--make-token", action="store_true", help="先建立 SoftHSM 令牌 / make a SoftHSM token first")
    init.add_argument("--so-pin-file", type=Path, help="安全员 PIN 文件 / file with the security officer's PIN")
    init.add_argument("--request", type=Path, help="证书请求输出文件 / file for the certificate request (PEM)")
    init.set_defaults(command=_keys_init)
    allow = keys.add_parser("allow-pin", help="更正 PIN 后恢复登录 / allow logins again, after the PIN was corrected")
    allow.set_defaults(command=_keys_allow_pin)

    party = commands.add_parser("party", help="调用方 / callers").add_subparsers(required=True, metavar="ACTION")
    add = party.add_parser("add", help="登记证书 / register a certificate")
    add.add_argument("--role", required=True, choices=["unit", "booker", "auditor"])
    add.add_argument("--unit", type=int, help="单位编号 / number in the Registry")
    add.add_argument("--name", help="机构名称 / name of the organisation; default: of the certificate")
    add.add_argument("--certificate", required=True, type=Path, help="PEM")
    add.add_argument("--encryption-key", help="SM2 公钥 / SM2 point, 04 and 128 hex digits")
    add.set_defaults(command=_party_add)
    many = party.add_parser("import", help="批量登记 / register the certificates that a JSON file names")
    many.add_argument("file", type=Path, help='[{"role": "unit", "unit": 1, "certificate": "unit.pem"}]')
    many.set_defaults(command=_party_import)

    catalogue = commands.add_parser("catalogue", help="目录 / catalogue")
    catalogue_actions = catalogue.add_subparsers(required=True, metavar="ACTION")
    imported = catalogue_actions.add_parser("import", help="导入项目名称 / read names of items from JSON")
    imported.add_argument("file", type=Path, help='{"060101": "检查费"} or {"...": {"name": "...", "rounding": true}}')
    imported.set_defaults(command=_catalogue_import)


def _config() -> NodeConfig:
    config = NodeConfig.from_environment()
    if config.profile != "dev" and os.geteuid() == 0:
        raise ConfigError(
            "the node does not run as root outside the profile dev",
            "非开发环境不得以 root 身份运行",
            field="profile",
            remedy="start it as an ordinary user",
        )
    return config


def _keys_init(options: argparse.Namespace) -> int:
    from piaolian_node.config import KeyConfig
    from piaolian_node.hsm.ceremony import init_softhsm_token, make_keys
    from piaolian_node.hsm.pins import require_strong_pin

    config = KeyConfig.from_environment()
    pin = config.token_pin.get_secret_value()
    if config.profile != "dev":
        require_strong_pin(pin, "token_pin")
    if options.make_token:
        if options.so_pin_file is None:
            raise ConfigError(
                "--make-token needs --so-pin-file", "--make-token 须同时指定 --so-pin-file", field="so-pin-file"
            )
        so_pin = options.so_pin_file.read_text(encoding="ascii").strip()
        if config.profile != "dev":
            require_strong_pin(so_pin, "so-pin-file")
        if so_pin == pin:
            raise ConfigError(
                "the security officer's PIN is the user's",
                "安全员 PIN 与用户 PIN 相同",
                field="so-pin-file",
                remedy="two people draw two PINs",
            )
        init_softhsm_token(config.pkcs11_module, config.token_label, pin, so_pin)
    made = make_keys(
        config.pkcs11_module,
        config.token_label,
        pin,
        chain_label=config.chain_key_label,
        supervision_label=config.supervision_key_label,
        checkpoint_label=config.checkpoint_key_label,
        subject=config.department,
    )
    if options.request is not None:
        options.request.write_bytes(pem.armor("CERTIFICATE REQUEST", made.request))
    print(f"交易账户 / account: {made.address}")
    print(f"检查点公钥 / checkpoint key: {made.checkpoint_point.hex()}")
    print(pem.armor("PUBLIC KEY", made.supervision_public_key).decode("ascii"), end="")
    return 0


def _keys_allow_pin(_options: argparse.Namespace) -> int:
    from piaolian_node.hsm import PIN_TRIES_FILE, PinTries

    PinTries(_config().data_dir / PIN_TRIES_FILE).forget()
    print("已恢复登录 / logins are allowed again")
    return 0


def _party_add(options: argparse.Namespace) -> int:
    from piaolian_node.config import read_file
    from piaolian_node.database import Database
    from piaolian_node.registry.parties import add_party
    from piaolian_sdk.signing import DocumentCertificate

    certificate = DocumentCertificate.from_pem(read_file(options.certificate, "certificate"))
    name = options.name or _common_name(certificate.subject)

    async def run(database: Database) -> str:
        return await add_party(
            database,
            role=options.role,
            name=name,
            unit=options.unit,
            certificate=certificate,
            encryption_point=options.encryption_key,
            now_ms=_now_ms(),
        )

    key_id = _with_database(run)
    print(f"已登记 / registered: {options.role} {key_id}")
    return 0


def _party_import(options: argparse.Namespace) -> int:
    from piaolian_node.database import Database
    from piaolian_node.registry.parties import add_party
    from piaolian_node.registry.party_file import read_party_file

    parties = read_party_file(options.file)

    async def run(database: Database) -> int:
        for party in parties:
            await add_party(
                database,
                role=party.entry.role,
                name=party.entry.name or _common_name(party.certificate.subject),
                unit=party.entry.unit,
                certificate=party.certificate,
                encryption_point=party.entry.encryption_key,
                now_ms=_now_ms(),
            )
        return len(parties)

    print(f"已登记 / registered: {_with_database(run)}")
    return 0


def _common_name(subject: str) -> str:
    for part in subject.split(","):
        if part.startswith("CN="):
            return part.removeprefix("CN=")
    return subject


def _catalogue_import(options: argparse.Namespace) -> int:
    from piaolian_node.database import Database
    from piaolian_node.registry.catalogue import set_name

    try:
        names = json.loads(options.file.read_text(encoding="utf-8"))
        rows = [_named(code, value) for code, value in names.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigError(
            "the file of item names cannot be read",
            "无法读取项目名称文件",
            field="file",
            remedy='write JSON as {"060101": "检查费"}',
        ) from exc

    async def run(database: Database) -> int:
        async with database.write() as connection:
            for code, name, is_rounding in rows:
                await set_name(connection, code, name, is_rounding=is_rounding)
        return len(rows)

    print(f"已导入 / imported: {_with_database(run)}")
    return 0


def _named(code: str, value: Any) -> tuple[str, str, bool]:  # noqa: ANN401 # What JSON holds.
    if isinstance(value, str):
        return code, value, False
    return code, value["name"], bool(value.get("rounding", False))


def _migrate(_options: argparse.Namespace) -> int:
    from piaolian_node.database.migrate import migrate

    print(f"数据库版本 / database version: {_with_database(migrate, has_replica=False)}")
    return 0


def _serve(_options: argparse.Namespace) -> int:
    from piaolian_node.app import create_app
    from piaolian_node.context import build_context
    from piaolian_node.preservation.locks import while_serving

    config = _config()
    configure_logs(config.log_level)
    _print_settings(config)
    with while_serving(config.data_dir):
        return _run_server(create_app(build_context(config)), config.listen_host, config.listen_port)


def _worker(_options: argparse.Namespace) -> int:
    from piaolian_node.context import build_context
    from piaolian_node.database.migrate import require_current
    from piaolian_node.outbox.worker import Worker, lock_worker

    config = _config()
    configure_logs(config.log_level)
    _print_settings(config)
    context = build_context(config)

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await require_current(context.database)
        await Worker(context).run(stop)
        await context.database.close()

    with lock_worker(config.data_dir):
        if config.worker_metrics_port:
            from prometheus_client import start_http_server

            start_http_server(config.worker_metrics_port, addr="127.0.0.1", registry=context.metrics.registry)
        asyncio.run(run())
    return 0


def _witness(_options: argparse.Namespace) -> int:
    from piaolian_node.checkpoints.witness import WitnessConfig, build_witness, create_witness_app

    config = WitnessConfig.from_environment()
    configure_logs("INFO")
    return _run_server(create_witness_app(build_witness(config)), config.listen_host, config.listen_port)


def _run_server(app: "FastAPI", host: str, port: int) -> int:
    import uvicorn

    from piaolian_node.api.door import MAX_HEADER_BYTES

    uvicorn.run(
        app,
        host=host,
        port=port,
        http="h11",
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        # The proxy that ends TLS says for whom it asks; it listens on this machine.
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=20,
    )
    return 0


def _check(_options: argparse.Namespace) -> int:
    from piaolian_node.check import check_node

    findings = asyncio.run(check_node(_config()))
    for finding in findings:
        mark = "通过 / ok  " if finding.is_ok else "失败 / FAIL"
        print(f"{mark} {finding.what}: {finding.detail}")
        if finding.remedy:
            print(f"        -> {finding.remedy}")
    return 0 if all(finding.is_ok for finding in findings) else 1


def _with_database(run: Callable[..., object], *, has_replica: bool = True) -> object:
    from piaolian_node.database import Database

    config = _config()

    async def inner() -> object:
        database = Database(config.database_url.get_secret_value(), config.replica_setting if has_replica else None)
        try:
            return await run(database)  # type: ignore[misc] # Every `run` here is a coroutine function.
        finally:
            await database.close()

    return asyncio.run(inner())


def _print_settings(config: NodeConfig) -> None:
    for name, value in sorted(config.public_values().items()):
        print(f"{PREFIX}{name.upper()}={value}", file=sys.stderr)


def _now_ms() -> int:
    import time

    return int(time.time() * 1000)


if __name__ == "__main__":
    sys.exit(main())
