"""A chain of one's choice with the contracts of one network."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from hexbytes import HexBytes
from web3 import Web3
from web3.types import LogReceipt

from piaolian_sdk.contracts.access_manager import AccessManager
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import (
    BlockStamp,
    FinalityPolicy,
    call_chain,
    connect,
    final_stamp,
    latest_stamp,
    stamp_at,
)
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events import decode_log, topic_of
from piaolian_sdk.contracts.events_receipts import Reversed, RootRegistered
from piaolian_sdk.contracts.payment_ledger import PaymentLedger
from piaolian_sdk.contracts.receipt_ledger import ReceiptLedger
from piaolian_sdk.contracts.registry import Registry
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.tree import red_root_id


class ChainReader:
    """Reads the contracts of one network through one chain node, each cycle at one block."""

    def __init__(
        self, rpc_url: str, address_book: AddressBook, finality: FinalityPolicy, web3: Web3 | None = None
    ) -> None:
        """Connect lazily; nothing is asked yet.

        Args:
            rpc_url: Of the chain node.
            address_book: Where the contracts are, and on which chain.
            finality: How deep a block must lie to be final.
            web3: Connection to use instead of a new one.
        """
        self.web3 = web3 or connect(rpc_url)
        self.address_book = address_book
        self.finality = finality

    @cached_property
    def access_manager(self) -> AccessManager:
        """Roles."""
        return AccessManager(self.web3, self.address_book.address_of("AccessManager"))

    @cached_property
    def registry(self) -> Registry:
        """Units, items and ranges."""
        return Registry(self.web3, self.address_book.address_of("Registry"))

    @cached_property
    def payment_ledger(self) -> PaymentLedger:
        """Notices and payments."""
        return PaymentLedger(self.web3, self.address_book.address_of("PaymentLedger"))

    @cached_property
    def receipt_ledger(self) -> ReceiptLedger:
        """Receipts and periods."""
        return ReceiptLedger(self.web3, self.address_book.address_of("ReceiptLedger"))

    def check_network(self) -> None:
        """Check that the node serves the address book's chain: chain id and genesis.

        Raises:
            RemoteError: ``chain-other``, or the node did not answer.
        """
        chain_id = call_chain(lambda: self.web3.eth.chain_id)
        genesis = stamp_at(self.web3, 0)
        if chain_id != self.address_book.chain_id or genesis is None or genesis.hash != self.address_book.genesis_hash:
            raise RemoteError(
                "chain-other",
                f"the node serves another chain: id {chain_id}, not {self.address_book.chain_id}, or another genesis",
                f"节点所在的链不同：链标识为 {chain_id}，应为 {self.address_book.chain_id}，或创世区块不同",
                remedy="connect to a node of this network, or use its address book",
            )

    def latest(self) -> BlockStamp:
        """Return the newest block.

        Raises:
            RemoteError: The node did not answer.
        """
        return latest_stamp(self.web3)

    def final(self) -> BlockStamp:
        """Return the highest final block.

        Raises:
            RemoteError: The node did not answer.
        """
        return final_stamp(self.web3, self.finality)

    def root_block(self, root_id: int, until: BlockStamp) -> BlockStamp:
        """Return the block in which a root was registered, by its event.

        Args:
            root_id: Number of the root.
            until: Block to search up to.

        Raises:
            RemoteError: The node did not answer, or has a root without its event.
        """
        logs = self._root_logs(root_id, until.number, RootRegistered, Reversed)
        stamp = stamp_at(self.web3, int(logs[0]["blockNumber"])) if logs else None
        if stamp is None:
            raise RemoteError(
                "answer-malformed",
                f"the chain node has root {root_id} and not its event",
                f"链节点有存证 {root_id} 但没有相应事件",
                remedy="compare with another chain node",
                retry="after",
            )
        return stamp

    def reversal_of(self, range_id: int, number: int, until: int) -> Reversed | None:
        """Return the event of the reversal of a receipt, None when there is none.

        Args:
            range_id: Range of the receipt.
            number: Its number.
            until: Height to search up to.

        Raises:
            RemoteError: The node did not answer.
        """
        logs = self._root_logs(red_root_id(range_id, number), until, Reversed)
        found = decode_log(logs[0]) if logs else None
        return found.event if found is not None and isinstance(found.event, Reversed) else None

    def _root_logs(self, root_id: int, until: int, *events: type[ContractEvent]) -> Sequence[LogReceipt]:
        topics: list[Any] = [
            [HexBytes(topic_of(event)) for event in events],
            HexBytes(root_id.to_bytes(32, "big")),
        ]
        return call_chain(
            lambda: self.web3.eth.get_logs(
                {
                    "address": self.receipt_ledger.address,
                    "topics": topics,
                    "fromBlock": self.address_book.deployed_block,
                    "toBlock": until,
                }
            )
        )

    def block(self, number: int) -> BlockStamp | None:
        """Return the block at ``number``, None when there is none yet.

        Raises:
            RemoteError: The node did not answer.
        """
        return stamp_at(self.web3, number)
