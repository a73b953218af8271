"""The network comes up: three validators, two kubo daemons, one supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.world import program_named

if TYPE_CHECKING:
    from demo.world import World


def tell(world: World) -> None:
    """Start the network, and stop what the caller wanted stopped."""
    report, network = world.report, world.network
    with report.step("三个验证节点出块，两个 kubo 互联 / three validators seal, two kubo are connected") as step:
        network.up(report.progress)
        status = network.status()
        step.detail |= {
            "validators": len(network.rpc_urls),
            "kubo": len(network.kubo_api_urls),
            "head": status.head,
            "engine": "clique（开发引擎 / development engine）",
        }
    for name in world.stopped:
        network.stop(program_named(network, name))
        report.say(f"   按要求停止 / stopped as asked: {name}")
    world.require_whole()
