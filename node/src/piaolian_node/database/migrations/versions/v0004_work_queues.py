"""Indexes for what the worker and every request look for, so that a long history costs them nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UNCOPIED = sa.text("bodies_root IS NOT NULL AND replicated_at IS NULL")
_REFUSED = sa.text("refusal IS NOT NULL")
_HELD = sa.text("ciphertext IS NOT NULL")


def upgrade() -> None:
    """Bring the database to this version."""
    op.create_index(op.f("ix_outbox_state_range_first"), "outbox", ["state", "range", "first"])
    op.create_index("ix_outbox_uncopied", "outbox", ["sequence"], sqlite_where=_UNCOPIED, postgresql_where=_UNCOPIED)
    op.create_index("ix_outbox_refused", "outbox", ["range"], sqlite_where=_REFUSED, postgresql_where=_REFUSED)
    op.create_index("ix_bodies_held", "bodies", ["submission"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.drop_index(op.f("ix_chain_events_unit"), table_name="chain_events")
    op.create_index(op.f("ix_chain_events_unit_name"), "chain_events", ["unit", "name"])


def downgrade() -> None:
    """Bring the database to the version before."""
    op.drop_index(op.f("ix_chain_events_unit_name"), table_name="chain_events")
    op.create_index(op.f("ix_chain_events_unit"), "chain_events", ["unit"])
    op.drop_index("ix_bodies_held", table_name="bodies")
    op.drop_index("ix_outbox_refused", table_name="outbox")
    op.drop_index("ix_outbox_uncopied", table_name="outbox")
    op.drop_index(op.f("ix_outbox_state_range_first"), table_name="outbox")
