"""``piaolian qr``: read a code from text or a picture, draw one."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from piaolian_sdk.beijing import BEIJING, text_from_date
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.qr import QRReading, draw_png, draw_svg, read_qr_image, read_qr_text, verify_short_qr
from piaolian_sdk.qr.record import NAMES_ZH
from piaolian_sdk.signing import CertificateTrust
from piaolian_sdk.signing.certificates import certificates_from_pem

Outcome = tuple[list[str], bool]


def read_code(arguments: argparse.Namespace) -> Outcome:
    """Say what a code holds; with certificates, check the compact signature of the short form too."""
    is_text = "," in arguments.code or "://" in arguments.code
    texts = [arguments.code] if is_text else read_qr_image(Path(arguments.code).read_bytes())
    lines: list[str] = []
    is_complete = True
    for text in texts:
        reading = read_qr_text(text, arguments.verify_host)
        lines += _element_lines(reading)
        if reading.missing:
            is_complete = False
            lines.append("需补充：" + "、".join(NAMES_ZH[name] for name in reading.missing))
        if arguments.signer:
            signers = [one for path in arguments.signer for one in certificates_from_pem(path.read_bytes())]
            trust = CertificateTrust.from_pem(*(path.read_bytes() for path in arguments.trust or arguments.signer))
            certificate = verify_short_qr(reading, signers, trust, datetime.now(BEIJING))
            lines += [f"已证明：财政监制签名有效（{certificate.subject}）", "未证明：链上状态；请用证明文件或查验页"]
        else:
            lines.append("未证明：二维码内容的真伪")
    return lines, is_complete


def draw_code(arguments: argparse.Namespace) -> Outcome:
    """Write a picture of a receipt's code; a text that is no receipt's code is refused."""
    read_qr_text(arguments.text)
    is_svg = arguments.out.suffix.lower() == ".svg"
    arguments.out.write_bytes(
        draw_svg(arguments.text, arguments.millimetres) if is_svg else draw_png(arguments.text, arguments.pixels)
    )
    return [f"已写入 {arguments.out}"], True


def add_parsers(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``qr read`` and ``qr draw``."""
    group = groups.add_parser("qr", help="识读或绘制票据二维码，不联网")
    actions = group.add_subparsers(dest="action", required=True, metavar="操作")
    read = actions.add_parser("read", help="识读二维码文本或图片")
    read.add_argument("code", metavar="文本|图片", help="二维码文本，或含二维码的图片文件")
    read.add_argument("--verify-host", action="append", metavar="主机", help="本网络查验页的主机；可重复")
    read.add_argument("--signer", type=Path, nargs="+", metavar="PEM", help="财政监制证书；给出时验证短码签名")
    read.add_argument("--trust", type=Path, nargs="+", metavar="PEM", help="受信任的根证书；缺省为监制证书本身")
    read.set_defaults(command="qr read")
    draw = actions.add_parser("draw", help="绘制票据二维码")
    draw.add_argument("text", metavar="文本", help="票据二维码文本")
    draw.add_argument("out", type=Path, metavar="图片", help="输出文件：.svg 或 .png")
    draw.add_argument("--millimetres", type=float, default=20.0, metavar="毫米", help="SVG 打印宽度（缺省 20）")
    draw.add_argument("--pixels", type=int, default=8, metavar="像素", help="PNG 每个模块的像素数（缺省 8）")
    draw.set_defaults(command="qr draw")


def _element_lines(reading: QRReading) -> list[str]:
    values = {
        "code": reading.code,
        "number": reading.number,
        "check_code": reading.check_code,
        "amount": None if reading.amount_fen is None else text_from_fen(reading.amount_fen),
        "issue_date": None if reading.issue_date is None else text_from_date(reading.issue_date),
    }
    shown = "  ".join(f"{NAMES_ZH[name]} {value}" for name, value in values.items() if value is not None)
    kind = "不透明短链，须联网由该平台打开" if reading.is_opaque else shown
    known = "" if reading.is_host_known else "（主机未核对）"
    return [f"{reading.platform_zh}二维码 {reading.host}{known}", kind]


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {"qr read": read_code, "qr draw": draw_code}
