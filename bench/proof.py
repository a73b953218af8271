"""What a proof costs: `.venv/bin/python -m bench.proof`.

- `verify_per_second`: bundles that one core checks offline in a second, the best of three rounds; unit and department
  sign both with SM2, or both with P-256.
- `bytes`: size of the recorded bundles of a real network (`tests/data/bundles`), by state.
- `bytes_by_entries`: size of one bundle out of a batch of 1,000 when each contract holds so many values; the tries grow
  by the logarithm.
- `node`: milliseconds from the question to the whole answer at a real node (three validators, two witnesses), a
  checkpoint of the block being there already, and with a new one asked for.

Results go to `bench/results/proof.json`. `--no-node` leaves the network out.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from bench.measure import machine, percentile, read_no_arguments  # noqa: E402
from demo.samples import generate_outpatient  # noqa: E402
from piaolian_network import Network  # noqa: E402
from piaolian_sdk.beijing import BEIJING  # noqa: E402
from piaolian_sdk.client import IssuedReceipt, ReceiptDraft  # noqa: E402
from piaolian_sdk.proof import Trust, verify_bundle  # noqa: E402
from piaolian_sdk.receipt import parse_receipt  # noqa: E402
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2  # noqa: E402
from piaolian_sdk.tree.keccak import keccak256  # noqa: E402
from support.documents import OUTPATIENT, sample_model  # noqa: E402
from support.node import NodeWorld, running_node  # noqa: E402 # The tests' folder is put on the path first.
from support.proof_network import running_members  # noqa: E402
from support.proof_world import CHECKED_AT, LIST_CODE, LIST_RANGE, ProofWorld  # noqa: E402

_RESULTS: Final = _ROOT / "bench" / "results" / "proof.json"
_ROUNDS, _VERIFICATIONS, _ASKED = 3, 600, 40
_ENTRIES: Final = (100, 1_000, 10_000, 100_000)
# Receipts of one batch: the path to its root has ten siblings.
_BATCH: Final = 1_000


def verifications_per_second(suite: str) -> int:
    """Return how many bundles one core checks in a second."""
    world = ProofWorld(suite=suite)
    data, trust = world.bundle(world.issue_by_list()).to_bytes(), Trust(world.trust_file())
    best = 0.0
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(_VERIFICATIONS):
            verify_bundle(data, trust, CHECKED_AT)
        best = max(best, _VERIFICATIONS / (time.process_time() - started))
    return round(best)


def bytes_with(entries: int) -> int:
    """Return the size of a bundle when each contract holds so many values."""
    world = ProofWorld()
    for number in range(entries):
        world.ledger[int.from_bytes(keccak256(b"ledger%d" % number), "big")] = 1 << 200
        world.registry[int.from_bytes(keccak256(b"registry%d" % number), "big")] = 1 << 200
    document = world.document(sample_model(OUTPATIENT), LIST_CODE, 12)
    parts = world.stamp(document, LIST_RANGE, 12, mode=2, count=_BATCH)
    return len(world.bundle(parts).to_bytes())


def recorded_sizes() -> dict[str, int]:
    """Return the sizes of the recorded bundles."""
    folder = _ROOT / "tests" / "data" / "bundles"
    return {path.stem: path.stat().st_size for path in sorted(folder.glob("*.json")) if path.stem != "trust"}


def issue(world: NodeWorld, count: int, seed: int) -> list[IssuedReceipt]:
    """Issue receipts by list in one batch, and wait until they are final."""
    hospital = world.province.units["hospital"]
    entry = hospital.ranges["0601"]
    samples = generate_outpatient(
        count, seed=seed, issuer=hospital.unit.issuer, code=entry.prefix, at=datetime.now(BEIJING)
    )
    client = world.unit("hospital")
    drafts = [ReceiptDraft(f"{seed}-{one.business_number}", parse_receipt(one.xml).model) for one in samples]
    result = client.issue(entry.range_id, drafts)
    client.wait(result.submission_id or "", timeout_seconds=60)
    return [item.receipt for item in result.items if item.receipt is not None]


def node_figures() -> dict[str, float]:
    """Return milliseconds from question to answer at a real node."""
    with tempfile.TemporaryDirectory() as folder:
        network = Network.create(Path(folder) / "network", validators=3, kubo=2, oracles=3)
        network.up()
        try:
            with running_node(network, Path(folder)) as world, running_members(world, Path(folder)):
                receipts = issue(world, _ASKED, seed=1)
                fresh = _milliseconds(world, receipts[0])
                warm = [_milliseconds(world, receipt) for receipt in receipts]
        finally:
            network.down()
    return {
        "with_a_new_checkpoint_ms": round(fresh, 1),
        "ms_p50": round(percentile(warm, 50), 1),
        "ms_p95": round(percentile(warm, 95), 1),
    }


def _milliseconds(world: NodeWorld, receipt: IssuedReceipt) -> float:
    client = world.unit("hospital")
    started = time.perf_counter()
    client.receipt_bundle(receipt.code, receipt.number, receipt.check_code)
    return (time.perf_counter() - started) * 1_000


def main() -> None:
    """Measure, write the figures down and print them."""
    read_no_arguments("bench.proof", __doc__)
    figures: dict[str, Any] = {
        "machine": machine(),
        "verify_per_second": {suite: verifications_per_second(suite) for suite in (SUITE_SM2, SUITE_P256)},
        "bytes": recorded_sizes(),
        "bytes_by_entries": {str(entries): bytes_with(entries) for entries in _ENTRIES},
    }
    if "--no-node" not in sys.argv:
        figures["node"] = node_figures()
    _RESULTS.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
