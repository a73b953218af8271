"""What is refused, by whom and why.

Where the contract decides, the act comes from a finance node that was taken over: it sends crafted transactions
straight to the chain with a key that has the NODE role, and with the unit's own honest signature unless the signature
is what is wrong. Where the node decides, the act comes through its API. Where the SDK decides, nothing is sent or
believed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from demo import acts
from demo.cast import new_chain_signer
from demo.catalogue import CERTIFICATE, REGISTRATION, SEARCH
from demo.chain import Call
from demo.chapters.reversal import reverse
from demo.enrolment import supervisor_key
from demo.issuing import draft_of
from demo.refusing import attempt_refused, call_refused, item_refused
from demo.samples import Line, read_sample, write_by_code
from piaolian_sdk.client import NoticeDraft
from piaolian_sdk.requests import sign_request
from piaolian_sdk.sm2 import Sm2PrivateKey
from piaolian_sdk.wire import LineToNotice, NoticeToPrepare, PrepareNotices, Problem, paths

if TYPE_CHECKING:
    from demo.cast import UnitName
    from demo.crafted import Batch, Notice
    from demo.enrolment import EnrolledUnit
    from demo.report import Step
    from demo.rogue import TakenOverNode
    from demo.world import World
    from piaolian_sdk.client import BatchResult

_EXPOSED_SECRET = 3


def tell(world: World) -> None:
    """Try everything that must not pass."""
    _refused_by_contract(world)
    _refused_by_node(world)
    _refused_by_sdk(world)


def base_by_code(world: World, name: str, seed: bytes) -> Batch:
    """An honest batch of the land registry for one of the story's odd notices."""
    unit = world.units["land_registry"]
    return acts.by_code(
        world.ledger, unit, odd_notice(world, name), day=world.today(), deadline=world.deadline(), seed=seed
    )


def base_by_list(world: World, name: str) -> Batch:
    """An honest batch of a hospital."""
    unit = world.units["hospital"] if name == "hospital" else world.units["second_hospital"]
    return acts.by_list(world.ledger, unit, day=world.today(), deadline=world.deadline(), seed=secrets.token_bytes(8))


def odd_notice(world: World, name: str) -> Notice:
    """One of the four notices that something is odd about, as the chain knows it."""
    code = world.facts["odd_codes"][f"YC-{name}"] if name != "used" else world.facts["payment_codes"]["DJ-00000"]
    return acts.registration(world.units["land_registry"], int(code[10:]), world.facts["items"][REGISTRATION.code])


def _refused_by_contract(world: World) -> None:
    rogue: TakenOverNode = world.facts["rogue"]
    registry, patent = world.units["land_registry"], world.units["patent_office"]
    signer = registry.unit.chain_signer
    paid = base_by_code(world, "over", b"paid")
    foreign = patent.ranges["0101"]
    attempts = (
        ("伪造金额：少记一分 / a forged amount", "total-mismatch", paid.changed(total_fen=7_999), signer),
        ("未缴款先开票 / an unpaid code", "payment-not-paid", base_by_code(world, "unpaid", b"unpaid"), signer),
        (
            "少缴一分的缴款码 / a code underpaid by a fen",
            "payment-not-paid",
            base_by_code(world, "under", b"u"),
            signer,
        ),
        (
            "重复使用缴款码 / a payment code used twice",
            "payment-already-used",
            base_by_code(world, "used", b"x"),
            signer,
        ),
        (
            "重复使用票号 / a number used before",
            "number-not-next",
            paid.changed(first=registry.ranges["0101"].first),
            signer,
        ),
        (
            "占用他人号段 / another unit's range",
            "not-your-range",
            paid.changed(range=foreign.range_id, first=acts.next_number(world.ledger, foreign.range_id)),
            signer,
        ),
        ("他人私钥签名 / signed with another key", "wrong-signer", paid, new_chain_signer()),
        (
            "过期签名 / a signature past its deadline",
            "signature-expired",
            paid.changed(deadline=world.deadline(-60)),
            signer,
        ),
        ("倒签日期 / a day long past", "issue-day-out-of-window", paid.changed(issue_day=world.today() - 40), signer),
    )
    for name, code, batch, key in attempts:
        with world.report.refusal(name, decided_by="contract", code=code) as step:
            attempt_refused(step, rogue.issue(batch, key, step))
    _disabled_item(world, rogue)
    _restricted_unit(world, rogue)


def _disabled_item(world: World, rogue: TakenOverNode) -> None:
    registry, item = world.units["land_registry"], world.facts["items"][SEARCH.code]
    with world.report.step("停用收费项目 / finance disables a charge item") as step:
        world.ledger.send(supervisor_key(world), [Call("Registry", "disableItem", (item, 0))], step)
    with world.report.refusal(
        "停用项目的缴款通知 / a notice for a disabled item", decided_by="contract", code="item-disabled"
    ) as step:
        act = acts.notice_of(
            world.ledger, registry, item, SEARCH.max_fen, due_day=world.today() + 5, deadline=world.deadline()
        )
        attempt_refused(step, rogue.notice(act, registry.unit.chain_signer, step))


def _restricted_unit(world: World, rogue: TakenOverNode) -> None:
    hospital = world.units["hospital"]
    with world.report.step("暂停一家单位 / finance restricts a unit") as step:
        world.ledger.send(
            supervisor_key(world), [Call("Registry", "restrict", (hospital.number, _EXPOSED_SECRET))], step
        )
    try:
        with world.report.refusal(
            "被暂停的单位开票 / a restricted unit", decided_by="contract", code="unit-is-restricted"
        ) as step:
            attempt_refused(step, rogue.issue(base_by_list(world, "hospital"), hospital.unit.chain_signer, step))
    finally:
        world.ledger.send(supervisor_key(world), [Call("Registry", "lift", (hospital.number,))])


def _refused_by_node(world: World) -> None:
    registry = world.units["land_registry"]
    with world.report.refusal(
        "经节点：未缴款 / through the node: not paid", decided_by="node", code="payment-not-paid"
    ) as step:
        call_refused(step, lambda: item_refused(step, issue_for_code(world, "unpaid")))
    with world.report.refusal(
        "重放同一请求 / the same request again", decided_by="node", code="request-replayed"
    ) as step:
        _replay(world, step)
    with world.report.refusal(
        "请求签名与内容不符 / a request altered after signing", decided_by="node", code="content-digest-wrong"
    ) as step:
        _alter_request(world, step)
    with world.report.refusal(
        "签名挪用于另一请求 / a signature moved to another request", decided_by="node", code="request-signature-wrong"
    ) as step:
        _stranger(world, step)
    with world.report.refusal(
        "已入账票据冲红 / a red receipt for a booked one", decided_by="node", code="receipt-is-booked"
    ) as step:
        call_refused(step, lambda: reverse(world, world.facts["booked"], "MZ-BOOKED-R"))
    with world.report.refusal(
        "经节点：停用项目 / through the node: a disabled item", decided_by="sdk", code="item-disabled"
    ) as step:
        due = (world.now() + timedelta(days=5)).date()
        draft = NoticeDraft("TY-0001", ((SEARCH.code, "30.00"),), due)
        call_refused(
            step, lambda: item_refused(step, registry.sdk.send_notices(registry.ranges["payment"].range_id, [draft]))
        )


def issue_for_code(world: World, name: str, *, with_certificate: bool = False) -> BatchResult:
    """Ask the node for a receipt for one of the odd payment codes, with a line more than was paid where wanted."""
    lines = [Line(REGISTRATION.code, REGISTRATION.name, REGISTRATION.max_fen, unit="次")]
    if with_certificate:
        lines.append(Line(CERTIFICATE.code, CERTIFICATE.name, CERTIFICATE.max_fen, unit="本"))
    registry = world.units["land_registry"]
    code = world.facts["odd_codes"][f"YC-{name}"]
    sample = write_by_code(
        issuer=registry.unit.issuer,
        code=registry.ranges["0101"].prefix,
        at=world.now(),
        business_number=f"JJ-{name}-{len(lines)}",
        payment_code=code,
        lines=lines,
        payer="测试甲",
    )
    draft = draft_of(sample, Sm2PrivateKey.generate(secrets.token_bytes), code)
    return registry.sdk.issue(registry.ranges["0101"].range_id, [draft])


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it goes over the wire, so that it can be sent twice or altered on its way."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def send(self) -> httpx.Response:
        """Send it exactly so."""
        return httpx.request(self.method, self.url, headers=self.headers, content=self.body, timeout=30)

    def altered(self, **changes: str | bytes) -> SignedRequest:
        """Return it with another address or body, under the same signature."""
        return replace(self, **changes)  # type: ignore[arg-type] # Only text and bytes members are changed.


def signed_question(world: World) -> SignedRequest:
    """A signed question of the hospital: its ranges."""
    hospital = world.units["hospital"]
    return _signed(world, hospital, "GET", paths.RANGES, b"")


def signed_notice(world: World, unit_name: UnitName = "land_registry") -> SignedRequest:
    """A signed request of a unit for the code of one registration fee."""
    unit = world.units[unit_name]
    due = (world.now() + timedelta(days=5)).date()
    message = PrepareNotices(
        range=unit.ranges["payment"].range_id,
        items=[
            NoticeToPrepare(
                business_number=f"QQ-{secrets.token_hex(4)}",
                lines=[LineToNotice(item_code=REGISTRATION.code, amount="80.00")],
                due_day=due,
            )
        ],
    )
    return _signed(world, unit, "POST", paths.NOTICES_PREPARE, message.model_dump_json().encode())


def _signed(world: World, unit: EnrolledUnit, method: str, path: str, body: bytes) -> SignedRequest:
    url = world.sites[unit.unit.issuer.area].base_url + path
    headers = {"Accept": "application/json"}
    if body:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
    now = world.deadline(0)
    signed = sign_request(
        method,
        url,
        headers,
        body,
        unit.unit.document_signer,
        nonce=secrets.token_hex(16),
        created=now,
        expires=now + 60,
    )
    return SignedRequest(method, url, dict(signed), body)


def _replay(world: World, step: Step) -> None:
    request = signed_question(world)
    request.send().raise_for_status()
    _note_problem(step, request.send())


def _alter_request(world: World, step: Step) -> None:
    request = signed_notice(world)
    _note_problem(step, request.altered(body=request.body.replace(b"80.00", b"08.00")).send())


def _stranger(world: World, step: Step) -> None:
    """The hospital's signature over one question under another one."""
    request = signed_question(world)
    _note_problem(step, request.altered(url=request.url.replace(paths.RANGES, paths.CATALOGUE)).send())


def _note_problem(step: Step, response: httpx.Response) -> None:
    if response.status_code >= 400:
        problem = Problem.model_validate_json(response.content)
        step.refused(problem.decided_by, problem.code, problem.detail_zh or problem.detail)


def _refused_by_sdk(world: World) -> None:
    hospital = world.units["hospital"]
    with world.report.refusal(
        "明细与合计不符 / lines that do not add up", decided_by="sdk", code="total-mismatch"
    ) as step:
        sample = read_sample(
            "medical_outpatient_js",
            issuer=hospital.unit.issuer,
            code=hospital.ranges["0601"].prefix,
            at=world.now(),
            business_number="MZ-SUM-1",
            changes={"TotalAmount": "993.55", "MainExt/AccountPayAmount": "797.51"},
        )
        draft = draft_of(sample, Sm2PrivateKey.generate(secrets.token_bytes))
        call_refused(step, lambda: item_refused(step, hospital.sdk.issue(hospital.ranges["0601"].range_id, [draft])))
    with world.report.refusal(
        "票面金额与已缴金额不符 / another amount than was paid", decided_by="node", code="notice-amount-mismatch"
    ) as step:
        call_refused(step, lambda: item_refused(step, issue_for_code(world, "over", with_certificate=True)))
