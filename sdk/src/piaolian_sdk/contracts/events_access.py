"""Events of the AccessManager. Attributes have the names of the ABI in snake_case."""

from dataclasses import dataclass

from piaolian_sdk.contracts.event_base import ContractEvent


@dataclass(frozen=True, slots=True)
class OperationCanceled(ContractEvent):
    """An announced call was dropped."""

    operation_id: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class OperationExecuted(ContractEvent):
    """An announced call ran."""

    operation_id: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class OperationScheduled(ContractEvent):
    """A call was announced; it may run from ``schedule`` on."""

    operation_id: bytes
    nonce: int
    schedule: int
    caller: str
    target: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RoleAdminChanged(ContractEvent):
    """Another role administers a role."""

    role_id: int
    admin: int


@dataclass(frozen=True, slots=True)
class RoleGrantDelayChanged(ContractEvent):
    """From ``since`` on, grants of a role take effect after ``delay`` seconds."""

    role_id: int
    delay: int
    since: int


@dataclass(frozen=True, slots=True)
class RoleGranted(ContractEvent):
    """An account has a role from ``since`` on; its calls must be announced ``delay`` seconds ahead."""

    role_id: int
    account: str
    delay: int
    since: int
    new_member: bool


@dataclass(frozen=True, slots=True)
class RoleGuardianChanged(ContractEvent):
    """Another role may drop announced calls of a role."""

    role_id: int
    guardian: int


@dataclass(frozen=True, slots=True)
class RoleLabel(ContractEvent):
    """A role was named."""

    role_id: int
    label: str


@dataclass(frozen=True, slots=True)
class RoleRevoked(ContractEvent):
    """An account lost a role."""

    role_id: int
    account: str


@dataclass(frozen=True, slots=True)
class TargetAdminDelayUpdated(ContractEvent):
    """From ``since`` on, changes of a contract must be announced ``delay`` seconds ahead."""

    target: str
    delay: int
    since: int


@dataclass(frozen=True, slots=True)
class TargetClosed(ContractEvent):
    """A contract was closed to all callers, or opened again."""

    target: str
    closed: bool


@dataclass(frozen=True, slots=True)
class TargetFunctionRoleUpdated(ContractEvent):
    """Another role may call a function."""

    target: str
    selector: bytes
    role_id: int


@dataclass(frozen=True, slots=True)
class AuthorityUpdated(ContractEvent):
    """A contract obeys another AccessManager."""

    authority: str


@dataclass(frozen=True, slots=True)
class Initialized(ContractEvent):
    """A contract was set up."""

    version: int


@dataclass(frozen=True, slots=True)
class Upgraded(ContractEvent):
    """A proxy runs other code."""

    implementation: str


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(ContractEvent):
    """The domain of signatures changed."""
