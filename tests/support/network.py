"""The network of a test run: three geth validators and two kubo daemons, started once."""

from collections.abc import Iterator

import pytest

from piaolian_network import Network


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A running network. A test that stops a program starts it again (`network.up()` does) before it ends."""
    made = Network.create(tmp_path_factory.mktemp("network") / "main", validators=3, kubo=2, oracles=3)
    try:
        made.up()
        yield made
    finally:
        made.down()
