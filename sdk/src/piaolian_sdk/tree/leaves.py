"""Leaf, header, body and line hashes, as the contracts compute them.

::

    leaf   = keccak(keccak(abi.encode(uint32 rangeId, uint40 number, bytes32 amount, uint128 paymentCode,
                                      bytes32 linesHash, bytes32 bodyHash)))
    header = keccak(keccak(abi.encode(uint32 unit, uint32 range, uint8 mode, uint40 first, uint32 count,
                                      uint32 issueDay, uint64 totalFen, uint32 catalogVersion, bytes32 unitRoot)))
    body   = keccak(abi.encode(bytes32 documentDigest, bytes32 fieldsRoot, address bookingKey))
    lines  = keccak(amountFen uint48 | item uint16, for each line)

By code the amount is the plain number and the payment code and lines stand beside it; by list the amount is
``keccak(abi.encode(uint48 amountFen, bytes32 salt))``, and code and lines are zero: nobody who reads the chain
learns what a patient paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from piaolian_sdk.errors import InputError
from piaolian_sdk.tree.keccak import address_word, bytes32_word, keccak256, uint_word

# ControlMode of the Registry contract.
BY_CODE = 1
BY_LIST = 2
# By the words of messages and files.
MODES = {"code": BY_CODE, "list": BY_LIST}
# A red receipt's header has the mode of its original and this.
_RED = 2
HeaderMode = Literal["code", "list", "red-code", "red-list"]
HEADER_MODES: Final[dict[HeaderMode, int]] = {
    "code": BY_CODE,
    "list": BY_LIST,
    "red-code": BY_CODE + _RED,
    "red-list": BY_LIST + _RED,
}

_NO_LINES = bytes(32)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a notice or of a receipt under code control.

    Attributes:
        amount_fen: Amount in fen, 48 bits.
        item: Number of the catalogue item in the Registry, 16 bits.
    """

    amount_fen: int
    item: int

    def to_bytes(self) -> bytes:
        """Return the lane of 8 bytes: 6 bytes amount, 2 bytes item, big endian.

        Raises:
            InputError: A value does not fit its width.
        """
        return uint_word(self.amount_fen, 48, "amount_fen")[-6:] + uint_word(self.item, 16, "item")[-2:]


def lines_hash(lines: Sequence[Line]) -> bytes:
    """Return keccak256 over the lanes of all lines in order, 32 bytes.

    Raises:
        InputError: There is no line, or a value does not fit its width.
    """
    if not lines:
        raise InputError(
            "tree-without-leaf",
            "a receipt needs at least one line",
            "票据至少需要一行项目",
            field="lines",
            rule="1 or more lines",
            remedy="give at least one line",
        )
    return keccak256(b"".join(line.to_bytes() for line in lines))


def body_hash(document_digest: bytes, fields_root: bytes, booking_address: str | bytes) -> bytes:
    """Return the 32-byte commitment to a document, its fields and its one-time booking key.

    Args:
        document_digest: SHA-256 of the unit-signed original, 32 bytes.
        fields_root: Root of the salted fields, 32 bytes.
        booking_address: Address of the booking key.

    Raises:
        InputError: A value has another length.
    """
    return keccak256(
        bytes32_word(document_digest, "document_digest")
        + bytes32_word(fields_root, "fields_root")
        + address_word(booking_address, "booking_address")
    )


def salted_amount(amount_fen: int, salt: bytes) -> bytes:
    """Return the hidden amount of a receipt under list control, 32 bytes.

    Raises:
        InputError: The amount does not fit 48 bits, or the salt has not 32 bytes.
    """
    return keccak256(uint_word(amount_fen, 48, "amount_fen") + bytes32_word(salt, "amount_salt"))


@dataclass(frozen=True, slots=True)
class LeafByCode:
    """A receipt under code control: amount, payment code and lines are readable."""

    range_id: int
    number: int
    amount_fen: int
    payment_code: int
    lines_hash: bytes
    body_hash: bytes

    @property
    def amount(self) -> bytes:
        """The amount word of the leaf, 32 bytes."""
        return uint_word(self.amount_fen, 48, "amount_fen")

    @property
    def hash(self) -> bytes:
        """The 32-byte leaf.

        Raises:
            InputError: A value does not fit its width.
        """
        return leaf_hash(self.range_id, self.number, self.amount, self.payment_code, self.lines_hash, self.body_hash)


@dataclass(frozen=True, slots=True)
class LeafByList:
    """A receipt under list control: the amount is hidden under a salt."""

    range_id: int
    number: int
    amount_fen: int
    amount_salt: bytes
    body_hash: bytes

    @property
    def amount(self) -> bytes:
        """The amount word of the leaf, 32 bytes."""
        return salted_amount(self.amount_fen, self.amount_salt)

    @property
    def hash(self) -> bytes:
        """The 32-byte leaf.

        Raises:
            InputError: A value does not fit its width.
        """
        return leaf_hash(self.range_id, self.number, self.amount, 0, _NO_LINES, self.body_hash)


def leaf_hash(range_id: int, number: int, amount: bytes, payment_code: int, lines: bytes, body: bytes) -> bytes:
    """Return the leaf of ready words: ``amount``, ``lines`` and ``body`` have 32 bytes each.

    Raises:
        InputError: A value does not fit its width.
    """
    encoded = (
        uint_word(range_id, 32, "range_id")
        + uint_word(number, 40, "number")
        + bytes32_word(amount, "amount")
        + uint_word(payment_code, 128, "payment_code")
        + bytes32_word(lines, "lines_hash")
        + bytes32_word(body, "body_hash")
    )
    return keccak256(keccak256(encoded))


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one batch: what the unit signs and the root of the transaction holds.

    Attributes:
        unit: Number of the unit in the Registry.
        range: Number of the range of receipt numbers.
        mode: ``BY_CODE`` or ``BY_LIST``; 2 more of a red receipt.
        first: First receipt number.
        count: Number of receipts, consecutive from ``first``.
        issue_day: Days since 1970-01-01, Beijing calendar.
        total_fen: Sum of all amounts in fen.
        catalog_version: Version of the catalogue the batch was made with.
        unit_root: Root over the receipts' leaves, 32 bytes.
    """

    unit: int
    range: int
    mode: int
    first: int
    count: int
    issue_day: int
    total_fen: int
    catalog_version: int
    unit_root: bytes

    @property
    def is_red(self) -> bool:
        """Whether the only receipt under the header cancels another one."""
        return self.mode > _RED

    @property
    def control(self) -> int:
        """``BY_CODE`` or ``BY_LIST``, of a red receipt too."""
        return self.mode - _RED if self.is_red else self.mode

    @property
    def mode_word(self) -> HeaderMode:
        """The key of the mode in ``HEADER_MODES``."""
        return next(word for word, mode in HEADER_MODES.items() if mode == self.mode)

    @property
    def hash(self) -> bytes:
        """The 32-byte header hash.

        Raises:
            InputError: A value does not fit its width.
        """
        encoded = (
            uint_word(self.unit, 32, "unit")
            + uint_word(self.range, 32, "range")
            + uint_word(self.mode, 8, "mode")
            + uint_word(self.first, 40, "first")
            + uint_word(self.count, 32, "count")
            + uint_word(self.issue_day, 32, "issue_day")
            + uint_word(self.total_fen, 64, "total_fen")
            + uint_word(self.catalog_version, 32, "catalog_version")
            + bytes32_word(self.unit_root, "unit_root")
        )
        return keccak256(keccak256(encoded))
