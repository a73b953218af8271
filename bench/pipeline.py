"""``python -m bench.pipeline``: receipts a second through everything, beside one EAS attestation for each receipt.

Through everything means: SDK, signed requests, node, supervision signature in the HSM, encryption, IPFS on two daemons,
transaction signed in the HSM, three validators, final. The peer writes one word for each receipt to the same chain with
web3.py: no document, no signature of anybody but the sender, no encryption, no number rules.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.eas import Attested, EASPeer
from bench.measure import Figures, machine, table
from demo import cast
from demo.bank import Payment
from demo.catalogue import REGISTRATION
from demo.chapters import institutions, nontax, opening
from demo.issuing import draft_of, require_accepted
from demo.report import StoryReport
from demo.samples import PAYERS, Line, generate_outpatient, write_by_code
from demo.world import World, fresh_network
from piaolian_sdk.client import NoticeDraft
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.cast import UnitName
    from demo.enrolment import RangeName
    from piaolian_sdk.client import ReceiptDraft
    from piaolian_sdk.wire import SubmissionState

_CHECKOUT: Final = Path(__file__).resolve().parents[1]
_RESULTS: Final = _CHECKOUT / "bench" / "results" / "pipeline.json"
_FINAL_WITHIN_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Load:
    """How much is sent.

    Attributes:
        by_list: receipts under list control, in batches.
        by_code: receipts under code control, in batches.
        batch: receipts in a batch.
        singles: receipts issued one by one, as at a window.
        attestations: attestations of the peer with many on their way.
        attestations_alone: attestations of the peer, each final before the next.
    """

    by_list: int = 2000
    by_code: int = 1000
    batch: int = 250
    singles: int = 40
    attestations: int = 200
    attestations_alone: int = 15


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and write the figures down."""
    parser = argparse.ArgumentParser(prog="bench.pipeline")
    parser.add_argument("--by-list", type=int, default=Load.by_list)
    parser.add_argument("--by-code", type=int, default=Load.by_code)
    parser.add_argument("--batch", type=int, default=Load.batch)
    parser.add_argument("--singles", type=int, default=Load.singles)
    parser.add_argument("--attestations", type=int, default=Load.attestations)
    parser.add_argument("--output", type=Path, default=_RESULTS)
    given = parser.parse_args(arguments)
    load = Load(given.by_list, given.by_code, given.batch, given.singles, given.attestations)
    directory = _CHECKOUT / "var" / "bench"
    report = StoryReport(directory / "setup.json")
    world = World(directory, report, fresh_network(directory / "network"), cast.assemble())
    try:
        opening.tell(world)
        institutions.tell(world)
        rows = [figures.as_json() for figures in run(world, load)]
    finally:
        report.close()
        world.network.down()
    content = {"command": "python -m bench.pipeline", "machine": machine(), "figures": rows}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    return 0


def run(world: World, load: Load) -> list[Figures]:
    """Measure every way, one after the other, on one network."""
    say = world.report.say
    say(f"by list: {load.by_list} receipts in batches of {load.batch}")
    figures = [_by_list(world, load)]
    say(f"one by one: {load.singles} receipts")
    figures.append(_one_by_one(world, load))
    say(f"by code: {load.by_code} receipts in batches of {load.batch}")
    figures.append(_by_code(world, load))
    say("EAS")
    key = world.network.accounts.administrator.read_private_key()
    peer = EASPeer(world.ledger.web3, key, world.network.finality_depth)
    figures.append(_of_peer("EAS attest, 16 on their way", peer.attest_pipelined(load.attestations)))
    figures.append(_of_peer("EAS attest, one after the other", peer.attest_one_by_one(load.attestations_alone)))
    return figures


def _by_list(world: World, load: Load) -> Figures:
    drafts = _outpatient(world, load.by_list, seed=1)
    return _issue(world, f"by list, batches of {load.batch}", "hospital", "0601", _chunks(drafts, load.batch))


def _one_by_one(world: World, load: Load) -> Figures:
    drafts = _outpatient(world, load.singles, seed=2)
    return _issue(world, "by list, one by one", "hospital", "0601", _chunks(drafts, 1))


def _outpatient(world: World, count: int, *, seed: int) -> list[ReceiptDraft]:
    hospital = world.units["hospital"]
    payer = Sm2PrivateKey.generate(secrets.token_bytes)
    samples = generate_outpatient(
        count, seed=seed, issuer=hospital.unit.issuer, code=hospital.ranges["0601"].prefix, at=world.now()
    )
    return [draft_of(sample, payer) for sample in samples]


def _by_code(world: World, load: Load) -> Figures:
    """Register notices, have them paid, then measure the issue of their receipts."""
    registry = world.units["land_registry"]
    due = (world.now() + timedelta(days=15)).date()
    notices = [NoticeDraft(f"B-{index:06d}", ((REGISTRATION.code, "80.00"),), due) for index in range(load.by_code)]
    codes: dict[str, str] = {}
    for start in range(0, len(notices), load.batch):
        with world.report.step(f"notices {start + 1} to {start + load.batch}") as step:
            codes |= nontax.send_notices(world, "land_registry", notices[start : start + load.batch], step)
    with world.report.step("payments"):
        nontax.deliver_statement(
            world, [Payment(f"P{index:07d}", code, 8_000) for index, code in enumerate(codes.values())]
        )
        nontax.wait_paid(world, "land_registry", list(codes.values()))
    payer = Sm2PrivateKey.generate(secrets.token_bytes)
    drafts = [
        draft_of(
            write_by_code(
                issuer=registry.unit.issuer,
                code=registry.ranges["0101"].prefix,
                at=world.now(),
                business_number=number,
                payment_code=code,
                lines=[Line(REGISTRATION.code, REGISTRATION.name, 8_000, unit="次")],
                payer=PAYERS[0],
            ),
            payer,
            code,
        )
        for number, code in codes.items()
    ]
    name = f"by code, batches of {load.batch}"
    return _issue(world, name, "land_registry", "0101", _chunks(drafts, load.batch))


def _issue(
    world: World, name: str, unit_name: UnitName, range_name: RangeName, batches: Sequence[Sequence[ReceiptDraft]]
) -> Figures:
    """Issue batch after batch without waiting for the chain, then wait until all are final."""
    unit = world.units[unit_name]
    begun = time.monotonic()
    waiting: list[tuple[str, float, int]] = []
    answers: list[float] = []
    latencies: list[float] = []
    transactions: dict[str, int] = {}

    def collect() -> None:
        for submission, at, count in list(waiting):
            state = unit.sdk.submission(submission)
            if state.state in ("final", "refused"):
                waiting.remove((submission, at, count))
                latencies.extend([time.monotonic() - at] * count)
                _count_gas(world, state, transactions)

    for batch in batches:
        at = time.monotonic()
        result = unit.sdk.issue(unit.ranges[range_name].range_id, batch)
        require_accepted(result, len(batch))
        answers.extend([time.monotonic() - at] * len(batch))
        waiting.append((result.submission_id or "", at, len(batch)))
        collect()
    deadline = time.monotonic() + _FINAL_WITHIN_SECONDS
    while waiting:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(waiting)} batches are not final after {_FINAL_WITHIN_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
        collect()
    total = sum(len(batch) for batch in batches)
    return Figures(name, total, time.monotonic() - begun, latencies, answers, sum(transactions.values()))


def _count_gas(world: World, state: SubmissionState, transactions: dict[str, int]) -> None:
    """Count each transaction once, however many batches it carried."""
    if state.state != "final" or state.transaction is None:
        raise RuntimeError(f"a batch ended {state.state}: {state.refusal}")
    if state.transaction not in transactions:
        transactions[state.transaction] = int(world.ledger.wait_mined(state.transaction)["gasUsed"])


def _chunks(drafts: Sequence[ReceiptDraft], size: int) -> list[Sequence[ReceiptDraft]]:
    return [drafts[start : start + size] for start in range(0, len(drafts), size)]


def _of_peer(name: str, attested: Attested) -> Figures:
    return Figures(name, attested.receipts, attested.seconds, attested.latencies, (), attested.gas)


if __name__ == "__main__":
    sys.exit(main())
