"""A chain key that never leaves a PKCS#11 token.

The token signs with plain ECDSA over secp256k1. What the chain wants beyond that is added here: the lower of the two
possible ``s`` (EIP-2), and the recovery id, found by recovering the key and comparing its address.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from asn1crypto.core import OctetString
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import encode_named_curve_parameters

from piaolian_sdk.acts.signers import transaction_error
from piaolian_sdk.errors import SignerError

if TYPE_CHECKING:
    from pkcs11.types import SignMixin

SessionProvider = Callable[[], AbstractContextManager[Session]]

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_SECP256K1_OID = "1.3.132.0.10"
_RAW_SIGNATURE_BYTES = 64


def generate_chain_key(session: Session, key_label: str) -> None:
    """Make a secp256k1 key pair in the token: it signs, stays there and cannot be read.

    Args:
        session: Open for writing, user logged in.
        key_label: Label of both halves.

    Raises:
        SignerError: The token refused.
    """
    try:
        parameters = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(_SECP256K1_OID)}, local=True
        )
        parameters.generate_keypair(
            label=key_label,
            store=True,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True},
        )
    except PKCS11Error as exc:
        raise _unavailable(key_label) from exc


class Pkcs11ChainSigner:
    """Signs digests and transactions with a secp256k1 key in a token."""

    def __init__(self, session_provider: SessionProvider, key_label: str) -> None:
        """Read the public key.

        Args:
            session_provider: Gives a session with the user logged in, for the time of one call.
            key_label: Label of the key pair; it must be the only one with this label.

        Raises:
            SignerError: The token does not answer or has no such key.
        """
        self._session_provider = session_provider
        self._key_label = key_label
        self._public_key = self._read_public_key()

    @property
    def address(self) -> str:
        """Checksum address of the key (EIP-55)."""
        return str(self._public_key.to_checksum_address())

    def sign_digest(self, digest: bytes) -> bytes:
        """Return 65 bytes ``r || s || v`` over a 32-byte digest, low s, v 27 or 28.

        Raises:
            SignerError: The token did not sign, or what it gave does not belong to its public key.
        """
        r, s, recovery_id = self._sign(digest)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + recovery_id])

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Return the raw signed transaction of type 2 (EIP-1559).

        Raises:
            InputError: The mapping is no complete transaction of type 2.
            SignerError: The token did not sign.
        """
        try:
            unsigned = TypedTransaction.from_dict({**transaction, "type": 2})
            digest = bytes(unsigned.hash())
        except (TypeError, ValueError, KeyError, ValidationError) as exc:
            raise transaction_error() from exc
        r, s, recovery_id = self._sign(digest)
        signed = TypedTransaction.from_dict({**unsigned.as_dict(), "v": recovery_id, "r": r, "s": s})
        return bytes(signed.encode())

    def _sign(self, digest: bytes) -> tuple[int, int, int]:
        try:
            with self._session_provider() as session:
                key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._key_label)
                # get_key is typed by the class of all keys.
                raw = bytes(cast("SignMixin", key).sign(digest, mechanism=Mechanism.ECDSA))
        except PKCS11Error as exc:
            raise _unavailable(self._key_label) from exc
        if len(raw) != _RAW_SIGNATURE_BYTES:
            raise _wrong_signature(self._key_label)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        s = min(s, _ORDER - s)
        return r, s, self._recovery_id(digest, r, s)

    def _recovery_id(self, digest: bytes, r: int, s: int) -> int:
        for candidate in (0, 1):
            try:
                recovered = Signature(vrs=(candidate, r, s)).recover_public_key_from_msg_hash(digest)
            except (BadSignature, ValidationError):
                continue
            if recovered == self._public_key:
                return candidate
        raise _wrong_signature(self._key_label)

    def _read_public_key(self) -> PublicKey:
        try:
            with self._session_provider() as session:
                key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=self._key_label)
                encoded = bytes(key[Attribute.EC_POINT])
        except PKCS11Error as exc:
            raise _unavailable(self._key_label) from exc
        # The standard wraps the uncompressed point in a DER OCTET STRING.
        point = bytes(OctetString.load(encoded).native)
        return PublicKey(point[1:])

    def __repr__(self) -> str:
        """Show the address and the label."""
        return f"Pkcs11ChainSigner({self.address}, label={self._key_label!r})"


def _unavailable(key_label: str) -> SignerError:
    return SignerError(
        "hsm-unavailable",
        f"the token could not use the key {key_label!r}",
        f"密码设备无法使用密钥 {key_label!r}",
        field="key_label",
        remedy="check that the token is present, the user is logged in and the label is right",
        retry="after",
    )


def _wrong_signature(key_label: str) -> SignerError:
    return SignerError(
        "hsm-signature-wrong",
        f"the signature of the key {key_label!r} does not belong to its public key",
        f"密钥 {key_label!r} 的签名与其公钥不符",
        field="key_label",
        remedy="check that one label names one key pair on secp256k1",
        retry="never",
    )
