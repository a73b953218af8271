"""A chain key that never leaves a PKCS#11 token.

The token signs with plain ECDSA over secp256k1. What the chain wants beyond that is added here: the lower of the two
possible ``s`` (EIP-2), and the recovery id, found by recovering the key and comparing its address.
"""

from collections.abc import Mapping
from typing import Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from pkcs11 import Session

from piaolian_sdk.acts.signers import transaction_error
from piaolian_sdk.errors import SignerError
from piaolian_sdk.token_key import SessionProvider, TokenKey, generate_key_pair, read_public_point

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
    generate_key_pair(session, key_label, _SECP256K1_OID)


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
        self._key = TokenKey(session_provider, key_label)
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
        raw = self._key.sign_digest(digest)
        if len(raw) != _RAW_SIGNATURE_BYTES:
            raise _wrong_signature(self._key.label)
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
        raise _wrong_signature(self._key.label)

    def _read_public_key(self) -> PublicKey:
        with self._key.session() as session:
            point = read_public_point(session, self._key.label)
        if not point:
            raise _wrong_signature(self._key.label)
        return PublicKey(point[1:])

    def __repr__(self) -> str:
        """Show the address and the label."""
        return f"Pkcs11ChainSigner({self.address}, label={self._key.label!r})"


def _wrong_signature(key_label: str) -> SignerError:
    return SignerError(
        "hsm-signature-wrong",
        f"the signature of the key {key_label!r} does not belong to its public key",
        f"密钥 {key_label!r} 的签名与其公钥不符",
        field="key_label",
        remedy="check that one label names one key pair on secp256k1",
        retry="never",
    )
