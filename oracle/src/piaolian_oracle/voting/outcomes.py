"""Reads from the chain what a settled report did to each of its payments."""

from collections.abc import Iterable, Mapping, Sequence

from piaolian_oracle.chain import Ledger, PaymentKey, Settlement
from piaolian_oracle.reports import Payment, sequence_of
from piaolian_oracle.state import Outcome, Part
from piaolian_sdk.contracts.chain import BlockStamp


def read_outcomes(
    ledger: Ledger,
    part: Part,
    ranges: Mapping[str, int],
    own: Sequence[bytes],
    at: BlockStamp,
) -> list[tuple[str, bytes, Outcome]] | None:
    """Return the outcome of every payment of a part.

    Args:
        ledger: Reads.
        part: The part.
        ranges: Payment range of each code that a range holds.
        own: Hashes of the own settlements of this part.
        at: Newest final block.

    Returns:
        (code, bank reference, outcome) of every payment; None as long as a settlement would still change something:
        a code is noticed and its payment has had no effect yet.
    """
    settlements = ledger.settlements(part.report_id, own, at)
    outcomes: list[tuple[str, bytes, Outcome]] = []
    for payment in part.payments:
        outcome = _outcome(ledger, payment, ranges.get(payment.code, 0), settlements, at)
        if outcome is None:
            return None
        outcomes.append((payment.code, payment.bank_reference, outcome))
    return outcomes


def _outcome(
    ledger: Ledger, payment: Payment, payment_range: int, settlements: Iterable[Settlement], at: BlockStamp
) -> Outcome | None:
    if payment_range == 0:
        return "unknown"
    key = (payment_range, sequence_of(payment.code), payment.bank_reference)
    outcome: Outcome | None = None
    for settlement in settlements:
        found = _word(settlement, key)
        # Once a payment has had its effect every later settlement of it is a repeat.
        if found is not None and outcome in {None, "unknown"}:
            outcome = found
    if outcome in {None, "unknown"}:
        return None if ledger.is_noticed(key[0], key[1], at) else "unknown"
    return outcome


def _word(settlement: Settlement, key: PaymentKey) -> Outcome | None:
    """Return what one settlement did to a payment; None when the payment was not in it."""
    if key in settlement.suspended:
        return settlement.suspended[key]
    if key in settlement.unknown:
        return "unknown"
    if key in settlement.repeated:
        return "repeated"
    return "paid" if key in settlement.paid else None
