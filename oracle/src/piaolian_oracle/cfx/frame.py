"""CFX frames: length, header, XML, MAC.

Layout, all lengths in bytes::

    LEN  8   decimal ASCII, left-justified, blank-padded; counts the whole frame, its own 8 included
    APP  8   "CNNONTAX"
    VER  3   "1.0"
    MsgNo 4  digits
    XML  n   GBK
    MAC  64  hex of SHA-256(token || XML), upper case from finance, lower case from units

A stream is cut by LEN alone: 8 bytes first, then exactly that many, however TCP has split or joined them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from piaolian_oracle.cfx.peer import CfxPeer
from piaolian_oracle.errors import ErrorCode, FrameError

APP = b"CNNONTAX"
VERSION = b"1.0"
LENGTH_BYTES = 8
MESSAGE_NUMBER_BYTES = 4
MAC_BYTES = 64
HEADER_BYTES = LENGTH_BYTES + len(APP) + len(VERSION) + MESSAGE_NUMBER_BYTES
MIN_FRAME_BYTES = HEADER_BYTES + MAC_BYTES

# A receipt of the largest size (1 MiB), in base64 twice, and room for its envelope.
MAX_FRAME_BYTES = 2 << 20

_LENGTH = re.compile(rb"[1-9][0-9]{0,7} *\Z")
_MESSAGE_NUMBER = re.compile(r"[0-9]{4}\Z", re.ASCII)
_HEX_MAC = re.compile(rb"[0-9A-Fa-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its MAC not checked yet.

    Attributes:
        message_number: Four digits.
        xml: The bytes between header and MAC, exactly as received. Holds personal data, so never shown.
        mac: 64 hex digits as received.
    """

    message_number: str
    xml: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frame":
        """Take one whole frame apart.

        Raises:
            FrameError: Length, header or MAC field breaks the layout.
        """
        length = read_length(data[:LENGTH_BYTES])
        if len(data) != length:
            raise _error("frame-length", f"LEN says {length}, the frame has {len(data)} bytes", "报文长度与 LEN 不符")
        app_end = LENGTH_BYTES + len(APP)
        version_end = app_end + len(VERSION)
        if data[LENGTH_BYTES:app_end] != APP or data[app_end:version_end] != VERSION:
            raise _error("frame-malformed", "the frame is not CNNONTAX 1.0", "报文头不是 CNNONTAX 1.0")
        number = data[version_end:HEADER_BYTES].decode("ascii", errors="replace")
        if not _MESSAGE_NUMBER.match(number):
            raise _error("frame-malformed", "MsgNo is not four digits", "报文编号应为四位数字")
        mac = data[-MAC_BYTES:]
        if not _HEX_MAC.match(mac):
            raise _error("frame-malformed", "the MAC is not 64 hex digits", "MAC 应为 64 位十六进制数字")
        return cls(number, data[HEADER_BYTES:-MAC_BYTES], mac)

    @classmethod
    def seal(cls, message_number: str, xml: bytes, peer: CfxPeer) -> "Frame":
        """Make the frame of a message, with the MAC as this side writes it.

        Raises:
            FrameError: The message number is not four digits, or the frame would be too large.
        """
        if not _MESSAGE_NUMBER.match(message_number):
            raise _error("frame-malformed", "MsgNo is not four digits", "报文编号应为四位数字")
        _check_size(MIN_FRAME_BYTES + len(xml))
        mac = compute_mac(xml, peer.token).hex()
        return cls(message_number, xml, (mac.upper() if peer.upper_case_mac else mac).encode())

    def to_bytes(self) -> bytes:
        """Return the frame as it goes over the wire."""
        length = str(MIN_FRAME_BYTES + len(self.xml)).ljust(LENGTH_BYTES).encode()
        return b"".join((length, APP, VERSION, self.message_number.encode(), self.xml, self.mac))

    def verify(self, peer: CfxPeer) -> bytes:
        """Return the XML once its MAC is right for this peer.

        The digest is compared as bytes, so that the case of the hex digits does not matter, in constant time, and over
        the XML as received: text that was decoded and encoded again could differ.

        Raises:
            FrameError: "frame-mac-wrong".
        """
        if not hmac.compare_digest(bytes.fromhex(self.mac.decode()), compute_mac(self.xml, peer.token)):
            raise FrameError(
                "frame-mac-wrong",
                f"the MAC of message {self.message_number} is wrong",
                f"报文 {self.message_number} 的 MAC 校验失败",
                "核对双方口令; 若口令无误, 报文可能被篡改",
                field="MAC",
            )
        return self.xml


class FrameReader:
    """Cuts a byte stream into frames, whatever pieces it arrives in.

    Args:
        max_frame_bytes: A larger announced length is refused before any of it is kept.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._buffer = bytearray()
        self._max_frame_bytes = max_frame_bytes

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next piece of the stream and yield each frame that is now complete.

        Raises:
            FrameError: The stream is not CFX. It cannot be followed any further: close the connection.
        """
        self._buffer += data
        while len(self._buffer) >= LENGTH_BYTES:
            length = read_length(bytes(self._buffer[:LENGTH_BYTES]), self._max_frame_bytes)
            if len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield Frame.from_bytes(frame)

    @property
    def is_inside_frame(self) -> bool:
        """Whether bytes of a frame are held that is not complete yet."""
        return bool(self._buffer)

    def close(self) -> None:
        """Say that the stream has ended.

        Raises:
            FrameError: "frame-truncated" when it ended inside a frame.
        """
        if self._buffer:
            raise _error("frame-truncated", f"the stream ended {len(self._buffer)} bytes into a frame", "报文未传完")


def read_length(data: bytes, max_frame_bytes: int = MAX_FRAME_BYTES) -> int:
    """Read the LEN field.

    Args:
        data: Exactly 8 bytes.
        max_frame_bytes: Largest frame that is accepted.

    Returns:
        Length of the whole frame, bytes, 87 at least.

    Raises:
        FrameError: It is no left-justified, blank-padded decimal, or outside the bounds.
    """
    if len(data) != LENGTH_BYTES or not _LENGTH.match(data):
        raise _error("frame-length", "LEN is no left-justified, blank-padded number", "LEN 应为左对齐补空格的数字")
    length = int(data)
    if length < MIN_FRAME_BYTES:
        raise _error("frame-length", f"LEN {length} is below the {MIN_FRAME_BYTES} of an empty frame", "LEN 过小")
    _check_size(length, max_frame_bytes)
    return length


def compute_mac(xml: bytes, token: bytes) -> bytes:
    """Return SHA-256(token || XML), 32 bytes."""
    return hashlib.sha256(token + xml).digest()


def _check_size(length: int, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
    if length > max_frame_bytes:
        raise _error("frame-too-large", f"a frame of {length} bytes is above {max_frame_bytes}", "报文超过长度上限")


def _error(code: ErrorCode, message: str, message_zh: str) -> FrameError:
    return FrameError(code, message, message_zh, "请对方按 CFX 报文规范重发")
