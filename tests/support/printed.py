"""A QR code as a camera or a scanner sees it on paper: small, grey, turned, out of focus, noisy."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageFilter
from pyzbar import pyzbar

from piaolian_sdk.errors import InputError
from piaolian_sdk.qr import draw_png, read_qr_image

MILLIMETRES_PER_INCH: Final = 25.4


@dataclass(frozen=True)
class Sight:
    """How the paper is seen.

    Attributes:
        blur_pixels: Radius of a Gaussian blur.
        noise: Standard deviation of the noise, in steps of 255.
        degrees: Rotation.
        paper: Grey of the paper, 255 is white.
        ink: Grey of the ink, 0 is black.
    """

    blur_pixels: float = 0.0
    noise: float = 0.0
    degrees: float = 0.0
    paper: int = 255
    ink: int = 0


def photographed(text: str, sight: Sight, millimetres: float = 20.0, dots_per_inch: int = 200) -> Image.Image:
    """Return the code, quiet zone included, printed ``millimetres`` wide and seen at ``dots_per_inch``."""
    pixels = round(millimetres / MILLIMETRES_PER_INCH * dots_per_inch)
    drawn = Image.open(io.BytesIO(draw_png(text, 12))).convert("L")
    # Each dot of the scanner takes the mean of what lies below it.
    small = drawn.resize((pixels, pixels), Image.Resampling.BOX)
    page = Image.new("L", (pixels * 2, pixels * 2), 255)
    page.paste(small, (pixels // 2, pixels // 2))
    page = page.rotate(sight.degrees, Image.Resampling.BICUBIC, fillcolor=255)
    page = page.filter(ImageFilter.GaussianBlur(sight.blur_pixels))
    seen = sight.ink + np.asarray(page, dtype=np.float64) / 255 * (sight.paper - sight.ink)
    seen += np.random.default_rng(20).normal(0, sight.noise, seen.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))


def read_by_zxing(picture: Image.Image) -> list[str]:
    """Return the texts that zxing-cpp finds, by way of the product's own reader."""
    target = io.BytesIO()
    picture.save(target, "PNG")
    try:
        return read_qr_image(target.getvalue())
    except InputError:
        return []


def read_by_zbar(picture: Image.Image) -> list[str]:
    """Return the texts that zbar finds in the picture, or in the picture at twice its size."""
    for factor in (1, 2):
        seen = picture.resize((picture.width * factor, picture.height * factor))
        found = pyzbar.decode(seen, symbols=[pyzbar.ZBarSymbol.QRCODE])
        if found:
            return [code.data.decode("utf-8") for code in found]
    return []
