"""What payments cost an oracle and the chain: `.venv/bin/python -m bench.payments`.

- `statement`: a camt.054 of 100,000 entries, read, judged and kept in the state file: seconds of processor time,
  entries a second, memory, reports and their bytes.
- `settle`: payments on an anvil of its own through three oracles of this process, in one statement: gas of all votes
  and settlements for each code, all exact, and all over-paid.
- `cfx`: confirmations (5996) over TCP on this machine, each on the disk before it is acknowledged: for each second of
  processor time, client and server together, and for each second of the clock.

Processor time is that of this process, since other programs run beside it. Results go to `bench/results/payments.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from bench.measure import machine  # noqa: E402
from piaolian_oracle.cfx import CfxPeer  # noqa: E402
from piaolian_oracle.cfx.client import CfxClient  # noqa: E402
from piaolian_oracle.cfx.dialogue import ConfirmationDialogue  # noqa: E402
from piaolian_oracle.cfx.server import CfxServer  # noqa: E402
from piaolian_oracle.realtime import ConfirmationDesk  # noqa: E402
from piaolian_oracle.reports import ENTRY_BYTES, MAX_REPORT_ENTRIES, select_payments  # noqa: E402
from piaolian_oracle.simulator import Message, Movement, confirmation_of, write_message  # noqa: E402
from piaolian_oracle.state import Database, StatementStore  # noqa: E402
from piaolian_oracle.state.confirmations import ConfirmationStore  # noqa: E402
from piaolian_oracle.statements import read_statements  # noqa: E402
from piaolian_sdk.beijing import BEIJING  # noqa: E402
from piaolian_sdk.contracts import payment_ledger  # noqa: E402
from piaolian_sdk.tree import Line  # noqa: E402
from support.payment_world import ACCOUNT, PaymentWorld, run_payment_world  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RESULTS: Final = _ROOT / "bench" / "results" / "payments.json"
_Result = TypeVar("_Result")
_DAY: Final = date(2026, 5, 12)
_NOTICES_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Load:
    """How much is measured: entries of the statement, codes settled on anvil, confirmations."""

    entries: int = 100_000
    codes: int = 768
    confirmations: int = 500


def measure_statement(entries: int, folder: Path) -> dict[str, Any]:
    """Read, judge and keep one large statement."""
    data = _large_statement(entries)
    (statement,), reading = _timed(lambda: read_statements(data))
    selection, judging = _timed(lambda: select_payments(statement, {}))
    with closing(Database(folder / "oracle.sqlite")) as database:
        reports, keeping = _timed(
            lambda: StatementStore(database).take(statement, "camt.054#1", selection, "statement", 0)
        )
    seconds = reading + judging + keeping
    return {
        "entries": entries,
        "megabytes": round(len(data) / 1e6, 1),
        "cpu_seconds": {"read": round(reading, 2), "judge": round(judging, 2), "keep": round(keeping, 2)},
        "entries_per_cpu_second": round(entries / seconds),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "reports": reports,
        "bytes_per_full_report": MAX_REPORT_ENTRIES * ENTRY_BYTES,
        "bytes_per_entry": ENTRY_BYTES,
    }


def _large_statement(entries: int) -> bytes:
    """Return a statement of many entries, made out of the text of one so that it takes no memory of its own."""
    created = datetime(2026, 5, 12, 18, tzinfo=BEIJING)
    movement = Movement("REFERENCE", "80.00", _DAY, "PAYMENT-CODE")
    text = write_message(Message(ACCOUNT, "N000001", 1, created, [movement])).decode()
    start, end = text.index("<Ntry>"), text.index("</Ntry>") + len("</Ntry>")
    head = text[:start].replace("<NbOfNtries>1<", f"<NbOfNtries>{entries}<")
    head = head.replace("<Sum>80.00<", f"<Sum>{80 * entries}.00<")
    parts = [head.encode()]
    for number in range(1, entries + 1):
        entry = text[start:end].replace("REFERENCE", f"B{number:08d}")
        parts.append(entry.replace("PAYMENT-CODE", f"3209992630{number:010d}").encode())
    return b"".join((*parts, text[end:].encode()))


def measure_settling(codes: int, amount: str, world: PaymentWorld) -> dict[str, Any]:
    """Settle one statement of neighbouring codes, each due 80.00; return gas for each code."""
    unit, first = world.units[0], world.reader.registry.range_of(world.units[0].payment_range).next
    for start in range(0, codes, _NOTICES_AT_ONCE):
        count = min(_NOTICES_AT_ONCE, codes - start)
        batch = world.batch(unit, [[Line(8_000, world.items[0])]] * count, 30)
        data = payment_ledger.build_notice([batch])
        world.send(world.contracts.node, world.reader.payment_ledger, data)
    texts = [world.text((unit.payment_range, first + place)) for place in range(codes)]
    movements = [Movement(world.reference(), amount, world.today, text) for text in texts]
    block, received = world.reader.latest().number, world.reader.payment_ledger.totals().received
    started = time.process_time()
    world.settle(movements)
    cpu = time.process_time() - started
    came = world.reader.payment_ledger.totals().received - received
    if came != codes * round(float(amount) * 100):
        raise RuntimeError(f"{came} fen were settled")
    votes, settlements = _gas_since(world, block)
    return {
        "codes": codes,
        "amount": amount,
        "vote_gas_per_code": round(votes / codes, 1),
        "settle_gas_per_code": round(settlements / codes, 1),
        "oracles_cpu_milliseconds_per_code": round(cpu * 1000 / codes, 2),
    }


def _gas_since(world: PaymentWorld, block: int) -> tuple[int, int]:
    """Return the gas of votes and of settlements after a block."""
    vote = payment_ledger.build_vote(1, 1, 1, bytes(32))[:4]
    votes = settlements = 0
    for number in range(block + 1, world.reader.latest().number + 1):
        found: Any = world.reader.web3.eth.get_block(number, full_transactions=True)
        for transaction in found["transactions"]:
            used = int(world.reader.web3.eth.get_transaction_receipt(transaction["hash"])["gasUsed"])
            if bytes(transaction["input"])[:4] == vote:
                votes += used
            else:
                settlements += used
    return votes, settlements


def measure_cfx(count: int, folder: Path) -> dict[str, Any]:
    """Confirm payments one after the other over TCP."""
    unit = CfxPeer("K3209990001", "F320999", b"agreed")
    finance = CfxPeer("F320999", "K3209990001", b"agreed", upper_case_mac=True)
    with closing(Database(folder / "oracle.sqlite")) as database:
        with closing(ConfirmationStore(database.second_connection())) as store:
            desk = ConfirmationDesk(store, frozenset({ACCOUNT}), lambda _code: True)
            with CfxServer("127.0.0.1", 0, ConfirmationDialogue(unit, desk)) as server:
                client = CfxClient("127.0.0.1", server.port, finance)
                vouchers = [
                    confirmation_of(Movement(f"R{n:027d}", "80.00", _DAY, f"3209992630{n:010d}"), ACCOUNT)
                    for n in range(count)
                ]
                wall, started = time.monotonic(), time.process_time()
                for voucher in vouchers:
                    client.send_confirmations([voucher])
                cpu, wall = time.process_time() - started, time.monotonic() - wall
        kept = int(database.connection.execute("SELECT count(*) FROM confirmations").fetchone()[0])
    if kept != count:
        raise RuntimeError(f"{kept} confirmations were kept")
    return {
        "confirmations": count,
        "per_cpu_second": round(count / cpu),
        "per_clock_second": round(count / wall),
    }


def _timed(work: Callable[[], _Result]) -> tuple[_Result, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the figures down."""
    parser = argparse.ArgumentParser(
        prog="bench.payments", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("entries", "codes", "confirmations"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Load, name))
    parser.add_argument("--output", type=Path, default=_RESULTS)
    given = parser.parse_args(arguments)
    figures: dict[str, Any] = {"machine": machine(), "load_before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        for name in ("statement", "cfx", "settle"):
            (directory / name).mkdir()
        figures["statement"] = measure_statement(given.entries, directory / "statement")
        figures["cfx"] = measure_cfx(given.confirmations, directory / "cfx")
        with run_payment_world(directory / "settle") as world:
            figures["settle"] = [measure_settling(given.codes, amount, world) for amount in ("80.00", "80.01")]
    given.output.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
