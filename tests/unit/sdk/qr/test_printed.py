"""A printed code of 20 mm, seen at 200 dpi as a scanner or a camera sees it, is read by two independent readers."""

from collections.abc import Callable
from typing import Final

import pytest
from PIL import Image

from piaolian_sdk.qr import write_short_qr
from support.documents import NOW, SUITES, signatory
from support.printed import Sight, photographed, read_by_zbar, read_by_zxing

SIGHTS: Final = {
    "clean": Sight(),
    "blurred": Sight(blur_pixels=0.6),
    "more blurred": Sight(blur_pixels=0.8),
    "noisy": Sight(noise=15),
    "very noisy": Sight(noise=30),
    "turned a little": Sight(degrees=7),
    "turned": Sight(degrees=33),
    "turned by a right angle": Sight(degrees=90),
    "upside down": Sight(degrees=180),
    "grey": Sight(paper=190, ink=70),
    "all at once": Sight(blur_pixels=0.6, noise=10, degrees=7, paper=200, ink=60),
    "all at once, turned": Sight(blur_pixels=0.5, noise=8, degrees=141, paper=180, ink=50),
}
READERS: Final = {"zxing": read_by_zxing, "zbar": read_by_zbar}
ADDRESSES: Final = {"short address": "https://pj.cz.example", "long address": "https://verify.caizheng.example.gov.cn"}


def short(address: str, amount_fen: int = 99354) -> str:
    return write_short_qr(
        address,
        signatory(SUITES[1]).finance,
        code="32060126",
        number="0000010003",
        check_code="13a9Z0",
        amount_fen=amount_fen,
        issue_date=NOW.date(),
    )


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_printed__20_mm_at_200_dpi__read(address: str, sight: Sight, read: Callable[[Image.Image], list[str]]) -> None:
    text = short(address)
    assert read(photographed(text, sight)) == [text]


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("name", ["clean", "blurred", "very noisy", "turned a little", "grey", "all at once"])
def test_printed__nearly_300_characters__read(name: str, read: Callable[[Image.Image], list[str]]) -> None:
    text = short("https://" + "verify." * 19 + "cn", -(10**14) + 1)
    assert 290 < len(text) <= 300
    assert read(photographed(text, SIGHTS[name])) == [text]


def test_printed__out_of_focus__not_read_as_something_else() -> None:
    text = short(ADDRESSES["short address"])
    seen = photographed(text, Sight(blur_pixels=3.0))
    assert read_by_zxing(seen) == read_by_zbar(seen) == []
