"""Who paid a code: the payments of an event, and the list that a settlement shows for codes that are paid already.

The ledger keeps one hash for the payments of 128 neighbouring codes. When a report has money for a code that is paid,
the settlement shows the payments of its 128 codes again, in the order in which the ledger told of them, and the ledger
tells a repeated report from a second payment by it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from hexbytes import HexBytes

from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_payments import PaymentsSettled
from piaolian_sdk.contracts.reader import ChainReader

CODES_PER_WORD: Final = 128


def payers_shown(reader: ChainReader, range_id: int, sequences: Sequence[int], at: BlockStamp) -> bytes:
    """Return ``SettlementGroup.payers`` for a group with these sequences, from the events since the deployment.

    Args:
        reader: The chain.
        range_id: Payment range.
        sequences: Codes for which the group has money, in any order.
        at: Block at which the group would be settled.

    Returns:
        13 bytes a payment; empty when none of the codes is paid.

    Raises:
        RemoteError: The chain node did not answer.
    """
    events = settled_events(reader, reader.address_book.deployed_block, at.number, range_id)
    return payers_of((payment for event in events for payment in event.parts()), sequences)


def payers_of(payments: Iterable[tuple[int, bytes]], sequences: Iterable[int]) -> bytes:
    """Return the witness of some codes out of (sequence, bank reference of 8 bytes) in the order of the events. Pure.

    Args:
        payments: At least every payment of the words of 128 codes that `sequences` lie in.
        sequences: Codes for which there is money, in any order.
    """
    wanted = set(sequences)
    told: dict[int, list[bytes]] = {word: [] for word in sorted({sequence // CODES_PER_WORD for sequence in wanted})}
    needed = set()
    for sequence, reference in payments:
        word = sequence // CODES_PER_WORD
        if word not in told:
            continue
        told[word].append(sequence.to_bytes(5, "big") + reference)
        if sequence in wanted:
            needed.add(word)
    return b"".join(b"".join(entries) for word, entries in told.items() if word in needed)


def settled_events(
    reader: ChainReader, first_block: int, last_block: int, range_id: int | None = None
) -> Iterator[PaymentsSettled]:
    """Yield the settlements in a stretch of blocks, in the order of the chain.

    Args:
        reader: The chain.
        first_block: First block, included.
        last_block: Last block, included; before the first there is nothing.
        range_id: Only of this payment range.

    Raises:
        RemoteError: The chain node did not answer.
    """
    if last_block < first_block:
        return
    topics: list[Any] = [HexBytes(topic_of(PaymentsSettled))]
    if range_id is not None:
        topics.append(HexBytes(range_id.to_bytes(32, "big")))
    query: Any = {
        "address": reader.payment_ledger.address,
        "topics": topics,
        "fromBlock": first_block,
        "toBlock": last_block,
    }
    for log in call_chain(lambda: reader.web3.eth.get_logs(query)):
        decoded = decode_log(log)
        if decoded is not None and isinstance(decoded.event, PaymentsSettled):
            yield decoded.event
