from datetime import datetime, timedelta, timezone
from pathlib import Path

from lxml import etree

from demo.bank import Payment, deliver, write_camt054

AT = datetime(2026, 5, 12, 15, 3, 5, tzinfo=timezone(timedelta(hours=8)))
NAMESPACE = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"}


def test_write_camt054__payments__stand_in_order_with_code_amount_and_reference() -> None:
    root = etree.fromstring(write_camt054(3, [Payment("B1", "3" * 20, 8_000), Payment("B2", "4" * 20, 5)], at=AT))

    assert root.xpath("//c:TxDtls/c:Refs/c:EndToEndId/text()", namespaces=NAMESPACE) == ["3" * 20, "4" * 20]
    assert root.xpath("//c:TxDtls/c:Amt/text()", namespaces=NAMESPACE) == ["80.00", "0.05"]
    assert root.xpath("//c:AcctSvcrRef/text()", namespaces=NAMESPACE) == ["B1", "B2"]
    assert root.xpath("//c:ValDt/c:Dt/text()", namespaces=NAMESPACE) == ["2026-05-12"] * 2
    assert root.xpath("//c:ElctrncSeqNb/text()", namespaces=NAMESPACE) == ["3"]


def test_deliver__three_folders__hold_the_same_whole_file(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]

    deliver("camt.xml", b"<Document/>", folders)

    assert [[path.name for path in folder.iterdir()] for folder in folders] == [["camt.xml"]] * 3
    assert {(folder / "camt.xml").read_bytes() for folder in folders} == {b"<Document/>"}
