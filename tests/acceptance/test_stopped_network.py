"""What receipts prove when their network is gone: every process is stopped, bundles and trust file are what is left.

Nothing that needs the network of the story may come after these: the file stands behind the others that do.
"""

import pytest
from playwright.async_api import Page

from demo.chapters import stopped
from demo.chapters.proofs import STATES, folder_of, trust_of
from demo.world import World
from support.verifier_page import LATEST, give_trust, latest, payload

_WORDS = {
    "by-list": "查验一致·已上链",
    "by-code": "查验一致·已上链",
    "reversed": "查验一致·已冲红（红票号 ",
    "red": "查验一致·红票·已上链",
    "exchanged": "查验一致·已换开纸质（纸质票号 ",
    "booked": "查验一致·已入账",
}


@pytest.fixture(scope="module")
def gone(told: World) -> World:
    """The world of the story after its whole network was stopped."""
    assert stopped.stop(told) == 3 + 2 + 2 + 1
    assert told.network.processes == {}
    return told


def test_command__network_stopped__every_state_is_proven(gone: World) -> None:
    found = dict(zip(STATES, stopped.verify(gone), strict=True))

    assert {name: one["state"] for name, one in found.items()} == STATES
    assert {one["result"] for one in found.values()} == {"proven"}
    assert found["reversed"]["red_number"] == found["red"]["code"] + found["red"]["number"]
    # Two of the three members are needed: the two nodes and the auditors' witness.
    assert all(len(one["members"]) >= 2 for one in found.values())


async def test_page__network_stopped__every_state_is_proven(gone: World, page: Page) -> None:
    await give_trust(page, trust_of(gone).read_bytes())
    for name, words in _WORDS.items():
        data = (folder_of(gone) / f"{name}.json").read_bytes()
        shown = await latest(page, "#bundle-file", payload(f"{name}.json", data))
        assert words in shown, name
        assert "已证明" in shown
        classes = await page.locator(LATEST).get_attribute("class") or ""
        assert ("good" in classes) == (STATES[name] in ("stamped", "booked"))


async def test_page__amount_of_a_bundle_changed__refused_with_its_step(gone: World, page: Page) -> None:
    data = (folder_of(gone) / "by-list.json").read_bytes()
    at = data.index(b"<TotalAmount>") + len(b"<TotalAmount>")
    changed = data[:at] + (b"9" if data[at : at + 1] != b"9" else b"8") + data[at + 1 :]
    await give_trust(page, trust_of(gone).read_bytes())
    shown = await latest(page, "#bundle-file", payload("changed.json", changed))
    assert "查验不通过" in shown
    assert "document-damaged" in shown
