"""The commands of preservation, under ``piaolian-node``."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from piaolian_node.config import NodeConfig, read_file
from piaolian_node.errors import ConfigError
from piaolian_node.logs import configure_logs
from piaolian_node.preservation.erasure.cli import add_commands as add_erasure

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from piaolian_node.preservation.bodies import BodiesFound
    from piaolian_node.preservation.strongbox import Key

_BAR = 30


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", settings: "Callable[[], NodeConfig]"
) -> None:
    """Add the commands to the parser.

    Args:
        commands: Sub-commands of the program.
        settings: Reads the node's settings when a command runs.
    """
    rebuild = commands.add_parser("rebuild", help="重建索引 / make the index again from chain, IPFS and keys")
    rebuild.add_argument("--index-only", action="store_true", help="不检查正文 / do not open the bodies")
    rebuild.set_defaults(command=lambda options: _rebuild(settings(), is_index_only=options.index_only))

    export = commands.add_parser("export-index", help="导出索引 / write the index in its canonical form")
    export.add_argument("file", type=Path, help="输出文件 / output file")
    export.add_argument("--at", type=int, metavar="BLOCK", help="截至区块 / leave out rows of later blocks")
    export.set_defaults(command=lambda options: _export(settings(), options.file, options.at))
    _add_copies(commands, settings)
    add_erasure(commands, settings)


def _add_copies(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", settings: "Callable[[], NodeConfig]"
) -> None:
    backup = commands.add_parser("backup", help="备份记录 / back the records up, sealed; the node may run")
    backup.add_argument("folder", type=Path, help="备份目录 / folder of backups")
    backup.add_argument(
        "--recipient", action="append", default=[], help="SM2 公钥 / SM2 point (04 and 128 hex digits) that opens it"
    )
    backup.add_argument("--passphrase-file", type=Path, help="口令文件 / file with a passphrase that opens it")
    backup.add_argument("--keep-days", type=int, default=35, help="保留天数 / older backups are deleted (35)")
    backup.set_defaults(
        command=lambda options: _backup(
            settings(), options.folder, options.recipient, options.passphrase_file, options.keep_days
        )
    )

    restore = commands.add_parser("restore", help="恢复记录 / restore the records into an empty database")
    restore.add_argument("file", type=Path, help="备份文件 / backup, or with --from-replica the replica")
    how = restore.add_mutually_exclusive_group(required=True)
    how.add_argument("--key-file", type=Path, help="SM2 私钥文件 / file with the SM2 key, 64 hex digits")
    how.add_argument("--passphrase-file", type=Path, help="口令文件 / file with the passphrase")
    how.add_argument("--from-replica", action="store_true", help="从副本恢复 / the file is the replica (SQLite)")
    restore.set_defaults(
        command=lambda options: _restore(
            settings(), options.file, options.key_file, options.passphrase_file, is_replica=options.from_replica
        )
    )

    replica = commands.add_parser("replica", help="副本 / replica of the records")
    actions = replica.add_subparsers(required=True, metavar="ACTION")
    init = actions.add_parser("init", help="建立副本 / make the file that the setting REPLICA names, and fill it")
    init.set_defaults(command=lambda _options: _replica_init(settings()))


def _backup(
    config: NodeConfig, folder: Path, recipients: "Sequence[str]", passphrase_file: Path | None, keep_days: int
) -> int:
    from piaolian_node.database import Database
    from piaolian_node.preservation.backup import Backup, make_backup
    from piaolian_node.preservation.strongbox import Lock
    from piaolian_sdk.contracts.address_book import AddressBook
    from piaolian_sdk.sm2 import Sm2PublicKey

    try:
        keys = [Sm2PublicKey.from_uncompressed(bytes.fromhex(point)) for point in recipients]
    except ValueError as exc:
        raise ConfigError("a recipient is no hex", "接收公钥格式有误", field="recipient") from exc
    passphrase = _secret(passphrase_file) if passphrase_file is not None else None
    book = AddressBook.from_file(config.address_book)

    async def run() -> Backup:
        database = Database(config.database_url.get_secret_value())
        try:
            lock, keep = Lock(keys, passphrase), timedelta(days=keep_days)
            return await make_backup(database, book.chain_id, folder, lock, keep, datetime.now(UTC))
        finally:
            await database.close()

    made = asyncio.run(run())
    print(f"备份文件 / backup: {made.file}")
    print(f"SHA-256: {made.sha256}")
    for old in made.ended:
        print(f"已到期删除 / kept long enough, deleted: {old.name}")
    return 0


def _restore(
    config: NodeConfig, file: Path, key_file: Path | None, passphrase_file: Path | None, *, is_replica: bool
) -> int:
    from piaolian_node.preservation.locks import alone

    with alone(config.data_dir):
        if is_replica:
            rows = asyncio.run(_copy_from_replica(config, file))
        else:
            rows = asyncio.run(_read_backup(config, file, _key(key_file, passphrase_file)))
    print(f"已恢复记录 / rows restored: {rows}")
    print("下一步 / next: piaolian-node rebuild")
    return 0


async def _copy_from_replica(config: NodeConfig, file: Path) -> int:
    from piaolian_node.database import Database
    from piaolian_node.database.migrate import migrate
    from piaolian_node.database.replica import copy_back
    from piaolian_node.preservation.backup import mark_restored
    from piaolian_node.preservation.records import require_empty

    database = Database(config.database_url.get_secret_value())
    try:
        if database.file is None:
            raise ConfigError(
                "the replica of PostgreSQL is a server",
                "PostgreSQL 的副本是备用服务器",
                field="database_url",
                remedy="promote the standby, and let DATABASE_URL name it",
            )
        await migrate(database)
        async with database.read() as connection:
            await require_empty(connection)
        rows = await asyncio.to_thread(copy_back, database.file, file)
        async with database.write() as connection:
            await mark_restored(connection, "replica")
    finally:
        await database.close()
    return rows


async def _read_backup(config: NodeConfig, file: Path, key: "Key") -> int:
    from piaolian_node.database import Database
    from piaolian_node.database.migrate import migrate
    from piaolian_node.preservation.backup import restore_backup
    from piaolian_sdk.contracts.address_book import AddressBook

    book = AddressBook.from_file(config.address_book)
    plain = Database(config.database_url.get_secret_value())
    await migrate(plain)
    await plain.close()
    database = Database(config.database_url.get_secret_value(), config.replica_setting)
    try:
        return await restore_backup(database, book.chain_id, file, key)
    finally:
        await database.close()


def _replica_init(config: NodeConfig) -> int:
    from piaolian_node.database import Database
    from piaolian_node.database.replica import SYNCHRONOUS, make_replica

    if config.replica is None or config.replica == SYNCHRONOUS:
        raise ConfigError(
            "the setting REPLICA names no file",
            "未设置副本文件",
            field="replica",
            remedy="set PIAOLIAN_NODE_REPLICA to a path on another disk",
        )
    make_replica(Path(config.replica))

    async def fill() -> None:
        database = Database(config.database_url.get_secret_value(), config.replica_setting)
        try:
            async with database.write():
                pass
        finally:
            await database.close()

    asyncio.run(fill())
    print(f"副本已建立 / replica made: {config.replica}")
    return 0


def _key(key_file: Path | None, passphrase_file: Path | None) -> "Key":
    from piaolian_node.preservation.strongbox import Key
    from piaolian_sdk.sm2 import Sm2PrivateKey

    if key_file is None:
        return Key(passphrase=_secret(passphrase_file) if passphrase_file is not None else None)
    try:
        return Key(private_key=Sm2PrivateKey(bytes.fromhex(_secret(key_file))))
    except ValueError:
        # The value is a secret: it is not repeated.
        raise ConfigError("the key file holds no key", "密钥文件内容有误", field="key-file") from None


def _secret(file: Path) -> str:
    return read_file(file, "passphrase-file").decode("utf-8").strip()


def _rebuild(config: NodeConfig, *, is_index_only: bool) -> int:
    from piaolian_node.preservation.locks import alone

    configure_logs("WARNING")
    with alone(config.data_dir):
        found = asyncio.run(_make_again(config, is_index_only=is_index_only))
    if found is None:
        return 0
    print(f"正文可解密 / bodies opened: {found.opened}")
    print(f"补写票据记录 / receipts written: {found.written}")
    print(f"密钥已销毁 / keys destroyed: {found.erased}")
    for name, what in found.faults:
        print(f"不一致 / FAULT {name}: {what}", file=sys.stderr)
    return 1 if found.faults else 0


async def _make_again(config: NodeConfig, *, is_index_only: bool) -> "BodiesFound | None":
    from piaolian_node.context import build_context
    from piaolian_node.preservation.bodies import rebuild_receipts
    from piaolian_node.preservation.rebuild import rebuild_index
    from piaolian_node.preservation.reconcile import is_restored, reconcile, wait_until_quiet

    context = build_context(config)
    try:
        restored = await is_restored(context.database)
        if restored:
            await wait_until_quiet(context.chain, context.chain_signer.address)
        reached = await rebuild_index(
            context.database,
            context.chain,
            context.gateway,
            context.address_book.deployed_block,
            _progress("索引 / index"),
        )
        print(f"索引已重建至区块 / index rebuilt to block: {reached}")
        if restored:
            found = await reconcile(context.database, context.chain, int(f"1{config.area}"), context.now_ms())
            print(f"链上已办 / already done on the chain: {found.done}")
            print(f"继续办理 / on their way: {found.open}")
            print(f"链上有而记录无 / batches that no record knows: {found.unknown}")
        return None if is_index_only else await rebuild_receipts(context, _progress("正文 / bodies"))
    finally:
        await context.database.close()


def _export(config: NodeConfig, file: Path, at: int | None) -> int:
    from piaolian_node.database import Database
    from piaolian_node.preservation.export import export_index
    from piaolian_sdk.contracts.address_book import AddressBook

    book = AddressBook.from_file(config.address_book)

    async def run() -> str:
        database = Database(config.database_url.get_secret_value())
        try:
            with file.open("wb") as output:
                async with database.read() as connection:
                    async for line in export_index(connection, book.chain_id, at):
                        output.write(line)
            return line.decode("ascii").strip()
        finally:
            await database.close()

    print(f"已导出 / exported: {asyncio.run(run())}")
    return 0


def _progress(what: str) -> "Callable[[int, int], None]":
    """Return what shows progress: a bar that moves on a terminal, a line for each tenth elsewhere."""
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        tenths = 10 * done // total if total else 10
        if sys.stderr.isatty():
            filled = _BAR * done // total if total else _BAR
            end = "\n" if done >= total else ""
            print(f"\r{what} [{'#' * filled:<{_BAR}}] {done}/{total}", end=end, file=sys.stderr, flush=True)
        elif tenths > shown:
            print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)
        shown = tenths

    return show
