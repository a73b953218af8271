"""Fixtures of the SDK's integration tests."""

from support.node import node_world

__all__ = ["node_world"]
