"""Addresses of months."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from piaolian_node.api.authentication import Context, reads, writes
from piaolian_node.api.call import Call
from piaolian_node.outbox.acceptance import once
from piaolian_node.periods.service import period_state, write_off
from piaolian_node.registry.parties import Party
from piaolian_sdk.wire import PeriodState, Submitted, WriteOffPeriod, paths

router = APIRouter(tags=["periods"])


@router.get(paths.PERIOD)
async def period(
    context: Context,
    party: Annotated[Party, Depends(reads("unit"))],
    kind: Annotated[str, Path(pattern=r"^[0-9]{4}$")],
    month: Annotated[str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")],
) -> PeriodState:
    """Return what the chain counts for a month of the calling unit."""
    return await period_state(context, party.unit or 0, kind, month)


@router.post(paths.WRITE_OFFS, status_code=202)
async def write_month_off(
    context: Context, signed: Annotated[tuple[Call, WriteOffPeriod], Depends(writes(WriteOffPeriod, "unit"))]
) -> Submitted:
    """Write a month off when its totals are the chain's."""
    return await once(context, *signed, write_off, Submitted)
