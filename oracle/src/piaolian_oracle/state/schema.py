"""Tables of the oracle's state file (SQLite), format 2.

`sources` is one row per account and message type; `statements`, `payments` and `exceptional_lines` are what was read;
`parts` is what is voted on; `transactions` holds every signed transaction before it is sent, so that a restart sends
the same bytes again instead of voting twice. Accounts appear as SHA-256 only. A file of format 1 is brought forward
when a daemon opens it.
"""

FORMAT = 2

# What format 2 adds: who paid which code, as the chain told it up to a final block; and payments that were confirmed in
# real time, to be compared with the statement that follows.
TABLES_OF_FORMAT_2 = """
CREATE TABLE payers (
    id            INTEGER PRIMARY KEY,
    payment_range INTEGER NOT NULL,
    word          INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    bank_reference BLOB    NOT NULL CHECK (length(bank_reference) = 8)
) STRICT;
CREATE INDEX payers_word ON payers (payment_range, word, id);

CREATE TABLE payers_read (
    number        INTEGER PRIMARY KEY,
    hash          BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE confirmations (
    account       BLOB    NOT NULL CHECK (length(account) = 32),
    reference     TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    amount_fen    INTEGER NOT NULL,
    value_day     INTEGER NOT NULL,
    channel       TEXT    NOT NULL,
    received_unix INTEGER NOT NULL,
    verdict       TEXT    NOT NULL DEFAULT 'awaiting' CHECK (verdict IN ('awaiting', 'confirmed', 'differs')),
    PRIMARY KEY (account, reference)
) STRICT, WITHOUT ROWID;
"""

TABLES = f"""{TABLES_OF_FORMAT_2}
CREATE TABLE sources (
    account       BLOB    NOT NULL CHECK (length(account) = 32),
    message       TEXT    NOT NULL,
    year          INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    page          INTEGER NOT NULL,
    is_last_page  INTEGER NOT NULL,
    PRIMARY KEY (account, message)
) STRICT;

CREATE TABLE refusals (
    account       BLOB    NOT NULL,
    message       TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    since_unix    INTEGER NOT NULL,
    PRIMARY KEY (account, message)
) STRICT;

CREATE TABLE statements (
    id            INTEGER PRIMARY KEY,
    account       BLOB    NOT NULL,
    message       TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    page          INTEGER NOT NULL,
    content       TEXT    NOT NULL,
    file_name     TEXT    NOT NULL,
    read_unix     INTEGER NOT NULL,
    UNIQUE (account, key, page)
) STRICT;

CREATE TABLE bank_references (
    account       BLOB    NOT NULL,
    reference     TEXT    NOT NULL,
    content       TEXT    NOT NULL,
    PRIMARY KEY (account, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    id            INTEGER PRIMARY KEY,
    statement     INTEGER NOT NULL REFERENCES statements (id),
    part          INTEGER NOT NULL,
    report_id     BLOB    NOT NULL UNIQUE CHECK (length(report_id) = 32),
    voted_epoch   INTEGER,
    voted_digest  BLOB,
    approved_unix INTEGER,
    settled_digest BLOB,
    checked_unix  INTEGER NOT NULL DEFAULT 0,
    is_done       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX parts_open ON parts (is_done, checked_unix, id);

CREATE TABLE payments (
    part          INTEGER NOT NULL REFERENCES parts (id),
    code          TEXT    NOT NULL,
    bank_reference BLOB    NOT NULL CHECK (length(bank_reference) = 8),
    amount_fen    INTEGER NOT NULL,
    value_day     INTEGER NOT NULL,
    reference     TEXT    NOT NULL,
    entry         INTEGER NOT NULL,
    outcome       TEXT    NOT NULL DEFAULT 'awaiting',
    PRIMARY KEY (part, code, bank_reference)
) STRICT;

CREATE INDEX payments_code ON payments (code, bank_reference);

CREATE TABLE exceptional_lines (
    statement     INTEGER NOT NULL REFERENCES statements (id),
    entry         INTEGER NOT NULL,
    detail        INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    amount_fen    INTEGER NOT NULL,
    reference     TEXT    NOT NULL,
    is_incoming   INTEGER NOT NULL,
    PRIMARY KEY (statement, entry, detail)
) STRICT;

CREATE TABLE files (
    name          TEXT    PRIMARY KEY,
    size          INTEGER NOT NULL,
    modified_ns   INTEGER NOT NULL,
    code          TEXT    NOT NULL,
    reason        TEXT    NOT NULL
) STRICT;

CREATE TABLE transactions (
    hash          BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    part          INTEGER NOT NULL REFERENCES parts (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('vote', 'settle')),
    epoch         INTEGER NOT NULL,
    digest        BLOB    NOT NULL,
    serial        INTEGER NOT NULL,
    nonce         INTEGER NOT NULL,
    raw           BLOB    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('pending', 'final', 'failed', 'replaced')),
    created_unix  INTEGER NOT NULL
) STRICT;
CREATE INDEX transactions_pending ON transactions (state, nonce);
"""
