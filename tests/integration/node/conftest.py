"""Fixtures of the node's integration tests."""

from support.endpoints import examples
from support.node import node_world
from support.proof_network import proof_network

__all__ = ["examples", "node_world", "proof_network"]
