"""``piaolian qr``: codes are drawn, read from text and picture, and refused without a trace."""

from pathlib import Path

import pytest

from piaolian_sdk.cli import main
from piaolian_sdk.qr import write_short_qr
from support.documents import NOW, SUITES, signatory


def short(suite: str) -> str:
    return write_short_qr(
        "https://pj.cz.example",
        signatory(suite).finance,
        code="32060126",
        number="0000010003",
        check_code="138900",
        amount_fen=99354,
        issue_date=NOW.date(),
    )


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_draw__then_read_the_picture__elements_and_signer(
    suite: str, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / f"code.{ending}"
    assert main(["qr", "draw", short(suite), str(picture)]) == 0
    if ending == "svg":
        assert b'width="20.0mm"' in picture.read_bytes()
        return
    keys = signatory(suite)
    (tmp_path / "signer.pem").write_bytes(keys.finance.certificate.pem)
    (tmp_path / "root.pem").write_bytes(keys.authority.certificate.pem)
    signer = ["--signer", str(tmp_path / "signer.pem"), "--trust", str(tmp_path / "root.pem")]
    assert main(["qr", "read", str(picture), *signer]) == 0
    written = capsys.readouterr().out
    assert "票据代码 32060126  票据号码 0000010003  校验码 138900  金额 993.54  开票日期 20260302" in written
    assert "监制签名有效" in written


def test_read__amount_missing__asked_for_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["qr", "read", "http://einvoice.jsczt.cn/page/32060123/0000010003/138900"]) == 1
    assert "需补充：金额、开票日期" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"),
    [("01,32,,00000000000000000001,112,20230215,,74AE", "qr-vat-invoice"), ("https://x@y.invalid/", "qr-user-in-addr")],
)
def test_read__no_receipt__refused_by_name(text: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["qr", "read", text]) == 1
    assert code in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no picture", "qr-image-malformed"), (b"\x89PNG\r\n\x1a\n", "qr-image-malformed"), (b"", "qr-image-malformed")],
)
def test_read__no_picture__refused_by_name(
    content: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.png").write_bytes(content)
    assert main(["qr", "read", str(tmp_path / "x.png")]) == 1
    assert code in capsys.readouterr().err


def test_draw__no_receipts_code__nothing_written(tmp_path: Path) -> None:
    assert main(["qr", "draw", "https://evil.invalid/", str(tmp_path / "code.png")]) == 1
    assert not (tmp_path / "code.png").exists()
