"""Base of every event of the contracts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContractEvent:
    """What a contract recorded. Subclasses are named as in Solidity."""
