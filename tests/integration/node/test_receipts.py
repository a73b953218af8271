"""Receipts through API, HSM, IPFS and chain, on a whole network."""

from datetime import datetime

from demo.samples import generate_outpatient
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import ReceiptDraft
from piaolian_sdk.receipt import parse_receipt
from support.node import NodeWorld


def _drafts(world: NodeWorld, count: int, seed: int) -> list[ReceiptDraft]:
    hospital = world.province.units["hospital"]
    samples = generate_outpatient(
        count,
        seed=seed,
        issuer=hospital.unit.issuer,
        code=hospital.ranges["0601"].prefix,
        at=datetime.now(BEIJING),
    )
    return [ReceiptDraft(sample.business_number, parse_receipt(sample.xml).model) for sample in samples]


def test_issue_by_list__one_receipt__is_final(node_world: NodeWorld) -> None:
    hospital = node_world.province.units["hospital"]
    with node_world.unit("hospital") as client:
        result = client.issue(hospital.ranges["0601"].range_id, _drafts(node_world, 1, seed=1))
        assert [item.problem for item in result.items] == [None]
        state = client.wait(result.submission_id or "", timeout_seconds=60)
    assert state.state == "final", node_world.site.logs()
