"""The XML of a CFX message: header and vouchers, read hardened and written byte for byte as the peers do."""

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from piaolian_oracle.cfx.frame import APP, VERSION, Frame
from piaolian_oracle.cfx.peer import CfxPeer, Charset, decode_text, encode_text
from piaolian_oracle.errors import ErrorCode, FrameError

_HEAD_FIELDS: Final = ("APP", "VER", "SRC", "DES", "MsgNo", "MsgID", "MsgRef", "WorkDate", "Reserve")
# Ideographs of names need no markup; these three do (XML 1.0, 2.4).
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Everything below the blank except tab, line feed and return is forbidden in XML 1.0 (2.2).
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class CfxMessage:
    """One message.

    Attributes:
        source: `SRC`.
        destination: `DES`.
        number: `MsgNo`, four digits.
        message_id: `MsgID`, unique for its sender.
        message_ref: `MsgRef`: the id of the message that is answered; its own id in a question.
        work_date: `WorkDate`, yyyyMMdd.
        reserve: `Reserve`.
        vouchers: Each voucher as XML bytes. They hold personal data, so they are never shown.
    """

    source: str
    destination: str
    number: str
    message_id: str
    message_ref: str
    work_date: str
    vouchers: tuple[bytes, ...] = field(repr=False)
    reserve: str = ""

    @classmethod
    def from_frame(cls, frame: Frame, peer: CfxPeer) -> "CfxMessage":
        """Read the message of a frame whose MAC is right.

        Args:
            frame: As received.
            peer: Who sent it.

        Raises:
            FrameError: Wrong MAC, broken XML, or a header that contradicts the frame or names other parties.
        """
        message = cls.from_xml(frame.verify(peer), peer.charset)
        if message.number != frame.message_number:
            raise _malformed("MsgNo", "MsgNo differs between frame and header", "报文头与帧头的 MsgNo 不一致")
        if (message.source, message.destination) != (peer.peer_code, peer.own_code):
            raise _malformed("SRC", "SRC or DES does not name the two parties", "SRC 或 DES 与约定的双方不符")
        return message

    @classmethod
    def from_xml(cls, xml: bytes, charset: Charset = "gbk") -> "CfxMessage":
        """Read the XML of a message; its authenticity is not checked here.

        Raises:
            FrameError: It is not well-formed, has a document type, or lacks an element.
        """
        root = parse_xml(xml, charset, "XML")
        head = _only(root, "HEAD")
        values = {name: _text(head, name) for name in _HEAD_FIELDS}
        if values["APP"] != APP.decode() or values["VER"] != VERSION.decode():
            raise _malformed("APP", "the header is not CNNONTAX 1.0", "报文头不是 CNNONTAX 1.0")
        mof = _only(_only(root, "MSG"), "MOF")
        vouchers = _only(mof, "VoucherBody").findall("Voucher")
        if _text(mof, "VoucherCount") != str(len(vouchers)):
            raise _malformed("VoucherCount", "VoucherCount differs from the vouchers", "VoucherCount 与凭证数不符")
        return cls(
            source=values["SRC"],
            destination=values["DES"],
            number=values["MsgNo"],
            message_id=values["MsgID"],
            message_ref=values["MsgRef"],
            work_date=values["WorkDate"],
            reserve=values["Reserve"],
            vouchers=tuple(_decode_voucher(voucher.text or "") for voucher in vouchers),
        )

    def to_xml(self, charset: Charset = "gbk") -> bytes:
        """Return the XML, without any space between elements.

        Raises:
            FrameError: A header value has a character that the charset or XML lacks.
        """
        head = (
            ("APP", APP.decode()),
            ("VER", VERSION.decode()),
            ("SRC", self.source),
            ("DES", self.destination),
            ("MsgNo", self.number),
            ("MsgID", self.message_id),
            ("MsgRef", self.message_ref),
            ("WorkDate", self.work_date),
            ("Reserve", self.reserve),
        )
        vouchers = b"".join(b"<Voucher>" + base64.b64encode(voucher) + b"</Voucher>" for voucher in self.vouchers)
        return b"".join(
            (
                f'<?xml version="1.0" encoding="{charset.upper()}"?><CFX><HEAD>'.encode(),
                *(write_element(name, value, charset) for name, value in head),
                f"</HEAD><MSG><MOF><VoucherCount>{len(self.vouchers)}</VoucherCount><VoucherBody>".encode(),
                vouchers,
                b"</VoucherBody></MOF></MSG></CFX>",
            )
        )

    def to_frame(self, peer: CfxPeer) -> Frame:
        """Return the sealed frame of this message."""
        return Frame.seal(self.number, self.to_xml(peer.charset), peer)


def parse_xml(xml: bytes, charset: Charset, field_name: str) -> etree._Element:
    """Parse untrusted XML of the wire: no document type, no entity, no network.

    The bytes are decoded here and not by the XML library, so that a byte that is not of the agreed charset is an error
    with a position, and a declaration that names another charset changes nothing.

    Raises:
        FrameError: "frame-encoding" or "frame-malformed".
    """
    text = decode_text(xml, charset, field_name)
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _malformed(field_name, "a message has no document type", "报文不得含有 DOCTYPE 声明")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as exc:
        line, column = exc.position
        raise _malformed(
            field_name,
            f"{field_name} is not well-formed XML at line {line}, column {column}",
            f"{field_name} 不是合格的 XML (第 {line} 行第 {column} 列)",
        ) from exc


def write_element(name: str, value: str, charset: Charset, *, is_pair_when_empty: bool = False) -> bytes:
    """Return one element; an empty one as `<Name/>`, or as `<Name></Name>` where the peers write it so.

    Raises:
        FrameError: "frame-encoding" for a character that the charset lacks, "voucher-field-invalid" for a control
            character, which XML cannot carry.
    """
    if found := _CONTROL.search(value):
        raise FrameError(
            "voucher-field-invalid",
            f"{name}: control character U+{ord(found[0]):04X} at position {found.start()}",
            f"字段 {name} 第 {found.start()} 位有控制字符 U+{ord(found[0]):04X}",
            "删除该字符",
            field=name,
        )
    if not value and not is_pair_when_empty:
        return f"<{name}/>".encode()
    return f"<{name}>".encode() + encode_text(value.translate(_ESCAPES), charset, name) + f"</{name}>".encode()


def _decode_voucher(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:  # Other characters than ASCII, or binascii.Error, which is one of these.
        raise _malformed("Voucher", "a voucher is not base64", "凭证不是有效的 base64") from exc


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(name)
    if len(found) != 1:
        raise _malformed(name, f"{name} must stand once in {parent.tag}", f"{name} 应恰好出现一次")
    return found[0]


def _text(parent: etree._Element, name: str) -> str:
    return (_only(parent, name).text or "").strip()


def _malformed(field_name: str, message: str, message_zh: str) -> FrameError:
    code: ErrorCode = "frame-malformed"
    return FrameError(code, message, message_zh, "请对方按 CFX 报文规范重发", field=field_name)
