"""Fixtures of the acceptance tests."""

from support.story import contract_world, story_cast, told
from support.verifier_page import built_page, page

__all__ = ["built_page", "contract_world", "page", "story_cast", "told"]
