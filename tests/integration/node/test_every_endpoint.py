"""Every operation that the OpenAPI document names: a good request, and the same one made wrong in each way.

The good requests are recorded from a scenario. An operation that the scenario does not use fails the first test, so a
new one cannot be added without an example.
"""

import contextlib
import re
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.wire import paths
from support.endpoints import Examples
from support.proof_network import ProofNetwork

ALL_ROLES = frozenset({"unit", "booker", "auditor"})
PUBLIC = {
    f"GET {paths.VERIFICATION}",
    f"GET {paths.LIMITS}",
    f"GET {paths.NETWORK}",
    f"GET {paths.CHECKPOINTS}",
    f"GET {paths.CHECKPOINT}",
    f"POST {paths.CHECKPOINTS}",
}
# What an ordinary page or a JSON answer of the node carries.
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}


def test_every_operation__is_used_well_by_the_scenario(examples: Examples) -> None:
    names = {operation.name for operation in examples.operations}
    assert len(names) > 25
    assert names - examples.kept.keys() == set()
    assert {operation.access for operation in examples.operations} == {"signed", "asked", "public"}


def test_public__operations_without_a_signature__are_these(examples: Examples) -> None:
    assert {operation.name for operation, _ in examples.each("public")} == PUBLIC


def test_anonymous__every_signed_or_asked_operation__401(examples: Examples) -> None:
    for operation, recorded in examples.each("signed", "asked"):
        status, content = examples.sender.send(examples.sender.anonymous(recorded))
        assert (status, content["code"]) == (401, "request-signature-missing"), operation.name


def test_wrong_role__every_operation_that_has_one__403(examples: Examples) -> None:
    tried = 0
    for operation, recorded in examples.each("signed", "asked"):
        for role in ALL_ROLES - operation.roles:
            status, content = examples.sender.send(examples.sender.signed(recorded, examples.signers[role]))
            assert (status, content["code"]) == (403, "role-not-allowed"), (operation.name, role)
            tried += 1
    assert tried > 30


def test_another_unit__every_question_about_a_receipt_without_its_check_code__404(
    examples: Examples, proof_network: ProofNetwork
) -> None:
    stranger = proof_network.world.province.cast.units["land_registry"].document_signer
    for operation, recorded in examples.each("asked"):
        bare = replace(recorded, target=recorded.target.split("?")[0])
        status, content = examples.sender.send(examples.sender.signed(bare, stranger))
        assert (status, content["code"]) == (404, "unknown-receipt"), operation.name


def test_replay__every_signed_or_asked_operation__second_401(examples: Examples) -> None:
    for operation, recorded in examples.each("signed", "asked"):
        request = examples.sender.signed(recorded, examples.signer_for(operation))
        first, _ = examples.sender.send(request)
        status, content = examples.sender.send(request)
        assert first != 401, operation.name
        assert first < 500, operation.name
        assert (status, content["code"]) == (401, "request-replayed"), operation.name


@pytest.mark.parametrize("age_seconds", [3600, -3600], ids=["clock an hour behind", "clock an hour ahead"])
def test_wrong_clock__every_signed_or_asked_operation__401_with_the_servers_time(
    examples: Examples, age_seconds: int
) -> None:
    for operation, recorded in examples.each("signed", "asked"):
        request = examples.sender.signed(recorded, examples.signer_for(operation), age_seconds=age_seconds)
        status, content = examples.sender.send(request)
        assert (status, content["code"]) == (401, "request-expired"), operation.name
        told = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", content["detail"])
        assert told is not None
        assert abs(datetime.fromisoformat(told[0]) - datetime.now(BEIJING)) < timedelta(seconds=30)


def test_oversized__every_operation__413_before_the_body_is_read(examples: Examples) -> None:
    host = urlsplit(examples.sender.base_url)
    for operation, recorded in examples.each("signed", "asked", "public"):
        with socket.create_connection((host.hostname or "", host.port or 0), timeout=20) as connection:
            lines = [f"{recorded.method} {recorded.target} HTTP/1.1", f"Host: {host.netloc}", "Connection: close"]
            lines += [f"Content-Length: {33 << 20}", "Content-Type: application/json", "", ""]
            connection.sendall("\r\n".join(lines).encode("ascii"))
            answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 413 "), (operation.name, answer[:100])
        assert b'"request-too-large"' in answer, operation.name


def test_headers__over_the_limit__refused_and_the_next_request_served(examples: Examples) -> None:
    answer = examples.sender.http.get("/healthz", headers={"X-Long": "a" * 20_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "request-headers-too-large")
    # The server stops reading in the middle of these: the client sees an answer, or a closed connection.
    with contextlib.suppress(httpx.TransportError):
        assert examples.sender.http.get("/healthz", headers={"X-Long": "a" * 200_000}).status_code == 400
    assert examples.sender.http.get("/healthz").status_code == 200


def test_every_answer__good_or_refused__has_the_security_headers(examples: Examples) -> None:
    for operation, recorded in examples.each("signed", "asked", "public"):
        answer = examples.sender.http.send(examples.sender.anonymous(recorded))
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS, operation.name
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), operation.name
        assert "server" not in answer.headers
