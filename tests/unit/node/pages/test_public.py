"""The public page in each of its states, without a chain: the answers come from the test."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from piaolian_node.pages import public_pages
from piaolian_node.pages.elements import Elements
from piaolian_sdk.wire import VerificationAnswer

QUERY = {"code": "32060126", "number": "0000010003", "check_code": "138900", "amount": "993.54", "date": "20260430"}
AT = datetime(2026, 4, 30, 16, 30, tzinfo=UTC)


class Desk:
    """Stands for the verification service: gives one answer and remembers what was asked."""

    def __init__(self, answer: VerificationAnswer | int, retry_after: int | None = None) -> None:
        self.answer = answer
        self.retry_after = retry_after
        self.asked: list[Elements] = []

    async def verify(self, _request: object, elements: Elements) -> VerificationAnswer | int:
        self.asked.append(elements)
        return self.answer

    async def allow(self, _request: object) -> int | None:
        return self.retry_after


def answer(result: str = "match", state: str = "stamped") -> VerificationAnswer:
    return VerificationAnswer.model_validate(
        {
            "result": result,
            "result_zh": {"match": "查验一致", "mismatch": "查验不一致", "not-found": "查无此票"}.get(
                result, "服务暂不可用"
            ),
            "state": state,
            "state_zh": "已上链",
            "issued_by": "测试市第一人民医院",
            "stamped_at": AT,
            "count": 2,
        }
    )


async def get(desk: Desk, path: str, query: dict[str, str]) -> httpx.Response:
    app = FastAPI()
    app.include_router(public_pages(desk.verify, desk.allow, "测试市财政局"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://node.test") as client:
        return await client.get(path, params=query)


async def test_verify__nothing_given__form_in_chinese_and_nothing_asked() -> None:
    desk = Desk(answer())
    response = await get(desk, "/verify", {})
    assert response.status_code == 200
    assert "输入票面五要素" in response.text
    assert desk.asked == []


async def test_verify__match__parts_in_beijing_time() -> None:
    response = await get(Desk(answer()), "/verify", QUERY)
    assert "查验一致" in response.text
    assert "测试市第一人民医院" in response.text
    assert "2026-05-01 00:30:00" in response.text
    assert 'class="result good"' in response.text


async def test_v__names_of_the_printed_qr__same_elements() -> None:
    desk = Desk(answer())
    await get(desk, "/verify", QUERY)
    await get(desk, "/v", {"c": "32060126", "n": "0000010003", "k": "138900", "a": "993.54", "d": "20260430", "s": "x"})
    assert desk.asked[0] == desk.asked[1]


async def test_c078_verify__reversed__own_word_and_not_green() -> None:
    response = await get(Desk(answer(state="reversed")), "/verify", QUERY)
    assert 'class="result caution"' in response.text


@pytest.mark.parametrize(
    ("result", "words"), [("mismatch", "勿据此报销"), ("not-found", "稍后再查"), ("unavailable", "不代表票据无效")]
)
async def test_verify__no_match__says_what_to_do(result: str, words: str) -> None:
    response = await get(Desk(answer(result)), "/verify", QUERY)
    assert words in response.text
    assert "测试市第一人民医院" not in response.text


@pytest.mark.parametrize(
    ("field", "value"), [("code", "320601260"), ("number", "10003"), ("check_code", "13 900"), ("amount", "1e2")]
)
async def test_c006_verify__malformed__named_at_its_field_and_nothing_asked(field: str, value: str) -> None:
    desk = Desk(answer())
    response = await get(desk, "/verify", QUERY | {field: value})
    assert response.status_code == 422
    assert response.text.count('aria-invalid="true"') == 1
    assert desk.asked == []


async def test_verify__hostile_markup__stays_text() -> None:
    response = await get(Desk(answer()), "/verify", QUERY | {"check_code": '"><script>alert(1)'})
    assert "<script" not in response.text


async def test_verify__too_often__says_when() -> None:
    desk = Desk(answer(), retry_after=42)
    response = await get(desk, "/verify", QUERY)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "42"
    assert "42 秒后再试" in response.text
    assert desk.asked == []


async def test_verify__too_many_wrong_tries__a_page_that_says_when() -> None:
    response = await get(Desk(77), "/verify", QUERY)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "77"
    assert "77 秒后再试" in response.text


async def test_pages__headers__nothing_from_elsewhere_and_no_script() -> None:
    response = await get(Desk(answer()), "/verify", QUERY)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "http://" not in response.text.replace("http://node.test", "")
    assert "<script" not in response.text


async def test_style__served_by_the_node_itself() -> None:
    response = await get(Desk(answer()), "/pages/style.css", {})
    assert response.status_code == 200
    assert "url(" not in response.text
