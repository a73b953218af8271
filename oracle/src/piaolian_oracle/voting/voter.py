"""One work cycle of voting and settling, pinned to one final block.

1.  Learn what became of the own transactions.
2.  Read the committee; without a seat in it, do nothing.
3.  Build the report of every open part from its payments and the ranges at this block.
4.  Vote for it, unless the own vote for this very digest in this epoch stands. A new range or a new committee makes
    another digest or epoch, and so another vote: oracles that saw a range a block apart come together by themselves.
5.  When enough sources agree, look whether somebody has settled it; if not, settle it when it is this seat's turn.
6.  Record what the ledger did with each payment. Codes that it did not know are tried again when they are noticed.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from piaolian_oracle.chain import Committee, Ledger
from piaolian_oracle.errors import ChainError
from piaolian_oracle.reports import Report, build_report, sequence_of
from piaolian_oracle.state import OPEN_OUTCOMES, Part, PartStore
from piaolian_oracle.voting.desk import TransactionDesk
from piaolian_oracle.voting.outcomes import read_outcomes
from piaolian_oracle.voting.ranges import RangeDirectory
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.errors import ContractRefusedError

_logger = logging.getLogger(__name__)

# Reports looked at in one cycle, oldest first; with 256 payments each, 16,384 payments.
PARTS_PER_CYCLE = 64


@dataclass(frozen=True, slots=True)
class VotingRules:
    """When to settle and when to try again.

    Attributes:
        source: The source that this oracle speaks for.
        retry_interval: Pause before codes that were unknown are looked up again.
        settle_stagger: Head start of each seat before the next one settles the same report.
    """

    source: int
    retry_interval: timedelta = timedelta(seconds=15)
    settle_stagger: timedelta = timedelta(seconds=4)


class ReportVoter:
    """Votes on and settles the reports of one source.

    Args:
        ledger: Reads.
        desk: Sends.
        store: Reports.
        rules: See `VotingRules`.
        now: Clock, seconds since epoch.
    """

    def __init__(
        self,
        ledger: Ledger,
        desk: TransactionDesk,
        store: PartStore,
        rules: VotingRules,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._desk = desk
        self._store = store
        self._rules = rules
        self._now = now

    def cycle(self) -> None:
        """Run one work cycle.

        Raises:
            ChainError: "committee-missing" when this oracle has no seat.
            RemoteError: The chain did not answer.
            SignerError: The key did not sign.
        """
        at = self._ledger.final_stamp()
        # Step 1.
        self._desk.follow_up(at)
        due = int(self._now() - self._rules.retry_interval.total_seconds())
        parts = self._store.open_parts(PARTS_PER_CYCLE, due)
        if not parts:
            return
        # Step 2.
        committee = self._ledger.committee(at)
        seat = committee.seat_of(self._desk.address, self._rules.source)
        if seat is None:
            raise ChainError(
                "committee-missing",
                f"{self._desk.address} does not speak for source {self._rules.source} in epoch {committee.epoch}",
                f"本预言机 {self._desk.address} 不在第 {committee.epoch} 届委员会中代表来源 {self._rules.source}",
                "由管理员调用 setCommittee 登记本预言机",
                retry="after",
            )
        ranges = RangeDirectory(self._ledger, at)
        for part in parts:
            try:
                self._advance(part, ranges.of(part.payments), committee, seat, at)
            except ContractRefusedError as error:
                # One refused report must not hold up the others; it is tried again with those that wait.
                _logger.warning("refused", extra={"report": part.report_id.hex()[:16], "code": error.code})
                self._store.rest(part.part, int(self._now()))

    def _advance(self, part: Part, ranges: Mapping[str, int], committee: Committee, seat: int, at: BlockStamp) -> None:
        # Step 3.
        report = build_report(part.report_id, part.payments, ranges).report
        if not report.groups:
            self._store.rest(part.part, int(self._now()))
            return
        digest = report.digest()
        if part.voted_epoch != committee.epoch or part.voted_digest != digest:
            self._vote(part, committee, digest)
        elif part.settled_digest != digest:
            self._settle_once(part, report, ranges, committee, seat, at)
        else:
            self._look_for_news(part, ranges, at)

    def _vote(self, part: Part, committee: Committee, digest: bytes) -> None:
        # Step 4. The serial on chain counts final and unfinal blocks alike; votes under way come behind it.
        if not self._desk.has_room() or self._desk.is_pending(part, "vote"):
            return
        source = self._rules.source
        last = self._ledger.last_serial(source)
        try:
            gas = self._desk.simulate(self._ledger.vote_call(committee.epoch, source, last + 1, digest))
        except ContractRefusedError as error:
            if error.name != "AlreadyVoted":
                raise
            # The state file is older than the vote, for example after it was restored.
            self._store.record_vote(part.part, committee.epoch, digest)
            return
        serial = last + 1 + self._desk.pending_votes()
        data = self._ledger.vote_call(committee.epoch, source, serial, digest)
        self._desk.submit(part, "vote", data, gas, epoch=committee.epoch, digest=digest, serial=serial)

    def _settle_once(
        self,
        part: Part,
        report: Report,
        ranges: Mapping[str, int],
        committee: Committee,
        seat: int,
        at: BlockStamp,
    ) -> None:
        # Step 5.
        if self._ledger.votes_of(report.digest(), at) < committee.threshold:
            return
        if self._record(part, report, ranges, at):
            return
        now = self._now()
        if part.approved_unix is None:
            self._store.record_approval(part.part, int(now))
        if now - (part.approved_unix or now) < self._head_start(part, committee, seat):
            return
        # Another seat's settlement may be in a block that is not final yet; then there is nothing to do but wait.
        newest = self._ledger.latest_stamp()
        if read_outcomes(self._ledger, part, ranges, self._store.settled_by(part.part), newest) is None:
            self._settle(part, report, committee)

    def _head_start(self, part: Part, committee: Committee, seat: int) -> float:
        """Return the seconds for which the seats before this one are given the report."""
        seats = len(committee.seats)
        turn = (seat - int.from_bytes(part.report_id, "big")) % seats
        return turn * self._rules.settle_stagger.total_seconds()

    def _settle(self, part: Part, report: Report, committee: Committee) -> None:
        if not self._desk.has_room() or self._desk.is_pending(part, "settle"):
            return
        data = self._ledger.settle_call(committee.epoch, report)
        gas = self._desk.simulate(data)
        self._desk.submit(part, "settle", data, gas, epoch=committee.epoch, digest=report.digest())

    def _record(self, part: Part, report: Report, ranges: Mapping[str, int], at: BlockStamp) -> bool:
        # Step 6.
        outcomes = read_outcomes(self._ledger, part, ranges, self._store.settled_by(part.part), at)
        if outcomes is None:
            return False
        is_done = self._store.record_outcomes(part.part, report.digest(), outcomes)
        _logger.info(
            "report settled",
            extra={"report": part.report_id.hex()[:16], "payments": len(outcomes), "done": is_done},
        )
        return True

    def _look_for_news(self, part: Part, ranges: Mapping[str, int], at: BlockStamp) -> None:
        """Have a settled part settled again once a code that was unknown has been noticed; else let it wait."""
        outcomes = self._store.outcomes(part.part)
        for code in {code for (code, _), outcome in outcomes.items() if outcome in OPEN_OUTCOMES}:
            if code in ranges and self._ledger.is_noticed(ranges[code], sequence_of(code), at):
                self._store.reopen(part.part)
                return
        self._store.rest(part.part, int(self._now()))
