"""Pictures: codes are found, and a hostile picture is refused before it fills the memory."""

import io
import struct
import zlib

import pytest
from PIL import Image

from piaolian_sdk.errors import InputError
from piaolian_sdk.qr import draw_png, draw_svg, images, read_qr_image

TEXT = "http://einvoice.jsczt.cn/page/32060123/0000010003/138900"


def saved(picture: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind)
    return target.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_read__each_format__text(kind: str) -> None:
    picture = Image.open(io.BytesIO(draw_png(TEXT))).convert("RGB")
    assert read_qr_image(saved(picture, kind)) == [TEXT]


def test_read__transparent_paper__text() -> None:
    drawn = Image.open(io.BytesIO(draw_png(TEXT))).convert("L")
    ink = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), mask=drawn.point(lambda value: 255 - value))
    assert read_qr_image(saved(ink, "PNG")) == [TEXT]


def test_read__two_codes__both() -> None:
    one = Image.open(io.BytesIO(draw_png(TEXT))).convert("L")
    page = Image.new("L", (one.width * 2, one.height), 255)
    page.paste(one, (0, 0))
    page.paste(Image.open(io.BytesIO(draw_png("32099923300000000001"))).convert("L"), (one.width, 0))
    assert sorted(read_qr_image(saved(page, "PNG"))) == ["32099923300000000001", TEXT]


def test_read__white_paper__refused() -> None:
    with pytest.raises(InputError) as caught:
        read_qr_image(saved(Image.new("L", (400, 400), 255), "PNG"))
    assert caught.value.code == "qr-image-without-code"


def test_read__small_file_that_claims_a_huge_picture__refused_before_decoding() -> None:
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    with pytest.raises(InputError) as caught:
        read_qr_image(bomb)
    assert caught.value.code in ("qr-image-too-large", "qr-image-malformed")


def test_read__pixels_above_the_limit__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGE_PIXELS", 399 * 400)
    with pytest.raises(InputError) as caught:
        read_qr_image(saved(Image.new("L", (400, 400), 255), "PNG"))
    assert caught.value.code == "qr-image-too-large"


def test_read__bytes_above_the_limit__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGE_BYTES", 10)
    with pytest.raises(InputError) as caught:
        read_qr_image(draw_png(TEXT))
    assert caught.value.code == "qr-image-too-large"


@pytest.mark.parametrize("cut", [20, 60, 200])
def test_read__picture_cut_off__refused(cut: int) -> None:
    with pytest.raises(InputError) as caught:
        read_qr_image(draw_png(TEXT)[:cut])
    assert caught.value.code in ("qr-image-malformed", "qr-image-without-code")


def test_draw_svg__width__physical_and_without_a_script() -> None:
    drawn = draw_svg(TEXT, 20.0)
    assert b'width="20.0mm"' in drawn
    assert b"script" not in drawn
