"""The proof of one receipt: what opens its leaf and its header, and never the key that books it."""

from typing import Literal

from pydantic import Field

from piaolian_sdk.tree import HEADER_MODES, Header, HeaderMode, evidence_number
from piaolian_sdk.wire.base import (
    Address,
    Answer,
    Hex32,
    Number,
    PaymentCodeText,
    RangeId,
    ReceiptCodeText,
    ReceiptNumberText,
    RootId,
)

PROOF_VERSION: Literal[1] = 1


class HeaderProof(Answer):
    """The batch header as the chain committed to it."""

    unit: int = Field(ge=1, lt=1 << 32)
    range: RangeId
    mode: HeaderMode
    first: Number
    count: int = Field(ge=1, lt=1 << 32)
    issue_day: int = Field(ge=0, lt=1 << 32)
    total_fen: int = Field(ge=0, lt=1 << 64)
    catalog_version: int = Field(ge=0, lt=1 << 32)
    unit_root: Hex32

    def to_header(self) -> Header:
        """Return the header that is hashed."""
        return Header(
            unit=self.unit,
            range=self.range,
            mode=HEADER_MODES[self.mode],
            first=self.first,
            count=self.count,
            issue_day=self.issue_day,
            total_fen=self.total_fen,
            catalog_version=self.catalog_version,
            unit_root=self.unit_root,
        )


class ReceiptProof(Answer):
    """GET /api/v1/receipts/{code}/{number}/proof?check_code=.

    Attributes:
        version: Of this format.
        root_id: Number of the root in the ReceiptLedger.
        position: Place of the header under the root.
        headers: Number of headers under the root.
        root_path: Siblings from header to root.
        unit_path: Siblings from leaf to the header's unit root.
        amount_fen: Amount in fen, positive for a red receipt too.
        amount_salt: Salt of the amount; null by code.
        payment_code: By code alone.
        lines_hash: Hash of the lines; 32 zero bytes by list.
        document_digest: SHA-256 of the unit-signed original.
        fields_seed: Seed of the fields' salts.
        fields_root: Root of the salted fields.
        booking_address: Address of the one-time booking key.
    """

    version: Literal[1] = PROOF_VERSION
    chain_id: int
    receipt_ledger: Address
    code: ReceiptCodeText
    number: ReceiptNumberText
    root_id: RootId
    position: int = Field(ge=0, lt=1 << 16)
    headers: int = Field(ge=1, lt=1 << 16)
    root_path: list[Hex32] = Field(max_length=16)
    header: HeaderProof
    unit_path: list[Hex32] = Field(max_length=32)
    amount_fen: int = Field(ge=0, lt=1 << 48)
    amount_salt: Hex32 | None = None
    payment_code: PaymentCodeText | None = None
    lines_hash: Hex32
    document_digest: Hex32
    fields_seed: Hex32 | None = None
    fields_root: Hex32
    booking_address: Address

    @property
    def evidence_number(self) -> str:
        """The number under which the chain holds the receipt."""
        return evidence_number(self.chain_id, self.root_id, self.position, int(self.number) - self.header.first)
