"""The PaymentLedger: notices, votes of the oracles, payments and suspended money."""

from collections.abc import Sequence

from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.chain import BlockStamp, ContractBinding
from piaolian_sdk.contracts.records import (
    Committee,
    NoticeRecord,
    PaymentBook,
    PaymentTotals,
    Resolution,
    SuspenseReason,
    SuspenseRecord,
)
from piaolian_sdk.contracts.structs import NoticeBatch, SettlementGroup
from piaolian_sdk.tree import keccak256
from piaolian_sdk.tree.keccak import bytes32_word, uint_word

NAME = "PaymentLedger"


class PaymentLedger(ContractBinding):
    """Reads of the PaymentLedger; every one at a block of choice."""

    NAME = NAME

    def notice_of(self, range_id: int, sequence: int, at: BlockStamp | None = None) -> NoticeRecord:
        """Return a notice; all zero when it does not exist."""
        return NoticeRecord(*self.read("noticeOf", range_id, sequence, at=at))

    def book_of(self, range_id: int, at: BlockStamp | None = None) -> PaymentBook:
        """Return whose a payment range with notices is."""
        return PaymentBook(*self.read("bookOf", range_id, at=at))

    def committee(self, at: BlockStamp | None = None) -> Committee:
        """Return the present committee."""
        epoch, threshold, oracles, sources = self.read("committee", at=at)
        return Committee(epoch, threshold, tuple(oracles), tuple(sources))

    def votes_of(self, report_digest: bytes, at: BlockStamp | None = None) -> int:
        """Return how many distinct sources vouch for a report."""
        return int(self.read("votesOf", report_digest, at=at))

    def last_serial_of(self, source: int, at: BlockStamp | None = None) -> int:
        """Return the last serial of a source, 0 when it never voted."""
        return int(self.read("lastSerialOf", source, at=at))

    def suspense_of(self, suspense: bytes, at: BlockStamp | None = None) -> SuspenseRecord:
        """Return suspended money; all zero when unknown."""
        range_id, sequence, amount_fen, value_day, reference, reason, resolution = self.read(
            "suspenseOf", suspense, at=at
        )
        return SuspenseRecord(
            range_id,
            sequence,
            amount_fen,
            value_day,
            bytes(reference),
            SuspenseReason(reason),
            Resolution(resolution),
        )

    def suspense_id_of(
        self, range_id: int, sequence: int, bank_reference: bytes, at: BlockStamp | None = None
    ) -> bytes:
        """Return the id of suspended money, 32 bytes."""
        return bytes(self.read("suspenseIdOf", range_id, sequence, bank_reference, at=at))

    def totals(self, at: BlockStamp | None = None) -> PaymentTotals:
        """Return what was received and where it is, in fen."""
        return PaymentTotals(*self.read("totals", at=at))


def report_digest(report_id: bytes, groups: Sequence[SettlementGroup]) -> bytes:
    """Return what the oracles vote for, 32 bytes; the groups' hints are not part of it."""
    digests = b"".join(keccak256(uint_word(group.range, 32, "range") + keccak256(group.entries)) for group in groups)
    return keccak256(bytes32_word(report_id, "report_id") + keccak256(digests))


def build_notice(batches: Sequence[NoticeBatch]) -> bytes:
    """Return calldata that registers notices of several units. Role NODE."""
    return encode_call(NAME, "notice", list(batches))


def build_cancel(unit: int, range_id: int, sequence: int, deadline: int, signature: bytes) -> bytes:
    """Return calldata that cancels a notice with the unit's ``Cancel``. Role NODE."""
    return encode_call(NAME, "cancel", unit, range_id, sequence, deadline, signature)


def build_set_committee(oracles: Sequence[str], sources: Sequence[int], threshold: int) -> bytes:
    """Return calldata that names the oracles. Role ADMIN."""
    return encode_call(NAME, "setCommittee", list(oracles), list(sources), threshold)


def build_vote(epoch: int, source: int, serial: int, digest: bytes) -> bytes:
    """Return calldata that vouches for a report. Role ORACLE."""
    return encode_call(NAME, "vote", epoch, source, serial, digest)


def build_settle(epoch: int, report_id: bytes, groups: Sequence[SettlementGroup]) -> bytes:
    """Return calldata that applies an approved report. Anybody."""
    return encode_call(NAME, "settle", epoch, report_id, list(groups))


def build_resolve(suspenses: Sequence[bytes], resolution: Resolution, reason: int) -> bytes:
    """Return calldata that decides on suspended money. Role SUPERVISOR, twice."""
    return encode_call(NAME, "resolve", list(suspenses), resolution, reason)


def build_take_back(range_id: int, sequence: int, reason: int) -> bytes:
    """Return calldata that takes a payment back for which no receipt was issued. Role SUPERVISOR, twice."""
    return encode_call(NAME, "takeBack", range_id, sequence, reason)


def build_refund_reversed(range_id: int, sequence: int, refund_fen: int, child: NoticeBatch) -> bytes:
    """Return calldata that refunds the money of a reversed receipt. Role SUPERVISOR, twice."""
    return encode_call(NAME, "refundReversed", range_id, sequence, refund_fen, child)
