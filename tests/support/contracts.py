"""The contracts of a network, deployed: on anvil for calendar and attack tests, on the running network for the rest."""

from dataclasses import dataclass

import pytest

from piaolian_network import Network
from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle
from piaolian_sdk.contracts.address_book import AddressBook
from support.services import Anvil, DevAccount


@dataclass(frozen=True)
class AnvilContracts:
    """Contracts on an anvil, and who holds which role.

    Attributes:
        anvil: The chain.
        book: Where the contracts are.
        administrator: Deployed them; anvil's account 0.
        supervisor: Account 1, area 32.
        checker: Account 2, a second supervisor of area 32.
        node: Account 3, area 32.
        oracles: Accounts 4, 5 and 6 for sources 1, 2 and 3; two must agree.
    """

    anvil: Anvil
    book: AddressBook
    administrator: DevAccount
    supervisor: DevAccount
    checker: DevAccount
    node: DevAccount
    oracles: tuple[DevAccount, ...]


def deploy_on(anvil: Anvil) -> AnvilContracts:
    """Deploy the contracts on an anvil with its own accounts in every role."""
    administrator, supervisor, checker, node, *rest = anvil.accounts
    oracles = tuple(rest[:3])
    setup = Setup(
        supervisors={supervisor.address: "32", checker.address: "32"},
        nodes={node.address: "32"},
        oracles=[
            Oracle(name=f"oracle-{number}", address=oracle.address, source=number)
            for number, oracle in enumerate(oracles, 1)
        ],
        threshold=2,
    )
    book = deploy(anvil.url, administrator.private_key, setup)
    return AnvilContracts(anvil, book, administrator, supervisor, checker, node, oracles)


@pytest.fixture
def anvil_contracts(anvil: Anvil) -> AnvilContracts:
    """The contracts on a fresh anvil, for one test."""
    return deploy_on(anvil)


@pytest.fixture(scope="module")
def anvil_contracts_module(anvil_module: Anvil) -> AnvilContracts:
    """The contracts on one anvil for a test module; use `anvil.snapshot` and `anvil.revert` between tests."""
    return deploy_on(anvil_module)


@pytest.fixture(scope="session")
def network_contracts(network: Network) -> AddressBook:
    """The contracts on the running network; roles are those of `network.accounts`."""
    return network.deploy()
