"""The client of a unit."""

from piaolian_sdk.client.unit_acts import UnitActs
from piaolian_sdk.client.unit_notices import UnitNotices
from piaolian_sdk.client.unit_receipts import UnitReceipts


class UnitClient(UnitReceipts, UnitNotices, UnitActs):
    """Does a unit's business with one node: notices, receipts, reversals, paper, voids and write-offs.

    Every method blocks; an instance may be used by one thread at a time.
    """
