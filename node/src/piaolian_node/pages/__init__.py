"""Pages that people see: Chinese first, rendered on the server, without a request to any other host."""

from piaolian_node.pages.public import public_pages

__all__ = ["public_pages"]
