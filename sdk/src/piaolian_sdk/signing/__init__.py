"""Document signatures: who may sign, how a receipt is signed, and how that is checked.

A unit signs and anybody checks::

    signer = SoftwareSigner.from_pem(key_pem, certificate_pem)
    known_answer(signer)
    signed = sign_receipt_as_unit(unsigned, signer, at)
    verify_unit_signature(parse_receipt(signed), CertificateTrust.from_pem(root_pem), at)

Keys in a PKCS#11 token are in ``piaolian_sdk.signing.pkcs11``, which needs the token's driver.
"""

from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2
from piaolian_sdk.signing.authority import CertificateAuthority
from piaolian_sdk.signing.base import DocumentSigner, known_answer
from piaolian_sdk.signing.certificates import (
    DocumentCertificate,
    PublicKey,
    certificate_from_der,
    certificates_from_pem,
    point_of,
    public_key_from_pem,
    public_key_to_pem,
)
from piaolian_sdk.signing.keyfile import private_key_from_pem, private_key_to_pem
from piaolian_sdk.signing.messages import verify_message, verify_with_key
from piaolian_sdk.signing.receipts import (
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.signing.revocation import RevocationList, read_revocation_list
from piaolian_sdk.signing.signature_der import check_signature_der, signature_from_raw
from piaolian_sdk.signing.software import SoftwareSigner
from piaolian_sdk.signing.trust import CertificateTrust, VerifiedSigner

__all__ = [
    "SUITE_P256",
    "SUITE_SM2",
    "CertificateAuthority",
    "CertificateTrust",
    "DocumentCertificate",
    "DocumentSigner",
    "PublicKey",
    "RevocationList",
    "SoftwareSigner",
    "VerifiedSigner",
    "certificate_from_der",
    "certificates_from_pem",
    "check_signature_der",
    "known_answer",
    "point_of",
    "private_key_from_pem",
    "private_key_to_pem",
    "public_key_from_pem",
    "public_key_to_pem",
    "read_revocation_list",
    "sign_receipt_as_supervisor",
    "sign_receipt_as_unit",
    "signature_from_raw",
    "verify_message",
    "verify_supervision_signature",
    "verify_unit_signature",
    "verify_with_key",
]
