"""Tests every dependency of the node and says what to fix."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from piaolian_node.bodies import KuboBodyStore
from piaolian_node.config import NodeConfig
from piaolian_node.context import NodeContext, build_context
from piaolian_node.database.migrate import require_current
from piaolian_node.errors import ConfigError
from piaolian_sdk.contracts.registry import Registry
from piaolian_sdk.errors import PiaolianError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one test."""

    what: str
    is_ok: bool
    detail: str
    remedy: str | None = None


async def check_node(config: NodeConfig) -> list[Finding]:
    """Return what was found, in the order of the tests."""
    try:
        context = build_context(config)
    except PiaolianError as exc:
        return [Finding("设置与密钥 / settings and keys", is_ok=False, detail=exc.message_zh, remedy=exc.remedy)]
    findings = [Finding("设置与密钥 / settings and keys", is_ok=True, detail="签名自检通过")]
    tests: dict[str, Callable[[NodeContext], Awaitable[str]]] = {
        "数据库 / database": _database,
        "链 / chain": _chain,
        "节点账户 / account": _account,
        "票据存储 / IPFS": _bodies,
        "吊销列表 / revocation lists": _revocations,
    }
    for what, test in tests.items():
        try:
            findings.append(Finding(what, is_ok=True, detail=await test(context)))
        except PiaolianError as exc:
            findings.append(Finding(what, is_ok=False, detail=exc.message_zh, remedy=exc.remedy))
    await context.database.close()
    return findings


async def _database(context: NodeContext) -> str:
    await require_current(context.database)
    return "版本正确"


async def _chain(context: NodeContext) -> str:
    stamp = await asyncio.to_thread(context.chain.check)
    return f"区块 {stamp.number}"


async def _account(context: NodeContext) -> str:
    address = context.chain_signer.address

    def read() -> int:
        return context.chain.ask(lambda reader: _area_of(reader.registry, address))

    return f"{address}，区划 {await asyncio.to_thread(read)}"


def _area_of(registry: Registry, address: str) -> int:
    return registry.area_of(address)


async def _bodies(context: NodeContext) -> str:
    if not isinstance(context.bodies, KuboBodyStore):
        raise TypeError("a process of the node has kubo")
    return f"kubo {await context.bodies.check()}"


async def _revocations(context: NodeContext) -> str:
    if context.revocations is None:
        return "未配置（REVOCATION_LISTS）"
    overdue = context.revocations.overdue(context.beijing_now())
    if overdue:
        raise ConfigError(
            f"the next list is overdue: {', '.join(overdue)}",
            f"应有更新的吊销列表：{'、'.join(overdue)}",
            field="revocation_lists",
            remedy="fetch the newest list of the authority",
        )
    return "最新"
