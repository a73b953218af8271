r"""A file that only a key or a passphrase opens, written and read in pieces.

::

    "PLBOX1\n" | length of the header (4 bytes) | header (JSON) | piece | piece | ...

    header   suite, and the file key: wrapped by SM2 (GB/T 32918.4) for each recipient, or under a passphrase's key
             (scrypt, RFC 7914)
    piece    SM4-GCM of 64 KiB, the last one shorter; nonce = prefix (7 bytes) | number (4 bytes) | last (1 byte)
             with the SHA-256 of everything before the pieces as associated data

The last piece says that it is the last: a file that was cut off, put together anew or changed in one bit does not open
(the STREAM construction, https://eprint.iacr.org/2015/189). All of it comes from ``cryptography`` and the SDK's SM2.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from piaolian_node.errors import ConfigError
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.sm2 import Sm2PrivateKey, Sm2PublicKey

_MAGIC = b"PLBOX1\n"
_SUITE = "SM2/scrypt+SM4-GCM"
_PIECE_BYTES = 64 * 1024
_TAG_BYTES = 16
_KEY_BYTES = 16
_PREFIX_BYTES = 7
_MAX_HEADER_BYTES = 64 * 1024
# 128 MiB and about half a second: RFC 7914 with N = 2^17, r = 8, p = 1.
_SCRYPT_N = 1 << 17
MIN_PASSPHRASE_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Lock:
    """Who can open a new file.

    Attributes:
        recipients: SM2 keys; each opens it alone.
        passphrase: Opens it too, or None.
    """

    recipients: Sequence[Sm2PublicKey] = ()
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a file: one of both."""

    private_key: Sm2PrivateKey | None = None
    passphrase: str | None = None


class BoxWriter:
    """Writes a file piece by piece: nothing but sealed pieces touches the disk.

    Args:
        output: An empty file.
        lock: Who can open it.
        random: Gives that many random bytes.

    Raises:
        ConfigError: Nobody could open it, or the passphrase is too short.
    """

    def __init__(self, output: IO[bytes], lock: Lock, random: Callable[[int], bytes]) -> None:
        self._output = output
        self._file_key, self._prefix = random(_KEY_BYTES), random(_PREFIX_BYTES)
        header = {"suite": _SUITE, "prefix": self._prefix.hex(), **_wrapped(self._file_key, lock, random)}
        text = json.dumps(header, separators=(",", ":")).encode()
        begin = _MAGIC + len(text).to_bytes(4, "big") + text
        self._bound, self._digest = hashlib.sha256(begin).digest(), hashlib.sha256(begin)
        self._number = 0
        self._waiting = bytearray()
        output.write(begin)

    def write(self, plaintext: bytes) -> None:
        """Take bytes, and write the pieces that are full."""
        self._waiting += plaintext
        while len(self._waiting) > _PIECE_BYTES:
            self._put(bytes(self._waiting[:_PIECE_BYTES]), is_last=False)
            del self._waiting[:_PIECE_BYTES]

    def finish(self) -> str:
        """Write the last piece, and return the file's SHA-256 in hex."""
        self._put(bytes(self._waiting), is_last=True)
        return self._digest.hexdigest()

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        sealed = _seal(self._file_key, _nonce(self._prefix, self._number, is_last=is_last), self._bound, piece)
        self._digest.update(sealed)
        self._output.write(sealed)
        self._number += 1


def read_box(source: IO[bytes], key: Key) -> Iterator[bytes]:
    """Give the plaintext in pieces; each was checked.

    What was given counts only when this ends without an error: the end of a file that was cut off is found at its end.

    Raises:
        ConfigError: It is no such file, the key does not open it, or it was altered or cut off.
    """
    begin, header = _header(source)
    bound, prefix = hashlib.sha256(begin).digest(), bytes.fromhex(str(header["prefix"]))
    file_key = _unwrapped(header, key)
    number, sealed = 0, source.read(_PIECE_BYTES + _TAG_BYTES)
    while True:
        following = source.read(_PIECE_BYTES + _TAG_BYTES)
        yield _open(file_key, _nonce(prefix, number, is_last=not following), bound, sealed)
        if not following:
            return
        number, sealed = number + 1, following


def _wrapped(file_key: bytes, lock: Lock, random: Callable[[int], bytes]) -> dict[str, Any]:
    wrapped: dict[str, Any] = {
        "recipients": [
            {"key": _name(recipient), "wrapped": recipient.encrypt(file_key).hex()} for recipient in lock.recipients
        ]
    }
    if lock.passphrase is not None:
        if len(lock.passphrase) < MIN_PASSPHRASE_CHARACTERS:
            raise ConfigError(
                f"the passphrase has fewer than {MIN_PASSPHRASE_CHARACTERS} characters",
                f"口令不足 {MIN_PASSPHRASE_CHARACTERS} 个字符",
                field="passphrase-file",
                remedy="use a longer one, best a random one",
            )
        salt, nonce = random(16), random(12)
        wrapped["passphrase"] = {
            "salt": salt.hex(),
            "n": _SCRYPT_N,
            "nonce": nonce.hex(),
            "wrapped": _seal(_derived(lock.passphrase, salt, _SCRYPT_N), nonce, _MAGIC, file_key).hex(),
        }
    elif not lock.recipients:
        raise ConfigError(
            "nobody could open the file",
            "须指定接收公钥或口令文件",
            field="recipient",
            remedy="give --recipient or --passphrase-file",
        )
    return wrapped


def _unwrapped(header: dict[str, Any], key: Key) -> bytes:
    if key.private_key is not None:
        name = _name(key.private_key.public_key)
        for entry in header["recipients"]:
            if entry["key"] == name:
                try:
                    return key.private_key.decrypt(bytes.fromhex(entry["wrapped"]))
                except PiaolianError as exc:
                    raise _closed() from exc
    elif key.passphrase is not None and (entry := header.get("passphrase")) is not None:
        # Higher costs than ours are not computed: they would be an attack on memory.
        if not 2 <= entry["n"] <= _SCRYPT_N:
            raise _closed()
        derived = _derived(key.passphrase, bytes.fromhex(entry["salt"]), entry["n"])
        return _open(derived, bytes.fromhex(entry["nonce"]), _MAGIC, bytes.fromhex(entry["wrapped"]))
    raise _closed()


def _header(source: IO[bytes]) -> tuple[bytes, dict[str, Any]]:
    start = source.read(len(_MAGIC) + 4)
    length = int.from_bytes(start[len(_MAGIC) :], "big")
    if not start.startswith(_MAGIC) or len(start) != len(_MAGIC) + 4 or length > _MAX_HEADER_BYTES:
        raise _closed()
    text = source.read(length)
    try:
        header: dict[str, Any] = json.loads(text)
        if header["suite"] != _SUITE or len(bytes.fromhex(header["prefix"])) != _PREFIX_BYTES:
            raise _closed()
        _ = [bytes.fromhex(entry["wrapped"] + entry["key"]) for entry in header["recipients"]]
        if "passphrase" in header:
            _ = [bytes.fromhex(header["passphrase"][name]) for name in ("salt", "nonce", "wrapped")]
            _ = header["passphrase"]["n"] > 0
    except (ValueError, KeyError, TypeError) as exc:
        raise _closed() from exc
    return start + text, header


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])


def _seal(key: bytes, nonce: bytes, bound: bytes, plaintext: bytes) -> bytes:
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def _open(key: bytes, nonce: bytes, bound: bytes, sealed: bytes) -> bytes:
    body, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    try:
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as exc:
        raise _closed() from exc


def _derived(passphrase: str, salt: bytes, cost: int) -> bytes:
    try:
        return Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=8, p=1).derive(passphrase.encode())
    except ValueError as exc:
        raise _closed() from exc


def _name(key: Sm2PublicKey) -> str:
    return hashlib.sha256(key.point).hexdigest()[:16]


def _closed() -> ConfigError:
    return ConfigError(
        "the file does not open: it is another kind of file, was altered or cut off, or the key is another",
        "文件无法打开：文件损坏、被截断或密钥不符",
        field="file",
        remedy="compare the file's SHA-256 with the one that backup printed; use the key that it was made for",
    )
