"""SM2 keys: signatures and small encryptions of the national suite (GB/T 32918, GM/T 0009).

Two backends do the curve arithmetic: ``libcrypto`` (the system's OpenSSL 3, on every processor) and ``gmssl`` (the
gmssl-pyx wheel of x86_64, where the system's OpenSSL was built without SM2). Each is checked against the standard's own
example before it is used.

>>> import os
>>> key = Sm2PrivateKey.generate(os.urandom)
>>> key.public_key.verify(b"message", key.sign(b"message"))
>>> key.decrypt(key.public_key.encrypt(b"secret"))
b'secret'
"""

from piaolian_sdk.sm2.backend import Sm2Backend, backend, backends
from piaolian_sdk.sm2.digest import sm3
from piaolian_sdk.sm2.keys import SIGNER_ID, Sm2PrivateKey, Sm2PublicKey

__all__ = ["SIGNER_ID", "Sm2Backend", "Sm2PrivateKey", "Sm2PublicKey", "backend", "backends", "sm3"]
