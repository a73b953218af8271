"""What two parties of CFX have agreed on. It travels with every call; nothing is kept in globals."""

from dataclasses import dataclass, field
from typing import Literal

from piaolian_oracle.errors import FrameError

Charset = Literal["gbk", "gb18030"]


@dataclass(frozen=True, slots=True)
class CfxPeer:
    """The other side of a CFX connection.

    Attributes:
        own_code: Our `SRC`, for example "K3209990001" of a unit or "F320999" of a finance department.
        peer_code: Their `SRC`.
        token: Shared secret of the MAC.
        upper_case_mac: How we write the MAC: finance departments in upper case, units in lower.
        charset: "gbk", or "gb18030" where the peer has agreed to it.
    """

    own_code: str
    peer_code: str
    token: bytes = field(repr=False)
    upper_case_mac: bool = False
    charset: Charset = "gbk"

    def __post_init__(self) -> None:
        """Refuse an empty token: the MAC of anybody would be right."""
        if not self.token:
            raise FrameError("mac-token-missing", "the MAC token is empty", "MAC 口令为空", "配置与对方约定的口令")


def encode_text(text: str, charset: Charset, field_name: str) -> bytes:
    """Encode text for the wire.

    Raises:
        FrameError: "frame-encoding", with the character and its code point, when the charset lacks one. Nothing is
            ever replaced by "?".
    """
    try:
        return text.encode(charset)
    except UnicodeEncodeError as exc:
        character = text[exc.start]
        raise FrameError(
            "frame-encoding",
            f"{field_name}: character U+{ord(character):04X} is not in {charset.upper()}",
            f"字段 {field_name} 中的“{character}”(U+{ord(character):04X}) 不在 {charset.upper()} 中",
            "改用常用字写法, 或与对方约定使用 GB18030",
            field=field_name,
        ) from exc


def decode_text(data: bytes, charset: Charset, field_name: str) -> str:
    """Decode text from the wire.

    Raises:
        FrameError: "frame-encoding", with the position, when the bytes are not of the charset.
    """
    try:
        return data.decode(charset)
    except UnicodeDecodeError as exc:
        raise FrameError(
            "frame-encoding",
            f"{field_name}: byte {exc.start} is not {charset.upper()}",
            f"字段 {field_name} 第 {exc.start} 字节不是有效的 {charset.upper()}",
            "请对方检查字符编码后重发",
            field=field_name,
        ) from exc
