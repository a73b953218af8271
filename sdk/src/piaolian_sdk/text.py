"""Chinese text at the borders: the GB character sets, and names that are the same though their code points differ.

What was signed is never changed: ``canonical_name`` is for comparing and searching alone.

>>> encode_text("买买提·艾力", "gbk", "PayerName").hex()[-8:]
'b0acc1a6'
>>> canonical_name("买买提•艾力") == canonical_name("买买提・艾力")
True
"""

from typing import Final, Literal

from piaolian_sdk.errors import InputError

Charset = Literal["utf-8", "gbk", "gb18030"]

# GB 18030-2000 put 80 characters at FE50 to FEA0 that Unicode did not have yet; input methods of that time gave them
# private-use code points from U+E815. GB 18030-2022 gives them their standard ones.
_FIRST_PRIVATE: Final = 0xE815
_LATER_STANDARDISED: Final = {
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE831: 0x215D7,
    0xE832: 0x9FB8,
    0xE83B: 0x2298F,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE855: 0x241FE,
    0xE864: 0x9FBB,
}
# The dot in names of minorities: one character for people, several for machines.
_DOTS: Final = "•・‧∙⋅･"
_DOT: Final = "·"


def _standard_code_points() -> dict[int, int]:
    trail_bytes = [byte for byte in range(0x50, 0xA1) if byte != 0x7F]
    standard = {
        _FIRST_PRIVATE + place: ord(bytes([0xFE, byte]).decode("gb18030")) for place, byte in enumerate(trail_bytes)
    }
    return standard | _LATER_STANDARDISED


_CANONICAL: Final = {
    **_standard_code_points(),
    **{ord(dot): ord(_DOT) for dot in _DOTS},
    # Full-width letters, digits and signs are typed by accident; the ideographic space likewise.
    **{0xFF01 + offset: 0x21 + offset for offset in range(94)},
    0x3000: 0x20,
}


def canonical_name(text: str) -> str:
    """Return the form of a name to compare: standard code points, one dot, half-width letters, no outer blanks."""
    return text.translate(_CANONICAL).strip()


def encode_text(text: str, charset: Charset, field: str) -> bytes:
    """Return ``text`` in a character set.

    Args:
        text: The text.
        charset: What the peer reads.
        field: Where the text stands.

    Raises:
        InputError: A character is not in the set; it is named. Nothing is replaced by a question mark.
    """
    try:
        return text.encode(charset)
    except UnicodeEncodeError as exc:
        code_point = ord(text[exc.start])
        raise InputError(
            "text-not-encodable",
            f"{field}: the character U+{code_point:04X} at position {exc.start} is not in {charset}",
            f"{field}：第 {exc.start + 1} 个字符 U+{code_point:04X} 不在 {charset} 字符集中",
            field=field,
            rule=f"characters of {charset}",
            remedy="agree on GB 18030 or UTF-8 with the peer; the character is not replaced",
        ) from exc


def decode_text(data: bytes, charset: Charset, field: str) -> str:
    """Return the text that ``data`` holds.

    Raises:
        InputError: The bytes are no text of that set.
    """
    try:
        return data.decode(charset)
    except UnicodeDecodeError as exc:
        raise InputError(
            "text-encoding-wrong",
            f"{field}: byte {exc.start} is no text in {charset}",
            f"{field}：第 {exc.start + 1} 个字节不是有效的 {charset} 编码",
            field=field,
            rule=f"text in {charset}",
            remedy="send the text in the character set that the message declares",
        ) from exc
