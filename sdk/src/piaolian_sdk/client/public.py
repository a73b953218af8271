"""The client of anybody: it asks and proves nothing about itself."""

from datetime import date

import httpx

from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.client.holder import HolderQuestions
from piaolian_sdk.wire import Limits, NetworkInfo, ReceiptBody, VerificationAnswer, paths


class PublicClient(HolderQuestions):
    """Asks a node what anyone may know."""

    def __init__(
        self, base_url: str, *, http: httpx.Client | None = None, connection: NodeConnection | None = None
    ) -> None:
        """Take the node's address, without ``/api/v1``."""
        super().__init__(connection if connection is not None else NodeConnection(base_url, None, http=http))

    def verify(self, code: str, number: str, check_code: str, amount: str, day: date) -> VerificationAnswer:
        """Ask whether a receipt with these five elements exists, and its state.

        This trusts the node; ``piaolian_sdk.verify`` proves it against a chain node of one's choice.

        Args:
            code: Receipt code.
            number: Receipt number.
            check_code: Check code.
            amount: Total as text with two decimals.
            day: Day of issue.

        Raises:
            RemoteError: The node did not answer, or asks to wait.
        """
        query = {
            "code": code,
            "number": number,
            "check_code": check_code,
            "amount": amount,
            "date": day.isoformat(),
        }
        return self.connection.get(paths.VERIFICATION, VerificationAnswer, query)

    def receipt_body(self, code: str, number: str, check_code: str) -> ReceiptBody:
        """Return ciphertext and the payer's wrapped key.

        Raises:
            RemoteError: The node did not answer, does not know it, or the payer's key was never given.
        """
        query = {"check_code": check_code}
        return self.connection.get(paths.RECEIPT_BODY, ReceiptBody, query, code=code, number=number)

    def network(self) -> NetworkInfo:
        """Return chain id, addresses, the server's time and the finance certificates.

        Raises:
            RemoteError: The node did not answer.
        """
        return self.connection.get(paths.NETWORK, NetworkInfo)

    def limits(self) -> Limits:
        """Return the limits of the API.

        Raises:
            RemoteError: The node did not answer.
        """
        return self.connection.get(paths.LIMITS, Limits)

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()
