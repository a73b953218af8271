"""Builds the report on which oracles vote: entries, groups, report id and digest. Pure.

One entry, 22 bytes, big endian::

    sequence  5 | amountFen  6 | valueDay  3 | bankReference  8

A group holds the entries of one payment range, strictly ascending by (sequence, bankReference); groups ascend by
range. The digest, as the payment ledger computes it::

    keccak256(abi.encode(reportId, keccak256(for each group: keccak256(abi.encode(range, keccak256(entries))))))
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from piaolian_oracle.reports.selection import Payment
from piaolian_sdk.contracts.payment_ledger import report_digest
from piaolian_sdk.contracts.structs import SettlementGroup
from piaolian_sdk.tree.keccak import bytes32_word, keccak256, uint_word

ENTRY_BYTES = 22

# Every oracle must cut a statement at the same places, so this is part of the format and not a setting. With all 256
# entries in suspense (a fresh slot and an event each, about 30,000 gas) a settlement stays below the 16.8 million gas
# that EIP-7825 allows a transaction.
MAX_REPORT_ENTRIES = 256

_REPORT_ID_DOMAIN = keccak256(b"piaolian.payment-report.1")


@dataclass(frozen=True, slots=True, order=True)
class ReportEntry:
    """One payment as the ledger takes it.

    Attributes:
        sequence: Last 10 digits of the payment code.
        bank_reference: 8 bytes.
        amount_fen: Fen.
        value_day: Days since 1970-01-01, Beijing calendar.
    """

    sequence: int
    bank_reference: bytes
    amount_fen: int
    value_day: int

    def to_bytes(self) -> bytes:
        """Return the 22 bytes of the entry."""
        return b"".join(
            (
                self.sequence.to_bytes(5, "big"),
                self.amount_fen.to_bytes(6, "big"),
                self.value_day.to_bytes(3, "big"),
                self.bank_reference,
            )
        )


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """The entries of one payment range, sorted."""

    payment_range: int
    entries: tuple[ReportEntry, ...]

    def entries_bytes(self) -> bytes:
        """Return the entries one behind the other."""
        return b"".join(entry.to_bytes() for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Report:
    """What oracles vote on.

    Attributes:
        report_id: 32 bytes, names statement and part, says nothing of the content.
        groups: Ascending by range, none empty.
    """

    report_id: bytes
    groups: tuple[ReportGroup, ...]

    @property
    def entry_count(self) -> int:
        """Return the number of entries over all groups."""
        return sum(len(group.entries) for group in self.groups)

    def digest(self) -> bytes:
        """Return the report digest, 32 bytes, as the ledger computes it from the settlement."""
        return report_digest(self.report_id, self.settlement_groups())

    def settlement_groups(self) -> list[SettlementGroup]:
        """Return the groups as the ledger takes them; the hint is left at its first guess, the contract searches."""
        return [SettlementGroup(group.payment_range, 0, group.entries_bytes()) for group in self.groups]


@dataclass(frozen=True, slots=True)
class BuiltReport:
    """A report, and the codes that no range of the registry holds yet.

    Attributes:
        report: The report over the rest; it has no groups when no code is held by a range.
        unknown_codes: Sorted; they are tried again, since a range may be allotted later.
    """

    report: Report
    unknown_codes: tuple[str, ...]


def report_id(account: bytes, statement: str, page: int, part: int) -> bytes:
    """Name one part of one page of a statement.

    The id is keccak256 over five words: digest of the format's name, account, keccak256 of the statement key, page
    and part.

    Args:
        account: SHA-256 of the account identification, 32 bytes.
        statement: Key of the statement within the account, see `statement_key`.
        page: From 1.
        part: From 0.

    Returns:
        32 bytes, the same for every oracle that reads the same statement.
    """
    return keccak256(
        _REPORT_ID_DOMAIN
        + bytes32_word(account, "account")
        + keccak256(statement.encode())
        + uint_word(page, 32, "page")
        + uint_word(part, 32, "part")
    )


def split_payments(payments: Sequence[Payment]) -> list[tuple[Payment, ...]]:
    """Cut sorted payments into parts of at most `MAX_REPORT_ENTRIES`, before any range is looked up.

    So a part holds the same payments for every oracle, also for one that does not know a new range yet.
    """
    return [
        tuple(payments[start : start + MAX_REPORT_ENTRIES]) for start in range(0, len(payments), MAX_REPORT_ENTRIES)
    ]


def build_report(identity: bytes, payments: Sequence[Payment], ranges: Mapping[str, int]) -> BuiltReport:
    """Build the report of one part.

    Args:
        identity: Report id, 32 bytes.
        payments: The part's payments, in any order.
        ranges: Payment range (id from 1) of each code that a range holds.

    Returns:
        The report and the codes without a range.
    """
    grouped: defaultdict[int, list[ReportEntry]] = defaultdict(list)
    unknown = set()
    for payment in payments:
        payment_range = ranges.get(payment.code, 0)
        if payment_range == 0:
            unknown.add(payment.code)
            continue
        entry = ReportEntry(sequence_of(payment.code), payment.bank_reference, payment.amount_fen, payment.value_day)
        grouped[payment_range].append(entry)
    groups = tuple(ReportGroup(number, tuple(sorted(grouped[number]))) for number in sorted(grouped))
    return BuiltReport(Report(identity, groups), tuple(sorted(unknown)))


def prefix_of(code: str) -> int:
    """Return the first ten digits of a payment code (area, year, type), under which ranges are kept."""
    return int(code[:10])


def sequence_of(code: str) -> int:
    """Return the last ten digits of a payment code."""
    return int(code[10:])
