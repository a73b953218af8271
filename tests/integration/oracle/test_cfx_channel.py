"""CFX over TCP: real sockets, split and joined segments, both cases of the MAC, and what is refused."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from piaolian_oracle.cfx import (
    Acknowledgement,
    CfxMessage,
    CfxPeer,
    Frame,
    FrameReader,
    PaymentConfirmation,
    PaymentNotice,
    PaymentState,
)
from piaolian_oracle.cfx.client import CfxClient
from piaolian_oracle.cfx.dialogue import ConfirmationDialogue
from piaolian_oracle.cfx.server import CfxServer, ServerLimits
from piaolian_oracle.errors import FrameError, PeerError
from piaolian_oracle.realtime import ConfirmationDesk
from piaolian_oracle.realtime.callback import CallbackRules, CallbackServer
from piaolian_oracle.reports import bank_reference, report_id
from piaolian_oracle.simulator import Movement, SimulatedFinance, call_back, confirm, confirmation_of
from piaolian_oracle.state import Database
from piaolian_oracle.state.confirmations import ConfirmationStore
from piaolian_oracle.statements import account_digest
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, SoftwareSigner
from support.bank import ACCOUNT, payment_code

SAMPLES = Path(__file__).parents[2] / "data" / "cfx"
DAY = date(2023, 5, 12)
CODE = payment_code(7)
TOKEN = b"agreed"
# The two sides of one agreement.
UNIT = CfxPeer("K3209990001", "F320999", TOKEN)
FINANCE = CfxPeer("F320999", "K3209990001", TOKEN, upper_case_mac=True)
HOST = "127.0.0.1"


@dataclass
class Station:
    """An oracle's state file and desk with both network sources."""

    path: Path
    database: Database
    server: CfxServer
    callback: CallbackServer
    noticed: dict[str, bool | None]

    def rows(self) -> list[tuple[Any, ...]]:
        query = "SELECT code, amount_fen, reference, channel, verdict FROM confirmations ORDER BY reference"
        return [tuple(row) for row in self.database.connection.execute(query)]

    def report_ids(self) -> list[bytes]:
        return [row[0] for row in self.database.connection.execute("SELECT report_id FROM parts ORDER BY report_id")]


@pytest.fixture(scope="module")
def bank_signer() -> SoftwareSigner:
    authority = CertificateAuthority.create("测试银行根证书", SUITE_SM2)
    return SoftwareSigner.from_pem(*authority.issue("测试银行", SUITE_SM2))


@pytest.fixture
def station(tmp_path: Path, bank_signer: SoftwareSigner) -> Iterator[Station]:
    database = Database(tmp_path / "oracle.sqlite")
    noticed: dict[str, bool | None] = {}
    rules = CallbackRules("https://oracle.test", (bank_signer.certificate,))
    limits = ServerLimits(frame_seconds=0.5, idle_seconds=2.0, max_connections=2)
    with (
        closing(database),
        closing(ConfirmationStore(database.second_connection())) as store,
    ):
        desk = ConfirmationDesk(store, frozenset({ACCOUNT}), lambda code: noticed.get(code, True))
        with (
            CfxServer(HOST, 0, ConfirmationDialogue(UNIT, desk), limits) as server,
            CallbackServer(HOST, 0, desk, rules) as callback,
        ):
            yield Station(tmp_path, database, server, callback, noticed)


def movement(reference: str = "2023051222000000000000000001", amount: str = "80.00") -> Movement:
    return Movement(reference, amount, DAY, CODE)


def frame_of(*vouchers: bytes, number: str = "5996", peer: CfxPeer = FINANCE, identity: str = "1") -> Frame:
    message = CfxMessage(peer.own_code, peer.peer_code, number, identity, identity, "20230512", vouchers)
    return message.to_frame(peer)


def voucher(reference: str = "R1", amount: str = "80.00") -> bytes:
    return confirmation_of(movement(reference, amount), ACCOUNT).to_bytes()


def exchange(port: int, *pieces: bytes, answers: int = 1, pause: float = 0.0) -> list[Acknowledgement]:
    """Send pieces over one connection; return the acknowledgements, fewer when the connection is closed."""
    reader = FrameReader()
    found: list[Acknowledgement] = []
    with socket.create_connection((HOST, port), 5) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        while len(found) < answers and (data := connection.recv(65_536)):
            for frame in reader.feed(data):
                message = CfxMessage.from_frame(frame, FINANCE)
                found.append(Acknowledgement.from_bytes(message.vouchers[0]))
    return found


def test_sample_5996__over_tcp__is_kept_and_answered_as_the_sample_8001(station: Station) -> None:
    sample = (SAMPLES / "5996_pay_confirm.gbk.txt").read_bytes()
    # The sample's own token is not public, so its XML travels under ours.
    xml = Frame.from_bytes(sample).xml

    (answer,) = exchange(station.server.port, Frame.seal("5996", xml, FINANCE).to_bytes())

    expected = CfxMessage.from_xml(Frame.from_bytes((SAMPLES / "8001_ack.gbk.txt").read_bytes()).xml)
    assert answer.to_bytes() == expected.vouchers[0]
    assert station.rows() == [
        ("32099923300000000001", 8000, "2023051222000000000000000001", "cfx", "awaiting"),
    ]


@pytest.mark.parametrize("upper", [True, False])
def test_mac__in_either_case__is_right(station: Station, upper: bool) -> None:
    frame = frame_of(voucher(), peer=replace(FINANCE, upper_case_mac=upper))

    (answer,) = exchange(station.server.port, frame.to_bytes())

    assert answer.is_ok
    assert frame.mac.isupper() is upper


def test_frame__split_at_every_place__is_one_message(station: Station) -> None:
    data = frame_of(voucher()).to_bytes()
    places = [1, 7, 8, 9, 16, 23, 24, len(data) - 65, len(data) - 1]
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]

    (answer,) = exchange(station.server.port, *pieces, pause=0.01)

    assert answer.is_ok
    assert len(station.rows()) == 1


def test_frames__joined_in_one_segment__are_answered_in_order(station: Station) -> None:
    joined = b"".join(frame_of(voucher(f"R{number}"), identity=str(number)).to_bytes() for number in range(5))

    answers = exchange(station.server.port, joined + joined[:50], answers=5)

    assert [answer.is_ok for answer in answers] == [True] * 5
    assert len(station.rows()) == 5


def test_wrong_mac__gets_no_answer_and_keeps_nothing(station: Station) -> None:
    stranger = replace(FINANCE, token=b"another")

    assert exchange(station.server.port, frame_of(voucher(amount="0.01"), peer=stranger).to_bytes()) == []

    assert station.rows() == []


def test_gbk_failure__is_named_and_keeps_nothing(station: Station) -> None:
    xml = frame_of(voucher()).xml.replace(b"<Reserve/>", b"<Reserve>\xff\xff</Reserve>")

    (answer,) = exchange(station.server.port, Frame.seal("5996", xml, FINANCE).to_bytes())

    assert answer.text("Result") == "99999"
    assert "GBK" in answer.text("Information")
    assert station.rows() == []


def test_character_that_gbk_lacks__of_our_own__is_refused_before_anything_is_sent() -> None:
    notice = PaymentNotice.compose(
        {"AdmDivCode": "320999", "PayCode": CODE, "BillDate": "20230512", "Amt": "80.00", "PayInfo": "1", "Memo": "𠮷"}
    )

    with pytest.raises(FrameError) as caught:
        CfxClient(HOST, 9, UNIT).send_notice(notice)

    assert (caught.value.code, caught.value.field) == ("frame-encoding", "Memo")


@pytest.mark.parametrize(
    "announced", [b"99999999", b"00000100", b"abcdefgh", b"86      ", b"100     "], ids=lambda value: value.decode()
)
def test_length__that_cannot_be__ends_the_connection_at_once(station: Station, announced: bytes) -> None:
    begun = time.monotonic()

    assert exchange(station.server.port, announced + b"CNNONTAX1.05996" + b"x" * 200) == []

    assert time.monotonic() - begun < 2
    assert exchange(station.server.port, frame_of(voucher()).to_bytes())[0].is_ok


def test_sender__that_trickles__is_cut_off_while_others_are_served(station: Station) -> None:
    data = frame_of(voucher()).to_bytes()
    with socket.create_connection((HOST, station.server.port), 5) as slow:
        begun = time.monotonic()
        closed = False
        for place in range(len(data)):
            try:
                slow.sendall(data[place : place + 1])
                slow.settimeout(0.05)
                closed = slow.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
            if closed:
                break
        assert exchange(station.server.port, frame_of(voucher("R2")).to_bytes())[0].is_ok

    assert closed
    assert time.monotonic() - begun < 3
    assert [row[2] for row in station.rows()] == ["R2"]


def test_connections__beyond_the_limit__are_closed(station: Station) -> None:
    held = [socket.create_connection((HOST, station.server.port), 5) for _ in range(2)]
    time.sleep(0.2)

    assert exchange(station.server.port, frame_of(voucher()).to_bytes()) == []

    for connection in held:
        connection.close()
    deadline = time.monotonic() + 5
    while not (answers := exchange(station.server.port, frame_of(voucher()).to_bytes())):
        assert time.monotonic() < deadline
    assert answers[0].is_ok


def test_repeat__with_the_same_content__gets_the_same_answer_and_writes_nothing(station: Station) -> None:
    answers = [
        exchange(station.server.port, frame_of(voucher(), identity=str(number)).to_bytes())[0] for number in range(3)
    ]

    assert [answer.to_bytes() for answer in answers] == [answers[0].to_bytes()] * 3
    assert len(station.report_ids()) == 1


def test_repeat__with_another_amount__is_refused_and_changes_nothing(station: Station) -> None:
    exchange(station.server.port, frame_of(voucher()).to_bytes())

    (answer,) = exchange(station.server.port, frame_of(voucher(amount="80.01")).to_bytes())

    assert not answer.is_ok
    assert [row[1] for row in station.rows()] == [8000]


def test_unknown_code__is_answered_with_its_reason_until_it_is_noticed(station: Station) -> None:
    station.noticed[CODE] = False
    (refused,) = exchange(station.server.port, frame_of(voucher()).to_bytes())
    station.noticed[CODE] = None

    (taken,) = exchange(station.server.port, frame_of(voucher()).to_bytes())

    assert (refused.text("Result"), refused.text("Information")) == ("99999", "缴款码未登记")
    assert taken.is_ok, "while the chain is away the money is taken and the ledger judges"


def test_message_of_several_vouchers__one_of_them_wrong__keeps_none(station: Station) -> None:
    wrong = voucher("R2").replace(b"<Amt>80.00</Amt>", b"<Amt>8E1</Amt>")

    (answer,) = exchange(station.server.port, frame_of(voucher("R1"), wrong).to_bytes())

    assert "Amt" in answer.text("Information")
    assert station.rows() == []


@pytest.mark.parametrize("account", ["0000000000000000002", ""])
def test_account__that_is_not_watched__is_refused(station: Station, account: str) -> None:
    values = {**confirmation_of(movement(), ACCOUNT).values, "RecAcct": account or "x"}

    (answer,) = exchange(station.server.port, frame_of(PaymentConfirmation.compose(values).to_bytes()).to_bytes())

    assert not answer.is_ok
    assert station.rows() == []


def test_answer__is_sent_after_the_disk_has_it(station: Station) -> None:
    exchange(station.server.port, frame_of(voucher()).to_bytes())

    # Another process opens the file while the daemon's lock is held: it sees what was acknowledged.
    reader = Database(station.path / "oracle.sqlite", is_read_only=True)
    assert reader.connection.execute("SELECT count(*) FROM payments").fetchone()[0] == 1
    assert station.database.second_connection().execute("PRAGMA synchronous").fetchone()[0] == 2
    reader.close()


def test_report_id__by_cfx_and_by_callback__is_the_same(
    station: Station, bank_signer: SoftwareSigner, tmp_path: Path
) -> None:
    confirm(movement("R1"), ACCOUNT, HOST, station.server.port, FINANCE)
    by_cfx = station.report_ids()
    status, answer = call_back(movement("R2"), ACCOUNT, "https://oracle.test", HOST, station.callback.port, bank_signer)

    assert (status, answer) == (200, {"result": "taken"})
    digest = account_digest(ACCOUNT)
    assert by_cfx == [report_id(digest, "realtime=R1", 1, 0)]
    assert set(station.report_ids()) == {*by_cfx, report_id(digest, "realtime=R2", 1, 0)}
    references = station.database.connection.execute("SELECT bank_reference FROM payments ORDER BY reference")
    assert [bytes(row[0]) for row in references] == [bank_reference(ACCOUNT, "R1"), bank_reference(ACCOUNT, "R2")]


def test_callback__told_again_by_cfx__is_a_repeat(station: Station, bank_signer: SoftwareSigner) -> None:
    arguments = (ACCOUNT, "https://oracle.test", HOST, station.callback.port, bank_signer)
    call_back(movement("R1"), *arguments)

    confirm(movement("R1"), ACCOUNT, HOST, station.server.port, FINANCE)

    assert call_back(movement("R1"), *arguments) == (200, {"result": "repeated"})
    assert [row[3] for row in station.rows()] == ["callback"]
    with pytest.raises(PeerError) as caught:
        confirm(movement("R1", "9.99"), ACCOUNT, HOST, station.server.port, FINANCE)
    assert caught.value.code == "peer-refused"


def test_callback__of_a_stranger_or_for_another_address__is_refused(
    station: Station, bank_signer: SoftwareSigner
) -> None:
    authority = CertificateAuthority.create("别人", SUITE_P256)
    stranger = SoftwareSigner.from_pem(*authority.issue("别人", SUITE_P256))
    port = station.callback.port

    answers = [
        call_back(movement(), ACCOUNT, "https://oracle.test", HOST, port, stranger),
        call_back(movement(), ACCOUNT, "https://other.test", HOST, port, bank_signer),
        call_back(movement(amount="0.00"), ACCOUNT, "https://oracle.test", HOST, port, bank_signer),
        call_back(movement(), "0000000000000000002", "https://oracle.test", HOST, port, bank_signer),
    ]

    assert [status for status, _ in answers] == [401, 401, 422, 422]
    assert station.rows() == []
    assert all(ACCOUNT not in json.dumps(answer) for _, answer in answers)


def test_client__notice_and_query__are_answered_by_the_finance_department() -> None:
    finance = SimulatedFinance(FINANCE)
    sample = CfxMessage.from_xml(Frame.from_bytes((SAMPLES / "8994_notice.gbk.txt").read_bytes()).xml)
    notice = PaymentNotice.from_bytes(sample.vouchers[0])
    with CfxServer(HOST, 0, finance) as server:
        client = CfxClient(HOST, server.port, UNIT)
        client.send_notice(notice)
        client.send_notice(notice)
        unpaid = client.query(notice.payment_code)
        finance.paid[notice.payment_code] = confirmation_of(Movement("R1", "80.00", DAY, notice.payment_code), ACCOUNT)
        paid = client.query(notice.payment_code)
        changed = PaymentNotice({**notice.values, "Amt": "80.01"})
        with pytest.raises(PeerError) as caught:
            client.send_notice(changed)

    assert finance.notices[notice.payment_code].to_bytes() == sample.vouchers[0]
    assert (unpaid.is_paid, paid.is_paid, paid.text("Amt")) == (False, True, "80.00")
    assert "金额不同" in caught.value.message_zh


class LyingFinance:
    """Answers every question as if it had been another one."""

    def answer(self, frame: Frame) -> Frame:
        message = CfxMessage.from_frame(frame, FINANCE)
        state = PaymentState.compose({"PayCode": CODE, "PayStats": "1"}).to_bytes()
        return frame_of(state, number="5997", identity=f"{message.message_id}0")


def test_client__answer_to_another_question__is_refused() -> None:
    with CfxServer(HOST, 0, LyingFinance()) as server, pytest.raises(FrameError) as caught:
        CfxClient(HOST, server.port, UNIT).query(CODE)

    assert caught.value.field == "MsgRef"


class BrokenDialogue:
    def answer(self, frame: Frame) -> Frame:
        raise RuntimeError("a bug")


def test_server__with_a_bug__logs_it_and_serves_on(caplog: pytest.LogCaptureFixture) -> None:
    with CfxServer(HOST, 0, BrokenDialogue()) as server:
        for _ in range(2):
            with pytest.raises(PeerError):
                CfxClient(HOST, server.port, UNIT).query(CODE)

    assert caplog.messages.count("connection failed") == 2


def test_client__nobody_there__says_so() -> None:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        port = listening.getsockname()[1]

    with pytest.raises(PeerError) as caught:
        CfxClient(HOST, port, UNIT, timeout_seconds=1).query(CODE)

    assert (caught.value.code, caught.value.retry) == ("peer-unreachable", "after")
