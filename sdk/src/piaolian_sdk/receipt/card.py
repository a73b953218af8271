"""The receipt in a payer's card pack of WeChat: its members, whose names are easily taken for each other.

There ``billing_no`` is the receipt **code** (票据代码) and ``billing_code`` the receipt **number** (票据号码): both
directions go by meaning, through the value types, which differ in length.

>>> card = card_members(ReceiptKey("320601230000010003"), CheckCode("138900"), 99354)
>>> card["billing_no"], card["billing_code"]
('32060123', '0000010003')
>>> identity_of_card(card)
('320601230000010003', '138900')
"""

from collections.abc import Mapping

from piaolian_sdk.codes import CheckCode, ReceiptCode, ReceiptKey, ReceiptNumber


def card_members(key: ReceiptKey, check_code: CheckCode, total_fen: int) -> dict[str, str | int]:
    """Return the members that identify a receipt in a card; ``fee`` is in fen."""
    return {
        "billing_no": str(key.code),
        "billing_code": str(key.number),
        "check_code": str(check_code),
        "fee": total_fen,
    }


def identity_of_card(card: Mapping[str, object]) -> tuple[ReceiptKey, CheckCode]:
    """Return the receipt that a card speaks of.

    Raises:
        InputError: A member is missing or malformed, as it is when code and number were exchanged.
    """
    code = ReceiptCode.from_string(str(card.get("billing_no", "")))
    number = ReceiptNumber.from_string(str(card.get("billing_code", "")))
    return ReceiptKey.of(code, number), CheckCode.from_string(str(card.get("check_code", "")))
