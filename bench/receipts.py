"""What one core does with documents in a second: `.venv/bin/python -m bench.receipts`.

Figures are operations per second of processor time in one process, the best of three rounds, on a medical outpatient
receipt with both signatures. Memory is the resident set before and after 100,000 receipts were read and judged.
`seal` is a batch of 100 for unit, finance department, auditor and payers without a key of their own; in
`seal_for_payers_with_sm2_keys` each payer has one, which costs a public-key encryption for each receipt.
Results go to `bench/results/receipts.json`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import machine, read_no_arguments
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.money import MAX_AMOUNT_FEN
from piaolian_sdk.receipt import document_digest, fields_of, original_bytes, parse_receipt, write_unsigned
from piaolian_sdk.rules import CatalogueItem, RuleContext, check_receipt, kind_of
from piaolian_sdk.sealing import BodyToSeal, ReceiptBody, seal_batch
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateAuthority,
    CertificateTrust,
    SoftwareSigner,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
    verify_message,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.sm2 import Sm2PrivateKey, backend
from piaolian_sdk.tree import LeafByList, body_hash, fields_root

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "bench" / "results" / "receipts.json"
_SAMPLE = _ROOT / "tests" / "data" / "einvoice" / "medical_outpatient_js.xml"
_NOW = datetime(2026, 3, 2, 10, 15, tzinfo=BEIJING)
_ROUND_SECONDS = 0.3
_ROUNDS = 3
_BATCH = 100
_RECIPIENTS = ("unit:1", "finance:3206", "auditor:1")
_MEMORY_RECEIPTS = 100_000
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
# Per second and core; a signature counts without reading and writing the document around it.
GOALS = {
    "parse_and_validate": 8_000,
    "sm2_verify": 1_400,
    "sm2_sign": 3_000,
    "p256_verify": 8_000,
    "seal": 4_000,
    "seal_for_payers_with_sm2_keys": 4_000,
}


def per_second(act: Callable[[], object], count: int = 1) -> float:
    """Return how often ``count`` acts of one call are done in a second of processor time."""
    act()
    start = time.process_time()
    act()
    # The clock is asked a hundred times in a round, so that asking costs nothing beside fast acts.
    between = max(1, int(_ROUND_SECONDS / 100 / max(time.process_time() - start, 1e-6)))
    best = 0.0
    for _ in range(_ROUNDS):
        calls, start = 0, time.process_time()
        while time.process_time() - start < _ROUND_SECONDS:
            for _ in range(between):
                act()
            calls += between
        best = max(best, calls * count / (time.process_time() - start))
    return round(best, 1)


def measure() -> dict[str, float]:
    """Return every figure by name."""
    unsigned = write_unsigned(parse_receipt(_SAMPLE.read_bytes()).model.model_copy(update={"signatures": ()}))
    figures: dict[str, float] = {}
    for name, suite in (("sm2", SUITE_SM2), ("p256", SUITE_P256)):
        authority = CertificateAuthority.create("Bench", suite, now=lambda: _NOW - timedelta(days=1))
        unit, finance = (SoftwareSigner.from_pem(*authority.issue(role, suite)) for role in ("unit", "finance"))
        trust = CertificateTrust([authority.certificate])
        half = sign_receipt_as_unit(unsigned, unit, _NOW)
        signed = sign_receipt_as_supervisor(half, finance, _NOW)
        parsed, parsed_half = parse_receipt(signed), parse_receipt(half)
        message = original_bytes(parsed)
        figures |= {
            f"{name}_sign": per_second(partial(unit.sign, message)),
            f"{name}_verify": per_second(partial(verify_message, unit.certificate, message, unit.sign(message))),
            f"{name}_sign_document_as_unit": per_second(partial(sign_receipt_as_unit, unsigned, unit, _NOW)),
            f"{name}_sign_document_as_finance": per_second(
                partial(sign_receipt_as_supervisor, parsed_half, finance, _NOW)
            ),
            f"{name}_verify_document_unit": per_second(partial(verify_unit_signature, parsed, trust, _NOW)),
            f"{name}_verify_document_finance": per_second(partial(verify_supervision_signature, parsed, trust, _NOW)),
        }
    return figures | _without_keys(signed)


def _without_keys(signed: bytes) -> dict[str, float]:
    parsed = parse_receipt(signed)
    main = parsed.model.main
    catalogue = {
        item.item_code: CatalogueItem(item.item_name, -MAX_AMOUNT_FEN, MAX_AMOUNT_FEN) for item in parsed.model.items
    }
    context = RuleContext(parsed.model.issued_at, catalogue, kind_of(main.einvoice_code))
    seed = bytes(range(32))

    def judge() -> None:
        check_receipt(parse_receipt(signed), context)

    def leaf() -> None:
        body = body_hash(document_digest(parsed), fields_root(fields_of(parsed), seed), bytes(20))
        LeafByList(1, 1, 99_354, seed, body).hash  # noqa: B018 # The property does the work.

    keys = {name: Sm2PrivateKey.generate(os.urandom).public_key for name in (*_RECIPIENTS, "payer")}
    payer = keys.pop("payer")
    plaintext = ReceiptBody(signed, seed, seed, bytes(20)).to_bytes()
    numbers = [f"32060126{number:010d}" for number in range(_BATCH)]
    delivered = [BodyToSeal(number, plaintext, delivery_key=os.urandom(16)) for number in numbers]
    with_keys = [BodyToSeal(number, plaintext, payer) for number in numbers]
    return {
        "parse": per_second(partial(parse_receipt, signed)),
        "validate": per_second(partial(check_receipt, parsed, context)),
        "parse_and_validate": per_second(judge),
        "leaf": per_second(leaf),
        "seal": per_second(partial(seal_batch, delivered, keys, os.urandom), _BATCH),
        "seal_for_payers_with_sm2_keys": per_second(partial(seal_batch, with_keys, keys, os.urandom), _BATCH),
        **_memory(judge),
    }


def _memory(act: Callable[[], object]) -> dict[str, float]:
    """Return the resident set before and after many receipts, after a warm-up of a hundredth of them, in KiB."""
    for _ in range(_MEMORY_RECEIPTS // 100):
        act()
    before = _resident_kib()
    for _ in range(_MEMORY_RECEIPTS):
        act()
    return {
        "memory_receipts": _MEMORY_RECEIPTS,
        "memory_before_kib": before,
        "memory_after_kib": _resident_kib(),
    }


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_KIB


def main() -> int:
    """Measure, write the results, and say which goals are met."""
    read_no_arguments("bench.receipts", __doc__)
    load = round(os.getloadavg()[0], 2)
    figures = measure()
    goals = {name: {"goal": goal, "met": figures[name] >= goal} for name, goal in GOALS.items()}
    result = {
        "machine": machine(),
        "load_before": load,
        "sm2_backend": backend().name,
        "per_second_per_core": figures,
        "goals": goals,
    }
    _RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        goal = f"  goal {GOALS[name]:,}: {'met' if goals[name]['met'] else 'NOT met'}" if name in GOALS else ""
        print(f"{name:32}{figure:12,.0f}{goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
