from datetime import datetime, timedelta, timezone

import pytest
from lxml import etree

from demo.samples import (
    Issuer,
    Line,
    Sample,
    fen_of_text,
    generate_inpatient,
    generate_outpatient,
    read_sample,
    text_of_fen,
    write_by_code,
)

AT = datetime(2026, 5, 12, 9, 3, 5, tzinfo=timezone(timedelta(hours=8)))
HOSPITAL = Issuer("12320600E000000029", "测试市第一人民医院", "320600")


def _text(sample: Sample, path: str) -> str:
    return etree.fromstring(sample.xml).findtext(f"EInvoiceData/Main/{path}") or ""


def test_read_sample__outpatient__is_dated_and_numbered_anew() -> None:
    sample = read_sample("medical_outpatient_js", issuer=HOSPITAL, code="32060126", at=AT, business_number="MZ-1")

    assert _text(sample, "IssueDate") == "20260512"
    assert _text(sample, "EInvoiceCode") == "32060126"
    assert _text(sample, "EInvoiceNumber") == "0000000000"
    assert _text(sample, "MainExt/MedicalDate") == "20260512"
    assert etree.fromstring(sample.xml).findtext("Header/EInvoiceID") == "0000000000-62106023"
    assert sample.total_fen == 99_354
    assert b"<EInvoiceSignature>" not in sample.xml


def test_read_sample__inpatient__keeps_the_length_of_the_stay() -> None:
    sample = read_sample("medical_inpatient", issuer=HOSPITAL, code="32060226", at=AT, business_number="ZY-1")

    assert _text(sample, "MainExt/OutHospitalDate") == "20260512"
    assert _text(sample, "MainExt/InHospitalDate") == "20260501"


def test_read_sample__red__points_to_the_blue_receipt() -> None:
    sample = read_sample(
        "red_of_outpatient",
        issuer=HOSPITAL,
        code="32060126",
        at=AT,
        business_number="MZ-1R",
        related=("32060126", "0000000007"),
    )

    assert _text(sample, "MainExt/RelatedInvoiceNumber") == "0000000007"
    assert sample.total_fen == -99_354


@pytest.mark.parametrize("generate", [generate_outpatient, generate_inpatient], ids=["outpatient", "inpatient"])
def test_generate__same_seed__gives_the_same_receipts_and_sums_agree(generate: object) -> None:
    assert callable(generate)
    first = list(generate(25, seed=3, issuer=HOSPITAL, code="32060126", at=AT))
    again = list(generate(25, seed=3, issuer=HOSPITAL, code="32060126", at=AT))

    assert first == again
    assert len({sample.business_number for sample in first}) == 25
    for sample in first:
        assert sum(fen for _, fen in sample.lines) == sample.total_fen
        paid = [fen_of_text(_text(sample, f"MainExt/{name}PayAmount")) for name in ("Fund", "Other", "Account", "Own")]
        assert sum(paid) == sample.total_fen


def test_generate__another_seed__gives_other_receipts() -> None:
    assert list(generate_outpatient(3, seed=1, issuer=HOSPITAL, code="32060126", at=AT)) != list(
        generate_outpatient(3, seed=2, issuer=HOSPITAL, code="32060126", at=AT)
    )


def test_write_by_code__two_lines__carry_the_payment_code() -> None:
    sample = write_by_code(
        issuer=HOSPITAL,
        code="32010126",
        at=AT,
        business_number="DJ-1",
        payment_code="32090026300000000001",
        lines=[Line("103043211", "不动产登记费", 8_000), Line("103043212", "不动产权证书工本费", 1_000)],
        payer="测试甲",
    )

    assert _text(sample, "MainExt/PayCode") == "32090026300000000001"
    assert sample.lines == (("103043211", 8_000), ("103043212", 1_000))
    assert _text(sample, "TotalAmount") == "90.00"


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (-1, "-0.01"), (-99_354, "-993.54"), (8_000, "80.00")]
)
def test_amounts__text_and_fen__agree_both_ways(fen: int, text: str) -> None:
    assert text_of_fen(fen) == text
    assert fen_of_text(text) == fen
