"""Members sign the same heights by themselves, gather what the others signed, and find a quorum."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_node.api.limits import Limits
from piaolian_node.checkpoints import gathering
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.checkpoints.witness import WitnessContext, create_witness_app
from piaolian_node.errors import RefusedError, UnavailableError
from support.checkpoints import ForkedChain, SoftwareCheckpointKey, signer_on, trust_of
from support.node_fakes import fresh_database

NAMES = ("finance-1", "finance-2", "finance-3")


class Members:
    """Three members over one chain; their requests to each other stay in this process."""

    def __init__(self) -> None:
        self.chain = ForkedChain()
        self.keys = {
            name: SoftwareCheckpointKey(ec.derive_private_key(50 + place, ec.SECP256R1()))
            for place, name in enumerate(NAMES)
        }
        self.desks: dict[str, CheckpointDesk] = {}
        self.apps: dict[str, Any] = {}
        self.away: set[str] = set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Pass a request to the application of the member it is for."""
        name = request.url.host
        if name in self.away:
            raise httpx.ConnectError("away")
        transport = httpx.ASGITransport(self.apps[name])
        return await transport.handle_async_request(request)


@pytest.fixture
async def members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Members]:
    made = Members()
    trust = trust_of({name: key.point for name, key in made.keys.items()}, 2)
    async with AsyncExitStack() as stack:
        for name in NAMES:
            (tmp_path / name).mkdir()
            database = await stack.enter_async_context(fresh_database(tmp_path / name))
            desk = CheckpointDesk(
                database,
                made.chain,
                signer_on(database, made.chain, made.keys[name]),
                member=name,
                interval_seconds=10,
                peers=[f"http://{other}" for other in NAMES if other != name],
                trust=trust,
                open_client=lambda: httpx.AsyncClient(transport=httpx.MockTransport(made.answer)),
            )
            made.desks[name] = desk
            made.apps[name] = create_witness_app(WitnessContext(database, desk, Limits(1000, 1000)))
        monkeypatch.setattr(gathering, "_PEER_PAUSE_SECONDS", 0.001)
        yield made


async def test_cadence__all_members_sign_the_same_heights_unasked(members: Members) -> None:
    members.away = set(NAMES)
    for _ in range(3):
        members.chain.mine(7)
        for desk in members.desks.values():
            await desk.step()
    signed = [[checkpoint.number for checkpoint in key.signed] for key in members.keys.values()]
    assert signed[0] == signed[1] == signed[2] == [10, 20]


async def test_cadence__without_a_new_interval__nothing_is_signed(members: Members) -> None:
    members.away = set(NAMES)
    members.chain.mine(12)
    desk = members.desks["finance-1"]
    assert [await desk.step(), await desk.step()] == [1, 0]


async def test_quorum__asked_for_a_new_block__others_sign_it(members: Members) -> None:
    members.chain.mine(13)
    found = await members.desks["finance-1"].quorum_since(13)
    assert found.checkpoint.number == 13
    assert [name for name, _ in found.signatures] == ["finance-1", "finance-2"]


async def test_quorum__there_already__nobody_is_asked(members: Members) -> None:
    members.chain.mine(13)
    desk = members.desks["finance-1"]
    await desk.quorum_since(13)
    members.away = set(NAMES)
    members.chain.mine(2)
    assert (await desk.quorum_since(11)).checkpoint.number == 13


async def test_quorum__one_of_three_away__found(members: Members) -> None:
    members.away = {"finance-2"}
    members.chain.mine(5)
    found = await members.desks["finance-1"].quorum_since(5)
    assert {name for name, _ in found.signatures} == {"finance-1", "finance-3"}


async def test_quorum__two_of_three_away__unavailable(members: Members) -> None:
    members.away = {"finance-2", "finance-3"}
    members.chain.mine(5)
    with pytest.raises(UnavailableError) as caught:
        await members.desks["finance-1"].quorum_since(5)
    assert caught.value.code == "checkpoint-quorum-missing"


async def test_quorum__other_member_is_ahead__newer_block_is_taken(members: Members) -> None:
    ahead = members.desks["finance-2"]
    members.chain.mine(9)
    members.away = {"finance-3"}
    final = members.chain.final
    members.chain.mine(3)
    await ahead.step()
    heights = iter([9, 9, 9, 12, 12, 12, 12])

    def slow() -> Any:
        found = members.chain.at(next(heights))
        assert found is not None
        return found

    members.desks["finance-1"]._blocks = type(
        "Slow", (), {"final": staticmethod(slow)}
    )()  # A chain node that is behind.
    assert final().number == 12
    found = await members.desks["finance-1"].quorum_since(9)
    assert found.checkpoint.number == 12


async def test_signature_of_a_stranger__not_kept(members: Members) -> None:
    members.keys["finance-2"].private_key = ec.derive_private_key(999, ec.SECP256R1())
    members.away = {"finance-3"}
    members.chain.mine(5)
    with pytest.raises(UnavailableError):
        await members.desks["finance-1"].quorum_since(5)


async def test_addresses__newest_one_height_and_none(members: Members) -> None:
    members.chain.mine(5)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(members.apps["finance-1"]), base_url="http://n") as http:
        none = await http.get("/api/v1/checkpoints")
        assert (none.status_code, none.json()["code"]) == (404, "checkpoints-off")
        asked = {"number": 5, "block_hash": "0x" + members.chain.head.hash.hex()}
        made = await http.post("/api/v1/checkpoints", json=asked)
        assert made.status_code == 200
        assert (await http.get("/api/v1/checkpoints")).json() == made.json()
        assert (await http.get("/api/v1/checkpoints/5")).json() == made.json()
        assert (await http.get("/api/v1/checkpoints/4")).status_code == 404
        wrong = await http.post("/api/v1/checkpoints", json=asked | {"block_hash": "0x" + "11" * 32})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "checkpoint-conflict")
        assert wrong.json()["detail_zh"]
        early = await http.post("/api/v1/checkpoints", json=asked | {"number": 6})
        assert (early.json()["code"], early.headers["retry-after"]) == ("block-not-final", "1")
        assert (await http.post("/api/v1/checkpoints", json={})).status_code == 422


async def test_long_absence__one_stride_at_a_step(members: Members) -> None:
    members.away = set(NAMES)
    desk = members.desks["finance-1"]
    members.chain.mine(12)
    await desk.step()
    members.chain.mine(1_500)
    steps = [await desk.step() for _ in range(3)]
    assert steps == [1, 1, 0]
    heights = [checkpoint.number for checkpoint in members.keys["finance-1"].signed]
    assert heights == [10, 1_010, 1_510]


async def test_rewound_chain__step_refuses_and_says_so(members: Members) -> None:
    members.away = set(NAMES)
    desk = members.desks["finance-1"]
    members.chain.mine(12)
    await desk.step()
    members.chain.rewind(8)
    members.chain.mine(20, fork="b")
    with pytest.raises(RefusedError) as caught:
        await desk.step()
    assert caught.value.code == "checkpoint-not-descendant"
