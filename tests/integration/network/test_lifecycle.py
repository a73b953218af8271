"""A network of three geth validators and two kubo daemons is started, inspected, hurt and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from piaolian_network import Network
from piaolian_network.errors import StateError, ToolError
from piaolian_network.ports import is_free, used_ports
from piaolian_network.rpc import ChainRPC


def wait_until(check: Callable[[], bool], *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.2)


def test_up__three_validators__agree_on_a_growing_chain(network: Network) -> None:
    first, *others = [ChainRPC(url) for url in network.rpc_urls]
    head = first.block_number()
    wait_until(lambda: first.block_number() >= head + 2)
    for other in others:
        assert other.block(head)["hash"] == first.block(head)["hash"]
    assert int(first.call("eth_chainId"), 16) == network.chain_id


def test_up__three_validators__all_of_them_seal(network: Network) -> None:
    rpc = ChainRPC(network.rpc_urls[0])
    wait_until(lambda: rpc.block_number() >= 12)
    activity = rpc.call("clique_status")["sealerActivity"]
    sealed = {address.lower() for address, count in activity.items() if count}
    assert sealed == {member.validator.lower() for member in network.members.validators}


def test_up__accounts__are_funded(network: Network) -> None:
    rpc = ChainRPC(network.rpc_urls[1])
    for account in (network.accounts.administrator, network.accounts.node, *network.accounts.oracles):
        assert int(rpc.call("eth_getBalance", [account.address, "latest"]), 16) > 10**26


def test_kubo__body_added_to_one__is_read_from_the_other(network: Network) -> None:
    body = os.urandom(2_000)
    first, second = network.kubo_api_urls
    added = httpx.post(f"{first}/api/v0/add", params={"cid-version": "1"}, files={"file": body}, timeout=10)
    cid = added.json()["Hash"]
    read = httpx.post(f"{second}/api/v0/cat", params={"arg": cid}, timeout=20)
    assert read.content == body


def test_kubo__peers__are_the_members_alone(network: Network) -> None:
    wanted = [member.ipfs_peer.rpartition("/")[2] for member in network.members.ipfs_members]
    for own, url in zip(wanted, network.kubo_api_urls, strict=True):
        answer = httpx.post(f"{url}/api/v0/swarm/peers", timeout=10).json()
        assert {peer["Peer"] for peer in answer["Peers"]} == set(wanted) - {own}


def test_kubo__repository_without_swarm_key__refuses_to_start(network: Network, tmp_path: Path) -> None:
    from piaolian_network import kubo
    from piaolian_network.programs import find_program

    program = find_program("ipfs")
    environment = {**os.environ, **kubo.environment(tmp_path)}
    kubo.repository(tmp_path).mkdir()
    subprocess.run(kubo.init_command(program), check=True, capture_output=True, env=environment, timeout=30)
    done = subprocess.run(
        kubo.run_command(program), check=False, capture_output=True, text=True, env=environment, timeout=30
    )
    assert done.returncode != 0
    assert "privnet" in done.stderr or "private network" in done.stderr


def test_ports__of_the_running_network__are_on_loopback_only(network: Network) -> None:
    members = network.members
    wanted = used_ports(members.chain.base_port, validators=3, kubo=2)
    listening = _listening_addresses()
    for port in wanted:
        assert listening.get(port) == {"127.0.0.1"}, f"port {port}"


def test_status__all_well__has_no_problems(network: Network) -> None:
    status = network.status()
    assert status.problems == []
    assert status.ok
    assert status.head is not None


def test_status__validator_stopped__names_it_and_the_chain_goes_on(network: Network) -> None:
    name = network.validator_programs[2]
    network.stop(name)
    try:
        status = network.status()
        assert not status.ok
        assert any("finance-3" in problem for problem in status.problems)
        rpc = ChainRPC(network.rpc_urls[0])
        head = rpc.block_number()
        wait_until(lambda: rpc.block_number() >= head + 3)
    finally:
        network.up()
    wait_until(lambda: network.status().ok)


def test_status__two_validators_stopped__says_why_the_chain_stands_still(network: Network) -> None:
    for name in network.validator_programs[1:]:
        network.stop(name)
    try:
        wait_until(lambda: any("链停在" in problem for problem in network.status().problems))
        sentence = next(problem for problem in network.status().problems if "链停在" in problem)
        assert "finance-2" in sentence
        assert "finance-3" in sentence
        assert "2 must work" in sentence
    finally:
        for name in network.validator_programs[1:]:
            network.start(name)
    wait_until(lambda: network.status().ok, seconds=60)


def test_status__kubo_stopped__names_it(network: Network) -> None:
    network.stop(network.kubo_programs[1])
    try:
        assert any("finance-2" in problem and "kubo" in problem for problem in network.status().problems)
    finally:
        network.up()
    wait_until(lambda: network.status().ok)


def test_supervisor__validator_killed__starts_it_again(network: Network) -> None:
    name = network.validator_programs[1]
    before = network.processes[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: network.processes.get(name, before) != before)
    wait_until(lambda: network.status().ok)


def test_stop__unknown_program__is_refused_by_name(network: Network) -> None:
    with pytest.raises(ToolError) as caught:
        network.stop("geth-nobody")
    assert caught.value.code == "program-unknown"


def test_add_program__environment_with_json__reaches_the_program(network: Network, tmp_path: Path) -> None:
    written = tmp_path / "seen"
    script = f"import os, time; open({str(written)!r}, 'w').write(os.environ['SETTING']); time.sleep(600)"
    value = '{"share": "100%", "items": ["一", "two"]}'
    network.add_program("probe", [sys.executable, "-c", script], {"SETTING": value}, tmp_path)
    try:
        wait_until(lambda: written.exists() and written.read_text(encoding="utf-8") == value)
        assert "probe" in network.processes
    finally:
        network.remove_program("probe")
    assert "probe" not in network.processes


def test_down__running_network__leaves_nothing_and_spares_a_stranger(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "small", validators=1, kubo=1, oracles=0)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as stranger:
        try:
            network.up()
            pids = list(network.processes.values())
            assert len(pids) == 2
            network.down()
            assert not any(_is_alive(pid) for pid in pids)
            assert all(is_free(port) for port in used_ports(network.members.chain.base_port, validators=1, kubo=1))
            assert stranger.poll() is None
            assert network.status().problems == ["网络未运行（the network is not running）"]
        finally:
            network.down()
            stranger.kill()


def test_down__supervisor_killed_before__ends_the_orphans(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "orphans", validators=1, kubo=1, oracles=0)
    try:
        network.up()
        pids = list(network.processes.values())
        os.kill(int((network.directory / "run" / "supervisord.pid").read_text(encoding="ascii")), signal.SIGKILL)
        network.down()
        assert not any(_is_alive(pid) for pid in pids)
    finally:
        network.down()


def test_up__after_down__continues_the_same_chain(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "again", validators=1, kubo=1, oracles=0)
    try:
        network.up()
        genesis = ChainRPC(network.rpc_urls[0]).block(0)["hash"]
        network.down()
        again = Network(network.directory)
        again.up()
        rpc = ChainRPC(again.rpc_urls[0])
        assert rpc.block(0)["hash"] == genesis
        assert rpc.block_number() >= 3
    finally:
        network.down()


def test_up__port_taken_by_a_stranger__is_refused_and_names_the_port(tmp_path: Path) -> None:
    network = Network.create(tmp_path / "taken", validators=1, kubo=1, oracles=0)
    port = network.members.chain.base_port + 1
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with pytest.raises(StateError, match=str(port)) as caught:
            network.up()
    assert caught.value.code == "port-taken"
    assert network.processes == {}


def test_create__folder_in_use__is_refused(tmp_path: Path) -> None:
    Network.create(tmp_path / "twice", validators=1, kubo=0, oracles=0)
    with pytest.raises(StateError) as caught:
        Network.create(tmp_path / "twice", validators=1, kubo=0, oracles=0)
    assert caught.value.code == "network-exists"


def _is_alive(pid: int) -> bool:
    """Say whether a process runs; an orphan that its new parent has yet to collect (state Z) does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _listening_addresses() -> dict[int, set[str]]:
    """Read the kernel's table of listening TCP sockets: port to addresses, IPv4 and IPv6."""
    found: dict[int, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state != "0A":
                continue
            address, port = local.split(":")
            text = address
            if table == "tcp":
                text = ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
            found.setdefault(int(port, 16), set()).add(text)
    return found
