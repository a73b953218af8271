"""A sandbox: anvil and one kubo daemon under the supervisor, with a chain that survives a restart."""

from pathlib import Path

import pytest

from piaolian_network import Network
from piaolian_network.errors import StateError
from piaolian_network.rpc import ChainRPC


def test_sandbox__deployed_and_restarted__has_the_same_chain_and_contracts(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "sandbox", engine="anvil", validators=1, kubo=1)
    try:
        network.up()
        assert network.status().problems == []
        book = network.deploy()
        assert network.finality_depth == 0
        rpc = ChainRPC(network.rpc_urls[0])
        genesis = rpc.block(0)["hash"]
        network.down()
        network.up()
        assert rpc.block(0)["hash"] == genesis
        assert network.deploy() == book
    finally:
        network.down()


def test_sandbox__clock__can_be_moved(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "sandbox", engine="anvil", validators=1, kubo=0, oracles=0)
    try:
        network.up()
        rpc = ChainRPC(network.rpc_urls[0])
        target = int(rpc.block("latest")["timestamp"], 16) + 40 * 86_400
        rpc.call("evm_setNextBlockTimestamp", [hex(target)])
        rpc.call("anvil_mine", ["0x1"])
        assert int(rpc.block("latest")["timestamp"], 16) == target
    finally:
        network.down()


def test_sandbox__several_validators__are_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError):
        Network.create(tmp_path / "sandbox", engine="anvil", validators=3)
    assert not (tmp_path / "sandbox").exists()
