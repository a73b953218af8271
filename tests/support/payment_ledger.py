"""A payment ledger in memory, with the rules of the contract and blocks that a test mines by hand.

Its state may be changed by tests directly, so that an attack takes three lines. Integration tests hold the oracle to
the real contract; this one is for what is hard to bring about there: reorganisations, lost transactions, late blocks.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from piaolian_oracle.chain import Committee, PaymentKey, Settlement, SuspenseWord
from piaolian_oracle.reports import Report
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.errors import ContractRefusedError, RemoteError


def refuse(name: str) -> ContractRefusedError:
    """Return the refusal of the contract by the name of its error."""
    return ContractRefusedError(name.lower(), name, name, name=name, values={})


@dataclass
class NoticedCode:
    """A notice: what is due and until when; `paid_by` once it is paid."""

    due_fen: int
    due_day: int = 1 << 20
    is_cancelled: bool = False
    paid_by: bytes = b""


@dataclass
class MinedTransaction:
    """A transaction in a block."""

    block: int
    succeeded: bool
    report_id: bytes = b""
    settlement: Settlement | None = None


@dataclass
class LedgerInMemory:
    """The ledger; `advance` mines what was broadcast."""

    committee_now: Committee
    finality_depth: int = 0
    block: int = 1
    ranges: list[tuple[int, int, int, int]] = field(default_factory=list)
    notices: dict[tuple[int, int], NoticedCode] = field(default_factory=dict)
    suspense: dict[PaymentKey, SuspenseWord] = field(default_factory=dict)
    votes: defaultdict[tuple[int, bytes], set[int]] = field(default_factory=lambda: defaultdict(set))
    serials: dict[int, int] = field(default_factory=dict)
    pool: dict[tuple[str, int], bytes] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)
    nonce_blocks: dict[tuple[str, int], int] = field(default_factory=dict)
    mined: dict[bytes, MinedTransaction] = field(default_factory=dict)
    is_away: bool = False
    _calls: dict[bytes, Callable[[str], MinedTransaction]] = field(default_factory=dict)

    def notice(self, payment_range: int, sequence: int, due_fen: int = 8000, due_day: int = 1 << 20) -> NoticedCode:
        """Register a notice."""
        noticed = NoticedCode(due_fen, due_day)
        self.notices[payment_range, sequence] = noticed
        return noticed

    def advance(self, blocks: int = 1) -> None:
        """Mine everything that can be mined, then empty blocks."""
        self.block += 1
        while ready := [key for key in sorted(self.pool) if key[1] == self.nonces.get(key[0], 0)]:
            for sender, nonce in ready:
                raw = self.pool.pop((sender, nonce))
                self.nonces[sender] = nonce + 1
                self.nonce_blocks[sender, nonce] = self.block
                self.mined[transaction_hash(raw)] = self._execute(sender, raw)
        self.block += blocks - 1

    def _execute(self, sender: str, raw: bytes) -> MinedTransaction:
        try:
            return self._calls[raw.partition(b"|")[0]](sender)
        except ContractRefusedError:
            return MinedTransaction(self.block, succeeded=False)

    def simulate(self, sender: str, data: bytes) -> None:
        """Run a call and undo what it did."""
        before = (dict(self.suspense), {key: set(votes) for key, votes in self.votes.items()}, dict(self.serials))
        paid = {key: noticed.paid_by for key, noticed in self.notices.items()}
        try:
            self._calls[data](sender)
        finally:
            self.suspense, votes, self.serials = before
            self.votes = defaultdict(set, votes)
            for key, reference in paid.items():
                self.notices[key].paid_by = reference

    def _ask(self) -> None:
        if self.is_away:
            raise RemoteError("chain-unreachable", "away", "链节点没有应答", retry="after")

    # The reads of `piaolian_oracle.chain.Ledger`.

    def final_stamp(self) -> BlockStamp:
        self._ask()
        number = max(self.block - self.finality_depth, 0)
        return BlockStamp(number, number.to_bytes(32, "big"), number)

    def latest_stamp(self) -> BlockStamp:
        return BlockStamp(self.block, self.block.to_bytes(32, "big"), self.block)

    def committee(self, at: BlockStamp) -> Committee:
        return self.committee_now

    def last_serial(self, source: int) -> int:
        return self.serials.get(source, 0)

    def votes_of(self, digest: bytes, at: BlockStamp) -> int:
        return len(self.votes[self.committee_now.epoch, digest])

    def find_range(self, prefix: int, sequence: int, at: BlockStamp) -> tuple[int, int, int] | None:
        for number, known, first, last in self.ranges:
            if known == prefix and first <= sequence <= last:
                return number, first, last
        return None

    def is_noticed(self, payment_range: int, sequence: int, at: BlockStamp) -> bool:
        return (payment_range, sequence) in self.notices

    def settlements(self, report_id: bytes, own: Sequence[bytes], to: BlockStamp) -> list[Settlement]:
        found = [transaction for transaction in self.mined.values() if transaction.report_id == report_id]
        return [made.settlement for made in found if made.settlement is not None and made.block <= to.number]

    def vote_call(self, epoch: int, source: int, serial: int, digest: bytes) -> bytes:
        return self._call(f"vote {epoch} {source} {serial} {digest.hex()}", self._voter(epoch, source, serial, digest))

    def settle_call(self, epoch: int, report: Report) -> bytes:
        return self._call(f"settle {epoch} {report.digest().hex()}", self._settler(epoch, report))

    def _call(self, name: str, run: Callable[[str], MinedTransaction]) -> bytes:
        self._calls[name.encode()] = run
        return name.encode()

    # The two acts, by the rules of the contract.

    def _voter(self, epoch: int, source: int, serial: int, digest: bytes) -> Callable[[str], MinedTransaction]:
        def run(sender: str) -> MinedTransaction:
            if epoch != self.committee_now.epoch:
                raise refuse("WrongEpoch")
            if self.committee_now.seat_of(sender, source) is None:
                raise refuse("NotInCommittee")
            if serial != self.serials.get(source, 0) + 1:
                raise refuse("WrongSerial")
            if source in self.votes[epoch, digest]:
                raise refuse("AlreadyVoted")
            self.serials[source] = serial
            self.votes[epoch, digest].add(source)
            return MinedTransaction(self.block, succeeded=True)

        return run

    def _settler(self, epoch: int, report: Report) -> Callable[[str], MinedTransaction]:
        def run(_sender: str) -> MinedTransaction:
            if len(self.votes[epoch, report.digest()]) < self.committee_now.threshold:
                raise refuse("ReportNotApproved")
            return MinedTransaction(self.block, True, report.report_id, self._settle(report))

        return run

    def _settle(self, report: Report) -> Settlement:
        paid: set[PaymentKey] = set()
        suspended: dict[PaymentKey, SuspenseWord] = {}
        unknown: set[PaymentKey] = set()
        repeated: set[PaymentKey] = set()
        for group in report.groups:
            for entry in group.entries:
                key = (group.payment_range, entry.sequence, entry.bank_reference)
                noticed = self.notices.get(key[:2])
                if noticed is None:
                    unknown.add(key)
                elif key in self.suspense or entry.bank_reference == noticed.paid_by:
                    repeated.add(key)
                else:
                    word = _word(noticed, entry.amount_fen, entry.value_day)
                    if word is not None:
                        suspended[key] = word
                    if word in {None, "overpaid"}:
                        noticed.paid_by = entry.bank_reference
                        paid.add(key)
        self.suspense |= suspended
        return Settlement(frozenset(paid), suspended, frozenset(unknown), frozenset(repeated))


@dataclass
class SenderInMemory:
    """The sending side of one oracle; `drop` lets what it broadcasts go astray."""

    ledger: LedgerInMemory
    address: str
    drop: bool = False
    signed: list[bytes] = field(default_factory=list)

    def simulate(self, data: bytes) -> int:
        self.ledger.simulate(self.address, data)
        return 100_000

    def sign(self, data: bytes, nonce: int, gas: int) -> tuple[bytes, bytes]:
        raw = data + f"|{self.address}|{nonce}|{gas}".encode()
        self.signed.append(raw)
        return transaction_hash(raw), raw

    def next_nonce(self) -> int:
        return self.ledger.nonces.get(self.address, 0)

    def broadcast(self, raw: bytes) -> None:
        nonce = int(raw.split(b"|")[2])
        if not self.drop and nonce >= self.next_nonce():
            self.ledger.pool[self.address, nonce] = raw

    def outcomes(self, hashes: Sequence[bytes], at: BlockStamp) -> dict[bytes, bool]:
        mined = {found: self.ledger.mined[found] for found in hashes if found in self.ledger.mined}
        return {found: made.succeeded for found, made in mined.items() if made.block <= at.number}

    def final_nonce(self, at: BlockStamp) -> int:
        taken = range(self.ledger.nonces.get(self.address, 0))
        return sum(self.ledger.nonce_blocks.get((self.address, nonce), 0) <= at.number for nonce in taken)


def transaction_hash(raw: bytes) -> bytes:
    """Return a stand-in for the hash of a transaction, 32 bytes."""
    return hashlib.sha256(raw).digest()


def _word(noticed: NoticedCode, amount_fen: int, value_day: int) -> SuspenseWord | None:
    if noticed.paid_by:
        return "already-paid"
    if noticed.is_cancelled:
        return "cancelled"
    if value_day > noticed.due_day:
        return "past-due"
    if amount_fen < noticed.due_fen:
        return "underpaid"
    return "overpaid" if amount_fen > noticed.due_fen else None
