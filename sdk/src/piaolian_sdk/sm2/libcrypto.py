"""SM2 by the system's OpenSSL 3, called through ctypes: on every processor, without a wheel."""

import ctypes
from collections.abc import Callable
from functools import lru_cache

_SM2_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")  # ecPublicKey, sm2p256v1 (GM/T 0006).
_MAX_OUTPUT_BYTES = 512  # A signature has at most 72 bytes, the ciphertext of 255 bytes at most 366.

_Operation = Callable[..., int]


def _load() -> ctypes.CDLL:
    """Load libcrypto and declare the functions in use."""
    library = ctypes.CDLL("libcrypto.so.3")
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    output = [ctypes.c_char_p, ctypes.POINTER(size), ctypes.c_char_p, size]
    declarations: dict[str, tuple[object, list[object]]] = {
        "d2i_AutoPrivateKey": (pointer, [pointer, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]),
        "d2i_PUBKEY": (pointer, [pointer, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]),
        "EVP_PKEY_free": (None, [pointer]),
        "EVP_PKEY_CTX_new": (pointer, [pointer, pointer]),
        "EVP_PKEY_CTX_free": (None, [pointer]),
        "EVP_sm3": (pointer, []),
        "EVP_PKEY_CTX_set_signature_md": (ctypes.c_int, [pointer, pointer]),
        "EVP_PKEY_sign_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_sign": (ctypes.c_int, [pointer, *output]),
        "EVP_PKEY_verify_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_verify": (ctypes.c_int, [pointer, ctypes.c_char_p, size, ctypes.c_char_p, size]),
        "EVP_PKEY_encrypt_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_encrypt": (ctypes.c_int, [pointer, *output]),
        "EVP_PKEY_decrypt_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_decrypt": (ctypes.c_int, [pointer, *output]),
        "ERR_clear_error": (None, []),
    }
    for name, (result, arguments) in declarations.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _der(tag: int, content: bytes) -> bytes:
    """Return one DER element; every content here is shorter than 256 bytes."""
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])
    return bytes([tag]) + length + content


class _Key:
    """An EVP_PKEY that frees itself."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library = library
        self.handle = handle

    def __del__(self) -> None:
        self._library.EVP_PKEY_free(self.handle)


class LibcryptoBackend:
    """The four operations by libcrypto."""

    name = "libcrypto"

    def __init__(self) -> None:
        self._library = _load()
        self._private = lru_cache(maxsize=64)(self._load_private)
        self._public = lru_cache(maxsize=1024)(self._load_public)

    def sign_digest(self, scalar: bytes, point: bytes, digest: bytes) -> bytes:
        """Return a DER signature over the 32-byte digest."""
        library = self._library
        return self._run(self._private(scalar, point), library.EVP_PKEY_sign_init, library.EVP_PKEY_sign, digest)

    def verify_digest(self, point: bytes, digest: bytes, signature: bytes) -> bool:
        """Say whether the DER signature holds."""
        library = self._library
        context = library.EVP_PKEY_CTX_new(self._public(point).handle, None)
        try:
            ready = library.EVP_PKEY_verify_init(context) == 1
            ready = ready and library.EVP_PKEY_CTX_set_signature_md(context, library.EVP_sm3()) == 1
            return bool(ready and library.EVP_PKEY_verify(context, signature, len(signature), digest, len(digest)) == 1)
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()

    def encrypt(self, point: bytes, plaintext: bytes) -> bytes:
        """Return the DER ciphertext."""
        library = self._library
        return self._run(self._public(point), library.EVP_PKEY_encrypt_init, library.EVP_PKEY_encrypt, plaintext)

    def decrypt(self, scalar: bytes, point: bytes, ciphertext: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            ValueError: The ciphertext is not one for this key.
        """
        library = self._library
        key = self._private(scalar, point)
        return self._run(key, library.EVP_PKEY_decrypt_init, library.EVP_PKEY_decrypt, ciphertext)

    def _run(self, key: _Key, initialise: _Operation, operate: _Operation, data: bytes) -> bytes:
        library = self._library
        context = library.EVP_PKEY_CTX_new(key.handle, None)
        output = ctypes.create_string_buffer(_MAX_OUTPUT_BYTES)
        length = ctypes.c_size_t(_MAX_OUTPUT_BYTES)
        try:
            if initialise(context) != 1 or operate(context, output, ctypes.byref(length), data, len(data)) != 1:
                raise ValueError("libcrypto refused the SM2 operation")
            return output.raw[: length.value]
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()

    def _load_private(self, scalar: bytes, point: bytes) -> _Key:
        # RFC 5915 ECPrivateKey inside RFC 5208 PrivateKeyInfo.
        public = _der(0xA1, _der(0x03, b"\x00\x04" + point))
        inner = _der(0x30, _der(0x02, b"\x01") + _der(0x04, scalar) + public)
        encoded = _der(0x30, _der(0x02, b"\x00") + _SM2_ALGORITHM + _der(0x04, inner))
        return self._decode(self._library.d2i_AutoPrivateKey, encoded)

    def _load_public(self, point: bytes) -> _Key:
        # RFC 5480 SubjectPublicKeyInfo.
        return self._decode(self._library.d2i_PUBKEY, _der(0x30, _SM2_ALGORITHM + _der(0x03, b"\x00\x04" + point)))

    def _decode(self, decoder: _Operation, encoded: bytes) -> _Key:
        handle = decoder(None, ctypes.byref(ctypes.c_char_p(encoded)), len(encoded))
        self._library.ERR_clear_error()
        if not handle:
            raise ValueError("libcrypto does not take this SM2 key")
        return _Key(self._library, handle)
