"""Every operation of the API with a request that it takes, recorded from a scenario, and that request made wrong."""

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from demo.catalogue import REGISTRATION
from demo.samples import write_red
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import IssuedReceipt, NoticeDraft
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.requests import sign_request
from piaolian_sdk.signing import DocumentSigner
from support.node import NodeWorld, outpatient_drafts
from support.periods import bring_forward, month_ago
from support.proof_network import ProofNetwork

_SIGNATURE_HEADERS = ("signature", "signature-input", "content-digest")


@dataclass(frozen=True)
class Operation:
    """One method at one address, as the OpenAPI document tells of it.

    Attributes:
        access: ``signed``, ``asked`` or ``public``.
        roles: Whose signature it takes.
    """

    method: str
    path: str
    access: str
    roles: frozenset[str]

    @property
    def name(self) -> str:
        """Method and address."""
        return f"{self.method} {self.path}"


def operations_of(openapi: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document."""
    return [
        Operation(method.upper(), path, operation["x-access"], frozenset(operation["x-roles"]))
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]


@dataclass(frozen=True)
class Recorded:
    """A request that was answered well.

    Attributes:
        target: Path and query.
        key: Idempotency-Key, or None.
    """

    method: str
    target: str
    body: bytes
    key: str | None
    status: int


@dataclass
class Recorder:
    """A client whose good answers are kept by operation: the first of each."""

    operations: list[Operation]
    kept: dict[str, Recorded] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        """Return the client."""
        return httpx.Client(timeout=60, trust_env=False, event_hooks={"response": [self._keep]})

    def _keep(self, response: httpx.Response) -> None:
        request = response.request
        if response.is_success:
            target = request.url.raw_path.decode("ascii")
            operation = self.find(request.method, request.url.path)
            recorded = Recorded(
                request.method, target, request.content, request.headers.get("idempotency-key"), response.status_code
            )
            self.kept.setdefault(operation.name, recorded)

    def find(self, method: str, path: str) -> Operation:
        """Return the operation at an address; one without parameters comes first."""
        found = [
            operation
            for operation in self.operations
            if operation.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
        ]
        return min(found, key=lambda operation: operation.path.count("{"))


@dataclass(frozen=True)
class Sender:
    """Sends a recorded request again, signed or not.

    Attributes:
        base_url: Address of the node.
    """

    base_url: str
    http: httpx.Client

    def signed(self, recorded: Recorded, signer: DocumentSigner, *, age_seconds: int = 0) -> httpx.Request:
        """Return the request with a fresh signature."""
        headers = {"Content-Type": "application/json"} if recorded.body else {}
        if recorded.key is not None:
            headers["Idempotency-Key"] = recorded.key
        created = int(time.time()) - age_seconds
        url = self.base_url + recorded.target
        headers = sign_request(
            recorded.method,
            url,
            headers,
            recorded.body,
            signer,
            nonce=secrets.token_hex(16),
            created=created,
            expires=created + 60,
        )
        return httpx.Request(recorded.method, url, headers=headers, content=recorded.body)

    def anonymous(self, recorded: Recorded) -> httpx.Request:
        """Return the request without signature and without the secret of a receipt."""
        target = re.sub(r"check_code=[^&]*&?", "", recorded.target).rstrip("?")
        headers = {"Content-Type": "application/json"} if recorded.body else {}
        if recorded.key is not None:
            headers["Idempotency-Key"] = recorded.key
        return httpx.Request(recorded.method, self.base_url + target, headers=headers, content=recorded.body)

    def send(self, request: httpx.Request) -> tuple[int, dict[str, Any]]:
        """Return status and content of the answer; every refusal is a problem document with the id of its request."""
        answer = self.http.send(request)
        content: dict[str, Any] = answer.json()
        if not answer.is_success:
            assert answer.headers["content-type"] == "application/problem+json", content
            assert content["request_id"] == answer.headers["x-request-id"]
            assert content["detail_zh"], content
        return answer.status_code, content


def signers_of(world: NodeWorld) -> dict[str, DocumentSigner]:
    """Return a signer of each role; the unit is the hospital."""
    cast = world.province.cast
    return {
        "unit": cast.units["hospital"].document_signer,
        "booker": next(iter(cast.bookers.values())).document_signer,
        "auditor": next(iter(cast.officers.values())).document_signer,
    }


def run_scenario(world: NodeWorld) -> None:
    """Use every operation of the API but those of checkpoints, once and well."""
    receipts = _issue(world, 3)
    hospital = world.unit("hospital")
    _use_notices(world)
    _use_periods(world)
    for submission in list(_acts(world, receipts)):
        state = hospital.wait(submission, timeout_seconds=60)
        assert state.state == "final", (state, world.site.logs()[-4000:])
    _after_final(world, receipts)
    public = world.public()
    public.network()
    public.limits()
    chosen = receipts[0]
    amount = f"{chosen.amount_fen // 100}.{chosen.amount_fen % 100:02d}"
    public.verify(chosen.code, chosen.number, chosen.check_code, amount, datetime.now(BEIJING).date())


@dataclass(frozen=True)
class Examples:
    """All operations with their good requests."""

    operations: list[Operation]
    kept: dict[str, Recorded]
    sender: Sender
    signers: dict[str, DocumentSigner]

    def each(self, *access: str) -> Iterator[tuple[Operation, Recorded]]:
        """Give the operations of a kind of access."""
        for operation in self.operations:
            if operation.access in access:
                yield operation, self.kept[operation.name]

    def signer_for(self, operation: Operation) -> DocumentSigner:
        """Return a signer that may use an operation."""
        return self.signers[next(role for role in ("unit", "booker") if role in operation.roles)]


@pytest.fixture(scope="session")
def examples(proof_network: ProofNetwork) -> Iterator[Examples]:
    """Every operation with a good request, on the run's node."""
    world = proof_network.world
    with httpx.Client(base_url=world.site.base_url, timeout=60, trust_env=False) as http:
        operations = operations_of(http.get("/openapi.json").json())
        recorder = Recorder(operations)
        with recorder.client() as recording:
            run_scenario(replace(world, _http=recording))
            _use_checkpoints(recording, world)
        yield Examples(operations, recorder.kept, Sender(world.site.base_url, http), signers_of(world))


def _use_checkpoints(http: httpx.Client, world: NodeWorld) -> None:
    base = f"{world.site.base_url}/api/v1/checkpoints"
    newest = http.get(base).json()
    http.get(f"{base}/{newest['number']}").raise_for_status()
    answer = http.post(base, json={"number": newest["number"], "block_hash": newest["block_hash"]})
    answer.raise_for_status()


def _issue(world: NodeWorld, count: int) -> list[IssuedReceipt]:
    hospital = world.province.units["hospital"]
    drafts = outpatient_drafts(world, count, seed=77)
    client = world.unit("hospital")
    client.catalogue()
    result = client.issue(hospital.ranges["0601"].range_id, drafts)
    state = client.wait(result.submission_id or "", timeout_seconds=60)
    assert state.state == "final", (state, world.site.logs()[-4000:])
    return [item.receipt for item in result.items if item.receipt is not None]


def _use_periods(world: NodeWorld) -> None:
    number, month = month_ago(3)
    bring_forward(world, world.province.units["patent_office"], 102, number)
    client = world.unit("patent_office")
    client.period("0102", month)
    client.write_off("0102", month)


def _use_notices(world: NodeWorld) -> None:
    registry = world.province.units["land_registry"]
    client = world.unit("land_registry")
    due = datetime.now(BEIJING).date() + timedelta(days=10)
    draft = NoticeDraft("every-1", ((REGISTRATION.code, "80.00"),), due)
    sent = client.send_notices(registry.ranges["payment"].range_id, [draft])
    code = sent.items[0].payment_code or ""
    client.notice_state(code)
    client.wait(sent.submission_id or "", timeout_seconds=60)
    client.cancel_notice(code)


def _acts(world: NodeWorld, receipts: list[IssuedReceipt]) -> Iterator[str]:
    hospital = world.province.units["hospital"]
    client = world.unit("hospital")
    blue, other, booked = receipts
    elements = (other.code, other.number, other.check_code)
    client.receipt_state(*elements)
    client.receipt_proof(*elements)
    client.receipt_body(other.code, other.number)
    client.receipt_bundle(*elements)
    red = write_red(
        blue.document, code=hospital.ranges["0601"].prefix, at=datetime.now(BEIJING), business_number="every-red"
    )
    yield client.reverse(blue, hospital.ranges["0601"].range_id, parse_receipt(red.xml).model, 1).submission_id
    paper = _paper(world)
    yield client.exchange(other.code, other.number, *paper)
    world.booker(next(iter(world.province.cast.bookers))).book(
        booked.code, booked.number, booked.check_code, booked.booking_secret, 1
    )
    inpatient = next(entry for entry in client.ranges() if entry.range == hospital.ranges["0602"].range_id)
    key = secrets.token_hex(8)
    yield client.void(inpatient.range, inpatient.next, 1, 1, idempotency_key=key)
    client.find_submission(idempotency_key=key)


def _paper(world: NodeWorld) -> tuple[int, int]:
    range_id = world.province.units["hospital"].ranges["paper"].range_id
    entry = next(entry for entry in world.unit("hospital").ranges() if entry.range == range_id)
    return range_id, entry.next


def _after_final(world: NodeWorld, receipts: list[IssuedReceipt]) -> None:
    _blue, other, booked = receipts
    client = world.unit("hospital")
    range_id, following = _paper(world)
    client.return_paper(other.code, other.number, range_id, following - 1)
    booker = world.booker(next(iter(world.province.cast.bookers)))
    deadline = time.monotonic() + 40
    while client.receipt_state(booked.code, booked.number, booked.check_code).booking.share != 1:
        assert time.monotonic() < deadline, world.site.logs()[-4000:]
        time.sleep(0.3)
    booker.unbook(booked.code, booked.number, booked.check_code)
