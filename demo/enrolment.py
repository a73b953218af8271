"""Supervisors at work: items into the catalogue, units into the register, numbers to the units.

Numbers go the way that they go in a province: the province opens a pool, gives part of it to each city, and the city
allots ranges to its units.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from eth_utils.crypto import keccak

from demo.cast import HOSPITAL_CITY, PROVINCE, REGISTRY_CITY
from demo.catalogue import ITEMS, item_word
from demo.chain import Call
from demo.errors import StoryFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demo.cast import Unit, UnitName
    from demo.chain import DemoChain
    from demo.report import Step
    from demo.world import World
    from piaolian_sdk.client import UnitClient

# RangeClass and ControlMode of the Registry contract.
RECEIPT, PAYMENT, PAPER = 1, 2, 3
NO_CONTROL, BY_CODE, BY_LIST = 0, 1, 2

PAPER_CODE: Final = "4001"
POOL_SIZE: Final = 1_000_000

RangeName = Literal["0101", "0601", "0602", "payment", "paper"]


@dataclass(frozen=True, slots=True)
class Allotment:
    """A range as a unit holds it.

    Attributes:
        range_id: number in the Registry.
        prefix: receipt code, first ten digits of payment codes, or paper code.
        first: its first number.
        last: its last number.
    """

    range_id: int
    prefix: str
    first: int
    last: int


@dataclass(slots=True)
class EnrolledUnit:
    """A registered unit with its ranges, and its way to its node once that runs.

    Attributes:
        unit: keys and names.
        number: number in the Registry.
        ranges: what it may issue from.
        client: the SDK against its node; None until the node runs.
    """

    unit: Unit
    number: int
    ranges: dict[RangeName, Allotment] = field(default_factory=dict)
    client: UnitClient | None = None

    @property
    def sdk(self) -> UnitClient:
        """The SDK against its node."""
        if self.client is None:
            raise StoryFailedError(f"{self.unit.name} has no node yet")
        return self.client


@dataclass(frozen=True, slots=True)
class Wish:
    """A range that a unit is to get: name, class, prefix, how many, kind and control mode."""

    unit: UnitName
    name: RangeName
    range_class: int
    prefix: str
    count: int
    kind: int
    mode: int


def area_prefix(digits: str) -> int:
    """Write an area as the chain does: a leading 1 keeps its zeros."""
    return int("1" + digits)


def wishes(year: int) -> tuple[Wish, ...]:
    """Return the ranges of all units for the receipts of one year (two digits are in the codes)."""
    short = f"{year % 100:02d}"
    outpatient, inpatient, unified = f"320601{short}", f"320602{short}", f"320101{short}"
    payments = f"{REGISTRY_CITY}{short}30"
    return (
        Wish("hospital", "0601", RECEIPT, outpatient, 50_000, 601, BY_LIST),
        Wish("hospital", "0602", RECEIPT, inpatient, 20_000, 602, BY_LIST),
        Wish("hospital", "paper", PAPER, PAPER_CODE, 1_000, 601, NO_CONTROL),
        Wish("second_hospital", "0601", RECEIPT, outpatient, 10_000, 601, BY_LIST),
        Wish("land_registry", "0101", RECEIPT, unified, 50_000, 101, BY_CODE),
        Wish("land_registry", "payment", PAYMENT, payments, 50_000, 101, NO_CONTROL),
        Wish("patent_office", "0101", RECEIPT, unified, 10_000, 101, BY_CODE),
        Wish("patent_office", "payment", PAYMENT, payments, 10_000, 101, NO_CONTROL),
    )


def set_items(ledger: DemoChain, key: bytes, step: Step | None = None) -> dict[str, int]:
    """Put the catalogue on the chain; returns item numbers by code."""
    from_now = int(time.time())
    calls = [
        Call(
            "Registry",
            "setItem",
            (
                area_prefix(PROVINCE),
                item_word(item.code),
                (from_now, 0, item.min_fen, item.max_fen, int(item.kind), False),
            ),
        )
        for item in ITEMS
    ]
    events = ledger.events("Registry", "ItemSet", ledger.send(key, calls, step))
    return {bytes(event["code"]).rstrip(b"\0").decode("ascii"): int(event["item"]) for event in events}


def register_units(
    ledger: DemoChain, key: bytes, units: Iterable[Unit], step: Step | None = None
) -> dict[UnitName, EnrolledUnit]:
    """Register units."""
    units = list(units)
    calls = [
        Call(
            "Registry",
            "registerUnit",
            (
                keccak(unit.issuer.credit_code.encode("ascii")),
                area_prefix(unit.issuer.area),
                unit.chain_signer.address,
                unit.document_signer.certificate.digest,
            ),
        )
        for unit in units
    ]
    events = ledger.events("Registry", "UnitRegistered", ledger.send(key, calls, step))
    numbers = {bytes(event["creditCodeDigest"]): int(event["unit"]) for event in events}
    return {unit.name: EnrolledUnit(unit, numbers[keccak(unit.issuer.credit_code.encode("ascii"))]) for unit in units}


def allot_ranges(
    ledger: DemoChain, key: bytes, units: Mapping[UnitName, EnrolledUnit], year: int, step: Step | None = None
) -> None:
    """Open pools for the province, split them to the cities, allot ranges to the units that there are."""
    wanted = [wish for wish in wishes(year) if wish.unit in units]
    classes = sorted({(wish.range_class, wish.prefix) for wish in wanted})
    opened = ledger.send(
        key,
        [
            Call("Registry", "openPool", (range_class, area_prefix(PROVINCE), int(prefix), 1, POOL_SIZE))
            for range_class, prefix in classes
        ],
        step,
    )
    pools = dict(
        zip(classes, (int(event["pool"]) for event in ledger.events("Registry", "PoolOpened", opened)), strict=True)
    )
    shares = sorted({(wish.range_class, wish.prefix, _city(units, wish)) for wish in wanted})
    split = ledger.send(
        key,
        [
            Call("Registry", "splitPool", (pools[range_class, prefix], area_prefix(city), POOL_SIZE // 2))
            for range_class, prefix, city in shares
        ],
        step,
    )
    children = dict(
        zip(shares, (int(event["pool"]) for event in ledger.events("Registry", "PoolSplit", split)), strict=True)
    )
    allotted = ledger.send(
        key,
        [
            Call(
                "Registry",
                "allot",
                (
                    children[wish.range_class, wish.prefix, _city(units, wish)],
                    units[wish.unit].number,
                    wish.count,
                    wish.kind,
                    wish.mode,
                    1,
                ),
            )
            for wish in wanted
        ],
        step,
    )
    for wish, event in zip(wanted, ledger.events("Registry", "RangeAllotted", allotted), strict=True):
        units[wish.unit].ranges[wish.name] = Allotment(
            int(event["range"]), wish.prefix, int(event["from"]), int(event["to"])
        )


def supervisor_key(world: World) -> bytes:
    """Private key of the supervisor's account."""
    return world.network.accounts.supervisor.read_private_key()


def _city(units: Mapping[UnitName, EnrolledUnit], wish: Wish) -> str:
    area = units[wish.unit].unit.issuer.area
    if area not in (HOSPITAL_CITY, REGISTRY_CITY):
        raise StoryFailedError(f"no city of the story has area {area}")
    return area[:4]
