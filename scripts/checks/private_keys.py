"""No private key is committed; tests and the demo make theirs when they start."""

import re
from collections.abc import Sequence
from typing import Final

from scripts.checks.files import File

# The shortest private key in PKCS#8, Ed25519, has 64 characters of base64.
_PEM: Final = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{60,}")
_KEYSTORE: Final = re.compile(r'"ciphertext"\s*:.*"kdf"\s*:|"kdf"\s*:.*"ciphertext"\s*:', re.DOTALL)
_ASSIGNED: Final = re.compile(
    r"""(?ix)
    \b[\w-]*(private|secret|signing)[\w-]* ["']? \s* [:=] \s* (bytes\.fromhex\()? [b"'(]* (0x)? [0-9a-f]{64} \b
    """
)
# Keys that standards print as examples. Vectors are made of them, and nothing of ours is signed by them.
_PUBLISHED_VECTORS: Final = ("tests/vectors",)


def violations(files: Sequence[File]) -> list[str]:
    """Name PEM blocks, keystores and 32-byte values that are called private."""
    found: list[str] = []
    for file in files:
        if _PEM.search(file.text):
            found.append(f"{file.name}:1: a private key in PEM")
        if file.name.suffix == ".json" and _KEYSTORE.search(file.text):
            found.append(f"{file.name}:1: a keystore")
        if file.is_below(*_PUBLISHED_VECTORS):
            continue
        found += [
            f"{file.name}:{number}: a value of 32 bytes that is called private"
            for number, line in enumerate(file.lines, 1)
            if _ASSIGNED.search(line)
        ]
    return found
