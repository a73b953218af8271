"""Finds the payment code of a statement line.

A payer's bank passes the 20-digit payment code (缴款码) on in `EndToEndId`, or the payer types it into the remark.
Nothing is guessed: two different codes are no code, and a run of digits of another length is none either.
"""

import re
import unicodedata
from collections.abc import Iterable

from piaolian_oracle.statements.model import CodeSource

# Area 6, year 2, type 2, sequence 10 (domain: payment code).
_CODE = re.compile(r"(?<!\d)\d{20}(?!\d)", re.ASCII)
# Payers and counters write the label in these forms, with or without a colon or blank behind it.
_LABELLED = re.compile(r"(?:缴款识别码|缴款码|缴费码|PayCode)\s*[:：]?\s*(\d{20})(?!\d)", re.ASCII | re.IGNORECASE)


def find_payment_code(end_to_end_id: str, remittances: Iterable[str], account: str) -> tuple[str, CodeSource]:
    """Return the payment code of a line and where it stood.

    Args:
        end_to_end_id: `EndToEndId` as the bank passed it on.
        remittances: Remittance and additional texts; full-width digits are read as digits.
        account: The statement's own account, whose digits are never taken for a code.

    Returns:
        `(code, source)`; `("", "none")` without a code and `("", "ambiguous")` with several different ones.
    """
    texts = [unicodedata.normalize("NFKC", text) for text in remittances]
    labelled = {code for text in texts for code in _LABELLED.findall(text)}
    if _CODE.fullmatch(end_to_end_id):
        # A labelled code that contradicts the bank's own field: somebody has to ask.
        return ("", "ambiguous") if labelled - {end_to_end_id} else (end_to_end_id, "end-to-end-id")
    if labelled:
        return (labelled.pop(), "remittance-label") if len(labelled) == 1 else ("", "ambiguous")
    plain = {code for text in texts for code in _CODE.findall(text)} - {account}
    if len(plain) == 1:
        return plain.pop(), "remittance"
    return "", "ambiguous" if plain else "none"
