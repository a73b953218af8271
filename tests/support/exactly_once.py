"""Compares what a unit was told with chain, IPFS and records: every receipt once, no number twice, no hole, no gap."""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

import dag_cbor
import httpx

from demo.chain import DemoChain
from demo.enrolment import EnrolledUnit
from piaolian_node.bodies.car import read_blocks, root_cid_text
from piaolian_sdk.client import IssuedReceipt
from piaolian_sdk.contracts.abi import CONTRACT_NAMES
from piaolian_sdk.receipt import document_digest, fields_of, parse_receipt
from piaolian_sdk.sealing import ReceiptBody, open_body
from piaolian_sdk.tree import Header, LeafByList, body_hash, fields_root, positional_root
from support.kill import SentBatch, Till
from support.node import NodeWorld

_BY_LIST: Final = 2


class Checker:
    """Reads everything through other doors than the node's own.

    Args:
        world: The node; its chain is read at another validator than the node uses.
        till: Whose batches are checked.
        first: First number of the range that is checked.
    """

    def __init__(self, world: NodeWorld, till: Till, first: int) -> None:
        self._world = world
        self._till = till
        self._first = first
        self._range = till.range_id
        book = world.province.book
        self._chain = DemoChain(world.province.rpc_urls[-1], {name: book.address_of(name) for name in CONTRACT_NAMES})
        self._issued = self._history("BatchIssued")
        self.batches = sorted(
            (event for event in self._issued if event["range"] == self._range and event["first"] >= first),
            key=lambda event: event["first"],
        )

    @property
    def told(self) -> dict[int, IssuedReceipt]:
        """The receipts that the unit was given, by number."""
        receipts = [receipt for batch in self._till.sent for receipt in batch.receipts]
        told = {int(receipt.number): receipt for receipt in receipts}
        assert len(told) == len(receipts), "a number was given twice"
        return told

    def check(self) -> None:
        """Check everything."""
        self.check_numbers()
        self.check_leaves()
        self.check_roots()
        self.check_bodies()
        self.check_records()
        self.check_nonces()

    def check_numbers(self) -> None:
        """Every number that was given is issued once, none was left out, and no batch was sent twice."""
        numbers = [number for event in self.batches for number in _numbers(event)]
        assert numbers == list(range(self._first, self._till.next_number()))
        assert set(self.told) == set(numbers)
        refused = [
            event
            for event in self._history("BatchRefused")
            if event["range"] == self._range and event["first"] >= self._first
        ]
        assert refused == [], "a batch was sent twice or out of order"

    def check_leaves(self) -> None:
        """The chain committed to exactly the documents that the unit was given."""
        told = self.told
        for event in self.batches:
            receipts = [told[number] for number in _numbers(event)]
            assert positional_root([_leaf(self._range, receipt) for receipt in receipts]) == event["unitRoot"]
            assert sum(receipt.amount_fen for receipt in receipts) == event["totalFen"]
            assert event["mode"] == _BY_LIST

    def check_roots(self) -> None:
        """Every header lies under the root that the contract keeps."""
        headers: dict[int, dict[int, bytes]] = defaultdict(dict)
        for event in self._issued:
            headers[event["rootId"]][event["position"]] = _header(event)
        for root_id in {event["rootId"] for event in self.batches}:
            found = headers[root_id]
            assert sorted(found) == list(range(len(found)))
            root = positional_root([found[place] for place in sorted(found)])
            assert root == self._chain.read("ReceiptLedger", "rootOf", root_id)

    def check_bodies(self) -> None:
        """Both IPFS daemons hold every body, pinned, and the unit opens it to the document that it was given."""
        told = self.told
        keys = self._keys()
        for event in self.batches:
            copies = [_bodies(url, event["bodies"]) for url in self._world.kubo_urls]
            assert copies[0] == copies[1]
            assert list(copies[0]) == [f"{number:010d}" for number in _numbers(event)]
            for number in _numbers(event):
                receipt = told[number]
                body = _open(self._till.enrolled, receipt, copies[0][receipt.number], *keys[number])
                assert body.document == receipt.document
                assert (body.amount_salt, body.fields_seed) == (receipt.amount_salt, receipt.fields_seed)
                assert "0x" + body.booking_address.hex() == receipt.booking_address.lower()

    def check_records(self) -> None:
        """The outbox has one final row for each batch, the index has the batch, and no lease is left open."""
        rows = self._query(
            "SELECT first, size, submission, state, refusal, bodies_root FROM outbox "
            "WHERE range = ? AND first >= ? AND kind = 'issue' ORDER BY first"
        )
        assert [row[:2] for row in rows] == [(event["first"], event["count"]) for event in self.batches]
        assert {row[3:5] for row in rows} == {("final", None)}
        assert [row[5] for row in rows] == [event["bodies"] for event in self.batches]
        assert {row[2] for row in rows} == {batch.result.submission_id for batch in self._till.sent}
        indexed = self._query(
            "SELECT first, size, unit_root FROM batches WHERE range = ? AND first >= ? ORDER BY first"
        )
        assert indexed == [(event["first"], event["count"], event["unitRoot"]) for event in self.batches]
        leases = self._query("SELECT state, count(*) FROM leases WHERE range = ? AND first >= ? GROUP BY state")
        assert "open" not in dict(leases)
        assert dict(leases)["submitted"] == len(self.batches)

    def check_nonces(self) -> None:
        """The account's nonces are those of the ledger, each mined once; no pool holds or waits for another."""
        account = self._world.site.account
        with closing(self._connect()) as connection:
            ledger = connection.execute("SELECT nonce, hash, state FROM transactions ORDER BY nonce").fetchall()
        eth = self._chain.web3.eth
        address = self._chain.web3.to_checksum_address(account)
        assert [nonce for nonce, _, _ in ledger] == list(range(eth.get_transaction_count(address)))
        assert {state for _, _, state in ledger} == {"final"}
        for nonce, digest, _ in ledger:
            mined: Any = eth.get_transaction(digest)
            assert (mined["nonce"], mined["from"], mined["blockNumber"] is not None) == (nonce, address, True)
        for url in self._world.province.rpc_urls:
            call = {"jsonrpc": "2.0", "id": 1, "method": "txpool_contentFrom", "params": [address]}
            assert httpx.post(url, json=call, timeout=10).json()["result"] == {"pending": {}, "queued": {}}

    def _history(self, name: str) -> list[dict[str, Any]]:
        return self._chain.history("ReceiptLedger", name, self._world.province.book.deployed_block)

    def _keys(self) -> dict[int, tuple[bytes, bytes]]:
        """Return wrapped content key and the unit's wrapped batch key by number."""
        recipient = f"unit:{self._till.enrolled.number}"
        rows = self._query(
            "SELECT r.number, k.wrapped_content_key, b.wrapped_key FROM receipts r "
            "JOIN receipt_keys k ON k.range = r.range AND k.number = r.number "
            "JOIN batch_keys b ON b.submission = r.submission "
            "WHERE r.range = ? AND r.number >= ? AND b.recipient = ?",
            recipient,
        )
        return {number: (content, batch) for number, content, batch in rows}

    def _query(self, query: str, *more: object) -> list[Any]:
        with closing(self._connect()) as connection:
            return connection.execute(query, (self._range, self._first, *more)).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._world.site.directory / "node.sqlite", timeout=20)


def check_told_again(till: Till, batch: SentBatch) -> None:
    """Check that the unit's next process, under the same key, is given the same receipts."""
    again = till.new_client().issue(till.range_id, batch.drafts, idempotency_key=batch.key)
    assert again.submission_id == batch.result.submission_id
    assert [item.verdict for item in again.items] == [item.verdict for item in batch.result.items]
    assert [item.receipt for item in again.items] == [item.receipt for item in batch.result.items]


def _numbers(event: dict[str, Any]) -> Sequence[int]:
    return range(event["first"], event["first"] + event["count"])


def _leaf(range_id: int, receipt: IssuedReceipt) -> bytes:
    """Compute a leaf from what the unit holds."""
    parsed = parse_receipt(receipt.document)
    main = parsed.model.main
    assert (main.einvoice_number, main.random_number) == (receipt.number, receipt.check_code)
    assert parsed.supervision_signature_bytes is not None
    digest = document_digest(parsed)
    assert digest == receipt.document_digest
    body = body_hash(digest, fields_root(fields_of(parsed), receipt.fields_seed), receipt.booking_address)
    return LeafByList(range_id, int(receipt.number), int(main.total_amount * 100), receipt.amount_salt, body).hash


def _header(event: dict[str, Any]) -> bytes:
    return Header(
        unit=event["unit"],
        range=event["range"],
        mode=event["mode"],
        first=event["first"],
        count=event["count"],
        issue_day=event["issueDay"],
        total_fen=event["totalFen"],
        catalog_version=event["catalogVersion"],
        unit_root=event["unitRoot"],
    ).hash


def _bodies(kubo_url: str, root_digest: bytes) -> dict[str, bytes]:
    """Return the sealed bodies of a batch by number, as one daemon has them on its own disk."""
    root = root_cid_text(root_digest)
    query = {"arg": root, "offline": "true"}
    pins = httpx.post(f"{kubo_url}/api/v0/pin/ls", params={**query, "type": "recursive"}, timeout=20)
    assert pins.status_code == httpx.codes.OK, f"a batch is not pinned at {kubo_url}: {pins.text}"
    archive = httpx.post(f"{kubo_url}/api/v0/dag/export", params={**query, "progress": "false"}, timeout=60)
    assert archive.status_code == httpx.codes.OK, archive.text
    blocks = {hashlib.sha256(block).digest(): block for block in read_blocks(archive.content).values()}
    listed: Any = dag_cbor.decode(blocks[root_digest])
    return {number: blocks[bytes(cid.raw_digest)] for number, cid in sorted(listed.items())}


def _open(
    enrolled: EnrolledUnit, receipt: IssuedReceipt, sealed: bytes, content_key: bytes, batch_key: bytes
) -> ReceiptBody:
    key = f"{receipt.code}{receipt.number}"
    return ReceiptBody.from_bytes(open_body(sealed, key, content_key, batch_key, enrolled.unit.encryption))
