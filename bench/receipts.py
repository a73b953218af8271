"""What one core does with documents in a second: `.venv/bin/python -m bench.receipts`.

Figures are operations per second of processor time in one process, the best of three rounds, on a medical outpatient
receipt with both signatures. Memory is the growth of the resident set while receipts are read, judged and dropped.
Results go to `bench/results/receipts.json`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import machine
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
_MEMORY_ROUNDS = 20_000
# Per second and core; a signature counts without reading and writing the document around it.
GOALS = {
    "parse_and_validate": 8_000,
    "sm2_verify": 1_400,
    "sm2_sign": 3_000,
    "p256_verify": 8_000,
    "seal": 4_000,
}


def per_second(act: Callable[[], object], count: int = 1) -> float:
    """Return how often ``count`` acts of one call are done in a second of processor time."""
    act()
    best = 0.0
    for _ in range(_ROUNDS):
        calls, start = 0, time.process_time()
        while time.process_time() - start < _ROUND_SECONDS:
            act()
            calls += 1
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
    with_payer = [BodyToSeal(f"32060126{number:010d}", plaintext, payer) for number in range(_BATCH)]
    without = [BodyToSeal(f"32060126{number:010d}", plaintext) for number in range(_BATCH)]
    return {
        "parse": per_second(partial(parse_receipt, signed)),
        "validate": per_second(partial(check_receipt, parsed, context)),
        "parse_and_validate": per_second(judge),
        "leaf": per_second(leaf),
        "seal": per_second(partial(seal_batch, with_payer, keys, os.urandom), _BATCH),
        "seal_without_payer": per_second(partial(seal_batch, without, keys, os.urandom), _BATCH),
        "memory_growth_kib": _memory_growth(judge),
    }


def _memory_growth(act: Callable[[], object]) -> int:
    """Return by how much the peak of the resident set grows over many receipts after a first tenth of them, in KiB."""
    for _ in range(_MEMORY_ROUNDS // 10):
        act()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(_MEMORY_ROUNDS):
        act()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def main() -> int:
    """Measure, write the results, and say which goals are met."""
    figures = measure()
    goals = {name: {"goal": goal, "met": figures[name] >= goal} for name, goal in GOALS.items()}
    result = {"machine": machine(), "sm2_backend": backend().name, "per_second_per_core": figures, "goals": goals}
    _RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        goal = f"  goal {GOALS[name]:,}: {'met' if goals[name]['met'] else 'NOT met'}" if name in GOALS else ""
        print(f"{name:32}{figure:12,.0f}{goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
