"""Command line of anvil, the chain of a sandbox: instant blocks, a clock that can be moved, no consensus.

Its state is kept in a file, so that a sandbox goes on where it was stopped.
"""

from pathlib import Path

from piaolian_network import ports
from piaolian_network.members import Members
from piaolian_network.rpc import ChainRPC

_STATE_FILE = "anvil-state.json"
_STATE_INTERVAL_SECONDS = 5


def run_command(anvil: Path, members: Members, directory: Path) -> list[str]:
    """Return the command of the one chain client of a sandbox.

    Args:
        anvil: The native program; the npm wrapper would start a child that a signal does not reach.
        members: A network with engine `anvil` and a fixed genesis time.
        directory: The network's folder.
    """
    return [
        str(anvil),
        *("--host", "127.0.0.1"),
        *("--port", str(ports.geth_rpc_port(members.chain.base_port, 0))),
        *("--chain-id", str(members.chain.id)),
        # The same level of the EVM as on the real network.
        *("--hardfork", "london"),
        *("--gas-limit", str(members.chain.gas_limit)),
        *("--base-fee", "8"),
        *("--timestamp", str(members.chain.genesis_unix)),
        *("--accounts", "1"),
        *("--state", str(directory / _STATE_FILE)),
        *("--state-interval", str(_STATE_INTERVAL_SECONDS)),
        "--silent",
    ]


def fund(members: Members, amount_wei: int) -> None:
    """Give every account of members.toml its funds, as genesis does on the other engines.

    Raises:
        ServiceError: anvil does not answer.
    """
    rpc = ChainRPC(members.chain_members[0].rpc_url)
    for address in members.funded_addresses:
        if int(rpc.call("eth_getBalance", [address, "latest"]), 16) == 0:
            rpc.call("anvil_setBalance", [address, hex(amount_wei)])
