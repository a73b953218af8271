from datetime import date
from pathlib import Path

import pytest

from piaolian_oracle.errors import StatementError
from piaolian_oracle.simulator import Message, Movement, write_message
from piaolian_oracle.statements import Statement, StatementLine, read_statements
from piaolian_oracle.statements.elements import beijing_instant

DATA = Path(__file__).parents[3] / "data" / "bank"
CODE = "32099923300000000001"


def read_one(data: bytes) -> Statement:
    (statement,) = read_statements(data)
    return statement


def wrap(entries: str, *, kind: str = "camt.054", head: str = "", namespace: str | None = None) -> bytes:
    root, name = {
        "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        "camt.053": ("BkToCstmrStmt", "Stmt"),
    }[kind]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{kind}.001.08" if namespace is None else namespace
    return (
        f'<Document xmlns="{namespace}"><{root}><GrpHdr><MsgId>M</MsgId></GrpHdr><{name}><Id>N1</Id>'
        f"<ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2023-05-12T15:03:05+08:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>0000000000000000001</Id></Othr></Id></Acct>{head}{entries}</{name}></{root}></Document>"
    ).encode()


def entry(details: str = "", *, amount: str = "80.00", more: str = "", direction: str = "CRDT") -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<ValDt><Dt>2023-05-12</Dt></ValDt><AcctSvcrRef>B1</AcctSvcrRef>{more}"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def detail(amount: str | None = "80.00", *, code: str = CODE, refs: str = "", more: str = "") -> str:
    written = "" if amount is None else f'<Amt Ccy="CNY">{amount}</Amt>'
    return f"<TxDtls><Refs>{refs}<EndToEndId>{code}</EndToEndId></Refs>{written}{more}</TxDtls>"


def lines_of(entries: str) -> tuple[StatementLine, ...]:
    return read_one(wrap(entries)).lines


def test_read__sample_camt054__gives_every_line_with_its_code() -> None:
    statement = read_one((DATA / "camt054.xml").read_bytes())

    assert (statement.message, statement.statement_id, statement.number, statement.year) == (
        "camt.054",
        "N0001",
        None,
        2023,
    )
    assert [(line.reference, line.amount_fen, line.code[-2:], line.is_incoming) for line in statement.lines] == [
        ("B0001", 8000, "01", True),
        ("B0001", 8000, "01", True),
        ("B0002", 8000, "01", True),
        ("B0003", 7999, "02", True),
        ("B0004", 10001, "03", True),
        ("B0005", 8000, "01", False),
        ("B0006", 5000, "04", True),
    ]
    assert statement.lines[6].code_source == "remittance-label"
    assert {line.value_day for line in statement.lines} == {date(2023, 5, 12)}


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
@pytest.mark.parametrize("kind", ["camt.053", "camt.054"])
def test_read__any_version_and_message__gives_the_same_lines(kind: str, version: str) -> None:
    movements = [Movement("B1", "80.00", date(2026, 5, 12), CODE)]
    message = Message(
        account="1",
        statement_id="N1",
        number=7,
        created=beijing_instant("2026-05-12T09:00:00+08:00"),
        movements=movements,
        kind="camt.053" if kind == "camt.053" else "camt.054",
        version=version,
    )

    statement = read_one(write_message(message))

    assert statement.message == kind
    assert statement.number == 7
    assert [(line.code, line.amount_fen) for line in statement.lines] == [(CODE, 8000)]


def test_read__without_namespace__is_read() -> None:
    data = wrap(entry(detail())).replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"', b"")

    assert read_one(data).lines[0].code == CODE


def test_read__version_2_status_and_detail_amount__are_read() -> None:
    details = f"<TxDtls><Refs><EndToEndId>{CODE}</EndToEndId></Refs><AmtDtls><TxAmt>"
    details += '<Amt Ccy="CNY">80.00</Amt></TxAmt></AmtDtls></TxDtls>'
    data = entry(details).replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")

    (line,) = lines_of(data)

    assert line.is_booked
    assert line.amount_fen == 8000


def test_c053_batch_total__with_three_details__uses_detail_amounts_once() -> None:
    details = "".join(detail(amount, refs=f"<TxId>T{amount}</TxId>") for amount in ("10.00", "20.00", "50.00"))

    lines = lines_of(entry(details))

    assert [line.amount_fen for line in lines] == [1000, 2000, 5000]
    assert [line.reference for line in lines] == ["B1/T10.00", "B1/T20.00", "B1/T50.00"]
    assert all(line.problem is None for line in lines)


def test_c053_batch_total__with_missing_detail_amounts__is_not_shared_out() -> None:
    lines = lines_of(entry(detail(None) + detail(None)))

    assert {line.problem for line in lines} == {"amount-missing"}
    assert sum(line.amount_fen for line in lines) == 0


def test_c053_batch_total__that_differs_from_its_details__waits_for_a_person() -> None:
    lines = lines_of(entry(detail("80.00") + detail("80.00")))

    assert {line.problem for line in lines} == {"batch-totals-differ"}


def test_read__batch_without_details__is_no_payment() -> None:
    (line,) = lines_of(entry("<Btch><NbOfTxs>3</NbOfTxs></Btch>", more=f"<AddtlNtryInf>缴款码{CODE}</AddtlNtryInf>"))

    assert line.problem == "batch-without-details"


def test_read__single_detail_without_amount__takes_the_entry_amount() -> None:
    (line,) = lines_of(entry(detail(None)))

    assert (line.amount_fen, line.problem) == (8000, None)


def test_read__details_in_both_directions__add_up_by_sign() -> None:
    back = detail("20.00", more="<CdtDbtInd>DBIT</CdtDbtInd>")

    lines = lines_of(entry(detail("100.00") + back, amount="80.00"))

    assert [(line.direction, line.problem) for line in lines] == [("credit", None), ("debit", None)]


@pytest.mark.parametrize("direction", ["CRDT", "DBIT"])
def test_c054_reversal__with_either_mark__is_money_going_out(direction: str) -> None:
    (line,) = lines_of(entry(detail(), direction=direction, more="<RvslInd>true</RvslInd>"))

    assert line.is_reversal
    assert not line.is_incoming


def test_read__reversal_that_names_its_original__keeps_both_references() -> None:
    refs = "<AcctSvcrRef>B0</AcctSvcrRef>"

    (line,) = lines_of(entry(detail(refs=refs), direction="DBIT", more="<RvslInd>1</RvslInd>"))

    assert (line.reference, line.reversed_reference) == ("B1", "B0")


def test_read__value_instant_in_utc__counts_for_the_beijing_day() -> None:
    data = entry(detail()).replace("<Dt>2023-05-12</Dt>", "<DtTm>2023-05-11T16:00:00Z</DtTm>")

    assert lines_of(data)[0].value_day == date(2023, 5, 12)


def test_read__without_value_day__takes_the_booking_day() -> None:
    data = entry(detail()).replace("ValDt", "BookgDt")

    assert lines_of(data)[0].value_day == date(2023, 5, 12)


def test_content_digest__other_message_id_and_layout__is_the_same() -> None:
    first = wrap(entry(detail()))
    second = first.replace(b"<MsgId>M<", b"<MsgId>another<").replace(b"<Ntry>", b"\n  <Ntry>")

    assert read_one(first).content_digest() == read_one(second).content_digest()


def test_content_digest__one_fen_more__differs() -> None:
    first, second = wrap(entry(detail())), wrap(entry(detail("80.01"), amount="80.01"))

    assert read_one(first).content_digest() != read_one(second).content_digest()


REFUSED = {
    "not-xml": (b"hello", "statement-malformed"),
    "cut-off": (wrap(entry(detail()))[:-30], "statement-malformed"),
    "empty": (b"", "statement-malformed"),
    "other-message": (b"<Document><CstmrCdtTrfInitn/></Document>", "statement-not-camt"),
    "other-root": (b"<html/>", "statement-not-camt"),
    "doctype": (b"<!DOCTYPE Document><Document/>", "statement-entity-forbidden"),
    "bomb": (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Document>&b;</Document>',
        "statement-entity-forbidden",
    ),
    "external": (
        b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>',
        "statement-entity-forbidden",
    ),
    "direction": (wrap(entry(detail(), direction="IN")), "statement-element-invalid"),
    "amount-comma": (wrap(entry(detail("1,000.00"))), "statement-element-invalid"),
    "amount-negative": (wrap(entry(detail("-80.00"))), "statement-element-invalid"),
    "amount-exponent": (wrap(entry(detail("8e1"))), "statement-element-invalid"),
    "amount-part-of-fen": (wrap(entry(detail("80.001"))), "statement-element-invalid"),
    "amount-too-large": (wrap(entry(detail("2814749767106.56"))), "statement-element-invalid"),
    "amount-wide-digits": (wrap(entry(detail("８０.00"))), "statement-element-invalid"),
    "date": (
        wrap(entry(detail()).replace("2023-05-12", "12.05.2023")),
        "statement-element-invalid",
    ),
    "no-date": (
        wrap(entry(detail()).replace("<ValDt><Dt>2023-05-12</Dt></ValDt>", "")),
        "statement-element-missing",
    ),
    "no-account": (wrap("").replace(b"Acct", b"Other"), "statement-element-missing"),
    "no-id": (wrap("").replace(b"<Id>N1</Id>", b""), "statement-element-missing"),
    "no-time": (wrap("").replace(b"CreDtTm", b"Other"), "statement-element-missing"),
    "number": (
        wrap("").replace(b"<ElctrncSeqNb>1<", b"<ElctrncSeqNb>1a<"),
        "statement-element-invalid",
    ),
    "count-differs": (
        wrap(
            entry(detail()),
            head="<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>",
        ),
        "statement-totals-differ",
    ),
    "sum-differs": (
        wrap(
            entry(detail()),
            head="<TxsSummry><TtlCdtNtries><Sum>80.01</Sum></TtlCdtNtries></TxsSummry>",
        ),
        "statement-totals-differ",
    ),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_read__broken_or_hostile__is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(StatementError) as caught:
        read_statements(data)

    assert caught.value.code == code
    assert caught.value.message_zh


def test_read__larger_than_allowed__is_refused_before_parsing() -> None:
    with pytest.raises(StatementError) as caught:
        read_statements(b"<" * 101, max_bytes=100)

    assert caught.value.code == "statement-too-large"


def test_read__entry_outside_a_statement__is_not_an_entry() -> None:
    data = wrap(f"<Ntry0>{entry(detail())}</Ntry0>")

    assert read_one(data).lines == ()


def test_read__error_and_line__hold_no_remittance_text() -> None:
    remark = "<RmtInf><Ustrd>测试甲 13800000000 学费</Ustrd></RmtInf>"

    (line,) = lines_of(entry(detail(code="NOTPROVIDED", more=remark)))

    assert "测试甲" not in repr(line)
    assert "13800000000" not in repr(line)
