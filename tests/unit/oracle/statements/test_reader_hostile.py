"""Whatever the bytes are, the reader gives statements or a named refusal."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaolian_oracle.errors import StatementError
from piaolian_oracle.reports import select_payments
from piaolian_oracle.statements import read_statements

SAMPLE = (Path(__file__).parents[3] / "data" / "bank" / "camt054.xml").read_bytes()
PIECES = [b"", b"<", b">", b"&amp;", b"\x00", b"\xff", b"-", b"9" * 30, b"<Ntry/>", b"</Ntry>", b"&#0;", "元".encode()]


def read_or_refuse(data: bytes) -> None:
    refusal = refusal_of(data)
    assert refusal is None or (refusal.message_zh and refusal.remedy)


def refusal_of(data: bytes) -> StatementError | None:
    try:
        statements = read_statements(data)
    except StatementError as error:
        return error
    for statement in statements:
        select_payments(statement, {})
    return None


@given(st.binary(max_size=400))
def test_read__random_bytes__is_refused_by_name(data: bytes) -> None:
    read_or_refuse(data)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 30), st.sampled_from(PIECES)), max_size=4))
def test_read__damaged_sample__is_read_or_refused_by_name(cuts: list[tuple[int, int, bytes]]) -> None:
    data = SAMPLE
    for at, length, piece in cuts:
        data = data[:at] + piece + data[at + length :]

    read_or_refuse(data)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-32", "GBK", "ISO-8859-1", "UCS-4", "no-such-encoding", "EBCDIC"])
def test_read__declared_in_another_encoding__is_read_or_refused_by_name(encoding: str) -> None:
    read_or_refuse(SAMPLE.replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode()))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_read__really_in_another_encoding__gives_the_same_lines(encoding: str) -> None:
    text = SAMPLE.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')

    assert read_statements(text.encode(encoding))[0].lines == read_statements(SAMPLE)[0].lines


@pytest.mark.parametrize("depth", [200, 300, 100_000])
def test_read__deep_nesting__is_refused_by_name(depth: int) -> None:
    read_or_refuse(b"<Document>" + b"<a>" * depth + b"</a>" * depth + b"</Document>")
