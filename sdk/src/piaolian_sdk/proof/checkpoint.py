"""What members sign of a final block: seven words, ECDSA on P-256 with SHA-256, ``r || s`` with the lower s.

P-256 and not the chain's own curve: tokens, OpenSSL, browsers and the usual libraries all have it, and OpenSSL verifies
it five times faster than secp256k1.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import SUITE_P256
from piaolian_sdk.signing.signature_der import ORDERS, check_signature_der, signature_from_raw
from piaolian_sdk.tree.keccak import bytes32_word, keccak256, uint_word

CHECKPOINT_ALGORITHM: Final = "ECDSA-P256-SHA256"
CHECKPOINT_TYPE: Final = (
    "Checkpoint(uint64 chainId,bytes32 genesisHash,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp)"
)
SIGNATURE_BYTES: Final = 64
PUBLIC_KEY_BYTES: Final = 65
_TYPE_HASH: Final = keccak256(CHECKPOINT_TYPE.encode())
_ORDER: Final = ORDERS[SUITE_P256]
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One final block of one network.

    Attributes:
        chain_id: EIP-155.
        genesis_hash: 32 bytes.
        number: Height.
        block_hash: 32 bytes.
        state_root: 32 bytes.
        timestamp: Unix seconds of the block.
    """

    chain_id: int
    genesis_hash: bytes
    number: int
    block_hash: bytes
    state_root: bytes
    timestamp: int

    def message(self) -> bytes:
        """Return the 224 bytes that are signed.

        Raises:
            InputError: A value does not fit its width.
        """
        return (
            _TYPE_HASH
            + uint_word(self.chain_id, 64, "chain_id")
            + bytes32_word(self.genesis_hash, "genesis_hash")
            + uint_word(self.number, 64, "number")
            + bytes32_word(self.block_hash, "block_hash")
            + bytes32_word(self.state_root, "state_root")
            + uint_word(self.timestamp, 64, "timestamp")
        )


def public_key_from_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of an uncompressed point of 65 bytes.

    Raises:
        InputError: ``key-malformed``: it is no point of P-256.
    """
    try:
        # A compressed point would be another text of the same key.
        point = point if len(point) == PUBLIC_KEY_BYTES else b""
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as exc:
        raise InputError(
            "key-malformed",
            "the checkpoint key is no uncompressed point of P-256",
            "检查点公钥不是 P-256 曲线上的非压缩点",
            field="public_key",
            rule="04 and 64 bytes, on the curve",
            remedy="give the public key as the node printed it",
        ) from exc


def signature_from_der(signature: bytes) -> bytes:
    """Return the only accepted form of a signature that a key gave: ``r || s`` with the lower s, 64 bytes.

    Raises:
        VerificationError: It is not strict DER.
    """
    r, s = check_signature_der(signature, SUITE_P256)
    return r.to_bytes(32, "big") + min(s, _ORDER - s).to_bytes(32, "big")


def has_low_s(signature: bytes) -> bool:
    """Return whether s is the lower of its two possible values, so that a signature has one form."""
    return 0 < int.from_bytes(signature[32:], "big") <= _ORDER // 2


def is_signed(checkpoint: Checkpoint, public_key: ec.EllipticCurvePublicKey, signature: bytes) -> bool:
    """Return whether a signature of 64 bytes is of this key over this checkpoint, in its only form."""
    if len(signature) != SIGNATURE_BYTES or not has_low_s(signature):
        return False
    try:
        public_key.verify(signature_from_raw(signature), checkpoint.message(), _ECDSA)
    except InvalidSignature:
        return False
    return True
