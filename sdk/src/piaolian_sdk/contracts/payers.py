"""Who paid a code: the payments of an event, and the list that a settlement shows for codes that are paid already.

The ledger keeps one hash for the payments of 128 neighbouring codes. When a report has money for a code that is paid,
the settlement shows the payments of its 128 codes again, in the order in which the ledger told of them, and the ledger
tells a repeated report from a second payment by it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hexbytes import HexBytes

from piaolian_sdk.contracts.chain import BlockStamp, call_chain
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_payments import PaymentsSettled
from piaolian_sdk.contracts.reader import ChainReader

CODES_PER_WORD: Final = 128


def payers_shown(reader: ChainReader, range_id: int, sequences: Sequence[int], at: BlockStamp) -> bytes:
    """Return ``SettlementGroup.payers`` for a group with these sequences.

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
    wanted = set(sequences)
    told: dict[int, list[bytes]] = {word: [] for word in sorted({sequence // CODES_PER_WORD for sequence in wanted})}
    needed = set()
    for event in _settled(reader, range_id, at):
        for sequence, reference in event.parts():
            word = sequence // CODES_PER_WORD
            if word not in told:
                continue
            told[word].append(sequence.to_bytes(5, "big") + reference)
            if sequence in wanted:
                needed.add(word)
    return b"".join(b"".join(payments) for word, payments in told.items() if word in needed)


def _settled(reader: ChainReader, range_id: int, at: BlockStamp) -> Iterator[PaymentsSettled]:
    query: Any = {
        "address": reader.payment_ledger.address,
        "topics": [HexBytes(topic_of(PaymentsSettled)), HexBytes(range_id.to_bytes(32, "big"))],
        "fromBlock": reader.address_book.deployed_block,
        "toBlock": at.number,
    }
    for log in call_chain(lambda: reader.web3.eth.get_logs(query)):
        decoded = decode_log(log)
        if decoded is not None and isinstance(decoded.event, PaymentsSettled):
            yield decoded.event
