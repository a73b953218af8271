"""What the holder of a receipt's check code may ask, whoever that is."""

from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.wire import ReceiptProof, ReceiptState, paths


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
