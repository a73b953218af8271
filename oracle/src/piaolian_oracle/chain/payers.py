"""Shows who paid the codes of a settlement: kept payments of final blocks, and the few blocks after them."""

from collections.abc import Sequence

from piaolian_oracle.state.payers import PayersStore, ReadBlock
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.payers import payers_of, settled_events
from piaolian_sdk.contracts.reader import ChainReader

# What one question to the chain node covers; nodes bound the answer, and a settlement is far below a block each.
BLOCKS_PER_QUERY = 5_000


class PayersIndex:
    """Reads each block's settlements once.

    Args:
        chain: The SDK's reader.
        store: Where payments of final blocks are kept.
    """

    def __init__(self, chain: ChainReader, store: PayersStore) -> None:
        self._chain = chain
        self._store = store

    def shown(self, payment_range: int, sequences: Sequence[int], at: BlockStamp) -> bytes:
        """Return ``SettlementGroup.payers`` for a group with these sequences, as it would be settled after `at`.

        Raises:
            RemoteError: The chain node did not answer.
        """
        final = self._catch_up()
        payments = self._store.of_words(payment_range, sequences)
        for event in settled_events(self._chain, final.number + 1, at.number, payment_range):
            payments.extend(event.parts())
        return payers_of(payments, sequences)

    def _catch_up(self) -> BlockStamp:
        final, last = self._chain.final(), self._store.last_block()
        if last is not None:
            known = self._chain.block(last.number)
            if known is None or known.hash != last.hash:
                self._store.clear()
                last = None
        start = self._chain.address_book.deployed_block if last is None else last.number + 1
        for first in range(start, final.number + 1, BLOCKS_PER_QUERY):
            end = min(first + BLOCKS_PER_QUERY - 1, final.number)
            stamp = final if end == final.number else self._chain.block(end)
            if stamp is None:
                break
            payments = [
                (event.range, sequence, reference)
                for event in settled_events(self._chain, first, end)
                for sequence, reference in event.parts()
            ]
            self._store.add(payments, ReadBlock(end, stamp.hash))
        return final
