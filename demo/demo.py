"""``python -m demo.demo``: the story for people who watch, and then the pages stay open.

What runs afterwards is the whole network: validators, stores, nodes, oracles. ``make down`` stops it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from demo.chapters.proofs import folder_of, trust_of
from demo.samples import text_of_fen
from demo.story import parse_options, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.world import Issued, World


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the story, leave everything running, and say where to look."""
    options = replace(parse_options(arguments), keep=True)
    world = run(options)
    if world is None:
        print(f"演示未完成，网络已停止，见 {options.report} / the demonstration did not end well")
        return 1
    _say_where(world)
    return 0


def _say_where(world: World) -> None:
    """Print addresses, accounts and one receipt to try the public page with."""
    print("\n演示完成，网络仍在运行 / the network goes on running. 停止 / stop it with: make down\n")
    for site in world.sites.values():
        print(f"{site.department}  公众查验 / public verification: {site.base_url}/verify")
        print(f"{'':>14}  接口 / API: {site.base_url}/api/v1  账户 / account: {site.chain_address}")
    print("\n可查验的票据 / receipts to verify:")
    for issued in _to_try(world):
        print(
            f"  票据代码 {issued.code}  票据号码 {issued.number}  校验码 {issued.receipt.check_code}  "
            f"金额 {text_of_fen(issued.total_fen)}  日期 {world.now().date().isoformat()}"
        )
        print(f"    扫码 / QR: {issued.receipt.qr}")
    print("\n离线查验 / offline: .venv/bin/piaolian verify", f"{folder_of(world)} --trust {trust_of(world)}")
    print(f"  或 make verifier，打开 verifier/dist/verifier.html，放入 {trust_of(world)} 与证明包")
    print("\n账户 / accounts:")
    accounts = world.network.accounts
    print(f"  管理员 / administrator {accounts.administrator.address}")
    print(f"  监管 / supervisor {accounts.supervisor.address}")
    for unit in world.units.values():
        print(f"  {unit.unit.issuer.name}（{unit.unit.role.suite}） {unit.unit.chain_signer.address}")
    print(f"\n链 / chain: {', '.join(world.network.rpc_urls)}")
    print(f"密文存储 / body stores: {', '.join(world.network.kubo_api_urls)}")


def _to_try(world: World) -> list[Issued]:
    facts = world.facts
    return [facts["outpatient_sample"], facts["red"], facts["exchanged"], facts["booked"]]


if __name__ == "__main__":
    sys.exit(main())
