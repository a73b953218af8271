"""Messages about checkpoints: final blocks that members sign."""

from typing import Annotated

from pydantic import Field, StringConstraints

from piaolian_sdk.wire.base import Answer, Hex, Hex32, Request

_MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class SignCheckpoint(Request):
    """POST /api/v1/checkpoints: a member asks another one to sign a block that is final for both."""

    number: int = Field(ge=0, lt=1 << 53)
    block_hash: Hex32


class CheckpointSignature(Answer):
    """One member's signature, 64 bytes."""

    member: _MemberName
    signature: Annotated[Hex, Field(min_length=64, max_length=64)]


class SignedCheckpoint(Answer):
    """A final block with the signatures that this member has on it: its own first.

    Answer to ``SignCheckpoint``, GET /api/v1/checkpoints (the newest) and GET /api/v1/checkpoints/{number}.

    Attributes:
        timestamp: Unix seconds of the block.
    """

    chain_id: int
    genesis_hash: Hex32
    number: int
    block_hash: Hex32
    state_root: Hex32
    timestamp: int
    signatures: list[CheckpointSignature]
