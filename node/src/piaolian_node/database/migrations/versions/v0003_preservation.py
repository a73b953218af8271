"""Preservation: erasure lists, holds, the replica's mark, and what the chain said last."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this version."""
    op.create_table(
        "erasure_lists",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_keys", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.Text(), nullable=True),
        sa.Column("carried_out_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erasure_lists")),
    )
    op.create_table(
        "erased_receipts",
        sa.Column("range", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("list_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("range", "number", name=op.f("pk_erased_receipts")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("receipt_key", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("laid_by", sa.Text(), nullable=False),
        sa.Column("laid_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_key", "reference", name=op.f("pk_legal_holds")),
    )
    op.create_table(
        "replica_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_replica_marks")),
    )
    op.create_table(
        "known_facts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("range", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "unit", "range", name=op.f("pk_known_facts")),
    )


def downgrade() -> None:
    """Bring the database back to the version before."""
    for name in ("known_facts", "replica_marks", "legal_holds", "erased_receipts", "erasure_lists"):
        op.drop_table(name)
