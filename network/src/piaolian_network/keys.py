"""Keys of a network's members, made on the machine that will use them.

Only public parts (addresses, enodes, peer ids) ever leave a member's folder. Every private
file is created with mode 0600 in a folder of mode 0700.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_keys.datatypes import PrivateKey

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# libp2p's PublicKey and PrivateKey messages: field 1 (type) = 1 (Ed25519), field 2 (data), then its length.
# https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
_LIBP2P_PUBLIC_PREFIX: Final = bytes([0x08, 0x01, 0x12, 0x20])
_LIBP2P_PRIVATE_PREFIX: Final = bytes([0x08, 0x01, 0x12, 0x40])


@dataclass(frozen=True)
class KeyFile:
    """A secp256k1 key at rest: 64 hexadecimal digits in a file of mode 0600.

    Attributes:
        name: What the key is for.
        address: Checksummed account address.
        path: The file.
    """

    name: str
    address: str
    path: Path

    def read_private_key(self) -> bytes:
        """Return the 32 private bytes."""
        return bytes.fromhex(self.path.read_text(encoding="ascii").strip())


@dataclass(frozen=True)
class NodeKey:
    """Public part of a node key.

    Attributes:
        public: 128 hexadecimal digits, as they stand in an enode address.
        address: Its account, which is the validator with QBFT.
    """

    public: str
    address: str


@dataclass(frozen=True)
class SwarmIdentity:
    """Identity of a kubo daemon.

    Attributes:
        peer_id: Base58 peer id, public.
        private_key: Base64 of libp2p's private key message, as kubo's config holds it.
    """

    peer_id: str
    private_key: str


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; its folder is made with mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def address_of(private_key: bytes) -> str:
    """Return the checksummed address of a 32-byte secp256k1 key."""
    return str(PrivateKey(private_key).public_key.to_checksum_address())


def create_key_file(folder: Path, name: str) -> KeyFile:
    """Make a new secp256k1 key and store it as `<name>.key`."""
    private_key = secrets.token_bytes(32)
    path = folder / f"{name}.key"
    write_private(path, private_key.hex() + "\n")
    return KeyFile(name, address_of(private_key), path)


def open_key_file(folder: Path, name: str) -> KeyFile:
    """Open a key that was stored as `<name>.key`.

    Raises:
        FileNotFoundError: There is no such key.
    """
    path = folder / f"{name}.key"
    private_key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    return KeyFile(name, address_of(private_key), path)


def create_validator_account(folder: Path) -> str:
    """Make a validator's sealing key as geth's encrypted keystore with a random password.

    The folder receives `keystore/validator.json` and `validator.password`. The light scrypt
    parameters keep start-up short; the password has 256 bits, so that a slow derivation adds nothing.

    Returns:
        Checksummed address of the validator.
    """
    private_key = secrets.token_bytes(32)
    password = secrets.token_urlsafe(32)
    keystore = Account.encrypt(private_key, password, kdf="scrypt", iterations=4096)
    write_private(folder / "keystore" / "validator.json", json.dumps(keystore))
    write_private(folder / "validator.password", password + "\n")
    return address_of(private_key)


def create_node_key(folder: Path, file_name: str) -> NodeKey:
    """Make the peer-to-peer key of an Ethereum node: 64 hexadecimal digits without a line end, mode 0600."""
    private_key = secrets.token_bytes(32)
    write_private(folder / file_name, private_key.hex())
    public = PrivateKey(private_key).public_key
    return NodeKey(public.to_bytes().hex(), public.to_checksum_address())


def create_swarm_key() -> str:
    """Make the shared key of a private swarm, as the text of a `swarm.key` file."""
    return f"/key/swarm/psk/1.0.0/\n/base16/\n{secrets.token_hex(32)}\n"


def create_swarm_identity() -> SwarmIdentity:
    """Make the identity of a kubo daemon (Ed25519)."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    private = key.private_bytes_raw()
    message = _LIBP2P_PRIVATE_PREFIX + private + public
    return SwarmIdentity(peer_id_of(public), base64.b64encode(message).decode("ascii"))


def peer_id_of(public_key: bytes) -> str:
    """Return the peer id of a 32-byte Ed25519 public key: base58 of its identity multihash."""
    message = _LIBP2P_PUBLIC_PREFIX + public_key
    return _base58(bytes([0x00, len(message)]) + message)


def fingerprint(text: str, *, digits: int = 12) -> str:
    """Return a short stable name for a text, such as the path of a network's folder."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:digits]


def _base58(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, remainder = divmod(number, 58)
        digits = _BASE58[remainder] + digits
    return _BASE58[0] * (len(data) - len(data.lstrip(b"\0"))) + digits
