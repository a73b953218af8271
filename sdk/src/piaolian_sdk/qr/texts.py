"""Recognise the text of a QR code: by exact host and pattern, each form in one function.

What is told apart: codes to pay with and VAT invoices are refused by their own names, so that a person learns what was
scanned. The meaning of some members of other platforms' forms (t, a, s) is published nowhere: their shape alone is
checked.
"""

import base64
import re
from collections.abc import Callable, Collection
from typing import Final

from piaolian_sdk.beijing import date_from_text
from piaolian_sdk.codes import CheckCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.qr.address import Address, plain_text, read_address, refused
from piaolian_sdk.qr.record import QRReading

MAX_SHORT_CHARACTERS: Final = 300
SIGNATURE_BYTES: Final = 64
_BOSSSOFT, _JIANGSU, _JIANGSU_PAY = "www.chinaebill.cn", "einvoice.jsczt.cn", "pay.jsczt.cn"
_BOSSSOFT_ZH, _JIANGSU_ZH, _OWN_ZH = "博思财政电子票据平台", "江苏省财政电子票据平台", "票链"
_SHORT_MEMBERS: Final = frozenset("cnkads")
# Base64url of 64 bytes: 86 characters, the last of which carries four bits.
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9_-]{85}[AQgw]")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_VAT: Final = re.compile(r"01,[0-9]{2},.*")
_PAYMENT_CODE: Final = re.compile(r"[0-9]{20}")


def read_qr_text(text: str, verify_hosts: Collection[str] | None = None) -> QRReading:
    """Read the text of a receipt's QR code. Nothing is opened and nothing is proven.

    Args:
        text: As the scanner gives it.
        verify_hosts: Hosts (with port where they have one) of this network's verification pages. None accepts a
            short form of any host and marks it ``is_host_known=False``: only its signature can speak for it then.

    Raises:
        InputError: It is no receipt's code; the error code says what it is instead, or what is wrong with it.
    """
    plain = plain_text(text)
    if _VAT.fullmatch(plain):
        raise refused("qr-vat-invoice", "this is the code of a VAT invoice", "这是税务发票，非财政票据二维码")
    if _PAYMENT_CODE.fullmatch(plain):
        raise _payment()
    address = read_address(plain)
    if address is None:
        raise refused("qr-form-unknown", "this is no address", "内容不是财政票据平台的网址")
    hosts = None if verify_hosts is None else frozenset(host.lower() for host in verify_hosts)
    if hosts is not None and address.authority in hosts:
        return _own(plain, address, is_host_known=True)
    platform = _PLATFORMS.get(address.host)
    if platform is not None:
        if address.port is not None:
            raise refused("qr-port-in-address", "the platform's address has no port", "该平台的网址不含端口号")
        return platform(address)
    _refuse_lookalike(address, hosts or frozenset())
    if hosts is None and address.path.endswith("/v"):
        return _own(plain, address, is_host_known=False)
    raise refused(
        "qr-host-unknown",
        f"{address.authority} is no known receipt platform",
        f"网站 {address.authority} 不是已知的财政票据平台",
    )


def _own(plain: str, address: Address, *, is_host_known: bool) -> QRReading:
    query = address.query
    if len(plain) > MAX_SHORT_CHARACTERS:
        raise refused(
            "qr-too-long",
            f"the short form has at most {MAX_SHORT_CHARACTERS} characters, this has {len(plain)}",
            f"短码至多 {MAX_SHORT_CHARACTERS} 个字符，实际 {len(plain)} 个",
        )
    if address.scheme != "https" and address.host not in _LOOPBACK:
        raise refused("qr-not-https", "a verification page is reached by https alone", "查验网址必须为 https")
    if not address.path.endswith("/v") or not {"c", "n", "k"} <= query.keys() <= _SHORT_MEMBERS:
        raise refused("qr-form-unknown", "this is not the short form of a receipt", "不是本网络的票据短码")
    signature = query.get("s")
    if signature is not None and not _SIGNATURE.fullmatch(signature):
        raise refused("qr-signature-malformed", "s is no compact signature", "签名（s）格式有误", "s")
    return QRReading(
        "piaolian",
        _OWN_ZH,
        address.authority,
        is_host_known=is_host_known,
        code=ReceiptCode(query["c"]),
        number=ReceiptNumber(query["n"]),
        check_code=CheckCode(query["k"]),
        amount_fen=fen_from_text(query["a"]) if "a" in query else None,
        issue_date=date_from_text(query["d"], "issue_date") if "d" in query else None,
        signature=None if signature is None else base64.urlsafe_b64decode(signature + "=="),
    )


def _bosssoft(address: Address) -> QRReading:
    query = address.query
    if address.path in ("/d", "/eips-wxapp-service/d") and query.keys() == {"t", "a", "d", "s"}:
        _require("t", query["t"], r"[0-9]{3}")
        _require("a", query["a"], r"[0-9A-Za-z]{1,32}")
        _require("s", query["s"], r"[0-9A-Za-z]{1,32}")
        parts = query["d"].split("_")
        if len(parts) not in (4, 5):
            raise refused("qr-form-unknown", "d has neither four nor five elements", "参数 d 应含四个或五个要素", "d")
        return QRReading(
            "bosssoft",
            _BOSSSOFT_ZH,
            address.host,
            code=ReceiptCode(parts[0]),
            number=ReceiptNumber(parts[1]),
            check_code=CheckCode(parts[2]),
            amount_fen=fen_from_text(parts[3]) if len(parts) == 5 else None,
            issue_date=date_from_text(parts[-1], "issue_date"),
        )
    shown = {"invoice_code", "invoice_number", "check_code", "app_id", "security"}
    if address.path.endswith("/H5FinanceDisplay/showInvoice") and query.keys() == shown:
        _require("app_id", query["app_id"], r"[0-9A-Za-z]{1,32}")
        _require("security", query["security"], r"[0-9A-Fa-f]{32}")
        return QRReading(
            "bosssoft-page",
            _BOSSSOFT_ZH,
            address.host,
            code=ReceiptCode(query["invoice_code"]),
            number=ReceiptNumber(query["invoice_number"]),
            check_code=CheckCode(query["check_code"]),
        )
    is_short = re.fullmatch(r"/h5/[0-9A-Za-z]{1,32}_[0-9A-Za-z]{1,32}_[0-9A-Za-z]{1,32}", address.path) and not query
    is_sealed = query.keys() == {"method", "ciphertext"} and query["method"] == "displayH5"
    if is_short or (is_sealed and re.fullmatch(r"[0-9A-Fa-f]{16,900}", query["ciphertext"])):
        return QRReading("bosssoft-opaque", _BOSSSOFT_ZH, address.host)
    raise _form_of(_BOSSSOFT_ZH)


def _jiangsu(address: Address) -> QRReading:
    parts = address.path.split("/")
    if not address.query and len(parts) == 5 and parts[1] == "page":
        return QRReading(
            "jiangsu-page",
            _JIANGSU_ZH,
            address.host,
            code=ReceiptCode(parts[2]),
            number=ReceiptNumber(parts[3]),
            check_code=CheckCode(parts[4]),
        )
    if not address.query and re.fullmatch(r"/d/[0-9a-f]{19}", address.path):
        return QRReading("jiangsu-opaque", _JIANGSU_ZH, address.host)
    raise _form_of(_JIANGSU_ZH)


def _jiangsu_pay(_address: Address) -> QRReading:
    raise _payment()


_PLATFORMS: Final[dict[str, Callable[[Address], QRReading]]] = {
    _BOSSSOFT: _bosssoft,
    _JIANGSU: _jiangsu,
    _JIANGSU_PAY: _jiangsu_pay,
}


def _refuse_lookalike(address: Address, hosts: frozenset[str]) -> None:
    """Refuse a host in which a known one can be read, so that the person is warned and not only turned away."""
    shown = _skeleton(address.host)
    known = {_skeleton(host.partition(":")[0]) for host in (*_PLATFORMS, *(hosts - _LOOPBACK))}
    # The middle label carries the name of a platform: www.chinaebill.cn, einvoice.jsczt.cn.
    names = {_skeleton(host.split(".")[1]) for host in _PLATFORMS}
    if "xn--" in address.host or any(name in shown for name in known | names):
        raise refused(
            "qr-host-lookalike",
            f"{address.authority} imitates the host of a receipt platform",
            f"网站 {address.authority} 仿冒财政票据平台，请勿打开",
        )


def _skeleton(host: str) -> str:
    """Return how a host looks at a glance: likely confusions fold into one letter, dots and hyphens vanish."""
    folded = host.translate(str.maketrans("01i5", "olls", ".-"))
    return folded.replace("rn", "m").replace("vv", "w")


def _require(name: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise refused("qr-query-malformed", f"{name} is malformed", f"网址参数 {name} 格式有误", name)


def _form_of(platform_zh: str) -> Exception:
    return refused(
        "qr-form-unknown", "the platform prints no receipt's code like this", f"不是{platform_zh}的票据二维码"
    )


def _payment() -> Exception:
    return refused("qr-payment-code", "this is a code to pay with", "这是缴款码，不是票据；缴款后方可取得票据")
