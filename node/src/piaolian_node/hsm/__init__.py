"""The HSM: one login, a bounded pool of sessions, and the three keys of the node."""

from piaolian_node.hsm.token import HSMToken

__all__ = ["HSMToken"]
