"""The daemon: reads its source, votes and settles, until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from piaolian_oracle.chain import PayersIndex, Web3Ledger, Web3Sender
from piaolian_oracle.channels import open_channels
from piaolian_oracle.config import OracleConfig
from piaolian_oracle.keys import KeyLocation, open_signer
from piaolian_oracle.sources import IntakeRules, StatementFolder, StatementIntake
from piaolian_oracle.state import Database, PartStore, PayersStore, StatementStore
from piaolian_oracle.voting import ReportVoter, TransactionDesk, VotingRules
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import PiaolianError

_logger = logging.getLogger(__name__)

# While the same trouble lasts, it is logged at the first time and then once in so many cycles.
_REPEAT_LOG_CYCLES = 60
# The pause doubles with each failed cycle up to this many times the ordinary one.
_MAX_PAUSE_FACTOR = 16


@dataclass
class Daemon:
    """The loop around intake and voting.

    Attributes:
        intake: Reads statements.
        voter: Votes and settles.
        poll_seconds: Pause between cycles.
    """

    intake: StatementIntake
    voter: ReportVoter
    poll_seconds: float

    def __post_init__(self) -> None:
        """Begin without any trouble."""
        self._trouble = ""
        self._trouble_cycles = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a cycle that has begun is finished."""
        _logger.info("oracle started")
        while not stop.is_set():
            self.cycle()
            factor = min(1 << min(self._trouble_cycles, 8), _MAX_PAUSE_FACTOR) if self._trouble else 1
            stop.wait(self.poll_seconds * factor)
        _logger.info("oracle stopped")

    def cycle(self) -> bool:
        """Run one cycle; return whether it went well.

        The source is read also while the chain is away, and the chain is served also while the folder is away. Every
        error is met by trying again, with longer pauses: what was done is stored, and an oracle that ended would help
        nobody.
        """
        went_well = all([self._attempt(self.intake.scan), self._attempt(self.voter.cycle)])
        if went_well and self._trouble:
            _logger.info("trouble over", extra={"code": self._trouble, "cycles": self._trouble_cycles})
            self._trouble, self._trouble_cycles = "", 0
        return went_well

    def _attempt(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except PiaolianError as error:
            self._note(error.code, error)
        except OSError as error:
            self._note("folder-unreadable", error)
        except Exception as error:  # noqa: BLE001 # The top of the daemon: a bug in one cycle must not end the oracle.
            self._note("internal", error)
        else:
            return True
        return False

    def _note(self, code: str, error: Exception) -> None:
        if code != self._trouble:
            self._trouble, self._trouble_cycles = code, 0
        if self._trouble_cycles % _REPEAT_LOG_CYCLES == 0:
            _logger.error("cycle failed", extra={"code": code, "detail": str(error)}, exc_info=code == "internal")
        self._trouble_cycles += 1


def build_daemon(config: OracleConfig, signer: ChainSigner, database: Database) -> Daemon:
    """Put the parts together.

    Raises:
        PiaolianError: The address book is malformed, or the chain is away or another one.
    """
    book = AddressBook.from_file(config.address_book)
    chain = ChainReader(str(config.rpc_url), book, FinalityPolicy(config.finality_depth))
    chain.check_network()
    parts = PartStore(database)
    voter = ReportVoter(
        Web3Ledger(chain, PayersIndex(chain, PayersStore(database))),
        TransactionDesk(Web3Sender(chain, signer), parts),
        parts,
        VotingRules(config.source, config.retry_interval, config.settle_stagger),
    )
    rules = IntakeRules(config.accounts, config.order_rules, config.max_statement_bytes)
    intake = StatementIntake(StatementFolder(config.folder), StatementStore(database), rules)
    return Daemon(intake, voter, config.poll_interval.total_seconds())


def run_oracle(config: OracleConfig) -> None:
    """Run the daemon until SIGTERM or SIGINT.

    Raises:
        PiaolianError: Something that the daemon needs at its start is absent; the process ends, and its supervisor
            starts it again.
    """
    with stop_on_signals() as stop, opened(config) as database:
        location = KeyLocation(config.pkcs11_module, config.token_label, config.key_label)
        with open_signer(location, config.pin.get_secret_value()) as signer:
            _logger.info("settings", extra={"settings": config.public_settings(), "address": signer.address})
            daemon = build_daemon(config, signer, database)
            with open_channels(config, database):
                daemon.run(stop)


@contextmanager
def opened(config: OracleConfig) -> Iterator[Database]:
    """Hold the state file open and locked."""
    database = Database(config.state_path)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Set an event on SIGTERM and SIGINT for as long as the context lasts."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
