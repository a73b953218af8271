"""What signs documents: one protocol, one file for each kind of key."""

from typing import Final, Protocol

from piaolian_sdk.errors import SignerError, VerificationError
from piaolian_sdk.signing.certificates import DocumentCertificate
from piaolian_sdk.signing.messages import verify_message

# Signed once at start. It cannot be taken for a document, an act or a request: those begin otherwise.
_SELF_TEST_MESSAGE: Final = b"piaolian document signer self test, version 1"


class DocumentSigner(Protocol):
    """A key with its certificate that signs documents and requests."""

    @property
    def suite(self) -> str:
        """``SUITE_SM2`` or ``SUITE_P256``."""
        ...

    @property
    def certificate(self) -> DocumentCertificate:
        """The certificate of the key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a DER ``SEQUENCE(r, s)`` over ``message``; hashing (with Z for SM2) is the signer's.

        Raises:
            SignerError: The key could not sign. No caller goes on without a signature.
        """
        ...


def known_answer(signer: DocumentSigner) -> None:
    """Ask a signer once, at start, for a signature and check it with its certificate.

    Raises:
        SignerError: It cannot sign, or signs with another key than its certificate's, or wrongly.
    """
    signature = signer.sign(_SELF_TEST_MESSAGE)
    try:
        verify_message(signer.certificate, _SELF_TEST_MESSAGE, signature)
    except VerificationError as exc:
        raise SignerError(
            "signer-self-test-failed",
            f"the signer's own signature does not verify with its certificate: {exc.message}",
            f"签名自检未通过：签名与证书不符（{exc.message_zh}）",
            field="signer",
            remedy="check that key and certificate belong together, and the device and its driver",
        ) from exc
