"""Addresses of checkpoints, the same at a node and at a witness.

Nobody needs to sign a question: what is answered is public, and a request can make the member sign nothing but a block
that is final for itself. Questions are counted by address.
"""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Request

from piaolian_node.api.authentication import address_of
from piaolian_node.api.limits import Limits
from piaolian_node.checkpoints.gathering import CheckpointDesk, no_checkpoints
from piaolian_sdk.wire import SignCheckpoint, SignedCheckpoint, paths

router = APIRouter(tags=["checkpoints"])


class CheckpointState(Protocol):
    """What the application keeps for these addresses."""

    checkpoints: CheckpointDesk | None
    limits: Limits


async def desk_of(request: Request) -> CheckpointDesk:
    """Return the member's desk, after its limit was used.

    Raises:
        RefusedError: ``checkpoints-off``, or ``rate-limited``.
    """
    state: CheckpointState = request.app.state.context
    await state.limits.use_address(address_of(request))
    if state.checkpoints is None:
        raise no_checkpoints()
    return state.checkpoints


Desk = Annotated[CheckpointDesk, Depends(desk_of)]


@router.get(paths.CHECKPOINTS)
async def newest(desk: Desk) -> SignedCheckpoint:
    """Return the newest block that this member signed."""
    return await desk.signed()


@router.get(paths.CHECKPOINT)
async def at(desk: Desk, number: Annotated[int, Path(ge=0, lt=1 << 53)]) -> SignedCheckpoint:
    """Return the signatures on one block."""
    return await desk.signed(number)


@router.post(paths.CHECKPOINTS)
async def sign(desk: Desk, message: SignCheckpoint) -> SignedCheckpoint:
    """Sign a block that is final here as well."""
    await desk.signer.sign(message.number, message.block_hash)
    return await desk.signed(message.number)
