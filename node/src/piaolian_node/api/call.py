"""One authenticated request, as services see it."""

from dataclasses import dataclass
from typing import Protocol

from piaolian_node.registry.parties import Party


class Caller(Protocol):
    """Who asks."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the certificate, hex."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A signed request that writes.

    Attributes:
        caller: Who asks.
        path: Address of the endpoint.
        idempotency_key: The caller's own.
        content_digest: SHA-256 of the body.
    """

    caller: Party
    path: str
    idempotency_key: str
    content_digest: bytes

    @property
    def unit(self) -> int:
        """Number of the calling unit."""
        if self.caller.unit is None:
            raise RuntimeError("the endpoint admits units alone")
        return self.caller.unit
