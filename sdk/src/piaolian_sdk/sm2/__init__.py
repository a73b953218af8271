"""SM2 keys: signatures and small encryptions of the national suite (GB/T 32918, GM/T 0009).

Two backends do the curve arithmetic: ``gmssl`` (the gmssl-pyx wheel) and ``libcrypto`` (the system's OpenSSL, for
processors without a wheel). Both are checked against the standard's own example before they are used.

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
