"""The token of a node: taken out and put back, changed, stuck, and asked with wrong PINs."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import pkcs11
import pytest

from piaolian_node.errors import ConfigError, UnavailableError
from piaolian_node.hsm import HSMToken, PinTries, chain_key_probe, token
from piaolian_sdk.acts import recover_address
from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner, generate_chain_key
from piaolian_sdk.client import BatchResult, NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.tree import keccak256
from support.node import NodeWorld, outpatient_drafts
from support.services import SOFTHSM_LIBRARY, SoftHSM, make_softhsm

DIGEST = keccak256(b"a digest")
LABEL = "transactions"


@dataclass
class Bench:
    """A SoftHSM folder that can be taken away, with a clock that the test moves."""

    softhsm: SoftHSM
    clock: list[float] = field(default_factory=lambda: [0.0])

    @property
    def tokens(self) -> Path:
        return self.softhsm.configuration.parent / "tokens"

    def take_out(self) -> None:
        self.tokens.rename(self.tokens.with_name("drawer"))

    def put_back(self) -> None:
        self.tokens.with_name("drawer").rename(self.tokens)

    def open(self) -> HSMToken:
        return HSMToken(SOFTHSM_LIBRARY, "node", self.softhsm.pin, clock=lambda: self.clock[0])

    def make_key(self) -> None:
        library = pkcs11.lib(str(SOFTHSM_LIBRARY))
        with library.get_token(token_label="node").open(rw=True, user_pin=self.softhsm.pin) as session:
            generate_chain_key(session, LABEL)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        made = make_softhsm(tmp_path / "hsm", label="node")
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        pkcs11.lib(str(SOFTHSM_LIBRARY)).reinitialize()
        bench = Bench(made)
        bench.make_key()
        yield bench
    # The tests after this one see the tokens of the run again.
    pkcs11.lib(str(SOFTHSM_LIBRARY)).reinitialize()


def state_of(held: HSMToken) -> str:
    return held.state


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(PiaolianError) as refused:
        act()
    return refused.value.code


def test_token__taken_out_and_put_back__signs_again_with_the_same_key(bench: Bench) -> None:
    held = bench.open()
    signer = Pkcs11ChainSigner(held.session, LABEL)
    held.add_probe(chain_key_probe(LABEL, signer.address))
    assert recover_address(DIGEST, signer.sign_digest(DIGEST)) == signer.address

    bench.take_out()
    assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"
    assert state_of(held) == "lost"
    bench.put_back()

    assert recover_address(DIGEST, signer.sign_digest(DIGEST)) == signer.address
    assert state_of(held) == "ready"


def test_check__token_taken_out_while_nobody_uses_it__noticed_and_healed(bench: Bench) -> None:
    held = bench.open()
    signer = Pkcs11ChainSigner(held.session, LABEL)
    held.add_probe(chain_key_probe(LABEL, signer.address))
    held.check()
    bench.take_out()
    bench.clock[0] += 31
    assert code_of(held.check) == "hsm-unavailable"
    assert state_of(held) == "lost"
    bench.put_back()
    held.check()
    assert state_of(held) == "ready"


def test_token__stays_away__asked_less_and_less(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    held = bench.open()
    signer = Pkcs11ChainSigner(held.session, LABEL)
    bench.take_out()
    asked: list[float] = []
    library = pkcs11.lib

    def count(module: str) -> object:
        asked.append(bench.clock[0])
        return library(module)

    monkeypatch.setattr(pkcs11, "lib", count)
    for second in range(200):
        bench.clock[0] = second / 2
        assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"
    pauses = [after - before for before, after in pairwise(asked)]
    assert len(asked) < 12
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(30, abs=0.5)

    bench.put_back()
    assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"
    bench.clock[0] += 31
    assert recover_address(DIGEST, signer.sign_digest(DIGEST)) == signer.address


def test_token__comes_back_with_another_key__not_used_until_the_right_one_is_there(bench: Bench) -> None:
    held = bench.open()
    signer = Pkcs11ChainSigner(held.session, LABEL)
    held.add_probe(chain_key_probe(LABEL, signer.address))
    bench.take_out()
    assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"

    bench.tokens.mkdir()
    bench.softhsm.new_token("node")
    pkcs11.lib(str(SOFTHSM_LIBRARY)).reinitialize()
    bench.make_key()
    assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"
    bench.clock[0] += 31
    assert code_of(lambda: signer.sign_digest(DIGEST)) == "hsm-unavailable"

    bench.tokens.rename(bench.tokens.with_name("stranger"))
    bench.put_back()
    bench.clock[0] += 31
    assert recover_address(DIGEST, signer.sign_digest(DIGEST)) == signer.address


def test_session__call_does_not_return__others_refused_at_once(bench: Bench) -> None:
    held = bench.open()
    entered, leave = threading.Event(), threading.Event()

    def hang() -> None:
        with held.session():
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait(10)
    assert state_of(held) == "ready"
    bench.clock[0] += token.CALL_SECONDS + 1
    before = time.monotonic()
    with pytest.raises(UnavailableError), held.session():
        pass
    assert time.monotonic() - before < 5
    assert state_of(held) == "stuck"
    leave.set()
    thread.join(10)
    with held.session():
        assert state_of(held) == "ready"


def test_c097_session__in_use_for_long__next_one_told_after_the_wait(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bench.open()
    entered, leave = threading.Event(), threading.Event()

    def use() -> None:
        with held.session():
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=use)
    thread.start()
    entered.wait(10)
    monkeypatch.setattr(token, "WAIT_SECONDS", 0.1)
    with pytest.raises(UnavailableError) as refused, held.session():
        pass
    leave.set()
    thread.join(10)
    assert "busy" in refused.value.message
    with held.session():
        assert state_of(held) == "ready"


def test_c094_sessions__many_threads__one_login(bench: Bench) -> None:
    held = bench.open()
    signer = Pkcs11ChainSigner(held.session, LABEL)
    found: list[str] = []

    def sign() -> None:
        found.extend(recover_address(DIGEST, signer.sign_digest(DIGEST)) for _ in range(20))

    threads = [threading.Thread(target=sign) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [signer.address] * 160


def test_c098_pin__wrong_twice__not_tried_again_until_somebody_says_so(bench: Bench, tmp_path: Path) -> None:
    tries = PinTries(tmp_path / "data" / "pin-tries")

    def start(pin: str) -> HSMToken:
        # A process that is started again knows of its predecessors through the file alone.
        pkcs11.lib(str(SOFTHSM_LIBRARY)).reinitialize()
        return HSMToken(SOFTHSM_LIBRARY, "node", pin, tries=PinTries(tmp_path / "data" / "pin-tries"))

    for _ in range(2):
        with pytest.raises(ConfigError, match="refused the PIN"):
            start("00000000")
    with pytest.raises(ConfigError, match="not asked again"):
        start(bench.softhsm.pin)
    tries.forget()
    assert start(bench.softhsm.pin).state == "ready"


def issue_when_back(client: UnitClient, range_id: int, draft: ReceiptDraft) -> BatchResult:
    """Issue under the same key until every signing process has logged in anew: each asks the token on its own."""
    deadline = time.monotonic() + 90
    while True:
        try:
            return client.issue(range_id, [draft], idempotency_key="token-away")
        except NodeRefusedError as exc:
            if exc.code != "hsm-unavailable" or time.monotonic() > deadline:
                raise


def test_node__token_taken_out_and_put_back__issues_again_without_a_restart(node_world: NodeWorld) -> None:
    hospital = node_world.province.units["hospital"]
    client = node_world.unit("hospital")
    (draft,) = outpatient_drafts(node_world, 1, seed=21)
    tokens = node_world.site.directory / "hsm" / "tokens"
    tokens.rename(tokens.with_name("drawer"))
    try:
        with pytest.raises(NodeRefusedError) as refused:
            client.issue(hospital.ranges["0601"].range_id, [draft], idempotency_key="token-away")
        ready = httpx.get(f"{node_world.site.base_url}/readyz", timeout=20, trust_env=False)
    finally:
        tokens.with_name("drawer").rename(tokens)
    assert refused.value.code == "hsm-unavailable"
    assert (ready.status_code, ready.json()["problems"]) == (503, {"hsm": "hsm-unavailable"})

    result = issue_when_back(client, hospital.ranges["0601"].range_id, draft)
    assert result.items[0].receipt is not None
    assert httpx.get(f"{node_world.site.base_url}/readyz", timeout=20, trust_env=False).status_code == 200
