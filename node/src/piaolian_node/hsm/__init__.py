"""The HSM: one login, a bounded pool of sessions, tests of the keys, and what happens when the token goes away."""

from piaolian_node.hsm.pins import PinTries
from piaolian_node.hsm.probes import chain_key_probe, document_key_probe
from piaolian_node.hsm.token import HSMToken

# Within the node's own folder.
PIN_TRIES_FILE = "pin-tries"

__all__ = ["PIN_TRIES_FILE", "HSMToken", "PinTries", "chain_key_probe", "document_key_probe"]
