"""Bundles of a real node on a real network: every state, checked without any connection."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_socket
from eth_utils.address import to_checksum_address

from demo.catalogue import REGISTRATION
from demo.samples import Line, generate_outpatient, write_by_code, write_red
from piaolian_network.check import IMPLEMENTATION_SLOT
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import IssuedReceipt, NodeRefusedError, NoticeDraft, ReceiptDraft
from piaolian_sdk.contracts.chain import connect
from piaolian_sdk.proof import BundleError, Trust, slots, verify_bundle
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.tree import red_root_id
from piaolian_sdk.tree.keccak import keccak256
from piaolian_sdk.wire import WHOLE_SHARE
from support.node import NodeWorld, settle_payments
from support.proof_network import NODE_MEMBER, ProofNetwork

_MAX_ORDINARY_BYTES = 24 << 10


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which trust file and bundles are kept; `tests/data/bundles` is a copy of one."""
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture
def no_network() -> Iterator[None]:
    """Take the network away from this process."""
    yield
    pytest_socket.enable_socket()


def issue(world: NodeWorld, count: int, seed: int, unit: str = "hospital") -> list[IssuedReceipt]:
    hospital = world.province.units[unit]  # type: ignore[index] # A name of the cast.
    entry = hospital.ranges["0601"]
    samples = generate_outpatient(
        count, seed=seed, issuer=hospital.unit.issuer, code=entry.prefix, at=datetime.now(BEIJING)
    )
    drafts = [ReceiptDraft(f"p{seed}-{one.business_number}", parse_receipt(one.xml).model) for one in samples]
    client = world.unit(unit)  # type: ignore[arg-type] # A name of the cast.
    result = client.issue(entry.range_id, drafts)
    assert client.wait(result.submission_id or "", timeout_seconds=60).state == "final", world.site.logs()[-4000:]
    return [item.receipt for item in result.items if item.receipt is not None]


def issue_by_code(world: NodeWorld) -> IssuedReceipt:
    office = world.province.units["land_registry"]
    client = world.unit("land_registry")
    due = datetime.now(BEIJING).date() + timedelta(days=30)
    notice = NoticeDraft("bundle-n", ((REGISTRATION.code, "80.00"),), due)
    sent = client.send_notices(office.ranges["payment"].range_id, [notice])
    assert client.wait(sent.submission_id or "", timeout_seconds=60).state == "final"
    (code,) = [item.payment_code for item in sent.items if item.payment_code]
    settle_payments(world, {code: 8_000})
    deadline = time.monotonic() + 60
    while client.notice_state(code).state != "paid":
        assert time.monotonic() < deadline
        time.sleep(0.3)
    entry = office.ranges["0101"]
    sample = write_by_code(
        issuer=office.unit.issuer,
        code=entry.prefix,
        at=datetime.now(BEIJING),
        business_number="bundle-r",
        payment_code=code,
        lines=(Line(REGISTRATION.code, REGISTRATION.name, 8_000),),
        payer="测试甲",
    )
    result = client.issue(entry.range_id, [ReceiptDraft("bundle-r", parse_receipt(sample.xml).model, code)])
    assert client.wait(result.submission_id or "", timeout_seconds=60).state == "final", result
    (receipt,) = [item.receipt for item in result.items if item.receipt is not None]
    return receipt


def settled(world: NodeWorld, receipt: IssuedReceipt, wanted: str) -> None:
    deadline = time.monotonic() + 40
    while world.public().receipt_state(receipt.code, receipt.number, receipt.check_code).state != wanted:
        assert time.monotonic() < deadline, world.site.logs()[-4000:]
        time.sleep(0.3)


@pytest.fixture(scope="module")
def receipts(proof_network: ProofNetwork) -> dict[str, IssuedReceipt]:
    """Receipts in every state, by the state that their bundles prove."""
    world = proof_network.world
    stamped, reversed_one, exchanged, booking, booked = issue(world, 5, seed=81)
    client = world.unit("hospital")
    hospital = world.province.units["hospital"]
    prefix = hospital.ranges["0601"].prefix
    red_xml = write_red(reversed_one.document, code=prefix, at=datetime.now(BEIJING), business_number="red-81").xml
    done = client.reverse(reversed_one, hospital.ranges["0601"].range_id, parse_receipt(red_xml).model, 1)
    assert client.wait(done.submission_id, timeout_seconds=60).state == "final"
    paper = hospital.ranges["paper"]
    number = next(entry.next for entry in client.ranges() if entry.range == paper.range_id)
    submission = client.exchange(exchanged.code, exchanged.number, paper.range_id, number)
    assert client.wait(submission, timeout_seconds=60).state == "final"
    booker = world.booker(next(iter(world.province.cast.bookers)))
    for receipt, share, wanted in ((booking, WHOLE_SHARE // 3, "booking"), (booked, WHOLE_SHARE, "booked")):
        booker.book(receipt.code, receipt.number, receipt.check_code, receipt.booking_secret, share)
        settled(world, receipt, wanted)
    return {
        "stamped": stamped,
        "reversed": reversed_one,
        "red": done.receipt,
        "exchanged": exchanged,
        "booking": booking,
        "booked": booked,
        "by code": issue_by_code(world),
        "second suite": issue(world, 1, seed=82, unit="second_hospital")[0],
    }


def bundle_of(world: NodeWorld, receipt: IssuedReceipt) -> bytes:
    elements = (receipt.code, receipt.number, receipt.check_code)
    return world.public().receipt_bundle(*elements, receipt.booking_secret)


@pytest.mark.usefixtures("no_network")
def test_every_state__bundle_by_its_holder__proven_without_a_network(
    proof_network: ProofNetwork, receipts: dict[str, IssuedReceipt], recorded: Path
) -> None:
    bundles = {name: bundle_of(proof_network.world, receipt) for name, receipt in receipts.items()}
    trust = proof_network.trust
    for name, data in bundles.items():
        (recorded / f"{name.replace(' ', '-')}.json").write_bytes(data)
    (recorded / "trust.json").write_bytes(proof_network.trust_path.read_bytes())
    pytest_socket.disable_socket()
    states = {name: verify_bundle(data, trust, int(time.time())) for name, data in bundles.items()}
    found = {name: state.state for name, state in states.items()}
    expected = {name: name for name in receipts} | {"by code": "stamped", "second suite": "stamped"}
    assert found == expected
    assert states["reversed"].red_number == receipts["red"].code + receipts["red"].number
    assert states["by code"].payment_code
    assert all(len(state.members) == 2 for state in states.values())
    assert max(len(data) for data in bundles.values()) <= _MAX_ORDINARY_BYTES
    assert all(state.parsed.bytes == receipts[name].document for name, state in states.items())


def test_slots__as_computed__hold_what_the_contracts_say(
    proof_network: ProofNetwork, receipts: dict[str, IssuedReceipt]
) -> None:
    province = proof_network.world.province
    reader, web3 = province.reader(), connect(province.rpc_urls[0])
    block = reader.final()

    def word(contract: str, slot: bytes) -> int:
        address = web3.to_checksum_address(province.book.address_of(contract))
        raw = web3.eth.get_storage_at(address, int.from_bytes(slot, "big"), block_identifier=block.number)
        return int.from_bytes(raw, "big")

    assert int(IMPLEMENTATION_SLOT, 16).to_bytes(32, "big") == slots.IMPLEMENTATION_SLOT
    proofs = {
        name: proof_network.world.public().receipt_proof(one.code, one.number, one.check_code)
        for name, one in receipts.items()
    }
    for proof in proofs.values():
        range_id, number = proof.header.range, int(proof.number)
        ledger = reader.receipt_ledger
        root = word("ReceiptLedger", slots.root_slot(proof.root_id)).to_bytes(32, "big")
        assert root == ledger.root_of(proof.root_id, at=block)
        hold = slots.Hold.from_word(word("ReceiptLedger", slots.hold_slot(range_id, number)))
        paper = (hold.paper.range, hold.paper.number) if hold.paper else (0, 0)
        assert paper == ledger.paper_of(range_id, number, at=block)
        assert hold.share == ledger.booking_of(range_id, number, at=block).share
        allotted = slots.Range.from_word(word("Registry", slots.range_slot(range_id)))
        record = reader.registry.range_of(range_id, at=block)
        assert (allotted.unit, allotted.prefix, allotted.first, allotted.last) == (
            record.unit,
            record.prefix,
            record.first,
            record.last,
        )
        assert (allotted.next, allotted.range_class, allotted.mode) == (
            record.next,
            int(record.range_class),
            int(record.mode),
        )
        digest = word("Registry", slots.credit_code_slot(proof.header.unit)).to_bytes(32, "big")
        assert digest == reader.registry.unit_of(proof.header.unit, at=block).credit_code_digest
    blue, red = proofs["reversed"], proofs["red"]
    assert red.root_id == red_root_id(blue.header.range, int(blue.number))
    header_hash = word("ReceiptLedger", slots.root_slot(red.root_id)).to_bytes(32, "big")
    assert header_hash == red.header.to_header().hash
    found = reader.reversal_of(blue.header.range, int(blue.number), block.number)
    assert found is not None
    assert (found.red_range, found.red_number) == (red.header.range, int(red.number))


def test_access__unit_auditor_and_holder_alone(proof_network: ProofNetwork, receipts: dict[str, IssuedReceipt]) -> None:
    world, receipt = proof_network.world, receipts["stamped"]
    elements = (receipt.code, receipt.number, receipt.check_code)
    trust = proof_network.trust
    own = world.unit("hospital").receipt_bundle(*elements)
    assert verify_bundle(own, trust, int(time.time())).number == receipt.number
    strangers: list[Callable[[], bytes]] = [
        lambda: world.public().receipt_bundle(*elements),
        lambda: world.public().receipt_bundle(*elements, hashlib.sha256(b"guess").digest()),
        lambda: world.public().receipt_bundle(*elements, receipts["booked"].booking_secret),
        lambda: world.unit("second_hospital").receipt_bundle(*elements),
        lambda: world.booker(next(iter(world.province.cast.bookers))).receipt_bundle(*elements),
    ]
    for ask in strangers:
        with pytest.raises(NodeRefusedError) as refused:
            ask()
        assert refused.value.code == "holder-unproven"
    with pytest.raises(NodeRefusedError) as unknown:
        world.public().receipt_bundle(receipt.code, receipt.number, "zzzzzz", receipt.booking_secret)
    assert unknown.value.code == "unknown-receipt"


def test_old_question__not_taken(proof_network: ProofNetwork, receipts: dict[str, IssuedReceipt]) -> None:
    receipt = receipts["booked"]
    path = f"{proof_network.world.site.base_url}/api/v1/receipts/{receipt.code}/{receipt.number}/bundle"
    for deadline in (int(time.time()) - 1, int(time.time()) + 900):
        query: dict[str, str | int] = {
            "check_code": receipt.check_code,
            "deadline": deadline,
            "holder_signature": "0x" + "11" * 65,
        }
        answer = httpx.get(path, params=query, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (403, "holder-unproven")


def test_bundle__of_one_network_before_another_trust_file__refused(
    proof_network: ProofNetwork, receipts: dict[str, IssuedReceipt]
) -> None:
    data = bundle_of(proof_network.world, receipts["exchanged"])
    file = json.loads(proof_network.trust_path.read_bytes())
    for changes, code in (
        ({"chain_id": 1}, "bundle-wrong-chain"),
        ({"genesis_hash": "0x" + "11" * 32}, "bundle-wrong-genesis"),
        ({"sandbox": True}, "bundle-not-from-sandbox"),
        ({"checkpoint_quorums": [{"valid_from": 0, "quorum": 3}]}, "checkpoint-quorum-missing"),
    ):
        with pytest.raises(BundleError) as refused:
            verify_bundle(data, Trust.from_json(json.dumps(file | changes).encode()), int(time.time()))
        assert refused.value.code == code


def test_witnesses_away__one_of_two_is_enough_and_none_is_not(proof_network: ProofNetwork) -> None:
    world = proof_network.world
    one, other = proof_network.witnesses
    one.stop()
    try:
        (receipt,) = issue(world, 1, seed=83)
        found = verify_bundle(bundle_of(world, receipt), proof_network.trust, int(time.time()))
        assert set(found.members) == {NODE_MEMBER, other.name}
        other.stop()
        (unproven,) = issue(world, 1, seed=84)
        with pytest.raises(NodeRefusedError) as refused:
            bundle_of(world, unproven)
        assert (refused.value.code, refused.value.retry) == ("checkpoint-quorum-missing", "after")
    finally:
        for witness in (one, other):
            if witness.process is None:
                witness.start()
    found = verify_bundle(bundle_of(world, unproven), proof_network.trust, int(time.time()))
    assert len(found.members) == 2


def test_registry__holds_the_digests_of_the_members_keys(proof_network: ProofNetwork) -> None:
    chain = proof_network.world.province.chain
    for member in proof_network.trust.file.checkpoint_members:
        known = chain.read("Registry", "checkpointKeyOf", to_checksum_address(member.address))
        assert bytes(known[0]) == keccak256(bytes.fromhex(member.public_key[2:]))
