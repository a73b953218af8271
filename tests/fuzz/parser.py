"""Fuzz the reading of receipts, guided by coverage: `.venv/bin/python tests/fuzz/parser.py -max_total_time=600`.

Arguments are libFuzzer's. The sample documents are the seeds; findings stay in `var/fuzz`. A document is refused with
an ``InputError`` or read so that writing and reading it again gives the same contents, and whatever is read by its tags
alone is read alike by the XML parser; everything else is a crash. `parser.log` is the end of a run of ten minutes.
"""

import shutil
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["piaolian_sdk"]):
    from piaolian_sdk.errors import InputError
    from piaolian_sdk.receipt import ParsedReceipt, fields_of, original_bytes, parse_receipt, reading, write_unsigned
    from piaolian_sdk.receipt.layout import AUX_ITEM, HEADER, ITEM, MAIN, SIGNATURE, all_children
    from piaolian_sdk.receipt.plain import read_plain

_ROOT = Path(__file__).resolve().parents[2]
_WORK = _ROOT / "var" / "fuzz"


def _outcome(data: bytes, *, by_tags: bool) -> ParsedReceipt | str:
    vars(reading)["read_plain"] = read_plain if by_tags else lambda _text, _data: None
    try:
        return parse_receipt(data)
    except InputError as error:
        return error.code


def read_one(data: bytes) -> None:
    """Read one input; raise where a promise of the parser is broken."""
    parsed, general = _outcome(data, by_tags=True), _outcome(data, by_tags=False)
    if parsed != general:
        raise RuntimeError("a document is read otherwise by its tags than by the XML parser")
    if isinstance(parsed, str):
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


def _write_dictionary(path: Path) -> None:
    """Write the tags of the specification and the marks of XML, so that mutations reach beyond the well-formedness."""
    layouts = (HEADER, MAIN, ITEM, AUX_ITEM, SIGNATURE)
    tags = {child.alias for layout in layouts for child in all_children(layout)}
    words = [f"<{tag}>" for tag in sorted(tags)] + [f"</{tag}>" for tag in sorted(tags)]
    words += ["<Item>", "</Item>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#13;", "<?x?>", "/>", " >"]
    path.write_text("".join(f'"{word}"\n' for word in words), encoding="ascii")


def main() -> None:
    """Start libFuzzer on the samples."""
    corpus, words = _WORK / "corpus", _WORK / "words.dict"
    corpus.mkdir(parents=True, exist_ok=True)
    _write_dictionary(words)
    for sample in (_ROOT / "tests" / "data" / "einvoice").glob("*.xml"):
        shutil.copy(sample, corpus / sample.name)
    atheris.Setup([sys.argv[0], f"-artifact_prefix={_WORK}/", f"-dict={words}", *sys.argv[1:], str(corpus)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
