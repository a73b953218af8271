"""Versions, one file each; alembic orders them by their revisions."""
