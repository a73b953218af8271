"""The static page in Chromium: opened as a file, offline, it proves and refuses what the SDK proves and refuses."""

import io
import json
import statistics
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from piaolian_sdk.money import text_from_fen
from piaolian_sdk.qr import draw_png, write_short_qr
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2
from support.bundle_cases import BundleCase, bad_cases, good_cases, verdict_of
from support.proof_world import ProofWorld
from support.verifier_page import LATEST, give_trust, latest, opened, payload, until


async def give(page: Page, case: BundleCase) -> str:
    """Put trust file and bundle in and return the text of the newest card."""
    await give_trust(page, case.trust.encode())
    return await latest(page, "#bundle-file", payload("bundle.json", case.bundle))


async def test_every_state_in_both_suites__shown_with_what_was_proven(page: Page) -> None:
    for case in good_cases():
        expected = verdict_of(case)
        shown = await give(page, case)
        assert expected["evidence"] in shown
        assert expected["amount"] in shown
        assert "已证明" in shown
        assert "未证明" in shown
        classes = await page.locator(LATEST).get_attribute("class") or ""
        # Red, replaced and for arrears: genuine, and of no use to who would reimburse it.
        is_of_use = expected["state"] in ("stamped", "booking", "booked") and expected["circulable"]
        assert ("good" in classes) == is_of_use, case.name


async def test_negative_cases__refused_with_step_and_code(page: Page) -> None:
    for case in bad_cases():
        expected = verdict_of(case)
        if "state" in expected or expected["step"] == "":
            continue
        await page.evaluate(f"Date.now = () => {case.at * 1000}")
        shown = await give(page, case)
        assert "查验不通过" in shown, case.name
        assert expected["code"] in shown, case.name
        assert expected["step"] in shown, case.name


async def test_trust_file_malformed__refused_and_none_is_used(page: Page) -> None:
    malformed = payload("trust.json", b'{"format":"piaolian-trust"}')
    assert "trust-malformed" in await latest(page, "#trust-file", malformed)
    assert "缺少信任文件" in await latest(page, "#bundle-file", payload("bundle.json", b"{}"))


async def test_sandbox__shown_as_no_receipt(page: Page) -> None:
    world = ProofWorld(sandbox=True)
    case = BundleCase("sandbox", world.bundle(world.issue_by_list()).to_bytes(), world.trust_file().to_json())
    shown = await give(page, case)
    assert "不是正式票据" in shown


async def test_hostile_names__stay_text(page: Page) -> None:
    world = ProofWorld()
    trust = world.trust_file(network_name="<img src=x onerror=alert(1)>").to_json()
    shown = await give(page, BundleCase("hostile", world.bundle(world.issue_by_list()).to_bytes(), trust))
    assert "<img src=x" in shown
    assert await page.locator("img").count() == 0


async def test_dropped_files__read_as_chosen_ones(page: Page) -> None:
    case = next(good_cases())
    await page.evaluate(
        """([trust, bundle]) => {
            const files = new DataTransfer();
            files.items.add(new File([trust], 'trust.json', {type: 'application/json'}));
            files.items.add(new File([bundle], 'bundle.json', {type: 'application/json'}));
            document.dispatchEvent(new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}));
        }""",
        [case.trust, case.bundle.decode()],
    )
    await page.wait_for_selector(LATEST)
    assert "查验一致" in await page.locator(LATEST).inner_text()


@pytest.mark.parametrize("suite", [SUITE_P256, SUITE_SM2])
async def test_picture_of_a_code__signature_counts_after_the_departments_bundle(page: Page, suite: str) -> None:
    world = ProofWorld(suite=suite)
    parts = world.issue_by_list()
    text = write_short_qr(
        "https://pj.cz.example",
        world.finance_signer,
        code=parts.code,
        number=f"{parts.number:010d}",
        check_code="Ab12cD",
        amount_fen=parts.amount_fen,
        issue_date=date(2026, 3, 2),
    )
    picture = payload("code.png", draw_png(text, 5), "image/png")
    assert "真伪未证明" in await latest(page, "#picture-file", picture)
    await give(page, BundleCase("good", world.bundle(parts).to_bytes(), world.trust_file().to_json()))
    for changed, words in ((text, "监制签名有效"), (text.replace("a=", "a=1"), "真伪未证明")):
        shown = await latest(page, "#picture-file", payload("code.png", draw_png(changed, 5), "image/png"))
        assert words in shown
        assert text_from_fen(parts.amount_fen)[1:] in shown


def moving_picture(text: str) -> bytes:
    """Return a code as a camera films it: YUV4MPEG2, grey, 640 by 480, not filling the picture."""
    code = Image.open(io.BytesIO(draw_png(text, 6))).convert("L")
    scene = Image.new("L", (640, 480), 200)
    code.thumbnail((380, 380))
    scene.paste(code, (140, 40))
    frame = b"FRAME\n" + scene.tobytes() + bytes([128]) * (640 * 480 // 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 5


async def test_camera__code_before_it__is_read_and_the_camera_stopped(built_page: Path, tmp_path: Path) -> None:
    world = ProofWorld()
    parts = world.issue_by_list()
    number = f"{parts.number:010d}"
    text = write_short_qr(
        "https://pj.cz.example",
        world.finance_signer,
        code=parts.code,
        number=number,
        check_code="Ab12cD",
        amount_fen=parts.amount_fen,
        issue_date=date(2026, 3, 2),
    )
    film = tmp_path / "film.y4m"
    film.write_bytes(moving_picture(text))
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    async with opened(built_page, *camera, f"--use-file-for-fake-video-capture={film}") as page:
        await give(page, BundleCase("good", world.bundle(parts).to_bytes(), world.trust_file().to_json()))
        await page.click("#camera")
        await until(page, "document.getElementById('results').children.length > 1")
        shown = await page.locator(LATEST).inner_text()
        assert "监制签名有效" in shown
        assert number in shown
        assert text_from_fen(parts.amount_fen) in shown
        await until(page, "document.getElementById('video').hidden")
        assert await page.evaluate("document.getElementById('video').srcObject === null")


async def test_camera__none_there__said_in_words(page: Page) -> None:
    await page.click("#camera")
    await page.wait_for_selector(LATEST)
    assert "摄像头不可用" in await page.locator(LATEST).inner_text()


async def test_picture_of_a_vat_code__refused_in_words(page: Page) -> None:
    code = "01,32,,00000000000000000001,112,20230215,,74AE"
    assert "非财政票据" in await latest(page, "#picture-file", payload("vat.png", draw_png(code), "image/png"))


async def test_time_of_a_bundle__under_300_milliseconds(page: Page) -> None:
    for case in good_cases():
        times = []
        for _ in range(3):
            await give(page, case)
            times.append(float(await page.locator(LATEST).get_attribute("data-milliseconds") or "inf"))
        print(f"{case.name}: {statistics.median(times):.0f} ms")
        assert statistics.median(times) < 300, case.name


async def test_layout__phone__nothing_wider_than_the_screen(page: Page) -> None:
    await give(page, next(good_cases()))
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_built_file__one_page__no_address_and_a_policy_by_digests(built_page: Path) -> None:
    text = built_page.read_text(encoding="utf-8")
    policy = text.split('http-equiv="Content-Security-Policy" content="', 1)[1].split('"', 1)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 2
    assert " src=" not in text.split("<script", 1)[0]
    assert json.dumps("fetch(")[1:-1] not in text
