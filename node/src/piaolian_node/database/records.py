"""Tables of records: what this node alone knows. They are backed up and never made again from elsewhere.

Times are Unix milliseconds. Enumerations are text. Payment codes are text of 20 digits: no database integer holds them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Who may ask: certificates with their roles.
parties = Table(
    "parties",
    metadata,
    Column("key_id", Text, primary_key=True),  # SHA-256 of the certificate, hex
    Column("role", Text, nullable=False),  # unit | booker | auditor
    Column("unit", BigInteger),  # of role unit
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("encryption_point", Text),  # SM2 point of 65 bytes, hex
    Column("name", Text, nullable=False),  # of the organisation, as public pages show it
    Column("added_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# Names of charge items by code: the chain holds codes and bounds, the catalogue of the department their names.
item_names = Table(
    "item_names",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_rounding", Integer, nullable=False, default=0),  # closes rounding differences (货币误差)
)

# Nonces of signed requests, until they expire.
nonces = Table(
    "nonces",
    metadata,
    Column("key_id", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("key_id", "nonce"),
    Index(None, "expires_at"),
)

# First answers by idempotency key. The answer to a submission of receipts is built again from its bodies.
answers = Table(
    "answers",
    metadata,
    Column("key_id", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("content_digest", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("submission", Text),
    Column("lease", Text),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("key_id", "path", "idempotency_key"),
    Index(None, "created_at"),
)

# Numbers kept for a unit until it submits them.
leases = Table(
    "leases",
    metadata,
    Column("lease", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # issue | notice | reverse
    Column("key_id", Text, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("range", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # open | submitted | expired
    Column("expires_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # JSON: what was prepared
    Column("created_at", BigInteger, nullable=False),
    Index(None, "range", "state"),
    Index(None, "state", "expires_at"),
)

_UNCOPIED = text("bodies_root IS NOT NULL AND replicated_at IS NULL")
_REFUSED = text("refusal IS NOT NULL")
_HELD = text("ciphertext IS NOT NULL")

# Requests accepted, on their way to the chain.
outbox = Table(
    "outbox",
    metadata,
    Column("sequence", Integer().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=True),
    Column("submission", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", BigInteger),
    Column("key_id", Text, nullable=False),
    Column("range", BigInteger),
    Column("first", BigInteger),
    Column("size", BigInteger),
    Column("subject_range", BigInteger),  # of the one receipt that the act is about
    Column("subject_number", BigInteger),
    Column("state", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON: the signed act
    Column("content_digest", LargeBinary, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("bodies_root", LargeBinary),  # SHA-256 digest inside the root CID
    Column("replicated_at", BigInteger),
    Column("transaction", BigInteger, ForeignKey("transactions.sequence")),
    Column("position", Integer),  # within the transaction
    Column("refusal", Text),  # JSON: problem; final when the state is refused
    Column("attempts", Integer, nullable=False, default=0),
    Column("retry_at", BigInteger, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("submission"),
    Index(None, "state", "kind"),
    Index(None, "range", "first"),
    Index(None, "state", "range", "first"),
    # What the worker looks for in every round; few rows are ever in these.
    Index("ix_outbox_uncopied", "sequence", sqlite_where=_UNCOPIED, postgresql_where=_UNCOPIED),
    Index("ix_outbox_refused", "range", sqlite_where=_REFUSED, postgresql_where=_REFUSED),
    Index(None, "subject_range", "subject_number"),
    Index(None, "key_id", "idempotency_key"),
    Index(None, "content_digest"),
)

# Transactions of this node's account: the nonce ledger. Raw bytes are stored before they are sent.
transactions = Table(
    "transactions",
    metadata,
    Column("sequence", Integer().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=True),
    Column("nonce", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # signed | sent | mined | final | replaced
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary),
    Column("is_success", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    UniqueConstraint("hash"),
    Index(None, "state"),
    Index(None, "nonce"),
)

# One row for each receipt that was countersigned: what opens its leaf. No name and no text.
receipts = Table(
    "receipts",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("submission", Text, nullable=False),
    Column("business_number", Text, nullable=False),
    Column("content_digest", LargeBinary, nullable=False),  # SHA-256 of the draft
    Column("check_code", Text, nullable=False),
    Column("issue_day", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),  # positive for a red receipt too
    Column("amount_salt", LargeBinary),
    Column("payment_range", BigInteger),
    Column("payment_code", Text),
    Column("lines_hash", LargeBinary, nullable=False),
    Column("document_digest", LargeBinary, nullable=False),
    Column("fields_seed", LargeBinary),
    Column("fields_root", LargeBinary, nullable=False),
    Column("booking_address", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("is_red", Integer, nullable=False, default=0),
    Column("original_range", BigInteger),
    Column("original_number", BigInteger),
    Column("qr", Text, nullable=False),
    Column("is_refused", Integer, nullable=False, default=0),
    Column("verified_count", Integer, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("range", "number"),
    Index(None, "code", "number"),
    Index(None, "submission"),
    Index(None, "payment_code"),
)

# One receipt at most for each business number of a unit.
business_numbers = Table(
    "business_numbers",
    metadata,
    Column("unit", BigInteger, nullable=False),
    Column("category", Text, nullable=False),  # receipt | notice
    Column("business_number", Text, nullable=False),
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("content_digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("unit", "category", "business_number"),
    Index(None, "range", "number"),
)

# Sealed bodies; the ciphertext leaves the table when it is final and IPFS was read back.
bodies = Table(
    "bodies",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("submission", Text, nullable=False),
    Column("cid", Text, nullable=False),
    Column("ciphertext", LargeBinary),
    PrimaryKeyConstraint("range", "number"),
    Index(None, "submission"),
    Index("ix_bodies_held", "submission", sqlite_where=_HELD, postgresql_where=_HELD),
)

# Small and erasable: what opens a body, and what books a receipt.
receipt_keys = Table(
    "receipt_keys",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("wrapped_content_key", LargeBinary, nullable=False),  # under the batch key
    Column("payer_wrapped_key", LargeBinary),  # for the payer alone
    Column("sealed_booking_secret", LargeBinary, nullable=False),  # under the department's vault key
    PrimaryKeyConstraint("range", "number"),
)

batch_keys = Table(
    "batch_keys",
    metadata,
    Column("submission", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("submission", "recipient"),
)

# Payment notices as their unit signed them.
notices = Table(
    "notices",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("payment_code", Text, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("submission", Text, nullable=False),
    Column("business_number", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),  # JSON: [[item code, item, fen], ...]
    Column("lines_hash", LargeBinary, nullable=False),
    Column("due_day", BigInteger, nullable=False),
    Column("used_by", Text),  # submission of the receipt that took it, from its acceptance on
    Column("is_refused", Integer, nullable=False, default=0),
    PrimaryKeyConstraint("range", "sequence"),
    UniqueConstraint("payment_code"),
    Index(None, "submission"),
    Index(None, "used_by"),
)

# What this node signed as a member, one hash a height. The decision is here before the signature exists.
own_checkpoints = Table(
    "own_checkpoints",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("state_root", LargeBinary, nullable=False),
    Column("timestamp", BigInteger, nullable=False),  # Unix seconds of the block
    Column("signature", LargeBinary),  # 64 bytes; absent while a decision waits for its signature
    Column("decided_at", BigInteger, nullable=False),
)

# Other members' signatures on the same blocks, verified before they are kept.
member_checkpoints = Table(
    "member_checkpoints",
    metadata,
    Column("number", BigInteger, nullable=False),
    Column("member", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    PrimaryKeyConstraint("number", "member"),
)

# Lists of receipts whose keys are to be destroyed (销毁清册): drawn up by one person, approved by another.
erasure_lists = Table(
    "erasure_lists",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the list
    Column("receipt_keys", Text, nullable=False),  # JSON: 18 digits each, ascending
    Column("reason", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_on", Text, nullable=False),  # Beijing day
    Column("approved_by", Text),
    Column("approved_on", Text),
    Column("carried_out_at", BigInteger),
)

# Receipts whose keys were destroyed: their bodies open for nobody, their leaves stay.
erased_receipts = Table(
    "erased_receipts",
    metadata,
    Column("range", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("list_digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("range", "number"),
)

# Proceedings that forbid to erase a receipt.
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("receipt_key", Text, nullable=False),  # 18 digits
    Column("reference", Text, nullable=False),  # of the proceedings
    Column("laid_by", Text, nullable=False),
    Column("laid_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("receipt_key", "reference"),
)

# The last write that this database and its replica have in common.
replica_marks = Table(
    "replica_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),
)
