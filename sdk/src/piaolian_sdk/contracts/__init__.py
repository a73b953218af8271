"""Bindings of the contracts: reads pinned to a block, calldata, events, errors and addresses.

``build_*`` functions return calldata and sign nothing: whoever holds the key of the relaying account puts it into a
transaction (``acts.ChainSigner.sign_transaction``).
"""

from piaolian_sdk.contracts import access_manager, payment_ledger, receipt_ledger, registry
from piaolian_sdk.contracts.abi import encode_call, load_abi, load_artifact
from piaolian_sdk.contracts.access_manager import AccessManager
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract
from piaolian_sdk.contracts.chain import BlockStamp, FinalityPolicy, call_chain, connect
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS, UnknownContractError, decode_revert
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events import EVENT_CLASSES, DecodedLog, decode_log, topic_of
from piaolian_sdk.contracts.payment_ledger import PaymentLedger, report_digest
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.receipt_ledger import ReceiptLedger
from piaolian_sdk.contracts.records import ControlMode, Mark, RangeClass, Resolution, SuspenseReason
from piaolian_sdk.contracts.registry import Registry
from piaolian_sdk.contracts.structs import (
    BookAct,
    ExchangeAct,
    IssueBatch,
    ItemVersion,
    NoticeBatch,
    Opening,
    ReturnAct,
    ReverseAct,
    SettlementGroup,
    Terms,
    Totals,
    UnbookAct,
    VoidAct,
    WriteOffAct,
)

__all__ = [
    "CONTRACT_ERRORS",
    "EVENT_CLASSES",
    "AccessManager",
    "AddressBook",
    "BlockStamp",
    "BookAct",
    "ChainReader",
    "ContractEvent",
    "ControlMode",
    "DecodedLog",
    "DeployedContract",
    "ExchangeAct",
    "FinalityPolicy",
    "IssueBatch",
    "ItemVersion",
    "Mark",
    "NoticeBatch",
    "Opening",
    "PaymentLedger",
    "RangeClass",
    "ReceiptLedger",
    "Registry",
    "Resolution",
    "ReturnAct",
    "ReverseAct",
    "SettlementGroup",
    "SuspenseReason",
    "Terms",
    "Totals",
    "UnbookAct",
    "UnknownContractError",
    "VoidAct",
    "WriteOffAct",
    "access_manager",
    "call_chain",
    "connect",
    "decode_log",
    "decode_revert",
    "encode_call",
    "load_abi",
    "load_artifact",
    "payment_ledger",
    "receipt_ledger",
    "registry",
    "report_digest",
    "topic_of",
]
