"""Asks a CFX peer: notices out (8994 → 5001), payment state (8997 → 5997), confirmations (5996 → 8001).

One connection for each question: nothing of an earlier answer can be taken for this one.
"""

import socket
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime

from piaolian_oracle.cfx.frame import MAX_FRAME_BYTES, Frame, FrameReader
from piaolian_oracle.cfx.identity import MessageIds
from piaolian_oracle.cfx.message import CfxMessage
from piaolian_oracle.cfx.peer import CfxPeer
from piaolian_oracle.cfx.vouchers import (
    Acknowledgement,
    PaymentConfirmation,
    PaymentNotice,
    PaymentState,
    PaymentStateQuery,
)
from piaolian_oracle.errors import FrameError, PeerError
from piaolian_sdk.beijing import BEIJING, text_from_date

_PIECE_BYTES = 65_536
# MsgNo of the answer to each question.
_ANSWERS = {"8994": "5001", "8997": "5997", "5996": "8001"}


def _today() -> date:
    return datetime.now(BEIJING).date()


class CfxClient:
    """Asks one peer.

    Args:
        host: Where it listens.
        port: On which port.
        peer: What was agreed with it.
        timeout_seconds: For connecting, sending and the whole answer, together.
        ids: Ids of our messages.
        today: `WorkDate`, Beijing calendar.
    """

    def __init__(
        self,
        host: str,
        port: int,
        peer: CfxPeer,
        *,
        timeout_seconds: float = 10.0,
        ids: MessageIds | None = None,
        today: Callable[[], date] = _today,
    ) -> None:
        self._address = (host, port)
        self._peer = peer
        self._timeout_seconds = timeout_seconds
        self._ids = ids or MessageIds()
        self._today = today

    def send_notice(self, notice: PaymentNotice) -> None:
        """Hand a payment notice to the finance department (8994).

        Raises:
            PeerError: "peer-unreachable" or "peer-refused", with the peer's reason.
            FrameError: The notice has a character that the charset lacks, or the answer breaks a rule.
        """
        self._require_ok(self._ask("8994", [notice.to_bytes(self._peer.charset)]))

    def send_confirmations(self, confirmations: Sequence[PaymentConfirmation]) -> None:
        """Confirm payments (5996), as a finance department does.

        Raises:
            PeerError: "peer-unreachable" or "peer-refused", with the peer's reason.
            FrameError: A character is not in the charset, or the answer breaks a rule.
        """
        self._require_ok(self._ask("5996", [found.to_bytes(self._peer.charset) for found in confirmations]))

    def query(self, payment_code: str) -> PaymentState:
        """Ask for the state of a payment (8997).

        Raises:
            PeerError: "peer-unreachable", or "peer-refused" when the peer answers with an acknowledgement instead.
            FrameError: The answer breaks a rule, or is about another code.
        """
        question = PaymentStateQuery.compose({"PayCode": payment_code, "AdmDivCode": payment_code[:6]})
        state = PaymentState.from_bytes(self._ask("8997", [question.to_bytes(self._peer.charset)]), self._peer.charset)
        if state.payment_code != payment_code:
            raise _wrong("PayCode", "the answer is about another payment code", "应答的缴款码与所询不符")
        return state

    def _ask(self, number: str, vouchers: Sequence[bytes]) -> bytes:
        """Return the only voucher of the answer."""
        peer, identity = self._peer, self._ids.next()
        work_date = text_from_date(self._today())
        question = CfxMessage(peer.own_code, peer.peer_code, number, identity, identity, work_date, tuple(vouchers))
        answer = CfxMessage.from_frame(self._exchange(question.to_frame(peer)), peer)
        if answer.message_ref != identity:
            raise _wrong("MsgRef", "the answer is to another question", "应答的 MsgRef 与本次报文不符")
        if len(answer.vouchers) != 1:
            raise _wrong("VoucherCount", "an answer has one voucher", "应答应恰有一张凭证")
        if answer.number != _ANSWERS[number]:
            # What cannot be answered otherwise is acknowledged as failed.
            self._require_ok(answer.vouchers[0])
            raise _wrong("MsgNo", f"{_ANSWERS[number]} was expected", f"应答报文编号应为 {_ANSWERS[number]}")
        return answer.vouchers[0]

    def _require_ok(self, voucher: bytes) -> None:
        answer = Acknowledgement.from_bytes(voucher, self._peer.charset)
        if not answer.is_ok:
            raise PeerError(
                "peer-refused",
                f"the peer answered {answer.text('Result')}",
                f"对方未受理: {answer.text('Information') or answer.text('Result')}",
                "按对方所述原因更正后重发",
            )

    def _exchange(self, frame: Frame) -> Frame:
        deadline = time.monotonic() + self._timeout_seconds
        reader = FrameReader(MAX_FRAME_BYTES)
        try:
            with socket.create_connection(self._address, self._timeout_seconds) as connection:
                connection.sendall(frame.to_bytes())
                while True:
                    connection.settimeout(max(deadline - time.monotonic(), 0.001))
                    piece = connection.recv(_PIECE_BYTES)
                    for answer in reader.feed(piece):
                        return answer
                    if not piece:
                        reader.close()
                        raise ConnectionResetError
        except OSError as exc:
            raise PeerError(
                "peer-unreachable",
                f"the CFX peer did not answer: {type(exc).__name__}",
                "CFX 对方没有应答",
                "检查线路与地址后重发; 重发同一内容不会重复入账",
                retry="after",
            ) from exc


def _wrong(field: str, message: str, message_zh: str) -> FrameError:
    return FrameError("frame-malformed", message, message_zh, "请对方按 CFX 报文规范应答", field=field)
