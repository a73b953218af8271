"""Fuzz the reading of receipts, guided by coverage: `.venv/bin/python tests/fuzz/parser.py -max_total_time=600`.

Arguments are libFuzzer's. The sample documents are the seeds; findings stay in `var/fuzz`. A document is refused with
an ``InputError`` or read so that writing and reading it again gives the same contents; everything else is a crash.
"""

import shutil
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["piaolian_sdk"]):
    from piaolian_sdk.errors import InputError
    from piaolian_sdk.receipt import fields_of, original_bytes, parse_receipt, write_unsigned

_ROOT = Path(__file__).resolve().parents[2]
_WORK = _ROOT / "var" / "fuzz"


def read_one(data: bytes) -> None:
    """Read one input; raise where a promise of the parser is broken."""
    try:
        parsed = parse_receipt(data)
    except InputError:
        return
    if parsed.bytes != data or original_bytes(parsed) != parsed.header_bytes + parsed.data_bytes:
        raise RuntimeError("the exact bytes were not kept")
    if data.count(parsed.header_bytes) != 1 or data.count(parsed.data_bytes) != 1:
        raise RuntimeError("a signed part is not exactly one part of the document")
    if not fields_of(parsed):
        raise RuntimeError("a receipt without fields was read")
    unsigned = parsed.model.model_copy(update={"signatures": ()})
    if parse_receipt(write_unsigned(unsigned)).model != unsigned:
        raise RuntimeError("a receipt is read otherwise than it was written")


def main() -> None:
    """Start libFuzzer on the samples."""
    corpus = _WORK / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for sample in (_ROOT / "tests" / "data" / "einvoice").glob("*.xml"):
        shutil.copy(sample, corpus / sample.name)
    atheris.Setup([sys.argv[0], f"-artifact_prefix={_WORK}/", *sys.argv[1:], str(corpus)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
