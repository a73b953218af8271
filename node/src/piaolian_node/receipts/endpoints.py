"""Addresses of receipts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from piaolian_node.api.authentication import Asker, Context, asks, use_address, writes
from piaolian_node.api.call import Call
from piaolian_node.outbox.acceptance import once
from piaolian_node.pages.elements import Elements
from piaolian_node.receipts import acts, questions
from piaolian_node.receipts.bundle import bundle_of, find_held
from piaolian_node.receipts.prepare import prepare_receipts
from piaolian_node.receipts.reversals import prepare_reversal, same_reversal, submit_reversal
from piaolian_node.receipts.submit import submit_receipts
from piaolian_sdk.wire import (
    BookReceipt,
    PaperAct,
    PreparedReceipts,
    PreparedReversal,
    PrepareReceipts,
    PrepareReversal,
    ReceiptBody,
    ReceiptProof,
    ReceiptState,
    SubmitReceipts,
    SubmitReversal,
    Submitted,
    SubmittedReceipts,
    SubmittedReversal,
    VerificationAnswer,
    VoidNumbers,
    WithdrawBooking,
    paths,
)

router = APIRouter(tags=["receipts"])

Code = Annotated[str, Path(pattern=r"^[0-9]{8}$")]
Number = Annotated[str, Path(pattern=r"^[0-9]{10}$")]
Check = Annotated[str | None, Query(alias="check_code", pattern=r"^[0-9A-Za-z]{6}$")]
Asking = Annotated[Asker, Depends(asks("unit", "booker", "auditor"))]


@router.post(paths.RECEIPTS_PREPARE)
async def prepare(
    context: Context, signed: Annotated[tuple[Call, PrepareReceipts], Depends(writes(PrepareReceipts, "unit"))]
) -> PreparedReceipts:
    """Judge items and lease numbers to the good ones."""
    return await prepare_receipts(context, *signed)


@router.post(paths.RECEIPTS_SUBMIT, status_code=202)
async def submit(
    context: Context, signed: Annotated[tuple[Call, SubmitReceipts], Depends(writes(SubmitReceipts, "unit"))]
) -> SubmittedReceipts:
    """Countersign the documents of a lease and accept them."""
    return await submit_receipts(context, *signed)


@router.post(paths.REVERSALS_PREPARE)
async def prepare_red(
    context: Context, signed: Annotated[tuple[Call, PrepareReversal], Depends(writes(PrepareReversal, "unit"))]
) -> PreparedReversal:
    """Judge a reversal and lease the red receipt's number."""
    call, message = signed
    return await once(context, same_reversal(call, message), message, prepare_reversal, PreparedReversal)


@router.post(paths.REVERSALS_SUBMIT, status_code=202)
async def submit_red(
    context: Context, signed: Annotated[tuple[Call, SubmitReversal], Depends(writes(SubmitReversal, "unit"))]
) -> SubmittedReversal:
    """Countersign a red receipt and accept the reversal."""
    return await submit_reversal(context, *signed)


@router.post(paths.EXCHANGES, status_code=202)
async def to_paper(
    context: Context, signed: Annotated[tuple[Call, PaperAct], Depends(writes(PaperAct, "unit"))]
) -> Submitted:
    """Put a paper original in the place of a receipt."""
    return await once(context, *signed, acts.exchange, Submitted)


@router.post(paths.EXCHANGE_RETURNS, status_code=202)
async def from_paper(
    context: Context, signed: Annotated[tuple[Call, PaperAct], Depends(writes(PaperAct, "unit"))]
) -> Submitted:
    """Take a paper original back."""
    return await once(context, *signed, acts.return_paper, Submitted)


@router.post(paths.VOIDS, status_code=202)
async def void(
    context: Context, signed: Annotated[tuple[Call, VoidNumbers], Depends(writes(VoidNumbers, "unit"))]
) -> Submitted:
    """Void the next numbers of a range."""
    return await once(context, *signed, acts.void_numbers, Submitted)


@router.post(paths.BOOKINGS, status_code=202)
async def book(
    context: Context, signed: Annotated[tuple[Call, BookReceipt], Depends(writes(BookReceipt, "booker"))]
) -> Submitted:
    """Book a share of a receipt."""
    return await once(context, *signed, acts.book, Submitted)


@router.post(paths.BOOKINGS_WITHDRAW, status_code=202)
async def withdraw(
    context: Context, signed: Annotated[tuple[Call, WithdrawBooking], Depends(writes(WithdrawBooking, "booker"))]
) -> Submitted:
    """Withdraw a booking."""
    return await once(context, *signed, acts.withdraw_booking, Submitted)


@router.get(paths.RECEIPT)
async def state(context: Context, asker: Asking, code: Code, number: Number, check: Check = None) -> ReceiptState:
    """Return the state of a receipt to its unit or to whoever knows its check code."""
    return await questions.receipt_state(context, await questions.find_asked(context, asker, code, number, check))


@router.get(paths.RECEIPT_PROOF)
async def proof(context: Context, asker: Asking, code: Code, number: Number, check: Check = None) -> ReceiptProof:
    """Return the proof of a receipt to its unit or to whoever knows its check code."""
    return await questions.receipt_proof(context, await questions.find_asked(context, asker, code, number, check))


@router.get(paths.RECEIPT_BUNDLE)
async def bundle(
    context: Context,
    asker: Asking,
    code: Code,
    number: Number,
    check: Check = None,
    deadline: Annotated[int | None, Query(ge=0, lt=1 << 40)] = None,
    holder_signature: Annotated[str | None, Query(pattern=r"^0x[0-9a-f]{130}$")] = None,
) -> Response:
    """Return the proof bundle to the unit, to an auditor, or to who signs with the receipt's booking key."""
    holder = None
    if deadline is not None and holder_signature is not None:
        holder = (deadline, bytes.fromhex(holder_signature[2:]))
    receipt = await find_held(context, asker, (code, number), check, holder)
    return Response(await bundle_of(context, receipt), media_type="application/json")


@router.get(paths.RECEIPT_BODY)
async def body(context: Context, asker: Asking, code: Code, number: Number, check: Check = None) -> ReceiptBody:
    """Return a sealed body with the keys wrapped for the caller; a payer shows the check code."""
    receipt = await questions.find_asked(context, asker, code, number, check)
    reader = asker.party if asker.party is not None and asker.party.role != "booker" else None
    return await questions.receipt_body(context, receipt, reader)


@router.get(paths.VERIFICATION)
async def verification(
    request: Request,
    context: Context,
    code: Annotated[str, Query(pattern=r"^[0-9]{8}$")],
    number: Annotated[str, Query(pattern=r"^[0-9]{10}$")],
    check_code: Annotated[str, Query(pattern=r"^[0-9A-Za-z]{6}$")],
    amount: Annotated[str | None, Query(pattern=r"^-?[0-9]{1,13}\.[0-9]{2}$")] = None,
    date: Annotated[date | None, Query()] = None,
) -> VerificationAnswer:
    """Answer whoever knows the elements of a receipt."""
    asker = await use_address(request, context)
    return await questions.verify(context, asker, Elements(code, number, check_code, amount, date))
