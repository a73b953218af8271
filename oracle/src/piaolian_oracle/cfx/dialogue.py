"""What is answered to the messages of a peer: 5996 in, 8001 out."""

import logging
from collections.abc import Callable
from datetime import date, datetime

from piaolian_oracle.cfx.frame import Frame
from piaolian_oracle.cfx.identity import MessageIds
from piaolian_oracle.cfx.message import CfxMessage
from piaolian_oracle.cfx.peer import CfxPeer
from piaolian_oracle.cfx.vouchers import Acknowledgement, PaymentConfirmation
from piaolian_oracle.errors import ConfirmationError, FrameError
from piaolian_oracle.realtime import Confirmation, ConfirmationDesk
from piaolian_sdk.beijing import BEIJING, text_from_date

_logger = logging.getLogger(__name__)

CONFIRMATION, CONFIRMATION_ANSWER = "5996", "8001"


def _today() -> date:
    return datetime.now(BEIJING).date()


class ConfirmationDialogue:
    """Takes payment confirmations (5996) of one peer and acknowledges them (8001) once they are on the disk.

    Args:
        peer: What was agreed with the peer; it travels with every message, nothing is kept in globals.
        desk: Judges and keeps.
        ids: Ids of our messages.
        today: Day of our messages, Beijing calendar.
    """

    def __init__(
        self,
        peer: CfxPeer,
        desk: ConfirmationDesk,
        ids: MessageIds | None = None,
        today: Callable[[], date] = _today,
    ) -> None:
        self.peer = peer
        self._desk = desk
        self._ids = ids or MessageIds()
        self._today = today

    def answer(self, frame: Frame) -> Frame:
        """Return the answer to a frame: 00000 once all is kept, else 99999 with the reason.

        Raises:
            FrameError: "frame-mac-wrong": whoever sent this is not the peer, and gets no answer.
        """
        try:
            message = CfxMessage.from_frame(frame, self.peer)
        except FrameError as error:
            if error.code == "frame-mac-wrong":
                raise
            return self._reply(frame.message_number, "", error.message_zh)
        if message.number != CONFIRMATION:
            return self._reply(message.number, message.message_id, f"不受理报文 {message.number}")
        try:
            self._desk.take([confirmation_of(voucher, self.peer) for voucher in message.vouchers])
        except (ConfirmationError, FrameError) as error:
            _logger.warning("confirmation refused", extra={"code": error.code, "field": error.field})
            return self._reply(message.number, message.message_id, error.message_zh)
        return self._reply(message.number, message.message_id, "")

    def _reply(self, number: str, message_ref: str, reason: str) -> Frame:
        identity = self._ids.next()
        # A reason that the charset lacks must not keep the refusal from being sent.
        reason = reason.encode(self.peer.charset, "replace").decode(self.peer.charset)
        voucher = Acknowledgement.of(number, reason).to_bytes(self.peer.charset)
        message = CfxMessage(
            source=self.peer.own_code,
            destination=self.peer.peer_code,
            number=CONFIRMATION_ANSWER,
            message_id=identity,
            message_ref=message_ref or identity,
            work_date=text_from_date(self._today()),
            vouchers=(voucher,),
        )
        return message.to_frame(self.peer)


def confirmation_of(data: bytes, peer: CfxPeer) -> Confirmation:
    """Read a voucher of a 5996.

    Raises:
        FrameError: It lacks a field or holds one that cannot be read.
    """
    voucher = PaymentConfirmation.from_bytes(data, peer.charset)
    return Confirmation(
        account=voucher.text("RecAcct"),
        code=voucher.payment_code,
        amount_fen=voucher.amount_fen,
        value_day=voucher.confirmed_at.date(),
        reference=voucher.text("TraNoBus"),
        channel="cfx",
    )
