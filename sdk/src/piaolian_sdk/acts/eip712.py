"""Typed structured data (EIP-712) for flat messages, encoded from the message's own type string.

::

    digest = keccak(0x19 0x01 || domainSeparator || structHash)
    domainSeparator = keccak(abi.encode(keccak("EIP712Domain(...)"), keccak("Piaolian"), keccak("1"), chainId, proxy))
    structHash = keccak(abi.encode(keccak(type string), member words...)); dynamic bytes enter as their keccak
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from piaolian_sdk.acts.signers import ChainSigner
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.tree.keccak import address_word, bytes32_word, keccak256, uint_word

DOMAIN_NAME = "Piaolian"
DOMAIN_VERSION = "1"
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SIGNATURE_BYTES = 65
# Half the order of secp256k1: a larger s is the malleable twin of a smaller one (EIP-2), and OpenZeppelin refuses it.
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@cache
def domain_separator(chain_id: int, contract: str | bytes) -> bytes:
    """Return the 32-byte domain separator of one proxy on one chain.

    Raises:
        InputError: The address is none, or the chain id does not fit.
    """
    return keccak256(
        keccak256(_DOMAIN_TYPE.encode())
        + keccak256(DOMAIN_NAME.encode())
        + keccak256(DOMAIN_VERSION.encode())
        + uint_word(chain_id, 256, "chain_id")
        + address_word(contract, "contract")
    )


@dataclass(frozen=True)
class Act:
    """Base of all acts. A subclass names its ``TYPE`` and has one attribute for each member, in snake_case.

    Attributes:
        TYPE: The EIP-712 type string, exactly as in the contract.
        CONTRACT: Name of the proxy that takes the act.
    """

    TYPE: ClassVar[str]
    CONTRACT: ClassVar[str]

    @classmethod
    def members(cls) -> tuple[tuple[str, str, str], ...]:
        """Return (Solidity type, Solidity name, attribute) of every member in order."""
        return _members(cls.TYPE)

    def struct_hash(self) -> bytes:
        """Return the 32-byte struct hash.

        Raises:
            InputError: A value does not fit the width of its type.
        """
        words = [_word(kind, getattr(self, attribute), attribute) for kind, _, attribute in self.members()]
        return keccak256(keccak256(self.TYPE.encode()) + b"".join(words))

    def digest(self, chain_id: int, contract: str | bytes) -> bytes:
        """Return the 32 bytes that are signed for the proxy ``contract`` on ``chain_id``.

        Raises:
            InputError: A value does not fit the width of its type.
        """
        return keccak256(b"\x19\x01" + domain_separator(chain_id, contract) + self.struct_hash())

    def sign(self, signer: ChainSigner, chain_id: int, contract: str | bytes) -> bytes:
        """Return the signature, 65 bytes ``r || s || v`` with v 27 or 28.

        Raises:
            InputError: A value does not fit the width of its type.
            SignerError: The key could not sign.
        """
        return signer.sign_digest(self.digest(chain_id, contract))


def recover_address(digest: bytes, signature: bytes) -> str:
    """Return the checksum address whose key made ``signature`` over ``digest``.

    Raises:
        VerificationError: It is no signature of 65 bytes with v 27 or 28 and low s.
    """
    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        raise _bad_signature("must have 65 bytes and end with 27 or 28", "必须为 65 字节且末字节为 27 或 28")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if s > _HALF_ORDER:
        raise _bad_signature("must have the lower of the two possible s", "必须使用较小的 s 值")
    try:
        key = Signature(vrs=(signature[64] - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError) as exc:
        raise _bad_signature("recovers no key", "无法恢复公钥") from exc
    return str(key.to_checksum_address())


def _bad_signature(rule: str, rule_zh: str) -> VerificationError:
    return VerificationError(
        "chain-signature-wrong", f"the chain signature {rule}", f"链上签名{rule_zh}", step="chain signature"
    )


@cache
def _members(type_string: str) -> tuple[tuple[str, str, str], ...]:
    inner = type_string[type_string.index("(") + 1 : -1]
    pairs = [member.split(" ") for member in inner.split(",")]
    return tuple((kind, name, re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), name)) for kind, name in pairs)


def _word(kind: str, value: object, field: str) -> bytes:
    if kind == "bytes" and isinstance(value, bytes):
        return keccak256(value)
    if kind == "bytes32" and isinstance(value, bytes):
        return bytes32_word(value, field)
    if kind == "address" and isinstance(value, str | bytes):
        return address_word(value, field)
    if kind.startswith("uint") and isinstance(value, int):
        return uint_word(value, int(kind[4:]), field)
    raise InputError(
        "value-out-of-range",
        f"{field} must be of type {kind}",
        f"{field} 的类型必须是 {kind}",
        field=field,
        rule=kind,
        remedy="give a value of the type that the act names",
    )
