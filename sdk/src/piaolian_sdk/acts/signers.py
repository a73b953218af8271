"""Keys on secp256k1 behind one protocol: in software here, in an HSM in ``acts.pkcs11``."""

from collections.abc import Mapping
from typing import Any, Protocol

from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_utils.exceptions import ValidationError

from piaolian_sdk.errors import InputError


class ChainSigner(Protocol):
    """A key that signs digests and transactions of the chain."""

    @property
    def address(self) -> str:
        """Checksum address of the key (EIP-55)."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Return 65 bytes ``r || s || v`` over a 32-byte digest, low s, v 27 or 28.

        Raises:
            SignerError: The key could not sign.
        """
        ...

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Return the raw signed transaction; the mapping has web3's names and holds its ``chainId``.

        Raises:
            InputError: The mapping is no complete transaction.
            SignerError: The key could not sign.
        """
        ...


class SoftwareChainSigner:
    """A key in the memory of this process: for units without an HSM, for booking keys and for tests."""

    def __init__(self, private_key: bytes) -> None:
        """Take a private key of 32 bytes.

        Raises:
            InputError: It is no private key of secp256k1.
        """
        try:
            self._key = PrivateKey(private_key)
            self._account = Account.from_key(self._key)
        except (ValidationError, ValueError) as exc:
            raise InputError(
                "key-malformed",
                "the chain key must be 32 bytes within the order of secp256k1",
                "链上私钥必须为 32 字节且在 secp256k1 的阶之内",
                field="private_key",
                rule="32 bytes, 1 <= d < n",
                remedy="make a new key of 32 random bytes",
            ) from exc

    @property
    def address(self) -> str:
        """Checksum address of the key (EIP-55)."""
        return str(self._account.address)

    def sign_digest(self, digest: bytes) -> bytes:
        """Return 65 bytes ``r || s || v``; deterministic (RFC 6979)."""
        raw = self._key.sign_msg_hash(digest).to_bytes()
        return bytes(raw[:64]) + bytes([raw[64] + 27])

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Return the raw signed transaction.

        Raises:
            InputError: The mapping is no complete transaction.
        """
        try:
            return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)
        except (TypeError, ValueError) as exc:
            raise transaction_error() from exc

    def __repr__(self) -> str:
        """Show the address; never the key."""
        return f"SoftwareChainSigner({self.address})"


def transaction_error() -> InputError:
    """Return the error for a mapping that is no complete transaction."""
    return InputError(
        "transaction-malformed",
        "the transaction lacks a field or has one of a wrong type",
        "交易缺少字段或字段类型有误",
        field="transaction",
        rule="chainId, nonce, gas, to, value, data and a gas price",
        remedy="fill every field before signing",
    )
