"""The SDK against the real contracts: every leaf, header, act and proof that Python makes, Solidity accepts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from piaolian_sdk.acts import (
    Book,
    Exchange,
    ReturnPaper,
    Reverse,
    SoftwareChainSigner,
    Unbook,
    Void,
    WriteOff,
)
from piaolian_sdk.beijing import day_number, month_index
from piaolian_sdk.cli import main
from piaolian_sdk.client.issuing import leaf_of
from piaolian_sdk.contracts import (
    BookAct,
    ControlMode,
    ExchangeAct,
    Mark,
    RangeClass,
    ReturnAct,
    ReverseAct,
    Totals,
    UnbookAct,
    VoidAct,
    WriteOffAct,
    decode_revert,
    receipt_ledger,
)
from piaolian_sdk.contracts.events_receipts import BatchIssued, BatchRefused, Booked, Exchanged, Reversed, Unbooked
from piaolian_sdk.errors import ContractRefusedError, VerificationError
from piaolian_sdk.tree import (
    BY_CODE,
    LeafByList,
    Line,
    lines_hash,
    red_root_id,
)
from piaolian_sdk.verify import opening_of_proof, verify_receipt_online
from support.chain_desk import AREA, NOBODY, Desk, Issued, first_of, pay, register_notices, run_desk, sample


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with run_desk() as running:
        yield running


def test_registry__reads__give_what_was_written(desk: Desk) -> None:
    reader = desk.reader.registry
    party = sample("medical_outpatient_js").main.invoicing_party

    assert reader.unit_id_of(party.invoicing_party_code) == desk.unit
    assert reader.unit_of(desk.unit).signer == desk.unit_signer.address
    assert reader.item_of(desk.items["103043211"]).code == "103043211"
    assert reader.item_id_of(AREA, "103043211") == desk.items["103043211"]
    assert reader.range_of(desk.ranges["list"]).mode is ControlMode.BY_LIST
    assert reader.find_range(RangeClass.PAYMENT_CODE, 3206000001, 7) == desk.ranges["payment"]
    assert reader.area_of(desk.key(2).address) == AREA


@pytest.mark.parametrize("count", [1, 2, 7])
def test_issue__by_list__every_receipt_opens_and_verifies(desk: Desk, count: int) -> None:
    for issued in desk.issue_by_list(count):
        opening = opening_of_proof(issued.proof)
        verified = verify_receipt_online(issued.document, issued.proof, desk.reader, desk.trust)

        assert desk.reader.receipt_ledger.open_leaf(opening) == verified.document.leaf
        assert verified.state_zh == "已上链"


def test_verify__altered_document_with_true_proof__is_refused(desk: Desk) -> None:
    (issued,) = desk.issue_by_list(1)

    with pytest.raises(VerificationError):
        verify_receipt_online(issued.document.replace(b"993.54", b"993.55"), issued.proof, desk.reader, desk.trust)


def write_files(desk: Desk, issued: Issued, folder: Path) -> list[str]:
    (folder / "receipt.xml").write_bytes(issued.document)
    (folder / "proof.json").write_text(issued.proof.model_dump_json(), encoding="utf-8")
    (folder / "book.json").write_text(desk.reader.address_book.to_json(), encoding="utf-8")
    (folder / "root.pem").write_bytes(b"".join(root.pem for root in desk.trust.roots))
    chain = ["--rpc", desk.anvil.url, "--finality-depth", "0", "--address-book", str(folder / "book.json")]
    return [
        "verify",
        str(folder / "receipt.xml"),
        "--proof",
        str(folder / "proof.json"),
        *chain,
        "--trust",
        str(folder / "root.pem"),
    ]


def test_command_line__good_receipt__says_so(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = write_files(desk, desk.issue_by_list(1)[0], tmp_path)

    assert main(arguments) == 0
    assert "查验一致" in capsys.readouterr().out


def test_command_line__altered_receipt__is_refused(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write_files(desk, desk.issue_by_list(1)[0], tmp_path)
    document = tmp_path / "receipt.xml"
    document.write_bytes(document.read_bytes().replace(b"993.54", b"993.55"))

    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert "signature-wrong" in captured.err
    assert captured.out == ""


def test_command_line__chain_silent__is_no_verdict(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write_files(desk, desk.issue_by_list(1)[0], tmp_path)
    silent = ["http://127.0.0.1:9" if part == desk.anvil.url else part for part in arguments]

    assert main(silent) == 3
    assert "chain-unreachable" in capsys.readouterr().err


def test_open_leaf__other_amount__reverts_with_its_error(desk: Desk) -> None:
    (issued,) = desk.issue_by_list(1)

    with pytest.raises(ContractRefusedError) as refused:
        desk.reader.receipt_ledger.open_leaf(replace(opening_of_proof(issued.proof), amount=NOBODY))

    assert refused.value.code == "opening-does-not-match"


def test_issue__number_not_next__is_refused_by_event_with_its_error(desk: Desk) -> None:
    (issued,) = desk.issue_by_list(1)
    header = issued.proof.header.to_header()

    event = first_of(desk.node(receipt_ledger.build_issue([desk.batch(header)])), BatchRefused)

    error = decode_revert(event.error)
    assert error.code == "number-not-next"
    assert error.values["given"] == header.first


def test_by_code__notice_vote_settle_issue__leaf_of_the_contract_is_ours(desk: Desk) -> None:
    lines = [
        [Line(8000, desk.items["103043211"])],
        [Line(5000, desk.items["103043211"]), Line(3000, desk.items["103043212"])],
    ]
    payments = desk.reader.payment_ledger
    first = register_notices(desk, lines)
    assert payments.notice_of(desk.ranges["payment"], first).lines_hash == lines_hash(lines[0])
    pay(desk, [first, first + 1], [8000, 8000])
    assert payments.notice_of(desk.ranges["payment"], first).paid

    range_id = desk.ranges["code"]
    record = desk.reader.registry.range_of(range_id)
    receipts = [desk.sign_document(sample("nontax_unified_js"), str(record.prefix), record.next + i) for i in range(2)]
    codes = [str(3206000001 * 10**10 + first + i) for i in range(2)]
    leaves = [
        leaf_of(receipt, BY_CODE, range_id, code, part)
        for receipt, code, part in zip(receipts, codes, lines, strict=True)
    ]
    header = desk.header(range_id, BY_CODE, record.next, receipts, leaves)
    batch = desk.batch(
        header,
        payment_range=desk.ranges["payment"],
        payment_sequences=b"".join((first + i).to_bytes(5, "big") for i in range(2)),
        body_hashes=[receipt.body_hash for receipt in receipts],
    )

    event = first_of(desk.node(receipt_ledger.build_issue([batch])), BatchIssued)

    assert event.unit_root == header.unit_root
    assert payments.notice_of(desk.ranges["payment"], first).used
    assert payments.totals().receipted == 16000


def test_reverse__red_root__is_the_contracts_leaf(desk: Desk) -> None:
    (blue,) = desk.issue_by_list(1)
    range_id = desk.ranges["list"]
    number = desk.reader.registry.range_of(range_id).next
    salt = blue.receipt.secrets.amount_salt
    red = desk.sign_document(sample("red_of_outpatient"), blue.proof.code, number, salt)
    leaf = LeafByList(range_id, number, blue.receipt.amount_fen, salt, red.body_hash).hash
    day, deadline, catalog = day_number(desk.now.date()), desk.deadline, desk.catalog
    act = Reverse(
        desk.unit, range_id, int(blue.receipt.number), range_id, number, day, blue.receipt.amount_fen, catalog, leaf, 1,
        deadline,
    )  # fmt: skip
    message = ReverseAct(
        original=opening_of_proof(blue.proof),
        red_range=range_id,
        red_number=number,
        issue_day=day,
        amount_fen=blue.receipt.amount_fen,
        amount_salt=salt,
        red_body_hash=red.body_hash,
        catalog_version=catalog,
        reason=1,
        payment_range=0,
        bodies=NOBODY,
        deadline=deadline,
        signature=desk.sign(act),
    )

    event = first_of(desk.node(receipt_ledger.build_reverse(message)), Reversed)

    ledger = desk.reader.receipt_ledger
    assert event.red_root == leaf
    assert ledger.mark_of(range_id, int(blue.receipt.number)) is Mark.REVERSED
    assert ledger.mark_of(range_id, number) is Mark.NONE
    found = desk.reader.reversal_of(range_id, int(blue.receipt.number), desk.reader.latest().number)
    assert found is not None
    assert (found.red_range, found.red_number) == (range_id, number)
    assert event.root_id == red_root_id(range_id, int(blue.receipt.number))
    assert desk.reader.root_block(event.root_id, desk.reader.latest()).number > 0
    verified = verify_receipt_online(blue.document, blue.proof, desk.reader, desk.trust)
    assert verified.state_zh == "已冲红"


def test_exchange_and_return__paper__marks_come_and_go(desk: Desk) -> None:
    (issued,) = desk.issue_by_list(1)
    range_id, number, paper = desk.ranges["list"], int(issued.receipt.number), desk.ranges["paper"]
    paper_number = desk.reader.registry.range_of(paper).next
    deadline = desk.deadline
    act = Exchange(desk.unit, range_id, number, paper, paper_number, deadline)
    exchange = ExchangeAct(opening_of_proof(issued.proof), paper, paper_number, deadline, desk.sign(act))

    first_of(desk.node(receipt_ledger.build_exchange(exchange)), Exchanged)

    ledger = desk.reader.receipt_ledger
    assert ledger.mark_of(range_id, number) is Mark.EXCHANGED
    assert ledger.paper_of(range_id, number) == (paper, paper_number)
    back = ReturnPaper(desk.unit, range_id, number, paper, paper_number, deadline)
    returned = ReturnAct(desk.unit, range_id, number, paper, paper_number, deadline, desk.sign(back))
    desk.node(receipt_ledger.build_return_paper(returned))
    assert ledger.mark_of(range_id, number) is Mark.NONE


def test_book_and_unbook__share__is_kept_and_given_back(desk: Desk) -> None:
    (issued,) = desk.issue_by_list(1)
    ledger, opening = desk.reader.receipt_ledger, opening_of_proof(issued.proof)
    range_id, number, booker = desk.ranges["list"], int(issued.receipt.number), desk.key(6)
    key, deadline = SoftwareChainSigner(issued.receipt.secrets.booking_secret), desk.deadline
    act = Book(ledger.open_leaf(opening), booker.address, 0, 600_000_000, deadline)
    book = BookAct(opening, booker.address, 0, 600_000_000, deadline, desk.sign(act, key))

    event = first_of(desk.node(receipt_ledger.build_book(book)), Booked)

    assert (event.share, event.counter) == (600_000_000, 1)
    assert ledger.booking_of(range_id, number).share == 600_000_000
    second = Book(ledger.open_leaf(opening), booker.address, 1, 400_000_001, deadline)
    too_much = BookAct(opening, booker.address, 1, 400_000_001, deadline, desk.sign(second, key))
    with pytest.raises(ContractRefusedError) as refused:
        desk.node(receipt_ledger.build_book(too_much))
    assert refused.value.code == "share-exceeded"
    undo = Unbook(range_id, number, booker.address, 1, deadline)
    unbook = UnbookAct(range_id, number, booker.address, 1, deadline, desk.sign(undo, booker))
    first_of(desk.node(receipt_ledger.build_unbook(unbook)), Unbooked)
    assert ledger.share_of(range_id, number, booker.address) == 0


def test_void__next_numbers__are_marked(desk: Desk) -> None:
    range_id = desk.ranges["list"]
    first, deadline = desk.reader.registry.range_of(range_id).next, desk.deadline
    signature = desk.sign(Void(desk.unit, range_id, first, 2, 3, deadline))

    desk.node(receipt_ledger.build_void_numbers(VoidAct(desk.unit, range_id, first, 2, 3, deadline, signature)))

    assert desk.reader.receipt_ledger.mark_of(range_id, first + 1) is Mark.VOID


def test_write_off__current_month__is_refused_with_its_error(desk: Desk) -> None:
    desk.issue_by_list(1)
    month, deadline = month_index(desk.now.date()), desk.deadline
    period = desk.reader.receipt_ledger.period_of(desk.unit, 601, month)
    totals = period.totals
    act = WriteOff(
        desk.unit,
        601,
        month,
        totals.issued,
        totals.voided,
        totals.red,
        totals.issued_fen,
        totals.reversed_fen,
        deadline,
    )

    with pytest.raises(ContractRefusedError) as refused:
        desk.node(
            receipt_ledger.build_write_off(
                WriteOffAct(desk.unit, 601, month, Totals(*vars_of(totals)), deadline, desk.sign(act))
            )
        )

    assert refused.value.code == "month-not-ended"
    assert totals.issued > 0
    assert not period.closed


def vars_of(totals: Totals) -> tuple[int, int, int, int, int]:
    return totals.issued, totals.voided, totals.red, totals.issued_fen, totals.reversed_fen


def test_send__without_role__is_refused_with_its_error(desk: Desk) -> None:
    with pytest.raises(ContractRefusedError) as refused:
        desk.send(8, desk.reader.receipt_ledger, receipt_ledger.build_issue([]))

    assert refused.value.code == "access-managed-unauthorized"
