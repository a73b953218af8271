"""The commands of preservation, under ``piaolian-node``."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from piaolian_node.config import NodeConfig
from piaolian_node.logs import configure_logs

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

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


def _rebuild(config: NodeConfig, *, is_index_only: bool) -> int:
    from piaolian_node.context import build_context
    from piaolian_node.preservation.bodies import BodiesFound, rebuild_receipts
    from piaolian_node.preservation.locks import alone
    from piaolian_node.preservation.rebuild import rebuild_index

    configure_logs("WARNING")

    async def run() -> BodiesFound:
        context = build_context(config)
        try:
            reached = await rebuild_index(
                context.database,
                context.chain,
                context.gateway,
                context.address_book.deployed_block,
                _progress("索引 / index"),
            )
            print(f"索引已重建至区块 / index rebuilt to block: {reached}")
            return BodiesFound() if is_index_only else await rebuild_receipts(context, _progress("正文 / bodies"))
        finally:
            await context.database.close()

    with alone(config.data_dir):
        found = asyncio.run(run())
    if not is_index_only:
        print(f"正文可解密 / bodies opened: {found.opened}")
        print(f"补写票据记录 / receipts written: {found.written}")
        print(f"密钥已销毁 / keys destroyed: {found.erased}")
    for name, what in found.faults:
        print(f"不一致 / FAULT {name}: {what}", file=sys.stderr)
    return 1 if found.faults else 0


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
