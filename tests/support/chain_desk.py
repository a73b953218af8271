"""A unit with numbers of every class on the real contracts, and the acts that tests take with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from piaolian_network.deploy import Setup, deploy
from piaolian_sdk.acts import (
    Act,
    Issue,
    Notice,
    SoftwareChainSigner,
)
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.client.issuing import ReceiptSecrets, SignedReceipt, leaf_of, numbered, sign_receipt
from piaolian_sdk.client.notices import encode_notices
from piaolian_sdk.contracts import (
    AddressBook,
    ChainReader,
    ContractEvent,
    ControlMode,
    FinalityPolicy,
    IssueBatch,
    ItemVersion,
    NoticeBatch,
    RangeClass,
    SettlementGroup,
    access_manager,
    decode_log,
    decode_revert,
    payment_ledger,
    receipt_ledger,
    registry,
    report_digest,
)
from piaolian_sdk.contracts.chain import ContractBinding
from piaolian_sdk.contracts.events_payments import NoticeRegistered, PaymentsSettled
from piaolian_sdk.contracts.events_receipts import BatchIssued
from piaolian_sdk.contracts.events_registry import ItemSet, PoolOpened, PoolSplit, RangeAllotted, UnitRegistered
from piaolian_sdk.receipt import EInvoice, parse_receipt, write_unsigned
from piaolian_sdk.signing import (
    SUITE_P256,
    CertificateAuthority,
    CertificateTrust,
    SoftwareSigner,
    sign_receipt_as_supervisor,
)
from piaolian_sdk.tree import (
    BY_CODE,
    BY_LIST,
    Header,
    Line,
    keccak256,
    positional_path,
    positional_root,
)
from piaolian_sdk.wire import ReceiptProof
from support.services import Anvil, run_anvil

DATA = Path(__file__).parents[1] / "data" / "einvoice"
AREA, UNIT_AREA = 13206, 1320600
CHECK_CODE = "Ab12cD"
NOBODY = bytes(32)


def sample(name: str) -> EInvoice:
    return parse_receipt((DATA / f"{name}.xml").read_bytes()).model


@dataclass(frozen=True)
class Issued:
    """A receipt that the chain holds."""

    receipt: SignedReceipt
    document: bytes
    proof: ReceiptProof


@dataclass
class Desk:
    """A network of one anvil with a unit that has numbers of every class."""

    anvil: Anvil
    reader: ChainReader
    unit: int
    ranges: dict[str, int]
    items: dict[str, int]
    unit_signer: SoftwareChainSigner
    document_signer: SoftwareSigner
    finance: SoftwareSigner
    trust: CertificateTrust

    def key(self, place: int) -> SoftwareChainSigner:
        return SoftwareChainSigner(self.anvil.accounts[place].private_key)

    def send(self, place: int, contract: ContractBinding, data: bytes) -> list[ContractEvent]:
        return send(self.reader, self.key(place), contract.address, data)

    def sign(self, act: Act, key: SoftwareChainSigner | None = None) -> bytes:
        return act.sign(key or self.unit_signer, self.anvil.chain_id, self.reader.address_book.address_of(act.CONTRACT))

    def node(self, data: bytes) -> list[ContractEvent]:
        return self.send(2, self.reader.receipt_ledger, data)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.reader.latest().timestamp, tz=BEIJING)

    @property
    def deadline(self) -> int:
        return self.reader.latest().timestamp + 3600

    @property
    def catalog(self) -> int:
        return self.reader.registry.catalog_version()

    def sign_document(self, model: EInvoice, code: str, number: int, salt: bytes = b"\x05" * 32) -> SignedReceipt:
        secrets = ReceiptSecrets(salt, keccak256(b"seed" + bytes([number])), keccak256(b"book" + bytes([number])))
        unsigned = write_unsigned(numbered(model, code, f"{number:010d}", CHECK_CODE, self.now))
        return sign_receipt(unsigned, f"{number:010d}", CHECK_CODE, self.document_signer, secrets, self.now)

    def issue_by_list(self, count: int) -> list[Issued]:
        """Issue some outpatient receipts and build the proof of each."""
        range_id = self.ranges["list"]
        first = self.reader.registry.range_of(range_id).next
        code = str(self.reader.registry.range_of(range_id).prefix)
        model = sample("medical_outpatient_js")
        receipts = [self.sign_document(model, code, first + i) for i in range(count)]
        leaves = [leaf_of(receipt, BY_LIST, range_id, None, []) for receipt in receipts]
        header = self.header(range_id, BY_LIST, first, receipts, leaves)
        (issued, *_) = [e for e in self.node(receipt_ledger.build_issue([self.batch(header)])) if is_a(e, BatchIssued)]
        assert isinstance(issued, BatchIssued)
        return [self.issued(receipt, header, leaves, issued, place) for place, receipt in enumerate(receipts)]

    def header(
        self, range_id: int, mode: int, first: int, receipts: list[SignedReceipt], leaves: list[bytes]
    ) -> Header:
        return Header(
            unit=self.unit,
            range=range_id,
            mode=mode,
            first=first,
            count=len(receipts),
            issue_day=day_number(self.now.date()),
            total_fen=sum(receipt.amount_fen for receipt in receipts),
            catalog_version=self.catalog,
            unit_root=positional_root(leaves),
        )

    def batch(self, header: Header, **more: Any) -> IssueBatch:
        deadline = self.deadline
        act = Issue(
            header.unit,
            header.range,
            header.mode,
            header.first,
            header.count,
            header.issue_day,
            header.total_fen,
            header.catalog_version,
            header.unit_root,
            deadline,
        )
        batch = IssueBatch(
            unit=header.unit,
            range=header.range,
            first=header.first,
            count=header.count,
            issue_day=header.issue_day,
            total_fen=header.total_fen,
            catalog_version=header.catalog_version,
            unit_root=header.unit_root,
            payment_range=0,
            payment_sequences=b"",
            body_hashes=[],
            bodies=keccak256(b"bodies"),
            deadline=deadline,
            signature=self.sign(act),
        )
        return replace(batch, **more)

    def issued(
        self, receipt: SignedReceipt, header: Header, leaves: list[bytes], event: BatchIssued, place: int
    ) -> Issued:
        proof = ReceiptProof.model_validate(
            {
                "chain_id": self.anvil.chain_id,
                "receipt_ledger": self.reader.receipt_ledger.address,
                "code": str(self.reader.registry.range_of(header.range).prefix),
                "number": receipt.number,
                "root_id": event.root_id,
                "position": event.position,
                "headers": 1,
                "root_path": [],
                "header": {
                    "unit": header.unit,
                    "range": header.range,
                    "mode": "code" if header.mode == BY_CODE else "list",
                    "first": header.first,
                    "count": header.count,
                    "issue_day": header.issue_day,
                    "total_fen": header.total_fen,
                    "catalog_version": header.catalog_version,
                    "unit_root": header.unit_root,
                },
                "unit_path": positional_path(leaves, place),
                "amount_fen": receipt.amount_fen,
                "amount_salt": receipt.secrets.amount_salt if header.mode == BY_LIST else None,
                "lines_hash": NOBODY,
                "document_digest": receipt.digest,
                "fields_seed": receipt.secrets.fields_seed,
                "fields_root": receipt.fields_root,
                "booking_address": receipt.booking_address,
            }
        )
        return Issued(receipt, sign_receipt_as_supervisor(receipt.document, self.finance, self.now), proof)


def is_a(event: ContractEvent, kind: type[ContractEvent]) -> bool:
    return isinstance(event, kind)


def send(reader: ChainReader, key: SoftwareChainSigner, to: str, data: bytes) -> list[ContractEvent]:
    """Send a transaction, or raise what the contract refuses it with."""
    web3: Any = reader.web3
    call = {"from": key.address, "to": to, "data": "0x" + data.hex()}
    answer = web3.provider.make_request("eth_call", [call, "latest"])
    if "error" in answer:
        raise decode_revert(bytes.fromhex(str(answer["error"].get("data", "0x"))[2:]))
    raw = key.sign_transaction(
        {
            "chainId": web3.eth.chain_id,
            "nonce": web3.eth.get_transaction_count(key.address),
            "to": to,
            "value": 0,
            "data": data,
            "gas": 12_000_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 0,
        }
    )
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw), timeout=20, poll_latency=0.05)
    assert receipt["status"] == 1
    return [decoded.event for log in receipt["logs"] if (decoded := decode_log(log)) is not None]


def first_of(events: list[ContractEvent], kind: type[Any]) -> Any:
    found = [event for event in events if isinstance(event, kind)]
    assert found, [type(event).__name__ for event in events]
    return found[0]


def allot(
    desk_send: Any, reader: ChainReader, unit: int, *, prefix: int, kind: int, mode: ControlMode, cls: RangeClass
) -> int:
    top = first_of(desk_send(reader.registry, registry.build_open_pool(cls, 132, prefix, 1, 10_000)), PoolOpened)
    split = first_of(desk_send(reader.registry, registry.build_split_pool(top.pool, UNIT_AREA, 1_000)), PoolSplit)
    allotted = first_of(
        desk_send(reader.registry, registry.build_allot(split.pool, unit, 500, kind, mode, 1)), RangeAllotted
    )
    return int(allotted.range)


def register_notices(desk: Desk, notices: list[list[Line]]) -> int:
    first = desk.reader.registry.range_of(desk.ranges["payment"]).next
    lanes, lines = encode_notices(notices)
    due_day, deadline = day_number(desk.now.date()) + 5, desk.deadline
    act = Notice(desk.unit, desk.ranges["payment"], first, due_day, lanes, lines, deadline)
    batch = NoticeBatch(desk.unit, desk.ranges["payment"], first, due_day, lanes, lines, deadline, desk.sign(act))
    event = first_of(desk.send(2, desk.reader.payment_ledger, payment_ledger.build_notice([batch])), NoticeRegistered)
    assert event.count == len(notices)
    return first


def pay(desk: Desk, sequences: list[int], amounts: list[int]) -> None:
    ledger, manager = desk.reader.payment_ledger, desk.reader.access_manager
    oracle = desk.key(5)
    desk.send(0, ledger, payment_ledger.build_set_committee([oracle.address], [1], 1))
    desk.send(0, manager, access_manager.build_grant_role(access_manager.ORACLE, oracle.address, 0))
    assert manager.has_role(access_manager.ORACLE, oracle.address) == (True, 0)
    day = day_number(desk.now.date())
    entries = b"".join(
        sequence.to_bytes(5, "big") + fen.to_bytes(6, "big") + day.to_bytes(3, "big") + b"bankref1"
        for sequence, fen in zip(sequences, amounts, strict=True)
    )
    groups = [SettlementGroup(desk.ranges["payment"], 0, entries)]
    report, epoch = keccak256(b"report"), ledger.committee().epoch
    desk.send(5, ledger, payment_ledger.build_vote(epoch, 1, 1, report_digest(report, groups)))
    event = first_of(desk.send(7, ledger, payment_ledger.build_settle(epoch, report, groups)), PaymentsSettled)
    assert event.paid == len(sequences)


@contextmanager
def run_desk() -> Iterator[Desk]:
    """Deploy the contracts on a fresh anvil and register a unit."""
    with run_anvil() as anvil:
        accounts = anvil.accounts
        setup = Setup(supervisors={accounts[1].address: "32"}, nodes={accounts[2].address: "3206"})
        book: AddressBook = deploy(anvil.url, accounts[0].private_key, setup)
        reader = ChainReader(anvil.url, book, FinalityPolicy(0))
        authority = CertificateAuthority.create("测试根证书", SUITE_P256)
        document_signer = SoftwareSigner.from_pem(*authority.issue("测试医院", SUITE_P256))
        finance = SoftwareSigner.from_pem(*authority.issue("测试财政", SUITE_P256))
        unit_signer = SoftwareChainSigner(b"\x21" * 32)

        def supervise(contract: ContractBinding, data: bytes) -> list[ContractEvent]:
            return send(reader, SoftwareChainSigner(accounts[1].private_key), contract.address, data)

        credit_code = sample("medical_outpatient_js").main.invoicing_party.invoicing_party_code
        register = registry.build_register_unit(
            credit_code, UNIT_AREA, unit_signer.address, document_signer.certificate.digest
        )
        unit = first_of(supervise(reader.registry, register), UnitRegistered).unit
        year = datetime.fromtimestamp(reader.latest().timestamp, tz=BEIJING).year % 100
        none, by_code, by_list = ControlMode.NONE, ControlMode.BY_CODE, ControlMode.BY_LIST
        ranges = {
            "list": allot(
                supervise, reader, unit, prefix=32060100 + year, kind=601, mode=by_list, cls=RangeClass.RECEIPT
            ),
            "code": allot(
                supervise, reader, unit, prefix=32010100 + year, kind=101, mode=by_code, cls=RangeClass.RECEIPT
            ),
            "payment": allot(
                supervise, reader, unit, prefix=3206000001, kind=101, mode=none, cls=RangeClass.PAYMENT_CODE
            ),
            "paper": allot(supervise, reader, unit, prefix=4001, kind=601, mode=none, cls=RangeClass.PAPER),
        }
        items = {}
        for code in ("103043211", "103043212"):
            version = ItemVersion(reader.latest().timestamp + 1, 0, 1, 1_000_000, 0, listed_units_only=False)
            event = first_of(supervise(reader.registry, registry.build_set_item(AREA, code, version)), ItemSet)
            items[code] = event.item
        yield Desk(
            anvil,
            reader,
            unit,
            ranges,
            items,
            unit_signer,
            document_signer,
            finance,
            CertificateTrust([authority.certificate]),
        )
