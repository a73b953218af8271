"""What a sandbox is made of: a chain without consensus, one store, one finance node, two units whose keys are files.

Everything else is the product itself: the contracts, the node with its own HSM token, the SDK. The two units are the
hospitals of the story, one with an SM2 key and one with a P-256 key, both under list control.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from demo import cast, checkpoints, nodes
from demo.cast import HOSPITAL_CITY, PROVINCE, ROLES, Unit
from demo.chain import DemoChain
from demo.enrolment import allot_ranges, register_units, set_items, supervisor_key
from demo.programs import write_secret
from demo.samples import read_sample
from demo.sandbox_example import write_example
from demo.world import World
from piaolian_network import Network
from piaolian_network.deploy import Setup, deploy
from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.contracts.abi import CONTRACT_NAMES
from piaolian_sdk.signing import SoftwareSigner
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

    from demo.cast import UnitName
    from demo.enrolment import EnrolledUnit
    from demo.nodes import NodeSite
    from demo.report import StoryReport

UNITS: Final[tuple[UnitName, ...]] = ("hospital", "second_hospital")
# The last file that is written: a folder without it holds a sandbox that was never finished.
CARD: Final = "sandbox.json"


@dataclass(frozen=True, slots=True)
class _Keys:
    """The secret halves of a unit, as they go to its folder."""

    document_pem: bytes
    chain: bytes


def build(directory: Path, report: StoryReport) -> None:
    """Make and start a sandbox in an empty folder.

    Args:
        directory: where everything goes.
        report: where steps are written down.

    Raises:
        StoryError: a step failed.
        NetworkError: the network did not start.
    """
    with report.step("证书与密钥 / certificates and keys"):
        people = cast.assemble(())
        people.bookers.clear()
        keys = {name: _make_unit(people, name) for name in UNITS}
    with report.step("沙箱链 anvil 与 kubo / anvil and kubo start"):
        network = Network.create(directory / "network", engine="anvil", validators=1, kubo=1)
        world = World(directory=directory, report=report, network=network, cast=people)
        network.up(report.progress)
    with report.step("财政节点的密钥在 SoftHSM 中生成 / the node's keys are made in its own SoftHSM token"):
        world.facts["address_book_path"] = network.address_book_path
        site = nodes.prepare(world, HOSPITAL_CITY, index=0)
        # There is no second daemon, so that nothing may count as a second copy.
        del site.environment["PIAOLIAN_NODE_KUBO_API_SECOND"]
        world.sites = {site.city: site}
    with report.step("部署合约并授权 / contracts and roles"):
        _deploy(world, site)
        checkpoints.publish(world, None)
    with report.step("目录、单位、票号 / catalogue, units, number ranges") as step:
        set_items(world.ledger, supervisor_key(world), step)
        world.units = register_units(world.ledger, supervisor_key(world), people.units.values(), step)
        allot_ranges(world.ledger, supervisor_key(world), world.units, world.now().year, step)
    with report.step("财政节点启动 / the finance node starts"):
        nodes.settle_in(world, site)
        nodes.start(world, site)
        nodes.wait_ready(world, site)
    with report.step("写出单位的密钥、证书与样例 / files for the integrator"):
        for name, unit in world.units.items():
            _write_unit(directory / "units" / name, unit, keys[name], world)
        write_example(directory, unit="hospital")
        _write_card(directory, world, site)


def _make_unit(people: cast.Cast, name: UnitName) -> _Keys:
    """Put a unit into the cast and return its secret halves."""
    role = ROLES[name]
    authority = people.authorities[role.suite]
    key_pem, certificate_pem = authority.issue(role.issuer.name, role.suite, usage="sign", days=365)
    keys = _Keys(key_pem, secrets.token_bytes(32))
    people.units[name] = Unit(
        name=name,
        role=role,
        document_signer=SoftwareSigner.from_pem(key_pem, certificate_pem),
        certificate_pem=certificate_pem,
        chain_signer=SoftwareChainSigner(keys.chain),
        encryption=Sm2PrivateKey.generate(secrets.token_bytes),
    )
    return keys


def _deploy(world: World, site: NodeSite) -> None:
    """Deploy; the node rules its city, both supervisors the province, the oracles' keys are files of the network."""
    network = world.network
    accounts = network.accounts
    setup = Setup(
        supervisors={accounts.supervisor.address: PROVINCE, accounts.checker.address: PROVINCE},
        nodes={site.chain_address: site.area},
        oracles=network.members.oracles,
        threshold=network.members.committee.threshold,
    )
    administrator = accounts.administrator.read_private_key()
    book = deploy(
        network.rpc_urls[0],
        administrator,
        setup,
        journal=network.directory / "deployment.json",
        progress=world.report.progress,
    )
    network.address_book_path.write_text(book.to_json(), encoding="utf-8")
    world.address_book = book
    world.chain = DemoChain(network.rpc_urls[0], {name: book.address_of(name) for name in CONTRACT_NAMES})
    world.chain.fund(administrator, [site.chain_address])


def _write_unit(folder: Path, unit: EnrolledUnit, keys: _Keys, world: World) -> None:
    """Write what the unit's own system needs: keys, certificate, who it is, and a draft to start from."""
    folder.mkdir(parents=True)
    issuer = unit.unit.issuer
    write_secret(folder / "document-key.pem", keys.document_pem.decode("ascii"))
    write_secret(folder / "chain-key.hex", keys.chain.hex())
    write_secret(folder / "encryption-key.hex", unit.unit.encryption.scalar.hex())
    (folder / "certificate.pem").write_bytes(unit.unit.certificate_pem)
    draft = read_sample(
        "medical_outpatient_js",
        issuer=issuer,
        code=unit.ranges["0601"].prefix,
        at=world.now(),
        business_number="SANDBOX-0001",
    )
    (folder / "draft.xml").write_bytes(draft.xml)
    description = {
        "node": world.sites[issuer.area].base_url,
        "unit": unit.number,
        "name": issuer.name,
        "credit_code": issuer.credit_code,
        "area": issuer.area,
        "suite": unit.unit.role.suite,
        "chain_address": unit.unit.chain_signer.address,
        "ranges": {
            name: {"range": held.range_id, "prefix": held.prefix, "first": held.first, "last": held.last}
            for name, held in unit.ranges.items()
        },
    }
    (folder / "unit.json").write_text(json.dumps(description, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_card(directory: Path, world: World, site: NodeSite) -> None:
    """Write what the commands of the sandbox need to know of it."""
    card = {
        "version": 1,
        "node": site.base_url,
        "node_program": site.name,
        "node_account": site.chain_address,
        "clock_offset_seconds": 0,
        "contracts": {name: world.book.address_of(name) for name in CONTRACT_NAMES},
    }
    (directory / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
