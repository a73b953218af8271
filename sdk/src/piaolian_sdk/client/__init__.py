"""Clients of a node: for units, for those who book receipts, and for everybody; each blocking and for asyncio.

A write keeps its Idempotency-Key however often it is tried; it is tried again only where the answer says so.
"""

from piaolian_sdk.client.asynchronous import AsyncBookerClient, AsyncPublicClient, AsyncUnitClient
from piaolian_sdk.client.booker import BookerClient
from piaolian_sdk.client.errors import NodeRefusedError
from piaolian_sdk.client.journal import FolderJournal, Journal, MemoryJournal
from piaolian_sdk.client.public import PublicClient
from piaolian_sdk.client.results import (
    BatchResult,
    IssuedReceipt,
    ItemResult,
    NoticeDraft,
    ReceiptDraft,
    ReversedReceipt,
)
from piaolian_sdk.client.unit import UnitClient

__all__ = [
    "AsyncBookerClient",
    "AsyncPublicClient",
    "AsyncUnitClient",
    "BatchResult",
    "BookerClient",
    "FolderJournal",
    "IssuedReceipt",
    "ItemResult",
    "Journal",
    "MemoryJournal",
    "NodeRefusedError",
    "NoticeDraft",
    "PublicClient",
    "ReceiptDraft",
    "ReversedReceipt",
    "UnitClient",
]
