"""Run by alembic: takes the open connection from `piaolian_node.database.migrate`."""

from alembic import context

from piaolian_node.database import index, records  # noqa: F401 # Both halves define tables.

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=records.metadata,
    # SQLite cannot alter a table in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
