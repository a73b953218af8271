"""Reads the events that the books are made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from hexbytes import HexBytes

from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_payments import (
    NoticeCancelled,
    NoticeRegistered,
    PaymentEnded,
    PaymentsSettled,
    PaymentSuspended,
    ReversalRefunded,
    SuspenseResolved,
)
from piaolian_sdk.contracts.events_receipts import PaymentsReceipted
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.reconciliation.books import Books

_EVENTS: Final = (
    NoticeCancelled,
    NoticeRegistered,
    PaymentEnded,
    PaymentSuspended,
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


def _logs(reader: ChainReader, query: Any) -> Any:  # noqa: ANN401 # web3's filter and logs.
    return call_chain(lambda: reader.web3.eth.get_logs(query))


def _day_of(reader: ChainReader, number: int) -> int:
    stamp = reader.block(number)
    if stamp is None:
        raise RemoteError(
            "answer-malformed",
            f"the chain node has events of block {number} and not the block",
            f"链节点有区块 {number} 的事件但没有该区块",
            remedy="compare with another chain node",
            retry="after",
        )
    return day_number(datetime.fromtimestamp(stamp.timestamp, tz=BEIJING).date())
