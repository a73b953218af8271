"""Answers about a receipt: its state, its proof, its body, and public verification."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.api.authentication import Asker
from piaolian_node.bodies import root_cid_text
from piaolian_node.chain.openings import Stamped, find_stamped
from piaolian_node.context import NodeContext
from piaolian_node.database.index import reversals
from piaolian_node.database.records import parties, receipts
from piaolian_node.errors import RefusedError, UnavailableError
from piaolian_node.pages.elements import Elements
from piaolian_node.preservation.erasure.desk import is_erased
from piaolian_node.receipts import repository
from piaolian_node.receipts.bodies import ciphertext_of, require_body
from piaolian_node.receipts.lookup import OnChain, on_chain, receipt_of, stamped_of
from piaolian_node.registry.parties import Party
from piaolian_sdk.beijing import BEIJING, date_from_day_number
from piaolian_sdk.contracts.records import Mark
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.tree import BY_CODE, evidence_number
from piaolian_sdk.wire import (
    WHOLE_SHARE,
    BookingState,
    HeaderProof,
    Mode,
    ReceiptBody,
    ReceiptProof,
    ReceiptState,
    VerificationAnswer,
)

_MARK_WORDS = {Mark.EXCHANGED: "exchanged", Mark.REVERSED: "reversed", Mark.VOID: "void"}
_NOBODY = "0x0000000000000000000000000000000000000000"


async def receipt_state(context: NodeContext, receipt: Row[Any]) -> ReceiptState:
    """Return the state of a receipt at the final block.

    Raises:
        RemoteError: No chain node answers.
    """
    async with context.database.read() as connection:
        stamped = await find_stamped(connection, receipt.range, receipt.number)
        found = await _found(context, receipt, stamped)
        red = await _red_number(connection, receipt, found)
    state, state_zh = state_of(receipt, found, red)
    return ReceiptState(
        code=receipt.code,
        number=f"{receipt.number:010d}",
        unit=receipt.unit,
        range=receipt.range,
        mode=mode_of(receipt),
        issue_day=date_from_day_number(receipt.issue_day),
        state=state,
        state_zh=state_zh,
        marks=_mark_words(receipt, found),
        reversed_by=red,
        booking=_booking(found),
        stamped_at=_stamped_at(stamped),
        submission=receipt.submission,
    )


def _mark_words(receipt: Row[Any], found: OnChain | None) -> list[str]:
    if found is None:
        return []
    words = [word for mark, word in _MARK_WORDS.items() if mark in found.marks]
    return ["red", *words] if receipt.is_red else words


def state_of(receipt: Row[Any], found: OnChain | None, red: str | None) -> tuple[str, str]:  # noqa: PLR0911
    """Return a receipt's state as a code and in the words people see."""
    if receipt.is_refused:
        return "refused", "上链被拒，请联系开票单位"
    if found is None:
        return "countersigned", "已开具·待上链"
    if Mark.REVERSED in found.marks:
        return "reversed", f"已冲红（红票号 {red}）" if red else "已冲红"
    if Mark.VOID in found.marks:
        return "void", "已作废"
    if Mark.EXCHANGED in found.marks:
        return "exchanged", "已换开纸质"
    if receipt.is_red:
        return "red", "红票·已上链"
    if found.booking.share >= WHOLE_SHARE:
        return "booked", "已入账"
    if found.booking.share:
        return "booking", "报销中"
    return "stamped", "已上链"


async def receipt_proof(context: NodeContext, receipt: Row[Any]) -> ReceiptProof:
    """Return what opens a receipt's leaf and header.

    Raises:
        RefusedError: It is not stamped, or was refused.
    """
    async with context.database.read() as connection:
        stamped = await stamped_of(connection, receipt)
    header = stamped.header
    return ReceiptProof(
        chain_id=context.address_book.chain_id,
        receipt_ledger=context.address_book.address_of("ReceiptLedger"),
        code=receipt.code,
        number=f"{receipt.number:010d}",
        root_id=stamped.batch.root_id,
        position=stamped.batch.position,
        headers=len(stamped.headers),
        root_path=stamped.root_path,
        header=HeaderProof(
            unit=header.unit,
            range=header.range,
            mode=header.mode_word,
            first=header.first,
            count=header.count,
            issue_day=header.issue_day,
            total_fen=header.total_fen,
            catalog_version=header.catalog_version,
            unit_root=header.unit_root,
        ),
        unit_path=stamped.unit_path,
        amount_fen=receipt.amount_fen,
        amount_salt=receipt.amount_salt,
        payment_code=receipt.payment_code,
        lines_hash=receipt.lines_hash,
        document_digest=receipt.document_digest,
        fields_seed=receipt.fields_seed,
        fields_root=receipt.fields_root,
        booking_address=receipt.booking_address,
    )


async def receipt_body(context: NodeContext, receipt: Row[Any], party: Party | None) -> ReceiptBody:
    """Return the sealed body with the keys wrapped for the caller.

    Args:
        context: The node.
        receipt: Row of ``receipts``.
        party: Unit, auditor or officer of the department; None for the payer, who showed the check code.

    Raises:
        RefusedError: The body was not sealed for the caller, or its keys were destroyed.
        UnavailableError: IPFS does not answer.
    """
    recipient = _recipient(context, receipt, party)
    async with context.database.read() as connection:
        body = await repository.body_of(connection, receipt.range, receipt.number)
        wrapped = await repository.batch_key_of(connection, receipt.submission, recipient)
        stamped = await find_stamped(connection, receipt.range, receipt.number)
        erased = await is_erased(connection, receipt.range, receipt.number)
    require_body(body, is_erased=erased)
    if body is None or (wrapped is None if recipient != "payer" else body.payer_wrapped_key is None):
        raise RefusedError(
            "unknown-receipt",
            f"the body was not sealed for {recipient}",
            "该票据正文没有为此接收者加密",
            field="number",
            remedy="ask the unit or the finance department",
        )
    return ReceiptBody(
        receipt_key=f"{receipt.code}{receipt.number:010d}",
        cid=body.cid,
        root_cid=root_cid_text(stamped.batch.bodies) if stamped else None,
        ciphertext=await ciphertext_of(context, body),
        recipient=recipient,
        wrapped_content_key=body.payer_wrapped_key if recipient == "payer" else body.wrapped_content_key,
        wrapped_batch_key=None if recipient == "payer" else wrapped,
    )


def _recipient(context: NodeContext, receipt: Row[Any], party: Party | None) -> str:
    if party is None:
        return "payer"
    if party.role == "unit":
        if party.unit != receipt.unit:
            raise RefusedError(
                "role-not-allowed",
                "the receipt is another unit's",
                "该票据属于其他单位",
                rule="own receipts",
                remedy="ask the unit that issued it",
            )
        return party.recipient
    # An officer without a key of its own opens bodies with the department's.
    return party.recipient if party.encryption_key is not None else context.department_recipient


async def verify(context: NodeContext, asker: str, given: Elements) -> VerificationAnswer:
    """Answer whoever knows the elements of a receipt; amount and day count where they are given.

    Args:
        context: The node.
        asker: Name under which wrong tries are counted.
        given: The elements.

    Raises:
        RefusedError: Too many wrong tries for this receipt.
    """
    receipt_key = given.code + given.number
    await context.limits.require_tries(asker, receipt_key)
    try:
        async with context.database.read() as connection:
            found = await repository.find_receipt(connection, given.code, int(given.number))
        if found is None:
            return VerificationAnswer(result="not-found", result_zh="查无此票（当日开具请稍后再查）")
        if not _is_same(found, given):
            await context.limits.count_miss(asker, receipt_key)
            return VerificationAnswer(result="mismatch", result_zh="查验不一致")
        return await _match(context, found)
    except (RemoteError, UnavailableError):
        return VerificationAnswer(result="unavailable", result_zh="服务暂不可用，不代表票据无效")


def _is_same(receipt: Row[Any], given: Elements) -> bool:
    printed = -receipt.amount_fen if receipt.is_red else receipt.amount_fen
    return (
        receipt.check_code == given.check_code
        and (given.amount is None or given.amount == text_from_fen(printed))
        and (given.issue_date is None or given.issue_date == date_from_day_number(receipt.issue_day))
    )


async def _match(context: NodeContext, receipt: Row[Any]) -> VerificationAnswer:
    async with context.database.write() as connection:
        counted = await connection.execute(
            update(receipts)
            .where(receipts.c.range == receipt.range, receipts.c.number == receipt.number)
            .values(verified_count=receipts.c.verified_count + 1)
            .returning(receipts.c.verified_count)
        )
        count = int(counted.scalar_one())
    async with context.database.read() as connection:
        stamped = await find_stamped(connection, receipt.range, receipt.number)
        name = await connection.execute(
            select(parties.c.name).where(parties.c.unit == receipt.unit, parties.c.role == "unit")
        )
        issued_by = name.scalars().first()
    found = await _found(context, receipt, stamped)
    async with context.database.read() as connection:
        red = await _red_number(connection, receipt, found)
    state, state_zh = state_of(receipt, found, red)
    return VerificationAnswer(
        result="match",
        result_zh="查验一致",
        state="awaiting-stamp" if state == "countersigned" else state,
        state_zh=state_zh,
        issued_by=issued_by,
        countersigned_by=context.config.department,
        stamped_at=_stamped_at(stamped),
        evidence_number=_evidence_number(context, receipt, stamped),
        as_of=datetime.fromtimestamp(found.stamp.timestamp, tz=BEIJING) if found else context.beijing_now(),
        count=count,
    )


def _evidence_number(context: NodeContext, receipt: Row[Any], stamped: Stamped | None) -> str | None:
    """Return the number under which the chain holds a receipt: network, root, header, place in the batch."""
    if stamped is None:
        return None
    place = receipt.number - stamped.header.first
    return evidence_number(context.address_book.chain_id, stamped.batch.root_id, stamped.batch.position, place)


async def find_asked(context: NodeContext, asker: Asker, code: str, number: str, check_code: str | None) -> Row[Any]:
    """Return the receipt that somebody asks for.

    Its unit and the department's officers need no check code; everybody else shows it, and wrong ones are counted.

    Raises:
        RefusedError: ``unknown-receipt``, or too many wrong tries.
    """
    if check_code is None and asker.party is not None:
        async with context.database.read() as connection:
            found = await repository.find_receipt(connection, code, int(number))
        if found is not None and may_read(asker.party, found):
            return found
    return await find_shown(context, asker.name, code, number, check_code or "")


async def find_shown(context: NodeContext, asker: str, code: str, number: str, check_code: str) -> Row[Any]:
    """Return the receipt whose check code somebody shows; wrong ones are counted.

    Raises:
        RefusedError: ``unknown-receipt``, or too many wrong tries.
    """
    await context.limits.require_tries(asker, code + number)
    try:
        async with context.database.read() as connection:
            return await receipt_of(connection, code, number, check_code)
    except RefusedError:
        await context.limits.count_miss(asker, code + number)
        raise


def may_read(party: Party, receipt: Row[Any]) -> bool:
    """Whether a party may see all of a receipt: its unit, and auditors."""
    return party.role == "auditor" or (party.role == "unit" and party.unit == receipt.unit)


def mode_of(receipt: Row[Any]) -> Mode:
    """Return how a receipt's amount is controlled."""
    return "code" if receipt.mode == BY_CODE else "list"


async def _found(context: NodeContext, receipt: Row[Any], stamped: Stamped | None) -> OnChain | None:
    if stamped is None:
        return None
    stamp = await asyncio.to_thread(context.chain.final)
    return await on_chain(context, receipt.range, receipt.number, stamp)


async def _red_number(connection: AsyncConnection, receipt: Row[Any], found: OnChain | None) -> str | None:
    """Return code and number of the red receipt of a reversed one, None while the index has not its event."""
    if found is None or Mark.REVERSED not in found.marks:
        return None
    joined = reversals.join(
        receipts, (receipts.c.range == reversals.c.red_range) & (receipts.c.number == reversals.c.red_number)
    )
    red = await connection.execute(
        select(receipts.c.code, receipts.c.number)
        .select_from(joined)
        .where(reversals.c.range == receipt.range, reversals.c.number == receipt.number)
    )
    row = red.first()
    return f"{row.code}{row.number:010d}" if row else None


def _booking(found: OnChain | None) -> BookingState:
    if found is None:
        return BookingState()
    booker = found.booking.last_booker
    return BookingState(
        share=found.booking.share,
        next_counter=found.booking.counter,
        last_booker=None if booker == _NOBODY else booker,
    )


def _stamped_at(stamped: Stamped | None) -> datetime | None:
    return datetime.fromtimestamp(stamped.batch.block_time, tz=BEIJING) if stamped else None
