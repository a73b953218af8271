"""Fixtures of the node's integration tests."""

from support.node import node_world
from support.proof_network import proof_network

__all__ = ["node_world", "proof_network"]
