"""Which role may call which function: the table that a deployment writes into AccessManager.

A function that is named nowhere either stays with the administrator or checks its caller or a signature by
itself. A test compares the tables with contracts/roles.json.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """Roles of AccessManager; ADMIN is its own role 0."""

    ADMIN = 0
    SUPERVISOR = 1
    NODE = 2
    ORACLE = 3


FUNCTION_ROLES: Final[Mapping[str, Mapping[Role, tuple[str, ...]]]] = {
    "Registry": {
        Role.SUPERVISOR: (
            "registerUnit",
            "scheduleSigner",
            "executeSigner",
            "cancelSigner",
            "restrict",
            "lift",
            "succeed",
            "setItem",
            "disableItem",
            "permitUnit",
            "openPool",
            "splitPool",
            "allot",
            "recall",
            "setTopUpRule",
        ),
        Role.NODE: ("topUp",),
    },
    "PaymentLedger": {
        Role.SUPERVISOR: ("resolve", "takeBack", "refundReversed"),
        Role.NODE: ("notice", "cancel"),
        Role.ORACLE: ("vote",),
    },
    "ReceiptLedger": {
        Role.SUPERVISOR: ("bringForward", "extend", "allowReversal", "closeWithDifference"),
        Role.NODE: (
            "issue",
            "voidNumbers",
            "reverse",
            "exchange",
            "returnPaper",
            "stamp",
        ),
    },
}

# What stays with the administrator, and so behind the delay of that role.
ADMINISTRATOR_FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Registry": ("setArea", "setWorkingCalendar", "setCheckpointKey", "upgradeToAndCall"),
    "PaymentLedger": ("setCommittee", "upgradeToAndCall"),
    "ReceiptLedger": ("setTerms", "upgradeToAndCall"),
}
