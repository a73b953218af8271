"""Known-answer tests of the keys in the token: at start, and whenever the token was lost and is back.

A token that signs with another key than the chain or a certificate knows must not be used, and a fault of the device
must show before a receipt bears it (FIPS 140-3, pre-operational self-tests).
"""

from collections.abc import Callable
from contextlib import nullcontext

from pkcs11 import Session

from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner
from piaolian_sdk.errors import SignerError
from piaolian_sdk.signing import DocumentCertificate, known_answer
from piaolian_sdk.signing.pkcs11 import Pkcs11P256Signer
from piaolian_sdk.tree import keccak256

_DIGEST = keccak256(b"piaolian self-test")


def document_key_probe(label: str, certificate: DocumentCertificate) -> Callable[[Session], None]:
    """Return a test that the token signs with the key of a certificate."""

    def probe(session: Session) -> None:
        known_answer(Pkcs11P256Signer(lambda: nullcontext(session), label, certificate))

    return probe


def chain_key_probe(label: str, address: str) -> Callable[[Session], None]:
    """Return a test that the token signs with the key of an account."""

    def probe(session: Session) -> None:
        # The signer recovers the key from each signature and compares it with the token's public half.
        signer = Pkcs11ChainSigner(lambda: nullcontext(session), label)
        signer.sign_digest(_DIGEST)
        if signer.address != address:
            raise SignerError(
                "hsm-signature-wrong",
                f"the token's key {label!r} is another than before",
                f"密码设备中的密钥 {label!r} 与此前不同",
                field="key_label",
                remedy="put back the token that this node was started with, or start the node anew",
            )

    return probe
