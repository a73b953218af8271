"""What a node remembers, looked at and destroyed from outside."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

from demo.catalogue import REGISTRATION
from demo.samples import Line, generate_outpatient, write_by_code, write_red
from piaolian_node.database import Database
from piaolian_node.database.index import INDEX_TABLES
from piaolian_node.preservation.export import export_index
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import IssuedReceipt, NoticeDraft, ReceiptDraft
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.sealing import ReceiptBody, open_body
from support.node import NodeSite, NodeWorld, settle_payments

_FEN = 8_000


@contextmanager
def records_of(site: NodeSite) -> Iterator[sqlite3.Connection]:
    """Give a connection to a node's database, beside the node."""
    with closing(sqlite3.connect(site.directory / "node.sqlite", timeout=20)) as connection:
        yield connection


def rows_of(site: NodeSite, table: str, *left_out: str) -> list[dict[str, Any]]:
    """Return the rows of a table in a fixed order, without some columns."""
    with records_of(site) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    kept = [{name: value for name, value in row.items() if name not in left_out} for row in found]
    return sorted(kept, key=repr)


def delete_index(site: NodeSite, *further: str) -> None:
    """Delete the index, and further tables."""
    with records_of(site) as connection:
        for table in (*[table.name for table in INDEX_TABLES], "indexed_blocks", *further):
            connection.execute(f"DELETE FROM {table}")
        connection.commit()


def export_of(site: NodeSite, at: int | None = None) -> bytes:
    """Return the index in its canonical form, as ``piaolian-node export-index`` writes it."""
    book = AddressBook.from_file(site.directory / "addresses.json")

    async def export() -> bytes:
        database = Database(site.environment["PIAOLIAN_NODE_DATABASE_URL"])
        try:
            async with database.read() as connection:
                return b"".join([line async for line in export_index(connection, book.chain_id, at)])
        finally:
            await database.close()

    return asyncio.run(export())


def outpatient_drafts(world: NodeWorld, count: int, seed: int) -> list[ReceiptDraft]:
    """Return receipts of the hospital, by list."""
    hospital = world.province.units["hospital"]
    samples = generate_outpatient(
        count, seed=seed, issuer=hospital.unit.issuer, code=hospital.ranges["0601"].prefix, at=datetime.now(BEIJING)
    )
    return [ReceiptDraft(f"{seed}-{sample.business_number}", parse_receipt(sample.xml).model) for sample in samples]


def issue_by_list(world: NodeWorld, count: int, seed: int) -> list[IssuedReceipt]:
    """Issue receipts of the hospital and wait until they are final."""
    client = world.unit("hospital")
    range_id = world.province.units["hospital"].ranges["0601"].range_id
    result = client.issue(range_id, outpatient_drafts(world, count, seed))
    receipts = [item.receipt for item in result.items if item.receipt is not None]
    assert len(receipts) == count, result
    wait_final(world, "hospital", result.submission_id)
    return receipts


def reverse_one(world: NodeWorld, blue: IssuedReceipt) -> None:
    """Take a receipt of the hospital back and wait until that is final."""
    numbers = world.province.units["hospital"].ranges["0601"]
    red = write_red(blue.document, code=numbers.prefix, at=datetime.now(BEIJING), business_number=f"red-{blue.number}")
    done = world.unit("hospital").reverse(blue, numbers.range_id, parse_receipt(red.xml).model, 1)
    wait_final(world, "hospital", done.submission_id)


def issue_by_code(world: NodeWorld, name: str) -> None:
    """Have a notice registered and paid, issue its receipt, and wait until it is final."""
    registry = world.province.units["land_registry"]
    client = world.unit("land_registry")
    due = datetime.now(BEIJING).date() + timedelta(days=10)
    sent = client.send_notices(
        registry.ranges["payment"].range_id, [NoticeDraft(f"notice-{name}", ((REGISTRATION.code, "80.00"),), due)]
    )
    code = sent.items[0].payment_code or ""
    wait_final(world, "land_registry", sent.submission_id)
    settle_payments(world, {code: _FEN})
    wait_until_paid(world, code)
    result = client.issue(registry.ranges["0101"].range_id, [by_code_draft(world, code, name)])
    assert result.items[0].verdict == "accepted", result
    wait_final(world, "land_registry", result.submission_id)


def by_code_draft(world: NodeWorld, code: str, name: str) -> ReceiptDraft:
    """Return the receipt of a paid notice."""
    registry = world.province.units["land_registry"]
    sample = write_by_code(
        issuer=registry.unit.issuer,
        code=registry.ranges["0101"].prefix,
        at=datetime.now(BEIJING),
        business_number=f"receipt-{name}",
        payment_code=code,
        lines=(Line(REGISTRATION.code, REGISTRATION.name, _FEN),),
        payer="测试甲",
    )
    return ReceiptDraft(f"receipt-{name}", parse_receipt(sample.xml).model, code)


def wait_until_paid(world: NodeWorld, code: str) -> None:
    """Wait until the node knows that a notice is paid."""
    deadline = time.monotonic() + 40
    while world.unit("land_registry").notice_state(code).state != "paid":
        assert time.monotonic() < deadline, world.site.logs()[-4000:]
        time.sleep(0.3)


def wait_final(world: NodeWorld, unit: Any, submission: str | None) -> None:
    """Wait until a submission is final."""
    state = world.unit(unit).wait(submission or "", timeout_seconds=90)
    assert state.state == "final", (state, world.site.logs()[-4000:])


def open_as_unit(world: NodeWorld, receipt: IssuedReceipt) -> bytes:
    """Return a receipt's document as the hospital opens it from what the node gives out."""
    body = world.unit("hospital").receipt_body(receipt.code, receipt.number)
    opened = open_body(
        body.ciphertext or b"",
        body.receipt_key,
        body.wrapped_content_key,
        body.wrapped_batch_key or b"",
        world.province.units["hospital"].unit.encryption,
    )
    return ReceiptBody.from_bytes(opened).document
