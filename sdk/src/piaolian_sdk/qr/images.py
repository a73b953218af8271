"""Find QR codes in a picture. Needs the optional libraries of ``piaolian-sdk[images]``."""

import io
import warnings
from typing import Final

from piaolian_sdk.errors import InputError

MAX_IMAGE_BYTES: Final = 20 << 20
# Forty megapixels: the cameras of today. A small file can claim far more and fill the memory.
MAX_IMAGE_PIXELS: Final = 40_000_000
_ENLARGED_PIXELS: Final = 4_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")


def read_qr_image(data: bytes) -> list[str]:
    """Return the texts of all QR codes in a picture, from left to right as found; at least one.

    Args:
        data: PNG, JPEG, WebP, BMP, GIF or TIFF.

    Raises:
        InputError: ``qr-image-too-large``, ``qr-image-malformed``, ``qr-image-without-code`` or
            ``qr-library-missing``.
    """
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError as exc:
        raise _refused(
            "qr-library-missing", "pictures need pillow and zxing-cpp", "读取图片需要安装可选组件 piaolian-sdk[images]"
        ) from exc
    if len(data) > MAX_IMAGE_BYTES:
        raise _too_large(f"{len(data)} bytes, at most {MAX_IMAGE_BYTES}")
    try:
        with warnings.catch_warnings():
            # The size is judged below, before any pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > MAX_IMAGE_PIXELS:
            raise _too_large(f"{picture.width} x {picture.height} pixels, at most {MAX_IMAGE_PIXELS}")
        # A transparent picture stands on white paper.
        paper = Image.new("RGBA", picture.size, "white")
        grey = Image.alpha_composite(paper, picture.convert("RGBA")).convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as exc:
        raise _refused("qr-image-malformed", "the picture cannot be read", "图片无法读取，请使用 PNG 或 JPEG") from exc
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    texts: list[str] = []
    # A small code out of focus is often found when its modules are larger than the detector's windows.
    for factor in (1, 2) if grey.width * grey.height <= _ENLARGED_PIXELS else (1,):
        seen = grey if factor == 1 else grey.resize((grey.width * factor, grey.height * factor))
        texts = [code.text for code in zxingcpp.read_barcodes(seen, formats=formats) if code.valid]
        if texts:
            break
    if not texts:
        raise _refused(
            "qr-image-without-code", "the picture holds no QR code", "图片中没有找到二维码，请靠近、对正后重拍"
        )
    return texts


def _too_large(what: str) -> InputError:
    return _refused("qr-image-too-large", f"the picture has {what}", "图片过大，请裁剪到二维码附近")


def _refused(code: str, message: str, message_zh: str) -> InputError:
    return InputError(
        code,  # type: ignore[arg-type] # Each caller names one of the closed list.
        message,
        message_zh,
        field="image",
        rule=f"one picture of at most {MAX_IMAGE_BYTES} bytes and {MAX_IMAGE_PIXELS} pixels",
        remedy="take a sharp picture of the code alone, as PNG or JPEG",
    )
