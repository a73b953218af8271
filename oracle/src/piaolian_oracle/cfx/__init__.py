"""CFX (CNNONTAX): the message exchange between finance departments, units and banks for non-tax payments.

>>> from piaolian_oracle.cfx import Acknowledgement, CfxMessage, CfxPeer, Frame
>>> unit = CfxPeer(own_code="K3209990001", peer_code="F320999", token=b"test-token")
>>> answer = Acknowledgement.of("5996").to_bytes()
>>> message = CfxMessage("K3209990001", "F320999", "8001", "1", "1", "20230512", (answer,))
>>> Frame.from_bytes(message.to_frame(unit).to_bytes()).verify(unit) == message.to_xml()
True
"""

from piaolian_oracle.cfx.frame import MAX_FRAME_BYTES, Frame, FrameReader
from piaolian_oracle.cfx.message import CfxMessage
from piaolian_oracle.cfx.peer import CfxPeer
from piaolian_oracle.cfx.vouchers import (
    Acknowledgement,
    PaymentConfirmation,
    PaymentNotice,
    PaymentState,
    PaymentStateQuery,
    Voucher,
)

__all__ = [
    "MAX_FRAME_BYTES",
    "Acknowledgement",
    "CfxMessage",
    "CfxPeer",
    "Frame",
    "FrameReader",
    "PaymentConfirmation",
    "PaymentNotice",
    "PaymentState",
    "PaymentStateQuery",
    "Voucher",
]
