"""Gas of every act beside EAS on the same anvil: `.venv/bin/python -m bench.gas`.

Every figure is what a transaction used: 21,000, calldata, proxies, access control and storage included. Batches have
1,000 receipts; figures of batches are for one receipt. "Dense" payments have neighbouring codes; "sparse" ones are
drawn at random from twice as many notices, and receipted in random order. A settlement's figure holds its share of the
two votes. One receipt alone and one among 100 units are those of a unit that has issued in its month before; names with
"first" are those that open the month. Results go to `bench/results/gas.json`; a figure above its goal is printed as
such.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

from bench.eas_gas import eas_figures
from bench.gas_network import (
    AMOUNT_FEN,
    BOOKING_KEY,
    CHAIN_ID,
    DEADLINE,
    KIND_LIST,
    MONTH,
    NODE,
    NOW_UNIX,
    TODAY,
    GasNetwork,
    body_of,
    running_anvil,
    salt_of,
)
from bench.measure import machine, read_no_arguments
from piaolian_sdk.acts import Book, Exchange, Reverse, WriteOff
from piaolian_sdk.contracts.structs import BookAct, ExchangeAct, ReverseAct, Totals, WriteOffAct
from piaolian_sdk.tree import LeafByList, body_hash

if TYPE_CHECKING:
    from piaolian_sdk.contracts.structs import Opening

_RESULTS = Path(__file__).resolve().parent / "results" / "gas.json"
_BATCH = 1000
_UNITS = 100
_SEED = 20260615
# After the batch of 1,000 and two receipts among those of 100 units.
_RED_NUMBER = _BATCH + 3
# What the design asks for, in gas a receipt or act.
GOALS = {
    "issue_list": 1_000,
    "notice": 6_500,
    "settle_dense": 2_500,
    "settle_sparse": 6_200,
    "issue_code_dense": 3_500,
    "issue_code_sparse": 7_800,
    "write_off": 60_000,
    "issue_single": 150_000,
    "issue_100_units": 60_000,
    "book": 80_000,
    "book_20": 45_000,
    "reverse": 140_000,
    "exchange": 80_000,
}


def measure(network: GasNetwork) -> dict[str, float]:
    """Send every act once and return the gas of each, by name."""
    figures = {
        **_payments(network),
        "issue_list": network.send(NODE, "ReceiptLedger", "issue", [network.list_batch(1, 2, 1, _BATCH)[0]]) / _BATCH,
    }
    # The batch of 1,000 by list is the third root, after two by code.
    _, leaves, header = network.list_batch(1, 2, 1, _BATCH)
    openings = [network.opening(3, header, leaves, number) for number in range(1, 25)]
    # A unit's first receipt of a kind opens its month (two slots of its own); every later one finds them.
    for place, name in enumerate(("issue_single_first", "issue_single")):
        batch = network.list_batch(2, 5, _first_number(2) + place, 1)[0]
        figures[name] = network.send(NODE, "ReceiptLedger", "issue", [batch])
    for place, name in enumerate(("issue_100_units_first", "issue_100_units")):
        many = [network.list_batch(unit, unit + 3, _first_number(unit) + place, 1)[0] for unit in range(3, 2 + _UNITS)]
        # Unit 1 has the first batch of 1,000 behind it.
        many.append(network.list_batch(1, 2, _BATCH + 1 + place, 1)[0])
        figures[name] = network.send(NODE, "ReceiptLedger", "issue", many) / _UNITS
    figures["book"] = network.send(NODE, "ReceiptLedger", "book", _book(network, openings[0]))
    acts = [_book(network, opening) for opening in openings[1:21]]
    figures["book_20"] = network.send(NODE, "ReceiptLedger", "bookMany", acts) / len(acts)
    figures["reverse"] = network.send(NODE, "ReceiptLedger", "reverse", _reverse(network, openings[21]))
    figures["exchange"] = network.send(NODE, "ReceiptLedger", "exchange", _exchange(network, openings[22]))
    network.move_clock(NOW_UNIX + 30 * 86_400)
    figures["write_off"] = network.send(NODE, "ReceiptLedger", "writeOff", _write_off(network))
    return figures


def _first_number(unit: int) -> int:
    # Ranges of 1,000 follow the 100,000 of unit 1.
    return 100_001 + (unit - 2) * 1_000


def _payments(network: GasNetwork) -> dict[str, float]:
    figures: dict[str, float] = {}
    notices = [network.notice_batch(1 + i * _BATCH, _BATCH) for i in range(3)]
    figures["notice"] = network.send(NODE, "PaymentLedger", "notice", [notices[0]]) / _BATCH
    network.send(NODE, "PaymentLedger", "notice", notices[1:])
    dense = list(range(1, _BATCH + 1))
    chosen = random.Random(_SEED)  # noqa: S311 # The same scatter in every run.
    sparse = chosen.sample(range(_BATCH + 1, 3 * _BATCH), _BATCH)
    # The first report of all fills slots that every later one finds filled.
    network.settle("first", [3 * _BATCH])
    votes, settled = network.settle("dense", dense)
    figures["vote"] = votes / 2
    figures["settle_dense"] = (votes + settled) / _BATCH
    figures["settle_sparse"] = sum(network.settle("sparse", sparse)) / _BATCH
    for name, first, sequences in (("dense", 1, dense), ("sparse", _BATCH + 1, sparse)):
        batch, _, _ = network.code_batch(first, sequences)
        figures[f"issue_code_{name}"] = network.send(NODE, "ReceiptLedger", "issue", [batch]) / _BATCH
    return figures


def _book(network: GasNetwork, opening: Opening) -> BookAct:
    leaf = LeafByList(2, opening.number, AMOUNT_FEN, salt_of(opening.number), body_hash(*body_of(opening.number))).hash
    booker = BOOKING_KEY.address
    act = Book(leaf, booker, 0, 10**9, DEADLINE)
    signature = act.sign(BOOKING_KEY, CHAIN_ID, network.addresses["ReceiptLedger"])
    return BookAct(opening, booker, 0, 10**9, DEADLINE, signature)


def _reverse(network: GasNetwork, opening: Opening) -> ReverseAct:
    red, salt = _RED_NUMBER, salt_of(opening.number)
    body = body_hash(*body_of(red))
    root = LeafByList(2, red, AMOUNT_FEN, salt, body).hash
    catalog = network.catalog_version
    act = Reverse(1, 2, opening.number, 2, red, TODAY, AMOUNT_FEN, catalog, root, 1, DEADLINE)
    signature = network.sign(1, act)
    return ReverseAct(
        opening, 2, red, TODAY, AMOUNT_FEN, salt, body, catalog, 1, 0, bytes(31) + b"\x01", DEADLINE, signature
    )


def _exchange(network: GasNetwork, opening: Opening) -> ExchangeAct:
    act = Exchange(1, 2, opening.number, 4, 1, DEADLINE)
    return ExchangeAct(opening, 4, 1, DEADLINE, network.sign(1, act))


def _write_off(network: GasNetwork) -> WriteOffAct:
    issued = _BATCH + 2
    totals = Totals(issued, 0, 1, AMOUNT_FEN * issued, AMOUNT_FEN)
    act = WriteOff(1, KIND_LIST, MONTH, issued, 0, 1, AMOUNT_FEN * issued, AMOUNT_FEN, DEADLINE)
    return WriteOffAct(1, KIND_LIST, MONTH, totals, DEADLINE, network.sign(1, act))


def main() -> None:
    """Measure, print and write the table."""
    read_no_arguments("bench.gas", __doc__)
    with running_anvil() as url:
        figures = measure(GasNetwork(url)) | eas_figures(url)
    rounded = {name: round(gas) for name, gas in figures.items()}
    for name, gas in rounded.items():
        goal = GOALS.get(name)
        verdict = "" if goal is None else f"  goal {goal:>9,}  {'met' if gas <= goal else 'ABOVE'}"
        print(f"{name:<20} {gas:>9,}{verdict}")
    _RESULTS.parent.mkdir(exist_ok=True)
    document = {"command": ".venv/bin/python -m bench.gas", "machine": machine(), "goals": GOALS, **rounded}
    _RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
