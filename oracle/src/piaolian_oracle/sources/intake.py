"""Takes new statements from the folder into the state file, in order, each exactly once."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from piaolian_oracle.errors import SourceError, StatementError
from piaolian_oracle.reports import select_payments
from piaolian_oracle.sources.folder import FoundFile, StatementFolder
from piaolian_oracle.state import StatementStore
from piaolian_oracle.statements import MAX_STATEMENT_BYTES, Statement, account_digest, read_statements
from piaolian_oracle.statements.order import OrderRules, Verdict, judge, statement_key

_logger = logging.getLogger(__name__)

# Verdict of a file whose statements are all taken or known.
_READ = "read"


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What is taken from a source.

    Attributes:
        accounts: Accounts of the treasury that this oracle watches; a statement of any other is refused, since
            money paid to another account is not paid to the treasury.
        order: How the bank numbers its statements.
        max_bytes: Largest file, bytes.
    """

    accounts: frozenset[str]
    order: OrderRules = field(default_factory=OrderRules)
    max_bytes: int = MAX_STATEMENT_BYTES


@dataclass
class _Waiting:
    """A file whose statements are not all taken yet."""

    file: FoundFile
    statements: list[Statement]


class StatementIntake:
    """Reads a folder again and again.

    Args:
        folder: The source's folder.
        store: Where statements are kept.
        rules: What is taken.
        now: Clock, seconds since epoch.
    """

    def __init__(
        self,
        folder: StatementFolder,
        store: StatementStore,
        rules: IntakeRules,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._store = store
        self._rules = rules
        self._now = now
        self._waiting: dict[str, _Waiting] = {}

    def scan(self) -> int:
        """Read what is new and take what is next.

        Returns:
            Number of statement pages taken.

        Raises:
            OSError: The folder cannot be listed.
        """
        for file in self._folder.files():
            self._read(file)
        taken = 0
        while (step := self._take_next()) > 0:
            taken += step
        self._note_gaps()
        return taken

    def _read(self, file: FoundFile) -> None:
        name = file.path.name
        known = self._waiting.get(name)
        if known is not None and known.file == file:
            return
        if self._store.file_verdict(name, file.size, file.modified_ns) is not None:
            return
        try:
            statements = read_statements(file.read(self._rules.max_bytes), max_bytes=self._rules.max_bytes)
            self._check_accounts(statements)
        except StatementError as error:
            self._waiting.pop(name, None)
            self._refuse_file(file, error)
            return
        except OSError as error:
            # Nothing is noted, so the file is tried again in the next cycle.
            _logger.warning("statement file unreadable", extra={"file": name, "error": error.strerror})
            return
        self._waiting[name] = _Waiting(file, list(statements))

    def _check_accounts(self, statements: Iterable[Statement]) -> None:
        if any(statement.account not in self._rules.accounts for statement in statements):
            raise StatementError(
                "account-not-configured",
                "the statement belongs to an account that this oracle does not watch",
                "对账单所属账户不在本预言机的监视名单内",
                "核实文件来源; 确为财政账户的, 加入 PIAOLIAN_ORACLE_ACCOUNTS 后重启",
                field="Acct/Id",
            )

    def _take_next(self) -> int:
        """Take every waiting statement that is next; a statement taken may make another the next."""
        taken = 0
        queue = [(statement, waiting) for waiting in self._waiting.values() for statement in waiting.statements]
        queue.sort(key=lambda item: (item[0].message, item[0].year, item[0].number or 0, item[0].page))
        for statement, waiting in queue:
            refusal = self._store.refusal(statement)
            if refusal is not None and refusal.code != "source-gap":
                continue
            try:
                verdict = self._judge(statement)
            except SourceError as error:
                self._refuse_source(statement, waiting, error)
                continue
            except StatementError as error:
                self._waiting.pop(waiting.file.path.name, None)
                self._refuse_file(waiting.file, error)
                continue
            if verdict is Verdict.WAIT:
                continue
            if verdict is Verdict.TAKE:
                self._take(statement, waiting.file.path.name)
                taken += 1
            self._drop(statement, waiting)
        return taken

    def _judge(self, statement: Statement) -> Verdict:
        key = statement_key(statement, self._rules.order)
        seen = self._store.seen_content(statement, key)
        return judge(statement, self._store.position(statement), seen, self._rules.order)

    def _take(self, statement: Statement, file_name: str) -> None:
        selection = select_payments(statement, self._store.known_references(statement))
        key = statement_key(statement, self._rules.order)
        reports = self._store.take(statement, key, selection, file_name, int(self._now()))
        if self._store.differing_confirmations:
            _logger.critical(
                "statement contradicts real-time confirmations",
                extra={"statement": key, "count": len(self._store.differing_confirmations)},
            )
        if self._store.end_gap(statement):
            _logger.info("missing statement has come", extra={"statement": key})
        _logger.info(
            "statement taken",
            extra={
                "statement": key,
                "page": statement.page,
                "payments": len(selection.payments),
                "exceptions": len(selection.exceptions),
                "reports": reports,
            },
        )

    def _drop(self, statement: Statement, waiting: _Waiting) -> None:
        """Forget a statement that needs nothing more; a file without any other is read for good."""
        waiting.statements.remove(statement)
        name = waiting.file.path.name
        if not waiting.statements and self._waiting.get(name) is waiting:
            del self._waiting[name]
            self._store.judge_file(name, waiting.file.size, waiting.file.modified_ns, _READ, "")

    def _refuse_file(self, file: FoundFile, error: StatementError) -> None:
        self._store.judge_file(file.path.name, file.size, file.modified_ns, error.code, error.message_zh)
        _logger.error("statement file refused", extra={"file": file.path.name, "code": error.code})

    def _refuse_source(self, statement: Statement, waiting: _Waiting, error: SourceError) -> None:
        """Stop the source, and set the false file aside: after a release only a changed file is judged again."""
        if self._store.refuse_source(statement, error, int(self._now())):
            _logger.critical(
                "source refused",
                extra={"account": account_digest(statement.account).hex()[:16], "code": error.code},
            )
        name = waiting.file.path.name
        self._waiting.pop(name, None)
        self._store.judge_file(name, waiting.file.size, waiting.file.modified_ns, error.code, error.message_zh)

    def _note_gaps(self) -> None:
        """Say which sources stand still because a statement is missing."""
        for waiting in self._waiting.values():
            for statement in waiting.statements:
                if self._store.refusal(statement) is not None:
                    continue
                last = self._store.position(statement)
                expected = self._rules.order.first_number if last is None else last.number + last.is_last_page
                error = SourceError(
                    "source-gap",
                    f"statement {expected} is missing before {statement.number}",
                    f"缺少对账单 {expected}, 其后的 {statement.number} 暂不受理",
                    "请银行补发缺失的对账单, 收到后自动继续",
                )
                self._store.refuse_source(statement, error, int(self._now()))
                _logger.error(
                    "statement missing",
                    extra={"expected": expected, "found": statement.number, "code": error.code},
                )
