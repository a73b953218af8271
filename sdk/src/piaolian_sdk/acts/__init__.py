"""EIP-712 acts: what a unit, a booking key or a booker signs, and the keys that sign.

Example:
    >>> from piaolian_sdk.acts import Cancel, SoftwareChainSigner
    >>> signer = SoftwareChainSigner(bytes(31) + bytes([1]))
    >>> act = Cancel(unit=1, range=2, sequence=3, deadline=1_800_000_000)
    >>> len(act.sign(signer, chain_id=9, contract="0x" + "11" * 20))
    65
"""

from piaolian_sdk.acts.eip712 import Act, domain_separator, recover_address
from piaolian_sdk.acts.holder import FetchBundle
from piaolian_sdk.acts.messages import (
    ALL_ACTS,
    Book,
    BringForward,
    Cancel,
    Exchange,
    Issue,
    Notice,
    ReturnPaper,
    Reverse,
    RotateSigner,
    Unbook,
    Void,
    WriteOff,
)
from piaolian_sdk.acts.signers import ChainSigner, SoftwareChainSigner

__all__ = [
    "ALL_ACTS",
    "Act",
    "Book",
    "BringForward",
    "Cancel",
    "ChainSigner",
    "Exchange",
    "FetchBundle",
    "Issue",
    "Notice",
    "ReturnPaper",
    "Reverse",
    "RotateSigner",
    "SoftwareChainSigner",
    "Unbook",
    "Void",
    "WriteOff",
    "domain_separator",
    "recover_address",
]
