"""The bundle: one JSON file that proves one receipt. Its form is fixed in ``docs/proof-bundle.md``.

A bundle has exactly one form, so that nothing in it can be changed without being noticed: compact JSON, known members
alone, hexadecimal in small digits, base64 that encodes again to the same text. The document stands in it as text.
"""

import base64
import binascii
import json
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, ValidationError

from piaolian_sdk.proof.checkpoint import Checkpoint, has_low_s
from piaolian_sdk.proof.errors import BundleFormatError, BundleSizeError
from piaolian_sdk.tree import HEADER_MODES, Header, HeaderMode

BUNDLE_FORMAT: Final = "piaolian-proof-bundle"
BUNDLE_VERSION: Final = 2
MAX_BUNDLE_BYTES: Final = 2 << 20
_MAX_DOCUMENT: Final = 1 << 20
# 256 nodes of the largest size, a branch of 532 bytes.
_MAX_STATE: Final = 256 * 532
# JavaScript reads no greater whole number exactly.
_SAFE: Final = (1 << 53) - 1
_Model = TypeVar("_Model", bound=BaseModel)


def _from_hex(value: object) -> object:
    # Text alone is of the file's form; bytes are given by those who build a bundle.
    if not isinstance(value, str):
        return value
    if not value.startswith("0x") or value != value.lower() or not value.isalnum():
        raise ValueError("must be 0x and small hexadecimal digits")
    return bytes.fromhex(value[2:])


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("must be base64") from exc
    if base64.b64encode(raw).decode("ascii") != value:
        raise ValueError("must be base64 in its only form")
    return raw


def _from_text(value: object) -> object:
    # Text of JSON; whether it is a receipt is another question.
    return value.encode() if isinstance(value, str) else value


def _hex_text(value: bytes) -> str:
    return "0x" + value.hex()


def _utf8_text(value: bytes) -> str:
    return value.decode()


def _base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


_HEX: Final = (BeforeValidator(_from_hex), PlainSerializer(_hex_text, return_type=str))
_TEXT: Final = (BeforeValidator(_from_text), PlainSerializer(_utf8_text, return_type=str))
_BASE64: Final = (BeforeValidator(_from_base64), PlainSerializer(_base64_text, return_type=str))

Word = Annotated[bytes, Field(min_length=32, max_length=32), *_HEX]
AccountBytes = Annotated[bytes, Field(min_length=20, max_length=20), *_HEX]
SignatureText = Annotated[bytes, Field(min_length=64, max_length=64), *_HEX]
DocumentBytes = Annotated[bytes, Field(min_length=1, max_length=_MAX_DOCUMENT), *_TEXT]
StateBytes = Annotated[bytes, Field(min_length=32, max_length=_MAX_STATE), *_BASE64]
MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
RangeNumber = Annotated[int, Field(ge=1, lt=1 << 32)]
Safe = Annotated[int, Field(ge=0, le=_SAFE)]
ChainId = Annotated[int, Field(ge=1, le=_SAFE)]
UnixTime = Annotated[int, Field(ge=0, le=253_402_214_400)]


class Part(BaseModel):
    """Base of the parts: known members alone, each of its own type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class BundleNetwork(Part):
    """Which network the bundle is of."""

    chain_id: ChainId
    genesis_hash: Word
    sandbox: bool


class BundleReceipt(Part):
    """Which receipt the bundle proves."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]


class BundleLeaf(Part):
    """What the leaf holds beside the document; amounts in fen."""

    amount_fen: Annotated[int, Field(ge=0, lt=1 << 48)]
    amount_salt: Word | None
    payment_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")] | None
    lines_hash: Word
    fields_root: Word
    booking_address: AccountBytes


class BundleHeader(Part):
    """The batch header."""

    unit: RangeNumber
    range: RangeNumber
    mode: HeaderMode
    first: Annotated[int, Field(ge=0, lt=1 << 40)]
    count: RangeNumber
    issue_day: Annotated[int, Field(ge=0, le=2_932_896)]
    total_fen: Safe
    catalog_version: Annotated[int, Field(ge=0, lt=1 << 32)]
    unit_root: Word

    def to_header(self) -> Header:
        """Return the header that is hashed."""
        members = self.model_dump(exclude={"mode", "unit_root"})
        return Header(mode=HEADER_MODES[self.mode], unit_root=self.unit_root, **members)

    @classmethod
    def of(cls, header: Header) -> "BundleHeader":
        """Return the part that holds a header."""
        return cls(
            unit=header.unit,
            range=header.range,
            mode=header.mode_word,
            first=header.first,
            count=header.count,
            issue_day=header.issue_day,
            total_fen=header.total_fen,
            catalog_version=header.catalog_version,
            unit_root=header.unit_root,
        )


class BundleRoot(Part):
    """Where the header stands under a root; a red receipt's root is numbered by the original."""

    id: Annotated[int, Field(ge=1, le=_SAFE)] | None
    position: Annotated[int, Field(ge=0, lt=1 << 16)]
    path: Annotated[list[Word], Field(max_length=16)]


class MemberSignature(Part):
    """One member's signature on the checkpoint."""

    member: MemberName
    signature: SignatureText


class BundleCheckpoint(Part):
    """A final block, as members signed it."""

    number: Safe
    block_hash: Word
    state_root: Word
    timestamp: UnixTime
    signatures: Annotated[list[MemberSignature], Field(min_length=1, max_length=32)]


class Bundle(Part):
    """A proof bundle of one receipt. Reading checks its form alone."""

    format: Literal["piaolian-proof-bundle"] = BUNDLE_FORMAT
    version: Literal[2] = 2
    network: BundleNetwork
    receipt: BundleReceipt
    document: DocumentBytes
    document_sha256: Word
    leaf: BundleLeaf
    unit_path: Annotated[list[Word], Field(max_length=32)]
    header: BundleHeader
    root: BundleRoot
    original_range: RangeNumber | None
    red_header: BundleHeader | None
    checkpoint: BundleCheckpoint
    state: StateBytes

    def signed_checkpoint(self) -> Checkpoint:
        """Return the checkpoint with the network that it is of."""
        return Checkpoint(
            chain_id=self.network.chain_id,
            genesis_hash=self.network.genesis_hash,
            number=self.checkpoint.number,
            block_hash=self.checkpoint.block_hash,
            state_root=self.checkpoint.state_root,
            timestamp=self.checkpoint.timestamp,
        )

    def to_bytes(self) -> bytes:
        """Return the file."""
        return compact_json(self.model_dump(mode="json")).encode()


def read_bundle(data: bytes) -> Bundle:
    """Read a bundle of this version. What it says is not checked.

    Args:
        data: The file, at most 2 MiB.

    Raises:
        BundleSizeError: It is larger.
        BundleFormatError: It is no bundle, of another version, or not in its only form.
    """
    # 1. Size.
    if len(data) > MAX_BUNDLE_BYTES:
        raise BundleSizeError("bundle-too-large", f"{len(data)} B")
    # 2. Form.
    members = _read_json(data)
    if members.get("format") != BUNDLE_FORMAT:
        raise BundleFormatError("bundle-malformed", field="format")
    if type(members.get("version")) is not int or members["version"] != BUNDLE_VERSION:
        raise BundleFormatError("bundle-version-unknown", field="version")
    bundle = read_part(Bundle, members)
    for place, entry in enumerate(bundle.checkpoint.signatures):
        if not has_low_s(entry.signature):
            raise BundleFormatError("bundle-malformed", field=f"checkpoint.signatures.{place}.signature")
    return bundle


def compact_json(value: object) -> str:
    """Return the only accepted text of a JSON value; ``JSON.stringify`` of browsers gives the same."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_part(model: type[_Model], members: dict[str, Any]) -> _Model:
    """Check members against a model.

    Raises:
        BundleFormatError: ``bundle-malformed`` with the place.
    """
    try:
        return model.model_validate(members)
    except ValidationError as exc:
        raise BundleFormatError("bundle-malformed", field=fault_place(exc)) from None


def fault_place(error: ValidationError) -> str:
    """Return the place of the first fault, without any value."""
    found = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return ".".join(str(part) for part in found["loc"]) or "file"


def _read_json(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
        members = json.loads(text, parse_constant=_no_constant)
        is_compact = compact_json(members) == text
    except (ValueError, RecursionError):
        # Bad UTF-8, no JSON, numbers of thousands of digits, lone surrogates, and nesting without end.
        raise BundleFormatError("bundle-malformed", field="file") from None
    if not is_compact or not isinstance(members, dict):
        raise BundleFormatError("bundle-malformed", field="file")
    return members


def _no_constant(_name: str) -> object:
    raise ValueError("no JSON")
