"""The Registry: units, charge items and number ranges."""

from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.chain import BlockStamp, ContractBinding
from piaolian_sdk.contracts.records import ControlMode, ItemRecord, PoolRecord, RangeClass, RangeRecord, UnitRecord
from piaolian_sdk.contracts.structs import ItemVersion
from piaolian_sdk.tree import keccak256

NAME = "Registry"
_CODE_BYTES = 12


def credit_code_digest(credit_code: str) -> bytes:
    """Return the digest under which a unit is registered, 32 bytes."""
    return keccak256(credit_code.encode("ascii"))


def item_code_bytes(code: str) -> bytes:
    """Return an item code as the contract holds it: ASCII digits, zeros on the right, 12 bytes."""
    return code.encode("ascii").ljust(_CODE_BYTES, b"\0")


class Registry(ContractBinding):
    """Reads of the Registry; every one at a block of choice."""

    NAME = NAME

    def catalog_version(self, at: BlockStamp | None = None) -> int:
        """Return how many changes the catalogue has had."""
        return int(self.read("catalogVersion", at=at))

    def area_of(self, account: str, at: BlockStamp | None = None) -> int:
        """Return the area prefix of a supervisor's or node's account, 0 when it has none."""
        return int(self.read("areaOf", account, at=at))

    def unit_id_of(self, credit_code: str, at: BlockStamp | None = None) -> int:
        """Return the number of the unit with this credit code, 0 when there is none."""
        return int(self.read("unitIdOf", credit_code_digest(credit_code), at=at))

    def unit_of(self, unit: int, at: BlockStamp | None = None) -> UnitRecord:
        """Return a unit.

        Raises:
            ContractRefusedError: There is none of this number.
        """
        return UnitRecord(*self.read("unitOf", unit, at=at))

    def signer_of(self, unit: int, at: BlockStamp | None = None) -> str:
        """Return the address whose signature binds the unit: its own, or its successor's."""
        return str(self.read("signerOf", unit, at=at))

    def rotation_nonce_of(self, unit: int, at: BlockStamp | None = None) -> int:
        """Return the nonce that the next ``RotateSigner`` must carry."""
        return int(self.read("rotationNonceOf", unit, at=at))

    def range_of(self, range_id: int, at: BlockStamp | None = None) -> RangeRecord:
        """Return a range.

        Raises:
            ContractRefusedError: There is none of this number.
        """
        unit, prefix, first, last, following, kind_of, mode, kind = self.read("rangeOf", range_id, at=at)
        return RangeRecord(unit, prefix, first, last, following, RangeClass(kind_of), ControlMode(mode), kind)

    def place_of(self, range_id: int, at: BlockStamp | None = None) -> int:
        """Return the issue place of a range."""
        return int(self.read("placeOf", range_id, at=at))

    def find_range(self, range_class: RangeClass, prefix: int, number: int, at: BlockStamp | None = None) -> int:
        """Return the range that holds a number under a prefix, 0 when none does. Not for paper."""
        return int(self.read("findRange", range_class, prefix, number, at=at))

    def find_paper_range(self, region: int, prefix: int, number: int, at: BlockStamp | None = None) -> int:
        """Return the range that holds a paper number of a region, 0 when none does."""
        return int(self.read("findPaperRange", region, prefix, number, at=at))

    def pool_of(self, pool: int, at: BlockStamp | None = None) -> PoolRecord:
        """Return a pool.

        Raises:
            ContractRefusedError: There is none of this number.
        """
        area, prefix, following, last, kind_of = self.read("poolOf", pool, at=at)
        return PoolRecord(area, prefix, following, last, RangeClass(kind_of))

    def item_of(self, item: int, at: BlockStamp | None = None) -> ItemRecord:
        """Return an item with its version in force.

        Raises:
            ContractRefusedError: There is none of this number.
        """
        code, area, current = self.read("itemOf", item, at=at)
        return ItemRecord(bytes(code).rstrip(b"\0").decode("ascii"), area, ItemVersion(*current))

    def item_id_of(self, area: int, code: str, at: BlockStamp | None = None) -> int:
        """Return the number of an item by area prefix and code, 0 when there is none."""
        return int(self.read("itemIdOf", area, item_code_bytes(code), at=at))

    def is_permitted(self, item: int, unit: int, at: BlockStamp | None = None) -> bool:
        """Return whether a unit is listed for an item."""
        return bool(self.read("isPermitted", item, unit, at=at))

    def is_working_day(self, day: int, at: BlockStamp | None = None) -> bool:
        """Return whether a day is a working day."""
        return bool(self.read("isWorkingDay", day, at=at))


def build_set_area(account: str, area: int) -> bytes:
    """Return calldata that gives an account its area. Role ADMIN."""
    return encode_call(NAME, "setArea", account, area)


def build_register_unit(credit_code: str, area: int, signer: str, certificate_digest: bytes) -> bytes:
    """Return calldata that registers a unit. Role SUPERVISOR."""
    return encode_call(NAME, "registerUnit", credit_code_digest(credit_code), area, signer, certificate_digest)


def build_rotate_signer(
    unit: int, new_signer: str, certificate_digest: bytes, deadline: int, signature: bytes
) -> bytes:
    """Return calldata that changes a unit's key with the old key's ``RotateSigner``."""
    return encode_call(NAME, "rotateSigner", unit, new_signer, certificate_digest, deadline, signature)


def build_schedule_signer(unit: int, new_signer: str, certificate_digest: bytes) -> bytes:
    """Return calldata that announces a new key for a unit that lost its own. Role SUPERVISOR."""
    return encode_call(NAME, "scheduleSigner", unit, new_signer, certificate_digest)


def build_execute_signer(unit: int) -> bytes:
    """Return calldata that puts an announced key in force. Role SUPERVISOR."""
    return encode_call(NAME, "executeSigner", unit)


def build_cancel_signer(unit: int) -> bytes:
    """Return calldata that drops an announced key. The unit's own key, or role SUPERVISOR."""
    return encode_call(NAME, "cancelSigner", unit)


def build_restrict(unit: int, reason: int) -> bytes:
    """Return calldata that restricts a unit. Role SUPERVISOR."""
    return encode_call(NAME, "restrict", unit, reason)


def build_lift(unit: int) -> bytes:
    """Return calldata that lifts a restriction. Role SUPERVISOR."""
    return encode_call(NAME, "lift", unit)


def build_succeed(unit: int, successor: int) -> bytes:
    """Return calldata that names the unit that answers for another. Role SUPERVISOR."""
    return encode_call(NAME, "succeed", unit, successor)


def build_set_item(area: int, code: str, version: ItemVersion) -> bytes:
    """Return calldata that creates an item or adds a version. Role SUPERVISOR."""
    return encode_call(NAME, "setItem", area, item_code_bytes(code), version)


def build_disable_item(item: int, at_unix: int) -> bytes:
    """Return calldata that ends an item at a time. Role SUPERVISOR."""
    return encode_call(NAME, "disableItem", item, at_unix)


def build_permit_unit(item: int, unit: int, *, permitted: bool) -> bytes:
    """Return calldata that lists a unit for an item or strikes it off. Role SUPERVISOR."""
    return encode_call(NAME, "permitUnit", item, unit, permitted)


def build_link_item(item: int) -> bytes:
    """Return calldata that ties an item to the one of the area above."""
    return encode_call(NAME, "linkItem", item)


def build_open_pool(range_class: RangeClass, area: int, prefix: int, first: int, last: int) -> bytes:
    """Return calldata that opens numbers of a prefix. Role SUPERVISOR."""
    return encode_call(NAME, "openPool", range_class, area, prefix, first, last)


def build_split_pool(pool: int, area: int, count: int) -> bytes:
    """Return calldata that gives numbers of a pool to an area inside it. Role SUPERVISOR."""
    return encode_call(NAME, "splitPool", pool, area, count)


def build_allot(pool: int, unit: int, count: int, kind: int, mode: ControlMode, place: int) -> bytes:
    """Return calldata that allots numbers to a unit. Role SUPERVISOR."""
    return encode_call(NAME, "allot", pool, unit, count, kind, mode, place)


def build_recall(range_id: int) -> bytes:
    """Return calldata that takes back what a range has not used. Role SUPERVISOR."""
    return encode_call(NAME, "recall", range_id)


def build_set_top_up_rule(unit: int, kind: int, threshold: int, count: int, pool: int) -> bytes:
    """Return calldata that sets the refill rule of a unit and kind. Role SUPERVISOR."""
    return encode_call(NAME, "setTopUpRule", unit, kind, threshold, count, pool)


def build_top_up(range_id: int) -> bytes:
    """Return calldata that allots a new range beside one that runs out. Role NODE."""
    return encode_call(NAME, "topUp", range_id)


def build_set_working_calendar(year: int, rest_day_bits: tuple[int, int]) -> bytes:
    """Return calldata that sets the rest days of a year. Role ADMIN."""
    return encode_call(NAME, "setWorkingCalendar", year, rest_day_bits)


def build_set_checkpoint_key(member: str, public_key: bytes, valid_from: int, valid_until: int) -> bytes:
    """Return calldata that sets a member's checkpoint key. Role ADMIN."""
    return encode_call(NAME, "setCheckpointKey", member, public_key, valid_from, valid_until)
