"""A network as code: members.toml becomes genesis, keys, processes and files of a running network."""

from piaolian_network.errors import NetworkError
from piaolian_network.lifecycle import Accounts, Network
from piaolian_network.status import NetworkStatus

__all__ = ["Accounts", "Network", "NetworkError", "NetworkStatus"]
