"""Plain documents are read by their tags: with the outcome that the XML parser gives, whatever the bytes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import ParsedReceipt, parse_receipt, reading
from piaolian_sdk.receipt.plain import read_plain
from support.documents import INPATIENT, OUTPATIENT, SAMPLES, sample_bytes, unsigned_sample

SAMPLE = sample_bytes(OUTPATIENT)
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
# What changes the reading of XML, and what looks as if it did.
FRAGMENTS = (
    "<", ">", "/", "&", "&amp;", "&#60;", "&lt;", "]]>", "<![CDATA[", "<!--", "-->", "<?x y?>", "\r", "\n", "\t", " ",
    "\u00a0", "\u3000", "\ufffe", "\ue863", "\x00", "\x0b", "\x7f", "\x85", "𠮷", "<Remark>", "</Remark>", "<Remark/>",
    "<Header>", "<Header >", "</Header>", "<EInvoiceData>", "<Signature>", "</Signature>", "<Item>", "</Item>",
    "<MainExt>", "</MainExt>", "<MainExt/>", "<AuxDetails>", "</AuxDetails>", "<a b='>'>", "<!DOCTYPE x>", "xmlns='u'",
    "<EInvoice>", "</EInvoice>",
)  # fmt: skip


def outcome(data: bytes, read: Callable[[str, bytes], dict[str, Any] | None]) -> ParsedReceipt | tuple[str, str | None]:
    """Return what one of the two readings gives: the receipt, or code and place of the refusal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_plain", read)
        try:
            return parse_receipt(data)
        except InputError as error:
            return error.code, error.field


def plain_contents(data: bytes) -> dict[str, Any] | None:
    return read_plain(data.removeprefix(DECLARATION).decode(), data)


def check_same(data: bytes) -> None:
    plain, general = outcome(data, read_plain), outcome(data, lambda _text, _data: None)

    assert plain == general
    if isinstance(plain, ParsedReceipt) and isinstance(general, ParsedReceipt):
        assert plain.contents == general.contents
        # Equal mappings may differ in order, and the order of the fields is that of their leaves.
        assert repr(plain.contents) == repr(general.contents)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("get", [sample_bytes, unsigned_sample])
def test_plain__sample__is_plain_and_read_alike(name: str, get: Callable[[str], bytes]) -> None:
    data = get(name)

    assert plain_contents(data) is not None
    check_same(data)


def test_plain__white_space_between_elements__is_plain() -> None:
    spaced = SAMPLE.removeprefix(DECLARATION).replace(b"><", b">\n\t <")

    # Empty texts would hold the white space, and some elements must not: they are given a text.
    assert plain_contents(spaced) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Remark>", "<Remark>&amp;"),
        ("<Remark>", "<Remark>\r"),
        ("<Remark>", "<Remark>]]>"),
        ("<Remark></Remark>", "<Remark/>"),
        ("<Remark>", "<Remark >"),
        ("<Remark></Remark>", "<Remark</Remark>"),
        ("<MainExt>", "<MainExt"),
        ("<Remark>", "<Remark><![CDATA[x]]>"),
        ("<Remark>", "<Remark>\ufffe"),
        ("<Remark>", "<Remark>\x0c"),
        ("<PayMode>", "<!--x--><PayMode>"),
        ("<PayMode>", "\u3000<PayMode>"),
        ("<PayMode>", "<Extra></Extra><PayMode>"),
        ("</EInvoice>", "</EInvoice>x"),
        ("</EInvoice>", ""),
    ],
)
def test_plain__other_document__is_left_to_the_parser(old: str, new: str) -> None:
    text = SAMPLE.removeprefix(DECLARATION).decode()
    changed = text.replace(old, new, 1)

    assert changed != text
    assert plain_contents(changed.encode()) is None
    check_same(DECLARATION + changed.encode())


@pytest.mark.parametrize("text", ["a>b", "/Remark>", "Remark>x", "\ue863", "行1\n行2\t尾", "[[]]"])
def test_plain__text_that_looks_like_a_tag__is_read_alike(text: str) -> None:
    data = SAMPLE.replace(b"<Remark></Remark>", f"<Remark>{text}</Remark>".encode())

    assert plain_contents(data) is not None
    check_same(data)
    assert parse_receipt(data).model.main.remark == text


@given(st.integers(0, len(SAMPLE) - 1), st.lists(st.sampled_from(FRAGMENTS), max_size=3), st.integers(0, 9))
@settings(max_examples=600, deadline=None)
def test_plain__fragment_put_in_anywhere__same_outcome(position: int, fragments: list[str], removed: int) -> None:
    check_same(SAMPLE[:position] + "".join(fragments).encode() + SAMPLE[position + removed :])


def test_plain__any_character_missing__same_outcome() -> None:
    text = SAMPLE.decode()

    for position in range(len(text)):
        check_same((text[:position] + text[position + 1 :]).encode())


INPATIENT_TAGS = sample_bytes(INPATIENT).split(b"<")


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_plain__tags_dropped_doubled_or_swapped__same_outcome(data: st.DataObject) -> None:
    pieces = list(INPATIENT_TAGS)
    for _ in range(data.draw(st.integers(1, 2))):
        at, other = (data.draw(st.integers(2, len(pieces) - 1)) for _ in range(2))
        change = data.draw(st.sampled_from(["drop", "double", "swap"]))
        if change == "drop":
            del pieces[at]
        elif change == "double":
            pieces.insert(other, pieces[at])
        else:
            pieces[at], pieces[other] = pieces[other], pieces[at]

    check_same(b"<".join(pieces))
