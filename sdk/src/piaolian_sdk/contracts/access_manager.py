"""The AccessManager of OpenZeppelin: who may call what, and after which delay."""

from collections.abc import Sequence

from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.chain import BlockStamp, ContractBinding

NAME = "AccessManager"

# Roles of the network.
ADMIN, SUPERVISOR, NODE, ORACLE = 0, 1, 2, 3


class AccessManager(ContractBinding):
    """Reads of the AccessManager; every one at a block of choice."""

    NAME = NAME

    def has_role(self, role: int, account: str, at: BlockStamp | None = None) -> tuple[bool, int]:
        """Return whether an account has a role, and the delay in seconds before its calls may run."""
        member, delay = self.read("hasRole", role, account, at=at)
        return bool(member), int(delay)

    def can_call(self, caller: str, target: str, selector: bytes, at: BlockStamp | None = None) -> tuple[bool, int]:
        """Return whether a call may run at once, and otherwise the delay in seconds that it must be scheduled ahead."""
        immediate, delay = self.read("canCall", caller, target, selector, at=at)
        return bool(immediate), int(delay)

    def target_function_role(self, target: str, selector: bytes, at: BlockStamp | None = None) -> int:
        """Return the role that may call a function."""
        return int(self.read("getTargetFunctionRole", target, selector, at=at))

    def schedule_of(self, operation: bytes, at: BlockStamp | None = None) -> int:
        """Return from when a scheduled operation may run (Unix seconds), 0 when it is not scheduled."""
        return int(self.read("getSchedule", operation, at=at))


def build_grant_role(role: int, account: str, delay_seconds: int) -> bytes:
    """Return calldata that grants a role with an execution delay. Role ADMIN."""
    return encode_call(NAME, "grantRole", role, account, delay_seconds)


def build_revoke_role(role: int, account: str) -> bytes:
    """Return calldata that takes a role away. Role ADMIN."""
    return encode_call(NAME, "revokeRole", role, account)


def build_label_role(role: int, label: str) -> bytes:
    """Return calldata that names a role. Role ADMIN."""
    return encode_call(NAME, "labelRole", role, label)


def build_set_target_function_role(target: str, selectors: Sequence[bytes], role: int) -> bytes:
    """Return calldata that says which role may call functions of a contract. Role ADMIN."""
    return encode_call(NAME, "setTargetFunctionRole", target, list(selectors), role)


def build_set_target_admin_delay(target: str, delay_seconds: int) -> bytes:
    """Return calldata that sets how far ahead changes of a contract must be announced. Role ADMIN."""
    return encode_call(NAME, "setTargetAdminDelay", target, delay_seconds)


def build_schedule(target: str, data: bytes, when_unix: int) -> bytes:
    """Return calldata that announces a delayed call."""
    return encode_call(NAME, "schedule", target, data, when_unix)


def build_execute(target: str, data: bytes) -> bytes:
    """Return calldata that runs an announced call."""
    return encode_call(NAME, "execute", target, data)


def build_cancel(caller: str, target: str, data: bytes) -> bytes:
    """Return calldata that drops an announced call."""
    return encode_call(NAME, "cancel", caller, target, data)
