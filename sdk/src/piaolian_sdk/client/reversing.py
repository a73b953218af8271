"""Build what the unit signs when it reverses a receipt. No input or output happens here."""

from datetime import datetime

from piaolian_sdk.acts import Reverse
from piaolian_sdk.beijing import day_number
from piaolian_sdk.client.errors import malformed_answer
from piaolian_sdk.client.issuing import SignedReceipt, amount_fen_of
from piaolian_sdk.client.results import IssuedReceipt
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.receipt import ParsedReceipt
from piaolian_sdk.tree import salted_amount
from piaolian_sdk.tree.keccak import uint_word
from piaolian_sdk.tree.leaves import leaf_hash
from piaolian_sdk.wire import PreparedReversal


def red_leaf(prepared: PreparedReversal, original: IssuedReceipt, signed: SignedReceipt) -> bytes:
    """Return the leaf of the red receipt: amount, payment code and lines of the original, a body of its own."""
    by_code = prepared.mode == "code"
    amount = (
        uint_word(original.amount_fen, 48, "amount_fen")
        if by_code
        else salted_amount(original.amount_fen, original.amount_salt)
    )
    payment_code = int(original.payment_code or 0) if by_code else 0
    return leaf_hash(
        prepared.red_range, int(prepared.number), amount, payment_code, prepared.lines_hash, signed.body_hash
    )


def check_red(red: ParsedReceipt, original: IssuedReceipt) -> None:
    """Check that a red document reverses exactly ``original``.

    Raises:
        InputError: It names another receipt, or has another amount.
    """
    extension = red.model.main.main_ext
    related = (extension.related_invoice_code, extension.related_invoice_number)
    if related != (original.code, original.number):
        raise InputError(
            "red-reference-mismatch",
            "the red document names another receipt than the one that is reversed",
            "红票关联的原票代码、号码与被冲红票据不一致",
            field="Main/MainExt/RelatedInvoiceNumber",
            rule="code and number of the original",
            remedy="name the receipt that is reversed",
        )
    if amount_fen_of(red) != -original.amount_fen:
        raise InputError(
            "red-amount-mismatch",
            "the red document's total is not the original's with a minus",
            "红票金额应为原票金额的负数",
            field="Main/TotalAmount",
            rule=text_from_fen(-original.amount_fen),
            remedy="reverse the whole receipt and issue a new one for the remainder",
        )


def build_act(
    prepared: PreparedReversal,
    original: IssuedReceipt,
    signed: SignedReceipt,
    unit: int,
    at: datetime,
    reason: int,
    deadline: int,
) -> Reverse:
    """Return the act; the root of a batch of one is its leaf.

    Raises:
        RemoteError: The node speaks of another amount than the original's.
    """
    if fen_from_text(prepared.amount) != original.amount_fen:
        raise malformed_answer("the red receipt's amount is not the original's", "红票金额与原票不一致")
    return Reverse(
        unit=unit,
        range=prepared.range,
        number=int(original.number),
        red_range=prepared.red_range,
        red_number=int(prepared.number),
        issue_day=day_number(at.date()),
        amount_fen=original.amount_fen,
        catalog_version=prepared.catalog_version,
        red_root=red_leaf(prepared, original, signed),
        reason=reason,
        deadline=deadline,
    )
