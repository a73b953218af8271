"""Reads the events that the books are made of."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, Final

from hexbytes import HexBytes

from piaolian_sdk.beijing import BEIJING, date_from_day_number, day_number
from piaolian_sdk.codes import PaymentCode
from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_payments import (
    NoticeCancelled,
    NoticeRegistered,
    PaymentEnded,
    PaymentsSettled,
    PaymentSuspended,
    PaymentTakenBack,
    ReversalRefunded,
    SuspenseResolved,
)
from piaolian_sdk.contracts.events_receipts import PaymentsReceipted
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.records import RangeClass
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.reconciliation.books import Books
from piaolian_sdk.reconciliation.postings import Code

_EVENTS: Final = (
    NoticeCancelled,
    NoticeRegistered,
    PaymentEnded,
    PaymentSuspended,
    PaymentTakenBack,
    PaymentsReceipted,
    PaymentsSettled,
    ReversalRefunded,
    SuspenseResolved,
)
# Nodes refuse answers that are too large; a thousand blocks of a busy day stay well below what geth and Besu allow.
BLOCKS_PER_QUERY: Final = 1_000


def read_books(reader: ChainReader, until: BlockStamp) -> Books:
    """Keep the books from the deployment up to a block.

    Raises:
        RemoteError: The chain node did not answer, or its events have a hole.
    """
    books = Books()
    for event, day in money_events(reader, reader.address_book.deployed_block, until):
        books.take(event, day)
    return books


def money_events(reader: ChainReader, first_block: int, until: BlockStamp) -> Iterator[tuple[ContractEvent, int]]:
    """Yield the events of both ledgers that move money, with the Beijing day number of their block.

    Args:
        reader: The chain.
        first_block: Where to begin.
        until: Last block, included.

    Raises:
        RemoteError: The chain node did not answer, or lacks a block whose events it gave.
    """
    days: dict[int, int] = {}
    for start in range(first_block, until.number + 1, BLOCKS_PER_QUERY):
        query: Any = {
            "address": [reader.payment_ledger.address, reader.receipt_ledger.address],
            "topics": [[HexBytes(topic_of(event)) for event in _EVENTS]],
            "fromBlock": start,
            "toBlock": min(start + BLOCKS_PER_QUERY - 1, until.number),
        }
        for log in _logs(reader, query):
            decoded = decode_log(log)
            if decoded is None:
                continue
            if decoded.block_number not in days:
                days[decoded.block_number] = _day_of(reader, decoded.block_number)
            yield decoded.event, days[decoded.block_number]


def last_block_of_day(reader: ChainReader, day: int) -> BlockStamp:
    """Return the last block of a Beijing day that is over.

    Args:
        reader: The chain.
        day: Beijing day number.

    Raises:
        InputError: "day-does-not-close": no final block is later than the day, so more of it may come.
        RemoteError: The chain node did not answer.
    """
    end_unix = int(datetime.combine(date_from_day_number(day + 1), time(), tzinfo=BEIJING).timestamp())
    final = reader.final()
    if final.timestamp < end_unix:
        raise InputError(
            "day-does-not-close",
            "the day is not over on the chain",
            "该日在链上尚未结束，不能日结",
            remedy="wait until a final block of the next day is there",
        )
    # The first block at or after the end lies in (low, high].
    low, high = 0, final.number
    while high - low > 1:
        middle = (low + high) // 2
        if _block(reader, middle).timestamp < end_unix:
            low = middle
        else:
            high = middle
    return _block(reader, low)


class CodeDirectory:
    """Turns payment codes into ranges and back, with as few reads as there are ranges.

    Args:
        reader: The chain.
        at: Block to read at.
    """

    def __init__(self, reader: ChainReader, at: BlockStamp) -> None:
        self._reader = reader
        self._at = at
        self._prefixes: dict[int, int] = {}
        self._stretches: list[tuple[int, int, int, int]] = []

    def code_of(self, text: str) -> Code | None:
        """Return range and sequence of a payment code, None when no range holds it.

        Raises:
            RemoteError: The chain node did not answer.
        """
        prefix, sequence = int(text[:10]), int(text[10:])
        for known, first, last, number in self._stretches:
            if known == prefix and first <= sequence <= last:
                return (number, sequence) if number else None
        number = self._reader.registry.find_range(RangeClass.PAYMENT_CODE, prefix, sequence, self._at)
        if number == 0:
            self._stretches.append((prefix, sequence, sequence, 0))
            return None
        found = self._reader.registry.range_of(number, self._at)
        self._stretches.append((prefix, found.first, found.last, number))
        return number, sequence

    def text_of(self, code: Code) -> str:
        """Return the 20 digits of a code.

        Raises:
            RemoteError: The chain node did not answer.
        """
        if code[0] not in self._prefixes:
            self._prefixes[code[0]] = self._reader.registry.range_of(code[0], self._at).prefix
        return str(PaymentCode.of(self._prefixes[code[0]], code[1]))


def _logs(reader: ChainReader, query: Any) -> Any:  # noqa: ANN401 # web3's filter and logs.
    return call_chain(lambda: reader.web3.eth.get_logs(query))


def _day_of(reader: ChainReader, number: int) -> int:
    return day_number(datetime.fromtimestamp(_block(reader, number).timestamp, tz=BEIJING).date())


def _block(reader: ChainReader, number: int) -> BlockStamp:
    stamp = reader.block(number)
    if stamp is None:
        raise RemoteError(
            "answer-malformed",
            f"the chain node lacks block {number}, which is below its head",
            f"链节点缺少其头部以下的区块 {number}",
            remedy="compare with another chain node",
            retry="after",
        )
    return stamp
