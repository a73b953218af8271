"""Which role may call which function: the table that a deployment writes into AccessManager.

The table is that of the contracts (contracts/roles.json), as the SDK carries it. A function that is named nowhere
checks its caller or a signature by itself.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from piaolian_sdk.contracts.abi import load_roles


class Role(IntEnum):
    """Roles of AccessManager; ADMIN is its own role 0."""

    ADMIN = 0
    SUPERVISOR = 1
    NODE = 2
    ORACLE = 3


_TABLE: Final[Mapping[str, Mapping[str, list[str]]]] = load_roles()["functions"]

# What a deployment gives away.
FUNCTION_ROLES: Final[Mapping[str, Mapping[Role, tuple[str, ...]]]] = {
    contract: {Role[name]: tuple(functions) for name, functions in table.items() if name != Role.ADMIN.name}
    for contract, table in _TABLE.items()
}

# What stays with the administrator, and so behind the delay of that role.
ADMINISTRATOR_FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    contract: tuple(table[Role.ADMIN.name]) for contract, table in _TABLE.items()
}
