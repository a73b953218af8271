"""The address in a QR code, taken apart so strictly that it can mean one thing alone.

A scanner hands over any text. Browsers repair addresses (they drop tabs, fold full-width letters, read a backslash as a
slash), and each repair is a way to show one host and open another. Here nothing is repaired: what is not plain is
refused, and the error says what was found.
"""

import re
from dataclasses import dataclass

from piaolian_sdk.errors import ErrorCode, InputError

# The longest known form is the viewer's with a ciphertext, below 700 characters; ours has at most 300.
MAX_QR_CHARACTERS = 1_024
_ADDRESS = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(?:\?([^#]*))?(#.*)?")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_PORT = re.compile(r"[0-9]{1,5}")
_PLAIN = re.compile(r"[!-~]*")
_NAME = re.compile(r"[A-Za-z_]{1,32}")


@dataclass(frozen=True, slots=True)
class Address:
    """An address of plain parts.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Lower case, without the port.
        port: As written, or None.
        path: From the slash on, or empty.
        query: Members in the order written; no name occurs twice.
    """

    scheme: str
    host: str
    port: str | None
    path: str
    query: dict[str, str]

    @property
    def authority(self) -> str:
        """Host, and port where one is written."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def plain_text(text: str) -> str:
    """Return the text of a QR code without the line end that scanners add.

    Raises:
        InputError: ``qr-too-long`` or ``qr-character-refused``.
    """
    plain = text.strip(" \r\n")
    if len(plain) > MAX_QR_CHARACTERS:
        raise refused(
            "qr-too-long",
            f"the text has {len(plain)} characters, at most {MAX_QR_CHARACTERS} are read",
            f"二维码内容过长（{len(plain)} 个字符），不是票据二维码",
        )
    if not _PLAIN.fullmatch(plain):
        position, character = next((at, one) for at, one in enumerate(plain, 1) if not "!" <= one <= "~")
        raise refused(
            "qr-character-refused",
            f"character {position} is U+{ord(character):04X}; only printable ASCII stands in a receipt's code",
            f"第 {position} 个字符（U+{ord(character):04X}）不是普通字符；票据二维码只含英文字母、数字和标点，谨防仿冒",
        )
    return plain


def read_address(plain: str) -> Address | None:
    """Take an http address apart; None when the text is none.

    Raises:
        InputError: It is an address with a part that no receipt's code has; the code names the part.
    """
    match = _ADDRESS.fullmatch(plain)
    if match is None:
        return None
    scheme, authority, path, query, fragment = match.groups()
    if "@" in authority:
        raise refused("qr-user-in-address", "the address holds a user before its host", "网址含有“@”，可能指向仿冒网站")
    host, colon, port = authority.lower().partition(":")
    if not _HOST.fullmatch(host) or (colon and not _PORT.fullmatch(port)):
        raise refused("qr-host-malformed", "the host is malformed", "网址中的网站名称格式有误")
    for sign, name in (("%", "percent sign"), ("\\", "backslash"), ("+", "plus sign")):
        if sign in plain:
            raise refused(
                "qr-character-refused", f"the address holds a {name}", f"网址含有“{sign}”，票据二维码不使用该字符"
            )
    if fragment is not None:
        raise refused("qr-fragment-in-address", "the address holds a fragment", "网址含有“#”，不是票据二维码")
    return Address(scheme, host, port if colon else None, path or "", _members(query))


def _members(query: str | None) -> dict[str, str]:
    members: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise refused("qr-query-malformed", "a member of the query is malformed", "网址参数格式有误")
        if name in members:
            raise refused("qr-query-malformed", f"{name} occurs twice", f"网址参数 {name} 重复")
        members[name] = value
    return members


def refused(code: ErrorCode, message: str, message_zh: str, field: str = "qr") -> InputError:
    """Return the error for a code that is not taken."""
    return InputError(
        code,
        message,
        f"无效的电子票据二维码：{message_zh}",
        field=field,
        rule="the address of a fiscal receipt platform, as the platform prints it",
        remedy="scan the code on the receipt itself, or type the five elements",
    )
