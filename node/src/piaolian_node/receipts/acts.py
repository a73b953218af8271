"""Acts on single receipts and numbers: exchange to paper and back, voids, bookings."""

import asyncio

from sqlalchemy import update
from web3 import Web3

from piaolian_node.api.call import Call
from piaolian_node.context import NodeContext
from piaolian_node.database.records import leases
from piaolian_node.outbox.acceptance import Act, accept_act
from piaolian_node.outbox.acts import require_act
from piaolian_node.outbox.payloads import (
    BookPayload,
    ExchangePayload,
    ReturnPayload,
    UnbookPayload,
    VoidPayload,
)
from piaolian_node.outbox.rows import queue_end, queued_in
from piaolian_node.receipts.bodies import document_of
from piaolian_node.receipts.lookup import on_chain, receipt_of, require_alive, require_owner, stamped_of
from piaolian_node.receipts.questions import find_shown
from piaolian_node.receipts.terms import require_registered
from piaolian_sdk.acts import Book, Exchange, ReturnPaper, Unbook, Void
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import RangeClass
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.rules import check_circulable
from piaolian_sdk.wire import (
    WHOLE_SHARE,
    BookReceipt,
    PaperAct,
    Submitted,
    VoidNumbers,
    WithdrawBooking,
)


async def exchange(context: NodeContext, call: Call, message: PaperAct) -> Submitted:
    """Put a paper original in the place of a receipt.

    Raises:
        PiaolianError: The act is not possible; nothing was written.
    """
    async with context.database.read() as connection:
        receipt = await receipt_of(connection, message.code, message.number, None)
        require_owner(receipt, call.unit)
        await stamped_of(connection, receipt)
        queued = await queue_end(connection, message.paper_range)
    facts = await context.facts.range(call.unit, message.paper_range)
    require_registered(call.caller, facts.record)
    facts.require_usable(RangeClass.PAPER, context.beijing_now().date())
    act = Exchange(
        unit=call.unit,
        range=receipt.range,
        number=receipt.number,
        paper_range=message.paper_range,
        paper_number=message.paper_number,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    found = await on_chain(context, receipt.range, receipt.number)
    require_alive(receipt, found)
    if found.booking.share:
        raise CONTRACT_ERRORS["ReceiptIsBooked"](
            {"range": receipt.range, "number": receipt.number, "share": found.booking.share}
        )
    expected = max(facts.numbers.next, queued or 0)
    if message.paper_number != expected:
        raise CONTRACT_ERRORS["NumberNotNext"](
            {"range": message.paper_range, "expected": expected, "given": message.paper_number}
        )
    payload = ExchangePayload(
        unit=call.unit,
        range=receipt.range,
        number=receipt.number,
        paper_range=message.paper_range,
        paper_number=message.paper_number,
        deadline=message.deadline,
        signature=message.signature,
    )
    place = (receipt.range, receipt.number)
    return await accept_act(
        context, call, Act(payload, call.unit, message.paper_range, message.paper_number, 1, subject=place)
    )


async def return_paper(context: NodeContext, call: Call, message: PaperAct) -> Submitted:
    """Take a paper original back.

    Raises:
        PiaolianError: The act is not possible; nothing was written.
    """
    async with context.database.read() as connection:
        receipt = await receipt_of(connection, message.code, message.number, None)
        require_owner(receipt, call.unit)
        await stamped_of(connection, receipt)
    facts = await context.facts.unit(call.unit)
    require_registered(call.caller, facts.record)
    act = ReturnPaper(
        unit=call.unit,
        range=receipt.range,
        number=receipt.number,
        paper_range=message.paper_range,
        paper_number=message.paper_number,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    payload = ReturnPayload(
        unit=call.unit,
        range=receipt.range,
        number=receipt.number,
        paper_range=message.paper_range,
        paper_number=message.paper_number,
        deadline=message.deadline,
        signature=message.signature,
    )
    return await accept_act(context, call, Act(payload, call.unit, subject=(receipt.range, receipt.number)))


async def void_numbers(context: NodeContext, call: Call, message: VoidNumbers) -> Submitted:
    """Void the next numbers of a range; leases that hold some of them end.

    Raises:
        PiaolianError: The act is not possible; nothing was written.
    """
    facts = await context.facts.range(call.unit, message.range)
    require_registered(call.caller, facts.record)
    if facts.numbers.unit != call.unit:
        raise CONTRACT_ERRORS["NotYourRange"]({"range": message.range, "owner": facts.numbers.unit, "unit": call.unit})
    act = Void(
        unit=call.unit,
        range=message.range,
        first=message.first,
        count=message.count,
        reason=message.reason,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, facts.signer)
    async with context.database.write() as connection:
        # Numbers that are on their way come first; what is void can no longer be submitted.
        queued = max(facts.numbers.next, await queue_end(connection, message.range) or 0)
        is_next = message.first in (facts.numbers.next, queued)
        if not is_next or await queued_in(connection, message.range, message.first, message.count):
            raise CONTRACT_ERRORS["NumberNotNext"]({"range": message.range, "expected": queued, "given": message.first})
        await connection.execute(
            update(leases)
            .where(
                leases.c.range == message.range,
                leases.c.state == "open",
                leases.c.first < message.first + message.count,
            )
            .values(state="expired")
        )
    payload = VoidPayload(
        unit=call.unit,
        range=message.range,
        first=message.first,
        count=message.count,
        reason=message.reason,
        deadline=message.deadline,
        signature=message.signature,
    )
    return await accept_act(context, call, Act(payload, call.unit, message.range, message.first, message.count))


async def book(context: NodeContext, call: Call, message: BookReceipt) -> Submitted:
    """Book a share of a receipt.

    Raises:
        InputError: ``receipt-not-circulable``: it was issued for arrears.
        PiaolianError: The act is not possible; nothing was written.
    """
    receipt = await find_shown(context, call.caller.key_id, message.code, message.number, message.check_code)
    async with context.database.read() as connection:
        await stamped_of(connection, receipt)
    booker = Web3.to_checksum_address(message.booker)
    act = Book(
        leaf=receipt.leaf,
        booker=booker,
        counter=message.counter,
        share=message.share,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, receipt.booking_address)
    found = await on_chain(context, receipt.range, receipt.number)
    require_alive(receipt, found)
    if found.booking.share + message.share > WHOLE_SHARE:
        raise CONTRACT_ERRORS["ShareExceeded"]({"booked": found.booking.share, "share": message.share})
    _require_counter(found.booking.counter, message.counter)
    # The contract does not know the document: who may not be reimbursed is refused here.
    document = await document_of(context, receipt)
    check_circulable(parse_receipt(document))
    payload = BookPayload(
        range=receipt.range,
        number=receipt.number,
        booker=booker,
        counter=message.counter,
        share=message.share,
        deadline=message.deadline,
        signature=message.signature,
    )
    return await accept_act(context, call, Act(payload, None, subject=(receipt.range, receipt.number)))


async def withdraw_booking(context: NodeContext, call: Call, message: WithdrawBooking) -> Submitted:
    """Withdraw what a booker has booked of a receipt.

    Raises:
        PiaolianError: The act is not possible; nothing was written.
    """
    receipt = await find_shown(context, call.caller.key_id, message.code, message.number, message.check_code)
    async with context.database.read() as connection:
        await stamped_of(connection, receipt)
    booker = Web3.to_checksum_address(message.booker)
    act = Unbook(
        range=receipt.range,
        number=receipt.number,
        booker=booker,
        counter=message.counter,
        deadline=message.deadline,
    )
    require_act(context, act, message.signature, booker)
    found = await on_chain(context, receipt.range, receipt.number)
    _require_counter(found.booking.counter, message.counter)
    share = await asyncio.to_thread(context.chain.share, receipt.range, receipt.number, booker, found.stamp)
    if share == 0:
        raise CONTRACT_ERRORS["NothingBooked"]({"range": receipt.range, "number": receipt.number, "booker": booker})
    payload = UnbookPayload(
        range=receipt.range,
        number=receipt.number,
        booker=booker,
        counter=message.counter,
        deadline=message.deadline,
        signature=message.signature,
    )
    return await accept_act(context, call, Act(payload, None, subject=(receipt.range, receipt.number)))


def _require_counter(expected: int, given: int) -> None:
    if expected != given:
        raise CONTRACT_ERRORS["WrongCounter"]({"expected": expected, "given": given})
