"""The sample documents, and keys and certificates to sign them with."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.receipt import EInvoice, parse_receipt, write_unsigned
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, CertificateTrust, SoftwareSigner

_DATA: Final = Path(__file__).parents[1] / "data"
OUTPATIENT, INPATIENT, RED = "medical_outpatient_js", "medical_inpatient", "red_of_outpatient"
NON_TAX, CENTRAL = "nontax_unified_js", "nontax_central_fractional"
SAMPLES: Final = (OUTPATIENT, INPATIENT, RED, NON_TAX, CENTRAL)
SUITES: Final = (SUITE_SM2, SUITE_P256)
NOW: Final = datetime(2026, 3, 2, 10, 15, 0, tzinfo=BEIJING)


def sample_bytes(name: str) -> bytes:
    """Return a sample with its two placeholder signatures."""
    return (_DATA / "einvoice" / f"{name}.xml").read_bytes()


def sample_model(name: str) -> EInvoice:
    """Return a sample without signatures."""
    return parse_receipt(sample_bytes(name)).model.model_copy(update={"signatures": ()})


def unsigned_sample(name: str) -> bytes:
    """Return a sample as a unit writes it before it signs."""
    return write_unsigned(sample_model(name))


@cache
def edge_values() -> dict[str, list[str]]:
    """Return hostile values for every kind of field."""
    values: dict[str, list[str]] = json.loads((_DATA / "edge_values.json").read_text(encoding="utf-8"))
    return values


@dataclass(frozen=True)
class Signatory:
    """An authority of one suite, and a unit's and a finance department's key under it."""

    authority: CertificateAuthority
    unit: SoftwareSigner
    finance: SoftwareSigner
    trust: CertificateTrust

    def signer(self, **options: Any) -> SoftwareSigner:
        """Issue one more key; options go to the authority."""
        return SoftwareSigner.from_pem(*self.authority.issue("测试单位", self.unit.suite, **options))


@cache
def signatory(suite: str) -> Signatory:
    """Return keys that are valid from a day before NOW for a year."""
    authority = CertificateAuthority.create("测试 CA", suite, now=lambda: NOW - timedelta(days=1))
    unit, finance = (SoftwareSigner.from_pem(*authority.issue(name, suite)) for name in ("测试单位", "测试财政局"))
    return Signatory(authority, unit, finance, CertificateTrust([authority.certificate]))
