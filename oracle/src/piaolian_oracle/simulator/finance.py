"""The finance department's side of CFX, and the bank's side of HTTP callbacks, for demo and tests.

It confirms payments to the oracles (5996), and answers notices (8994) with 5001 and queries (8997) with 5997.
"""

import http.client
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from piaolian_oracle.cfx import (
    Acknowledgement,
    CfxMessage,
    CfxPeer,
    Frame,
    PaymentConfirmation,
    PaymentNotice,
    PaymentState,
    PaymentStateQuery,
)
from piaolian_oracle.cfx.client import CfxClient
from piaolian_oracle.cfx.identity import MessageIds
from piaolian_oracle.errors import FrameError
from piaolian_oracle.simulator.message import Movement
from piaolian_sdk.beijing import text_from_date
from piaolian_sdk.requests import sign_request
from piaolian_sdk.signing import DocumentSigner

_TIMEOUT_SECONDS = 10.0
_LIFE_SECONDS = 60


def confirmation_of(movement: Movement, account: str) -> PaymentConfirmation:
    """Return the 5996 voucher of a movement: the same account, reference, amount and day as in the statement."""
    return PaymentConfirmation.compose(
        {
            "PayCode": movement.payment_code,
            "CfmDate": text_from_date(movement.value_day),
            "CfmTime": "120000",
            "Amt": movement.amount,
            "BankOutlet": "00000",
            "PayMode": "51",
            "TraNoBus": movement.reference,
            "RecAcctType": "1",
            "RecAcct": account,
        }
    )


def confirm(movement: Movement, account: str, host: str, port: int, peer: CfxPeer) -> None:
    """Confirm one payment to one oracle.

    Raises:
        PeerError: The oracle is away or refuses.
    """
    client = CfxClient(host, port, peer, timeout_seconds=_TIMEOUT_SECONDS)
    client.send_confirmations([confirmation_of(movement, account)])


def call_back(
    movement: Movement, account: str, base_url: str, host: str, port: int, signer: DocumentSigner
) -> tuple[int, Any]:
    """Confirm one payment to one oracle over HTTP.

    Args:
        movement: The payment.
        account: The treasury's account.
        base_url: Address that is signed; a proxy may stand between it and the oracle.
        host: Where the oracle listens.
        port: On which port.
        signer: The bank's key.

    Returns:
        Status and decoded answer.
    """
    values = {
        "account": account,
        "code": movement.payment_code,
        "amount": movement.amount,
        "reference": movement.reference,
        "value_day": movement.value_day.isoformat(),
    }
    body, now, path = json.dumps(values).encode(), int(time.time()), "/confirmations"
    headers = sign_request(
        "POST",
        base_url + path,
        {"Content-Type": "application/json"},
        body,
        signer,
        nonce=secrets.token_hex(16),
        created=now,
        expires=now + _LIFE_SECONDS,
    )
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@dataclass
class SimulatedFinance:
    """Answers a unit's questions.

    Attributes:
        peer: What was agreed with the unit, from this side: the MAC in upper case.
        notices: Notices by payment code.
        paid: Confirmations by payment code; a query finds them.
    """

    peer: CfxPeer
    notices: dict[str, PaymentNotice] = field(default_factory=dict)
    paid: dict[str, PaymentConfirmation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to count messages."""
        self._ids = MessageIds()
        self._mutex = threading.Lock()

    def answer(self, frame: Frame) -> Frame:
        """Answer 8994 and 8997; anything else is acknowledged as failed.

        Raises:
            FrameError: The frame is not of the peer.
        """
        message = CfxMessage.from_frame(frame, self.peer)
        with self._mutex:
            if message.number == "8997":
                query = PaymentStateQuery.from_bytes(message.vouchers[0], self.peer.charset)
                return self._reply(message, "5997", self._state(query.payment_code).to_bytes(self.peer.charset))
            reason = f"不受理报文 {message.number}"
            if message.number == "8994":
                reason = self._take(message)
            return self._reply(message, "5001", Acknowledgement.of(message.number, reason).to_bytes(self.peer.charset))

    def _take(self, message: CfxMessage) -> str:
        """Keep the notices; a notice with other content under a known code is refused."""
        try:
            notices = [PaymentNotice.from_bytes(voucher, self.peer.charset) for voucher in message.vouchers]
            codes = [(notice.payment_code, notice.amount_fen) for notice in notices]
        except FrameError as error:
            return error.message_zh
        for (code, amount_fen), notice in zip(codes, notices, strict=True):
            known = self.notices.setdefault(code, notice)
            if known.amount_fen != amount_fen:
                return "缴款码重复而金额不同"
        return ""

    def _state(self, code: str) -> PaymentState:
        paid = self.paid.get(code)
        if paid is None:
            return PaymentState.compose({"PayCode": code, "PayStats": "0"})
        names = ("CfmDate", "CfmTime", "Amt", "TraNoBus", "RecAcct")
        return PaymentState.compose({"PayCode": code, "PayStats": "1", **{name: paid.text(name) for name in names}})

    def _reply(self, question: CfxMessage, number: str, voucher: bytes) -> Frame:
        answer = CfxMessage(
            self.peer.own_code,
            self.peer.peer_code,
            number,
            self._ids.next(),
            question.message_id,
            question.work_date,
            (voucher,),
        )
        return answer.to_frame(self.peer)
