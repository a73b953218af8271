"""A window does not wait for a chain, not even when its node starts while the chain is down."""

from datetime import datetime, timedelta

from demo.catalogue import REGISTRATION
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import NoticeDraft
from support.node import NodeWorld, settle_payments
from support.remembering import (
    by_code_draft,
    issue_by_list,
    outpatient_drafts,
    wait_final,
    wait_until_paid,
)

_NOBODY = '["http://127.0.0.1:9"]'


def test_c026_start_without_chain__list_kinds_and_paid_codes__issued_and_stamped_later(node_world: NodeWorld) -> None:
    site, units = node_world.site, node_world.province.units
    registry, by_list = units["land_registry"], units["hospital"].ranges["0601"].range_id
    by_code, payments = registry.ranges["0101"].range_id, registry.ranges["payment"].range_id
    before = issue_by_list(node_world, 2, seed=7301)
    due = datetime.now(BEIJING).date() + timedelta(days=10)
    notices = [NoticeDraft(f"offline-{name}", ((REGISTRATION.code, "80.00"),), due) for name in "abc"]
    sent = node_world.unit("land_registry").send_notices(payments, notices)
    wait_final(node_world, "land_registry", sent.submission_id)
    first, second, unpaid = [item.payment_code or "" for item in sent.items]
    settle_payments(node_world, {first: 8_000, second: 8_000})
    wait_until_paid(node_world, second)
    done = node_world.unit("land_registry").issue(by_code, [by_code_draft(node_world, first, "offline-a")])
    wait_final(node_world, "land_registry", done.submission_id)

    usual = site.environment["PIAOLIAN_NODE_RPC_URLS"]
    for name in ("serve", "worker"):
        site.kill(name)
    site.environment["PIAOLIAN_NODE_RPC_URLS"] = _NOBODY
    site.start()
    listed = node_world.unit("hospital").issue(by_list, outpatient_drafts(node_world, 3, seed=7302))
    drafts = [by_code_draft(node_world, code, f"offline-{name}") for code, name in ((second, "b"), (unpaid, "c"))]
    coded = node_world.unit("land_registry").issue(by_code, drafts)
    waiting = node_world.unit("hospital").submission(listed.submission_id or "").state
    site.stop()
    site.environment["PIAOLIAN_NODE_RPC_URLS"] = usual
    site.start()

    receipts = [item.receipt for item in listed.items if item.receipt is not None]
    assert [int(receipt.number) for receipt in receipts] == [int(before[-1].number) + at for at in (1, 2, 3)]
    assert waiting in ("countersigned", "stored")
    assert [item.verdict for item in coded.items] == ["accepted", "refused"]
    problem = coded.items[1].problem
    assert problem is not None
    assert (problem.code, bool(problem.title)) == ("payment-not-paid", True)
    wait_final(node_world, "hospital", listed.submission_id)
    wait_final(node_world, "land_registry", coded.submission_id)
