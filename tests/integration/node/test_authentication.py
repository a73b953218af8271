"""Who may ask: every endpoint refuses anonymous callers, wrong roles, replays and altered requests by name."""

import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from piaolian_sdk.requests import sign_request
from piaolian_sdk.signing import SUITE_P256, DocumentSigner, SoftwareSigner
from piaolian_sdk.wire import paths
from support.node import NodeWorld

WRITES = (
    paths.RECEIPTS_PREPARE,
    paths.RECEIPTS_SUBMIT,
    paths.NOTICES_PREPARE,
    paths.NOTICES_SUBMIT,
    paths.NOTICES_CANCEL,
    paths.REVERSALS_PREPARE,
    paths.REVERSALS_SUBMIT,
    paths.EXCHANGES,
    paths.EXCHANGE_RETURNS,
    paths.VOIDS,
    paths.BOOKINGS,
    paths.BOOKINGS_WITHDRAW,
    paths.WRITE_OFFS,
)
READS = (
    paths.CATALOGUE,
    paths.RANGES,
    paths.SUBMISSIONS,
    paths.SUBMISSION.format(submission="x"),
    paths.NOTICE.format(payment_code="3" * 20),
    paths.PERIOD.format(kind="0601", month="2026-05"),
)


class Caller:
    """Sends requests that are signed, or nearly."""

    def __init__(self, world: NodeWorld, signer: DocumentSigner) -> None:
        self._base = world.site.base_url
        self._signer = signer

    def signed(self, method: str, path: str, body: bytes = b"", **changes: Any) -> httpx.Request:
        created = changes.get("created", int(time.time()))
        headers = {"Content-Type": "application/json"}
        if method == "POST" and changes.get("key", "k"):
            headers["Idempotency-Key"] = secrets.token_hex(8)
        signed = sign_request(
            method,
            changes.get("url", self._base + path),
            headers,
            body,
            self._signer,
            nonce=secrets.token_hex(16),
            created=created,
            expires=created + 60,
        )
        return httpx.Request(method, self._base + path, headers=signed, content=changes.get("sent", body))

    def send(self, request: httpx.Request) -> httpx.Response:
        with httpx.Client(timeout=30, trust_env=False) as client:
            return client.send(request)

    def problem(self, request: httpx.Request) -> tuple[int, str]:
        answer = self.send(request)
        content = answer.json()
        assert answer.headers["content-type"] == "application/problem+json", content
        assert content["detail_zh"], content
        assert content["request_id"] == answer.headers["x-request-id"]
        return answer.status_code, content["code"]


@pytest.fixture
def unit(node_world: NodeWorld) -> Caller:
    return Caller(node_world, node_world.province.units["second_hospital"].unit.document_signer)


@pytest.fixture
def booker(node_world: NodeWorld) -> Caller:
    return Caller(node_world, next(iter(node_world.province.cast.bookers.values())).document_signer)


def test_anonymous__every_signed_address__refused(node_world: NodeWorld) -> None:
    with httpx.Client(base_url=node_world.site.base_url, timeout=30, trust_env=False) as client:
        answers = [client.post(path, content=b"{}") for path in WRITES] + [client.get(path) for path in READS]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "request-signature-missing")}


def test_wrong_role__every_write__refused(unit: Caller, booker: Caller) -> None:
    for path in WRITES:
        is_booking = path in (paths.BOOKINGS, paths.BOOKINGS_WITHDRAW)
        stranger = unit if is_booking else booker
        assert stranger.problem(stranger.signed("POST", path, b"{}")) == (403, "role-not-allowed"), path


def test_replay__same_request_twice__second_refused(unit: Caller) -> None:
    request = unit.signed("GET", paths.RANGES)
    assert unit.send(request).status_code == 200
    assert unit.problem(request) == (401, "request-replayed")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"created": 1_700_000_000}, 401, "request-expired", id="old clock"),
        pytest.param({"sent": b'{"range":2}'}, 401, "content-digest-wrong", id="altered body"),
        pytest.param({"url": "http://127.0.0.1:1/api/v1/voids"}, 401, "request-signature-wrong", id="another host"),
        pytest.param({"key": ""}, 400, "idempotency-key-missing", id="no idempotency key"),
        pytest.param({}, 422, "request-malformed", id="not the form"),
    ],
)
def test_signed__one_fault__named(unit: Caller, changes: dict[str, Any], status: int, code: str) -> None:
    assert unit.problem(unit.signed("POST", paths.VOIDS, b'{"range":1}', **changes)) == (status, code)


def test_signed__signature_moved_to_another_address__refused(unit: Caller) -> None:
    request = unit.signed("GET", paths.RANGES)
    moved = httpx.Request("GET", str(request.url).replace("ranges", "catalogue"), headers=request.headers)
    assert unit.problem(moved) == (401, "request-signature-wrong")


def test_signed__unknown_certificate__refused(node_world: NodeWorld) -> None:
    cast = node_world.province.cast
    key, certificate = next(iter(cast.authorities.values())).issue("测试外人", next(iter(cast.authorities)))
    stranger = Caller(node_world, SoftwareSigner.from_pem(key, certificate))
    assert stranger.problem(stranger.signed("GET", paths.RANGES)) == (401, "request-signature-wrong")


def test_signed__certificate_revoked_while_the_node_runs__refused_by_name(node_world: NodeWorld) -> None:
    authority = node_world.province.cast.authorities[SUITE_P256]
    signer = SoftwareSigner.from_pem(*authority.issue("测试被吊销单位", SUITE_P256))
    certificate_file = node_world.site.directory / "revoked.pem"
    certificate_file.write_bytes(signer.certificate.pem)
    node_world.site.command("party", "add", "--role", "booker", "--certificate", str(certificate_file))
    caller = Caller(node_world, signer)
    deadline = time.monotonic() + 20
    while caller.problem(caller.signed("GET", paths.RANGES)) != (403, "role-not-allowed"):
        assert time.monotonic() < deadline
        time.sleep(0.5)

    revoked = authority.revocation_list({signer.certificate.serial: datetime.now(UTC)}, number=2)
    (node_world.site.directory / "revocations" / f"{SUITE_P256}.pem").write_bytes(revoked)
    while (answer := caller.problem(caller.signed("GET", paths.RANGES))) == (403, "role-not-allowed"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert answer == (403, "caller-certificate-refused")


def test_body__over_the_limit__refused(unit: Caller) -> None:
    request = unit.signed("POST", paths.RECEIPTS_PREPARE, b"{" + b" " * (33 << 20))
    assert unit.problem(request) == (413, "request-too-large")


def test_public__network_limits_health__answer_without_signature(node_world: NodeWorld) -> None:
    with httpx.Client(base_url=node_world.site.base_url, timeout=30, trust_env=False) as client:
        answers = {path: client.get(path) for path in (paths.NETWORK, paths.LIMITS, "/healthz", "/readyz", "/verify")}
        unknown = client.get("/api/v1/nothing")
    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers[paths.NETWORK].json()["chain_id"] == node_world.province.book.chain_id
    assert (unknown.status_code, unknown.json()["code"]) == (404, "address-unknown")


def test_logs__whole_run__one_json_object_a_line_and_no_names(node_world: NodeWorld) -> None:
    logs = node_world.site.logs()
    for name in ("测试甲", "测试丙", "测试市第一人民医院"):
        assert name not in logs
    for line in logs.splitlines():
        if line.startswith("{"):
            assert {"time", "level", "logger", "event"} <= json.loads(line).keys()
