"""QR codes of receipts: the short form of this network is made and read, the forms of other platforms are read.

Example:
    >>> from piaolian_sdk.qr import read_qr_text
    >>> reading = read_qr_text("http://einvoice.jsczt.cn/page/32060123/0000010003/138900")
    >>> reading.form, reading.number, reading.missing
    ('jiangsu-page', '0000010003', ('amount', 'issue_date'))
"""

from piaolian_sdk.qr.drawing import draw_png, draw_svg
from piaolian_sdk.qr.images import read_qr_image
from piaolian_sdk.qr.record import QRForm, QRReading
from piaolian_sdk.qr.short import short_qr_message, verify_short_qr, write_short_qr
from piaolian_sdk.qr.texts import read_qr_text

__all__ = [
    "QRForm",
    "QRReading",
    "draw_png",
    "draw_svg",
    "read_qr_image",
    "read_qr_text",
    "short_qr_message",
    "verify_short_qr",
    "write_short_qr",
]
