"""What a process of the pool does: read and judge documents, countersign them in the HSM, seal them.

Everything here takes and returns plain values, so that it can run in a process of its own. A process opens the token
when it starts and logs in by itself: the login belongs to the process (``piaolian_node.hsm``).
"""

import contextlib
import multiprocessing
import multiprocessing.process
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from piaolian_node.bodies.car import cid_of_ciphertext
from piaolian_node.bodies.vault import Vault
from piaolian_node.errors import ConfigError, UnavailableError
from piaolian_node.hsm import HSMToken, PinTries, document_key_probe
from piaolian_node.receipts.judging import (
    DraftToJudge,
    DraftVerdict,
    JudgedDocument,
    SignedDocument,
    Terms,
    judge_documents,
    judge_drafts,
)
from piaolian_sdk.qr import write_short_qr
from piaolian_sdk.sealing import BodyToSeal, ReceiptBody, seal_bodies
from piaolian_sdk.signing import CertificateTrust, DocumentCertificate, DocumentSigner, sign_receipt_as_supervisor
from piaolian_sdk.signing.pkcs11 import Pkcs11P256Signer
from piaolian_sdk.sm2 import Sm2PublicKey


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What a process needs to know.

    Attributes:
        roots: PEM files of trusted roots.
        module: PKCS#11 library.
        pin_tries: File in which refused PINs are counted.
        certificate: PEM of the supervision key's certificate.
        vault_key: Private encryption key of the department, 32 bytes.
        public_url: Address that printed codes lead to.
    """

    roots: tuple[bytes, ...]
    module: Path
    token_label: str
    token_pin: str = field(repr=False)
    pin_tries: Path
    key_label: str
    certificate: bytes
    vault_key: bytes = field(repr=False)
    public_url: str


@dataclass(frozen=True, slots=True)
class ToCountersign:
    """A judged document and what its body and its printed code are made of.

    Attributes:
        document: With the unit's signature.
        number: 10 digits.
        total_fen: As printed, negative for a red receipt.
        issue_date: As printed.
        booking_address: 20 bytes.
        payer_point: The payer's encryption key, hex, or None.
    """

    document: bytes
    code: str
    number: str
    check_code: str
    total_fen: int
    issue_date: date
    amount_salt: bytes
    fields_seed: bytes
    booking_secret: bytes = field(repr=False)
    booking_address: bytes
    payer_point: str | None


@dataclass(frozen=True, slots=True)
class CountersignedDocument:
    """A receipt that is complete by the national rules, and its sealed body.

    Attributes:
        document: With both signatures.
        qr: Text of the printed code.
        cid: Of the ciphertext.
        wrapped_content_key: Under the batch key.
        payer_wrapped_key: For the payer alone, or None.
        sealed_booking_secret: Under the department's vault key.
    """

    document: bytes
    qr: str
    cid: str
    ciphertext: bytes
    wrapped_content_key: bytes
    payer_wrapped_key: bytes | None
    sealed_booking_secret: bytes


class Desk:
    """One process's trust, vault and way to the HSM."""

    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings
        self.trust = CertificateTrust.from_pem(*settings.roots)
        self.vault = Vault(settings.vault_key, os.urandom)
        self._supervision: DocumentSigner | None = None

    @property
    def supervision(self) -> DocumentSigner:
        """The key that countersigns.

        Raises:
            UnavailableError: The token does not open.
            SignerError: It has no such key.
        """
        if self._supervision is None:
            self._supervision = self._open_supervision()
        return self._supervision

    def _open_supervision(self) -> DocumentSigner:
        known = self._settings
        certificate = DocumentCertificate.from_pem(known.certificate)
        try:
            token = HSMToken(known.module, known.token_label, known.token_pin, tries=PinTries(known.pin_tries))
        except ConfigError as exc:
            # The node that started this process has opened the token with the same settings: now it is away.
            raise UnavailableError(
                "hsm-unavailable",
                f"the HSM does not answer: {exc.message}",
                f"签名设备没有应答：{exc.message_zh}",
                remedy="check that the token is present and the service runs",
            ) from exc
        token.add_probe(document_key_probe(known.key_label, certificate))
        return Pkcs11P256Signer(token.session, known.key_label, certificate)

    def countersign(
        self, items: Sequence[ToCountersign], batch_key: bytes, at: datetime
    ) -> list[CountersignedDocument]:
        """Sign and seal; nothing is written.

        Raises:
            SignerError: The HSM did not sign: nothing goes out unsigned.
        """
        documents = [sign_receipt_as_supervisor(item.document, self.supervision, at) for item in items]
        bodies = [_body(item, document) for item, document in zip(items, documents, strict=True)]
        done = []
        for item, document, body in zip(items, documents, seal_bodies(bodies, batch_key, os.urandom), strict=True):
            qr = write_short_qr(
                self._settings.public_url,
                self.supervision,
                code=item.code,
                number=item.number,
                check_code=item.check_code,
                amount_fen=item.total_fen,
                issue_date=item.issue_date,
            )
            done.append(
                CountersignedDocument(
                    document=document,
                    qr=qr,
                    cid=cid_of_ciphertext(body.ciphertext),
                    ciphertext=body.ciphertext,
                    wrapped_content_key=body.wrapped_content_key,
                    payer_wrapped_key=body.payer_wrapped_key,
                    sealed_booking_secret=self.vault.seal(item.booking_secret, body.receipt_key),
                )
            )
        return done


def _body(item: ToCountersign, document: bytes) -> BodyToSeal:
    plaintext = ReceiptBody(document, item.amount_salt, item.fields_seed, item.booking_address).to_bytes()
    payer = Sm2PublicKey.from_uncompressed(bytes.fromhex(item.payer_point)) if item.payer_point else None
    return BodyToSeal(item.code + item.number, plaintext, payer)


# The desk of this process, once the pool has started it.
_desks: list[Desk] = []


def open_desk(settings: DeskSettings) -> None:
    """Make the desk of this process, and end the process when the one that started it is gone.

    A pool's process waits for work on a pipe whose other end it holds itself, so it would never learn that nobody is
    left to send any.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _desks[:] = [Desk(settings)]


def _end_with(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(0)


def judge(drafts: Sequence[DraftToJudge], terms: Terms) -> list[DraftVerdict]:
    """Judge drafts."""
    return judge_drafts(drafts, terms)


def judge_signed(documents: Sequence[SignedDocument], terms: Terms, certificate_digest: bytes) -> list[JudgedDocument]:
    """Judge documents with their unit's signature; whether its certificate was revoked is the caller's to know.

    Raises:
        PiaolianError: The first document that is not right.
    """
    return judge_documents(documents, terms, _desks[0].trust, certificate_digest)


def countersign(items: Sequence[ToCountersign], batch_key: bytes, at: datetime) -> list[CountersignedDocument]:
    """Sign and seal.

    Raises:
        SignerError: The HSM did not sign.
    """
    return _desks[0].countersign(items, batch_key, at)


def ready(_nothing: Sequence[object]) -> list[object]:
    """Open the token: a process that answers has read everything it needs, unless the token is away just now."""
    with contextlib.suppress(UnavailableError):
        _ = _desks[0].supervision
    return []
