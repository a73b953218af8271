"""Field types and base classes of every message between SDK and node.

Long bytes travel as base64, values of fixed size as 0x-hex, amounts as text with two decimals, dates as ISO dates and
instants with an offset. Requests refuse unknown members; answers ignore them, so that an older SDK can talk to a newer
node.
"""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

# One batch stays far below the gas limit of a block and is prepared in about a second.
MAX_BATCH_ITEMS = 1000
# A receipt document may have at most this many bytes.
MAX_DOCUMENT_BYTES = 1 << 20


class Request(BaseModel):
    """A message to the node. Unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """A message from the node. Unknown members are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as exc:
        raise ValueError("must be base64 with padding and without blanks") from exc


def _from_hex(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.startswith("0x"):
        raise ValueError("must begin with 0x")
    return bytes.fromhex(value[2:])


def _from_decimal(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.isascii() or not value.isdigit():
        raise ValueError("must be decimal digits")
    return int(value)


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _to_hex(value: bytes) -> str:
    return "0x" + value.hex()


_HEX = (BeforeValidator(_from_hex, json_schema_input_type=str), PlainSerializer(_to_hex, return_type=str))

Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64, json_schema_input_type=str),
    PlainSerializer(_to_base64, return_type=str),
]
Hex = Annotated[bytes, *_HEX]
Hex32 = Annotated[bytes, Field(min_length=32, max_length=32), *_HEX]
# A transaction's hash stays text: people copy it, chain nodes take it.
TransactionHash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
# r || s || v of a chain signature.
Hex65 = Annotated[bytes, Field(min_length=65, max_length=65), *_HEX]
Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
Amount = Annotated[str, StringConstraints(pattern=r"^-?(0|[1-9][0-9]{0,12})\.[0-9]{2}$")]
BusinessNumber = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
ReceiptCodeText = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
ReceiptNumberText = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
CheckCodeText = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{6}$")]
PaymentCodeText = Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")]
ItemCodeText = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,12}$")]
# Numbers of 63 bits travel as text: JavaScript reads no whole number above 2^53 exactly.
RootId = Annotated[
    int,
    Field(ge=1, lt=1 << 63),
    BeforeValidator(_from_decimal, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
]
RangeId = Annotated[int, Field(ge=1, lt=1 << 32)]
Number = Annotated[int, Field(ge=0, lt=1 << 40)]
Count = Annotated[int, Field(ge=1, lt=1 << 32)]
Reason = Annotated[int, Field(ge=0, lt=1 << 16)]
# Unix seconds until which an act may be mined.
Deadline = Annotated[int, Field(ge=0, lt=1 << 64)]
# An uncompressed SM2 point of 65 bytes as hex without 0x, as certificates hold it.
PublicPoint = Annotated[str, StringConstraints(pattern=r"^04[0-9a-fA-F]{128}$")]
Mode = Literal["code", "list"]
Verdict = Literal["accepted", "refused", "duplicate"]


class Problem(Answer):
    """An RFC 9457 problem document, alone as the body of an error or within an item of a batch.

    Attributes:
        code: Closed list of the error catalogue, kebab-case.
        detail: English sentence.
        detail_zh: Chinese sentence.
        retry: ``never``, ``same`` (the same request again) or ``after`` (``Retry-After``).
        decided_by: Who refused: the SDK before it sent, the node, or the contract.
    """

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    code: str
    detail: str = ""
    detail_zh: str = ""
    retry: Literal["never", "same", "after"] = "never"
    field: str | None = None
    rule: str | None = None
    remedy: str | None = None
    decided_by: Literal["sdk", "node", "contract"] = "node"
    request_id: str | None = None
