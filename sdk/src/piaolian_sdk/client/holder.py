"""What the holder of a receipt's check code may ask, whoever that is."""

import time

from piaolian_sdk.acts import FetchBundle, SoftwareChainSigner
from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.proof import Bundle
from piaolian_sdk.wire import NetworkInfo, ReceiptProof, ReceiptState, paths

# The node takes a question that is good for at most ten minutes; clocks may differ.
_QUESTION_SECONDS = 300


class HolderQuestions:
    """Part of every client: units, bookers and anybody ask for state and proof alike."""

    def __init__(self, connection: NodeConnection) -> None:
        self.connection = connection

    def receipt_state(self, code: str, number: str, check_code: str) -> ReceiptState:
        """Return the state of a receipt with its bookings.

        Raises:
            RemoteError: The node did not answer or does not know it.
        """
        return self.connection.get(paths.RECEIPT, ReceiptState, {"check_code": check_code}, code=code, number=number)

    def receipt_proof(self, code: str, number: str, check_code: str) -> ReceiptProof:
        """Return the proof of a receipt, once it is final.

        Raises:
            RemoteError: The node did not answer, does not know it, or it is not final.
        """
        query = {"check_code": check_code}
        return self.connection.get(paths.RECEIPT_PROOF, ReceiptProof, query, code=code, number=number)

    def receipt_bundle(self, code: str, number: str, check_code: str, booking_secret: bytes | None = None) -> bytes:
        """Return the proof bundle of a receipt, once it is final; ``piaolian_sdk.proof.verify_bundle`` checks it.

        The document is in it. A unit gets that of its own receipts, an auditor every one; everybody else shows by a
        signature that the receipt's one-time booking key is theirs. The key itself is not sent.

        Args:
            code: Receipt code.
            number: Receipt number.
            check_code: Check code.
            booking_secret: Private key that books the receipt, 32 bytes; None for its unit and for auditors.

        Raises:
            InputError: The secret is no private key.
            RemoteError: The node did not answer, does not know the receipt, or it is not final.
        """
        query = {"check_code": check_code}
        if booking_secret is not None:
            network = self.connection.get(paths.NETWORK, NetworkInfo)
            question = FetchBundle(int(code), int(number), int(time.time()) + _QUESTION_SECONDS)
            signer = SoftwareChainSigner(booking_secret)
            signature = question.sign(signer, network.chain_id, network.contracts["ReceiptLedger"])
            query |= {"deadline": str(question.deadline), "holder_signature": "0x" + signature.hex()}
        return self.connection.get(paths.RECEIPT_BUNDLE, Bundle, query, code=code, number=number).to_bytes()
