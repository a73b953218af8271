"""Fixtures of the offline page's tests."""

from support.verifier_page import built_page, page

__all__ = ["built_page", "page"]
