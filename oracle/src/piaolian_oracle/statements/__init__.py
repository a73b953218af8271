"""Bank statements: reading camt.053 and camt.054."""

from piaolian_oracle.statements.model import Direction, Statement, StatementLine, account_digest
from piaolian_oracle.statements.reader import MAX_STATEMENT_BYTES, read_statements

__all__ = ["MAX_STATEMENT_BYTES", "Direction", "Statement", "StatementLine", "account_digest", "read_statements"]
