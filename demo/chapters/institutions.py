"""The province is set up: contracts, roles, catalogue, units, numbers, nodes with their HSM, oracles, open months."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from demo import checkpoints, nodes, oracles
from demo.cast import HOSPITAL_CITY, PROVINCE, REGISTRY_CITY
from demo.chain import Call, DemoChain
from demo.enrolment import allot_ranges, register_units, set_items, supervisor_key
from demo.programs import in_parallel
from demo.rogue import TakenOverNode
from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle
from piaolian_sdk.acts import BringForward, SoftwareChainSigner
from piaolian_sdk.client import UnitClient
from piaolian_sdk.contracts.abi import CONTRACT_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from demo.cast import UnitName
    from demo.report import Step
    from demo.world import World

# Kind and age in months of the months that two units bring forward from the former system. Three months ago is past
# every grace, whatever day it is; two months ago has ended long enough to be written off.
_OPEN_MONTHS: Final[dict[UnitName, tuple[str, int]]] = {"second_hospital": ("0601", 3), "patent_office": ("0101", 2)}
_BROUGHT_FORWARD: Final = {"issued": 12, "voided": 1, "red": 0, "issuedFen": 720_000, "reversedFen": 0}


def tell(world: World) -> None:
    """Set everything up, in the order in which it depends on each other."""
    report = world.report
    world.facts["address_book_path"] = world.network.address_book_path
    with report.step("两个节点的密钥在各自的 SoftHSM 中生成 / nodes' keys are made in their own SoftHSM") as step:
        cities = (HOSPITAL_CITY, REGISTRY_CITY)
        sites = in_parallel(lambda city: nodes.prepare(world, city, index=cities.index(city)), cities)
        world.sites = {site.city: site for site in sites}
        step.detail |= {site.name: site.chain_address for site in world.sites.values()}
    with report.step("审计见证方的检查点密钥 / the auditors' witness has its own key") as step:
        witness = checkpoints.prepare_witness(world)
        step.detail[witness.name] = witness.base_url
    with report.step("三个预言机各有密钥与银行文件夹 / three oracles, each with its own key and folder") as step:
        stations = in_parallel(lambda index: oracles.prepare(world, index), range(3))
        world.facts["oracles"] = stations
        world.facts["bank_folders"] = [station.folder for station in stations]
        step.detail |= {station.name: station.chain_address for station in stations}
    with report.step("部署合约并授权：监管、节点、预言机 / contracts, roles and areas") as step:
        _deploy(world, stations, step)
    with report.step("登记检查点密钥，生成信任文件 / checkpoint keys and the trust file") as step:
        checkpoints.publish(world, witness)
        step.detail |= {"members": [*(site.name for site in world.sites.values()), witness.name]}
    with report.step("收费项目目录 / the catalogue") as step:
        world.facts["items"] = set_items(world.ledger, supervisor_key(world), step)
    with report.step("四家单位登记，两家 SM2、两家 P-256 / four units are registered") as step:
        world.units = register_units(world.ledger, supervisor_key(world), world.cast.units.values(), step)
        step.detail |= {unit.unit.name: unit.unit.role.suite for unit in world.units.values()}
    with report.step("票号、缴款码、纸质票号逐级发放 / numbers from province to city to unit") as step:
        allot_ranges(world.ledger, supervisor_key(world), world.units, world.now().year, step)
    with report.step("两家单位结转旧系统未核销月份 / two units bring an open month forward") as step:
        _bring_forward(world, step)
    with report.step("两个节点与见证方启动 / two finance nodes and the witness start") as step:
        checkpoints.start_witness(world, witness)
        world.facts["witness"] = witness
        in_parallel(lambda site: nodes.settle_in(world, site), world.sites.values())
        for site in world.sites.values():
            nodes.start(world, site)
        for site in world.sites.values():
            nodes.wait_ready(world, site)
        _connect_units(world)
        step.detail |= {site.name: site.base_url for site in world.sites.values()}
    with report.step("三个预言机启动 / three oracles start"):
        for station in stations:
            oracles.start(world, station)


def _deploy(world: World, stations: list[oracles.OracleStation], step: Step) -> None:
    """Deploy, give every account its role and its area, and pay for its gas."""
    accounts, rpc_url = world.network.accounts, world.network.rpc_urls[0]
    rogue_key = secrets.token_bytes(32)
    rogue_address = SoftwareChainSigner(rogue_key).address
    setup = Setup(
        supervisors={accounts.supervisor.address: PROVINCE},
        nodes={site.chain_address: site.area for site in world.sites.values()} | {rogue_address: PROVINCE},
        oracles=[Oracle(name=s.name, address=s.chain_address, source=s.source) for s in stations],
        threshold=2,
    )
    journal = world.network.directory / "deployment.json"
    key = accounts.administrator.read_private_key()
    book = deploy(rpc_url, key, setup, journal=journal, progress=world.report.progress)
    path: Path = world.facts["address_book_path"]
    path.write_text(book.to_json(), encoding="utf-8")
    world.address_book = book
    world.chain = DemoChain(rpc_url, {name: book.address_of(name) for name in CONTRACT_NAMES})
    gas_payers = [*setup.nodes, *(station.chain_address for station in stations)]
    world.chain.fund(key, gas_payers)
    world.facts["rogue"] = TakenOverNode(world.chain, rogue_key)
    step.detail["contracts"] = {name: book.address_of(name) for name in CONTRACT_NAMES}


def _bring_forward(world: World, step: Step) -> None:
    world.facts["open_months"] = {}
    calls = []
    for name, (kind, age) in _OPEN_MONTHS.items():
        unit = world.units[name]
        now = world.now()
        month = now.year * 12 + now.month - 1 - age
        act = BringForward(
            unit=unit.number,
            kind=int(kind),
            month=month,
            issued=_BROUGHT_FORWARD["issued"],
            voided=_BROUGHT_FORWARD["voided"],
            red=_BROUGHT_FORWARD["red"],
            issued_fen=_BROUGHT_FORWARD["issuedFen"],
            reversed_fen=_BROUGHT_FORWARD["reversedFen"],
            deadline=world.deadline(),
        )
        struct: dict[str, Any] = {
            "unit": act.unit,
            "kind": act.kind,
            "month": act.month,
            "totals": _BROUGHT_FORWARD,
            "deadline": act.deadline,
            "signature": act.sign(
                unit.unit.chain_signer, world.ledger.chain_id, world.book.address_of("ReceiptLedger")
            ),
        }
        calls.append(Call("ReceiptLedger", "bringForward", (struct,)))
        world.facts["open_months"][name] = f"{month // 12}-{month % 12 + 1:02d}"
    world.ledger.send(supervisor_key(world), calls, step)
    step.detail |= world.facts["open_months"]


def _connect_units(world: World) -> None:
    for unit in world.units.values():
        unit.client = client = UnitClient(
            world.sites[unit.unit.issuer.area].base_url,
            unit=unit.number,
            document_signer=unit.unit.document_signer,
            chain_signer=unit.unit.chain_signer,
            address_book=world.book,
        )
        world.closing.callback(client.close)
