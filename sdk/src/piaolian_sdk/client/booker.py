"""The client of a unit that reimburses: it books receipts, and withdraws bookings."""

import os
import time
from collections.abc import Callable

import httpx

from piaolian_sdk.acts import Book, ChainSigner, SoftwareChainSigner, Unbook
from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.client.plan import build_request
from piaolian_sdk.client.session import DEADLINE_SECONDS
from piaolian_sdk.client.submissions import Submissions
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.rules import check_circulable
from piaolian_sdk.signing import DocumentSigner
from piaolian_sdk.verify import leaf_of_proof
from piaolian_sdk.wire import (
    BookReceipt,
    Submitted,
    WithdrawBooking,
    paths,
)


class BookerClient(Submissions):
    """Books and withdraws at one node. Every method blocks."""

    def __init__(  # noqa: PLR0913 # An identity has this many parts; what may be replaced goes by name.
        self,
        base_url: str,
        document_signer: DocumentSigner,
        chain_signer: ChainSigner,
        address_book: AddressBook,
        *,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        http: httpx.Client | None = None,
        connection: NodeConnection | None = None,
    ) -> None:
        """Take an address and an identity; nothing is sent yet.

        Args:
            base_url: Of the node, without ``/api/v1``.
            document_signer: Signs requests.
            chain_signer: The booker's account on the chain; withdraws.
            address_book: Where the contracts are, and on which chain.
            random: Gives that many random bytes.
            now: Gives Unix seconds.
            sleep: Waits that many seconds.
            http: Client to use instead of a new one.
            connection: Connection to use instead of a new one.
        """
        self.chain_signer = chain_signer
        self.address_book = address_book
        if connection is None:
            connection = NodeConnection(base_url, document_signer, random=random, now=now, sleep=sleep, http=http)
        super().__init__(connection, now=now, sleep=sleep)

    def book(
        self,
        code: str,
        number: str,
        check_code: str,
        booking_secret: bytes,
        share_billionths: int,
        *,
        document: bytes | None = None,
        counter: int | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Book a share of a receipt for this booker. Returns the submission's id.

        Args:
            code: Receipt code.
            number: Receipt number.
            check_code: Check code.
            booking_secret: The receipt's booking key, handed over by the payer, 32 bytes.
            share_billionths: 1 to 1,000,000,000 (the whole).
            document: The receipt as the payer handed it over; one for arrears is refused before anything is sent.
            counter: Of the booking; asked from the node when None.
            idempotency_key: A fresh one when None.

        Raises:
            InputError: The secret is not this receipt's, or the document is for arrears or of another receipt.
            RemoteError: The node refused or did not answer.
        """
        if document is not None:
            _check_document(document, code, number)
        proof = self.receipt_proof(code, number, check_code)
        key = SoftwareChainSigner(booking_secret)
        if key.address.lower() != proof.booking_address.lower():
            raise InputError(
                "booking-key-wrong",
                "the booking secret is not the one of this receipt",
                "入账密钥不属于这张票据",
                field="booking_secret",
                rule="address of the key = booking address of the receipt",
                remedy="ask the payer for the secret of exactly this receipt",
            )
        if counter is None:
            counter = self.receipt_state(code, number, check_code).booking.next_counter
        act = Book(
            leaf=leaf_of_proof(proof),
            booker=self.chain_signer.address,
            counter=counter,
            share=share_billionths,
            deadline=self._deadline(),
        )
        message = build_request(
            BookReceipt,
            code=code,
            number=number,
            check_code=check_code,
            booker=act.booker,
            counter=counter,
            share=share_billionths,
            deadline=act.deadline,
            signature=act.sign(key, self.address_book.chain_id, self.address_book.address_of(act.CONTRACT)),
        )
        return self.connection.post(paths.BOOKINGS, message, Submitted, idempotency_key).submission

    def unbook(
        self,
        code: str,
        number: str,
        check_code: str,
        *,
        counter: int | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Withdraw this booker's booking. Returns the submission's id.

        Raises:
            RemoteError: The node refused or did not answer.
        """
        state = self.receipt_state(code, number, check_code)
        act = Unbook(
            range=state.range,
            number=int(number),
            booker=self.chain_signer.address,
            counter=state.booking.next_counter if counter is None else counter,
            deadline=self._deadline(),
        )
        message = build_request(
            WithdrawBooking,
            code=code,
            number=number,
            check_code=check_code,
            booker=act.booker,
            counter=act.counter,
            deadline=act.deadline,
            signature=act.sign(
                self.chain_signer, self.address_book.chain_id, self.address_book.address_of(act.CONTRACT)
            ),
        )
        return self.connection.post(paths.BOOKINGS_WITHDRAW, message, Submitted, idempotency_key).submission

    def _deadline(self) -> int:
        return int(self._now()) + DEADLINE_SECONDS


def _check_document(document: bytes, code: str, number: str) -> None:
    parsed = parse_receipt(document)
    if parsed.model.main.key != code + number:
        raise InputError(
            "identifier-mismatch",
            "the document is of another receipt",
            "票据文件与票据代码、号码不符",
            field="document",
            rule="the document that is booked",
            remedy="give the document of exactly this receipt",
        )
    check_circulable(parsed)
