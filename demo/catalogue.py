"""The charge items of the story, as finance puts them into the catalogue.

Codes and names are those of the sample documents. Bounds are of one line's amount, in fen; a fixed standard has equal
bounds. The rounding-difference item of inpatient receipts may be negative and is a rule of documents, not of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# 2,000,000.00 yuan: no medical line of the story comes near; a line above it is somebody's slip.
_MEDICAL_MAX_FEN: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """A charge item.

    Attributes:
        code: 6 to 12 digits.
        name: what receipts must print, character by character.
        kind: receipt kind, 4 digits.
        min_fen: least amount of a line.
        max_fen: greatest amount of a line.
    """

    code: str
    name: str
    kind: str
    min_fen: int = 1
    max_fen: int = _MEDICAL_MAX_FEN


REGISTRATION: Final = Item("103043211", "不动产登记费", "0101", 8_000, 8_000)
CERTIFICATE: Final = Item("103043212", "不动产权证书工本费", "0101", 1_000, 1_000)
SEARCH: Final = Item("103043299", "不动产档案查询费", "0101", 3_000, 3_000)
PATENT_YEAR: Final = Item("056990126100", "专利第10年年费", "0101", 1, 200_000)
ROUNDING_CODE: Final = "060299"

ITEMS: Final[tuple[Item, ...]] = (
    Item("060101", "检查费", "0601"),
    Item("060102", "化验费", "0601"),
    Item("060103", "治疗费", "0601"),
    Item("060104", "西药费", "0601"),
    Item("060201", "床位费", "0602"),
    Item("060202", "检查费", "0602"),
    Item("060203", "化验费", "0602"),
    Item("060204", "西药费", "0602"),
    Item("060205", "护理费", "0602"),
    Item("060206", "卫生材料费", "0602"),
    Item(ROUNDING_CODE, "货币误差", "0602", 0, 100),
    REGISTRATION,
    CERTIFICATE,
    SEARCH,
    PATENT_YEAR,
)


def item_word(code: str) -> bytes:
    """Write an item code as the chain keeps it: ASCII, 12 bytes, filled with zeros at the right."""
    return code.encode("ascii").ljust(12, b"\0")
