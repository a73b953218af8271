"""Tables of the index: what final blocks say. Every row bears its block: a reorganisation is undone by deletion.

What changes over time (a signer, an item, a restriction) is kept as rows in order; the newest row counts.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from piaolian_node.database.records import metadata

# How far the index has come: one row for each cycle that read blocks, the highest is the mark.
indexed_blocks = Table(
    "indexed_blocks",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("timestamp", BigInteger, nullable=False),  # Unix seconds
)

# Every event of our contracts, as it was decoded.
chain_events = Table(
    "chain_events",
    metadata,
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("transaction_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", BigInteger),
    Column("range", BigInteger),
    Column("values", Text, nullable=False),  # JSON
    PrimaryKeyConstraint("block_number", "log_index"),
    Index(None, "name", "block_number"),
    Index(None, "range"),
    Index(None, "unit", "name"),
)

units = Table(
    "units",
    metadata,
    Column("unit", BigInteger, primary_key=True),
    Column("credit_code_digest", LargeBinary, nullable=False),
    Column("area", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Index(None, "credit_code_digest"),
)

item_versions = Table(
    "item_versions",
    metadata,
    Column("item", Integer, nullable=False),
    Column("catalog_version", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("area", BigInteger, nullable=False),
    Column("enabled_from", BigInteger, nullable=False),
    Column("enabled_until", BigInteger, nullable=False),
    Column("min_fen", BigInteger, nullable=False),
    Column("max_fen", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("is_listed_only", Integer, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    PrimaryKeyConstraint("block_number", "log_index"),
    Index(None, "code"),
    Index(None, "item"),
)

ranges = Table(
    "ranges",
    metadata,
    Column("range", BigInteger, primary_key=True),
    Column("unit", BigInteger, nullable=False),
    Column("range_class", Integer, nullable=False),
    Column("prefix", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Index(None, "unit"),
    Index(None, "range_class", "prefix"),
)

# Batch headers under their roots, in order of position.
batches = Table(
    "batches",
    metadata,
    Column("root_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("range", BigInteger, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("issue_day", BigInteger, nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("catalog_version", BigInteger, nullable=False),
    Column("unit_root", LargeBinary, nullable=False),
    Column("bodies", LargeBinary, nullable=False),
    Column("is_red", Integer, nullable=False, default=0),
    Column("transaction_hash", LargeBinary, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    PrimaryKeyConstraint("root_id", "position"),
    Index(None, "range", "first"),
    Index(None, "block_number"),
)

# What became of a payment: one row for each event that concerns it.
payment_marks = Table(
    "payment_marks",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("mark", Text, nullable=False),  # registered | paid | used | ended | cancelled | refused
    Column("notice_batch", BigInteger),
    Column("block_number", BigInteger, nullable=False),
    PrimaryKeyConstraint("range", "sequence", "mark"),
    Index(None, "block_number"),
)

reversals = Table(
    "reversals",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("red_range", BigInteger, nullable=False),
    Column("red_number", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    PrimaryKeyConstraint("range", "number"),
)

# What the chain said last of units and ranges, for when no chain node answers. No part of the exported index.
known_facts = Table(
    "known_facts",
    metadata,
    Column("kind", Text, nullable=False),  # unit | range
    Column("unit", BigInteger, nullable=False),
    Column("range", BigInteger, nullable=False),  # 0 for a unit
    Column("facts", Text, nullable=False),  # JSON
    Column("block_number", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "unit", "range"),
)

INDEX_TABLES = (chain_events, units, item_versions, ranges, batches, payment_marks, reversals)
