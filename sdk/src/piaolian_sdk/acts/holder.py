"""What the holder of a receipt signs for its node: no act of the chain, and nothing is bound by it."""

from dataclasses import dataclass
from typing import ClassVar

from piaolian_sdk.acts.eip712 import Act

# A holder's question is good for this long: the address may be seen in a log of somebody's proxy.
MAX_HOLDER_SECONDS = 600


@dataclass(frozen=True)
class FetchBundle(Act):
    """Who has the receipt's one-time booking key asks for its document and proof."""

    TYPE: ClassVar[str] = "FetchBundle(uint64 code,uint40 number,uint64 deadline)"
    CONTRACT: ClassVar[str] = "ReceiptLedger"
    code: int
    number: int
    deadline: int
