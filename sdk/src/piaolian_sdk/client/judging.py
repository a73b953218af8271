"""Judge drafts with the numbered rules before anything is sent. No input or output happens here."""

from collections.abc import Mapping
from datetime import datetime

from piaolian_sdk.client.issuing import amount_fen_of, numbered_draft
from piaolian_sdk.client.results import ReceiptDraft
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.receipt import EInvoice, ParsedReceipt, parse_receipt, write_unsigned
from piaolian_sdk.rules import CatalogueItem, PaidNotice, RuleContext, check_receipt, kind_of
from piaolian_sdk.wire import CatalogueEntry, Problem, RangeEntry


def receipt_problem(
    draft: ReceiptDraft, entry: RangeEntry, catalogue: Mapping[str, CatalogueEntry], at: datetime
) -> Problem | None:
    """Return why the node would refuse a draft, or None; see ``check_draft``."""
    try:
        check_draft(draft, entry, catalogue, at)
    except PiaolianError as error:
        return sdk_problem(error)
    return None


def check_draft(
    draft: ReceiptDraft, entry: RangeEntry, catalogue: Mapping[str, CatalogueEntry], at: datetime
) -> ParsedReceipt:
    """Judge a draft by the numbered rules and return it as it would be sent.

    Whether a payment code is paid and for how much is not judged here: the chain knows, and the node asks it.

    Args:
        draft: The receipt without its number.
        entry: Range that its number will come from.
        catalogue: Items by code as they are enabled now.
        at: Beijing time.

    Raises:
        InputError: The document cannot be written, or a rule is broken.
    """
    # Reading what was written finds what no rule names: lengths, characters, forms.
    parsed = parse_receipt(write_unsigned(numbered_draft(draft.model, entry.prefix, at)))
    check_receipt(parsed, _context(parsed.model, amount_fen_of(parsed), draft, entry, catalogue, at))
    return parsed


def sdk_problem(error: PiaolianError) -> Problem:
    """Return an error of this library as the problem document that a node would give."""
    return Problem.model_validate({**error.to_problem(), "title": "开票校验未通过", "decided_by": "sdk"})


def _context(  # The parts of a context come from as many places.
    model: EInvoice,
    amount_fen: int,
    draft: ReceiptDraft,
    entry: RangeEntry,
    catalogue: Mapping[str, CatalogueEntry],
    at: datetime,
) -> RuleContext:
    kind = kind_of(entry.prefix)
    items = {
        code: CatalogueItem(
            name=item.name,
            min_fen=fen_from_text(item.minimum),
            max_fen=fen_from_text(item.maximum),
            enabled=item.enabled and item.kind in (None, kind.digits),
            item=item.item,
        )
        for code, item in catalogue.items()
    }
    payment = PaidNotice(draft.payment_code, amount_fen) if draft.payment_code is not None else None
    return RuleContext(
        beijing_now=at,
        catalogue=items,
        kind=kind,
        payment=payment,
        rounding_item_codes=frozenset(code for code, item in catalogue.items() if item.is_rounding),
        is_draft=True,
        unit_credit_code=model.main.invoicing_party.invoicing_party_code,
    )
