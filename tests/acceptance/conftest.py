"""Fixtures of the acceptance tests."""

from support.story import contract_world, story_cast, told

__all__ = ["contract_world", "story_cast", "told"]
