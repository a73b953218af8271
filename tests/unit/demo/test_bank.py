from datetime import datetime, timedelta, timezone
from pathlib import Path

from lxml import etree

from demo.bank import Payment, send_statement

AT = datetime(2026, 5, 12, 15, 3, 5, tzinfo=timezone(timedelta(hours=8)))
NAMESPACE = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"}


def test_send_statement__payments__stand_in_order_with_code_amount_and_reference(tmp_path: Path) -> None:
    payments = [Payment("B1", "3" * 20, 8_000), Payment("B2", "4" * 20, 5)]

    numbers = [send_statement(payments, [tmp_path], at=AT) for _ in range(3)]

    root = etree.fromstring(sorted(tmp_path.iterdir())[2].read_bytes())
    assert numbers == [1, 2, 3]
    assert root.xpath("//c:TxDtls/c:Refs/c:EndToEndId/text()", namespaces=NAMESPACE) == ["3" * 20, "4" * 20]
    assert root.xpath("//c:TxDtls/c:Amt/text()", namespaces=NAMESPACE) == ["80.00", "0.05"]
    assert root.xpath("//c:AcctSvcrRef/text()", namespaces=NAMESPACE) == ["B1", "B2"]
    assert root.xpath("//c:ValDt/c:Dt/text()", namespaces=NAMESPACE) == ["2026-05-12"] * 2
    assert root.xpath("//c:ElctrncSeqNb/text()", namespaces=NAMESPACE) == ["3"]


def test_send_statement__three_folders__hold_the_same_whole_file(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]

    send_statement([Payment("B1", "3" * 20, 8_000)], folders, at=AT)

    assert [[path.name for path in folder.iterdir()] for folder in folders] == [["camt054_000001.xml"]] * 3
    assert len({next(folder.iterdir()).read_bytes() for folder in folders}) == 1
