"""Draw a QR code as a picture."""

import io
from typing import Final

import segno

# ISO/IEC 18004: four modules of quiet zone. Level M bears dirt and folds at the cost of one or two versions.
QUIET_MODULES: Final = 4
ERROR_LEVEL: Final = "m"


def draw_svg(text: str, width_millimetres: float = 20.0) -> bytes:
    """Return an SVG picture that is printed at exactly this width, quiet zone included.

    Args:
        text: What the code says.
        width_millimetres: Width and height of the picture in millimetres.
    """
    code = _code(text)
    side = code.symbol_size(border=QUIET_MODULES)[0]
    target = io.BytesIO()
    # Segno multiplies every module by the scale; the unit makes the size of the picture physical.
    code.save(target, kind="svg", border=QUIET_MODULES, scale=width_millimetres / side, unit="mm", xmldecl=False)
    return target.getvalue()


def draw_png(text: str, pixels_per_module: int = 8) -> bytes:
    """Return a PNG picture in black and white.

    Args:
        text: What the code says.
        pixels_per_module: Whole pixels for each module, so that no edge is grey.
    """
    target = io.BytesIO()
    _code(text).save(target, kind="png", border=QUIET_MODULES, scale=pixels_per_module)
    return target.getvalue()


def modules_of(text: str) -> tuple[str, int]:
    """Return version with level, for example ``9-M``, and the modules of a side without the quiet zone."""
    code = _code(text)
    return code.designator, int(code.symbol_size(border=0)[0])


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error=ERROR_LEVEL, boost_error=False)
