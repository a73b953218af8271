"""``piaolian-node erase``: holds, destruction lists, and their approval by a second person."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from piaolian_node.config import NodeConfig, read_file
from piaolian_node.errors import ConfigError
from piaolian_sdk.beijing import BEIJING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable
    from datetime import date

    from piaolian_node.preservation.erasure.desk import ErasureDesk

_Result = TypeVar("_Result")


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", settings: "Callable[[], NodeConfig]"
) -> None:
    """Add the commands to the parser."""
    erase = commands.add_parser("erase", help="销毁密钥 / destroy the keys of receipts whose time is over")
    actions = erase.add_subparsers(required=True, metavar="ACTION")
    propose = actions.add_parser("propose", help="提出销毁清册 / draw up a destruction list")
    propose.add_argument("receipts", type=Path, help="票据代码加号码，每行一张 / code and number, 18 digits a line")
    propose.add_argument("--reason", required=True, help="事由 / why")
    propose.set_defaults(command=lambda options: _propose(settings(), options))
    approve = actions.add_parser("approve", help="审批并销毁 / approve a list as the second person, and destroy")
    approve.add_argument("digest", help="清册摘要 / the list's digest, as propose printed it")
    approve.set_defaults(command=lambda options: _approve(settings(), options))
    for name, help_text in (("hold", "限制销毁 / forbid to erase"), ("release", "解除限制 / end a hold")):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("receipt", help="票据代码加号码 / code and number, 18 digits")
        action.add_argument("reference", help="事项编号 / reference of the proceedings")
        action.set_defaults(command=lambda options, name=name: _hold(settings(), options, name))
        action.add_argument("--by", required=True, help="经办人 / account of the person")
    for action in (propose, approve):
        action.add_argument("--by", required=True, help="经办人 / account of the person")


def _propose(config: NodeConfig, options: "argparse.Namespace") -> int:
    keys = read_file(options.receipts, "receipts").decode("utf-8").split()
    plan = _run(config, lambda desk: desk.propose(keys, options.reason, options.by, _today()))
    print(f"清册票据数 / receipts on the list: {len(plan.receipt_keys)}")
    print(f"清册摘要 / digest: {plan.digest.hex()}")
    print("下一步由第二人 / next, by a second person: piaolian-node erase approve DIGEST --by PERSON")
    return 0


def _approve(config: NodeConfig, options: "argparse.Namespace") -> int:
    from piaolian_node.preservation.locks import alone

    try:
        digest = bytes.fromhex(options.digest)
    except ValueError as exc:
        raise ConfigError("a digest is 64 hex digits", "清册摘要格式有误", field="digest") from exc
    with alone(config.data_dir):
        count = _run(config, lambda desk: desk.carry_out(digest, options.by, _today(), int(time.time() * 1000)))
    print(f"已销毁密钥 / keys destroyed: {count}")
    print("此前的备份仍含密钥，至其保留期满 / backups made before hold the keys until their days are over")
    return 0


def _hold(config: NodeConfig, options: "argparse.Namespace", name: str) -> int:
    def act(desk: "ErasureDesk") -> "Awaitable[None]":
        if name == "hold":
            return desk.hold(options.receipt, options.reference, options.by, int(time.time() * 1000))
        return desk.release(options.receipt, options.reference)

    _run(config, act)
    print(f"{'已限制' if name == 'hold' else '已解除'} / {name}: {options.receipt} {options.reference}")
    return 0


def _run(config: NodeConfig, act: "Callable[[ErasureDesk], Awaitable[_Result]]") -> _Result:
    from piaolian_node.database import Database
    from piaolian_node.preservation.erasure.desk import ErasureDesk

    async def inner() -> _Result:
        database = Database(config.database_url.get_secret_value(), config.replica_setting)
        try:
            return await act(ErasureDesk(database, config.retention_years))
        finally:
            await database.close()

    return asyncio.run(inner())


def _today() -> "date":
    return datetime.now(BEIJING).date()
