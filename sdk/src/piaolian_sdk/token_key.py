"""A key pair on an elliptic curve that never leaves a PKCS#11 token: made, found and used in one way.

The token signs digests with plain ECDSA. What a suite or the chain wants beyond that is added by ``signing.pkcs11`` and
``acts.pkcs11``. Keys are looked up once for each session; a lookup costs a token more than a signature.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from asn1crypto.core import OctetString
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session
from pkcs11.exceptions import ObjectHandleInvalid, PKCS11Error
from pkcs11.util.ec import encode_named_curve_parameters

from piaolian_sdk.errors import SignerError

SessionProvider = Callable[[], AbstractContextManager[Session]]

# Above any pool of sessions that a token allows; a provider that opens one for each signature must not fill memory.
_MAX_CACHED_SESSIONS: Final = 64


def generate_key_pair(session: Session, key_label: str, curve_oid: str) -> None:
    """Make a key pair in the token: it signs, stays there and cannot be read.

    Args:
        session: Open for writing, user logged in.
        key_label: Label of both halves.
        curve_oid: Object identifier of the curve.

    Raises:
        SignerError: The token refused.
    """
    try:
        parameters = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(curve_oid)}, local=True
        )
        parameters.generate_keypair(
            label=key_label,
            store=True,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True},
        )
    except PKCS11Error as exc:
        raise _unavailable(key_label) from exc


def read_public_point(session: Session, key_label: str) -> bytes:
    """Return the point of a public key, or nothing when what the token has is no DER OCTET STRING (PKCS#11, 2.3.3).

    Not checked: on which curve it is.

    Raises:
        SignerError: The token has no such key, or several.
    """
    try:
        key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=key_label)
        encoded = bytes(key[Attribute.EC_POINT])
    except PKCS11Error as exc:
        raise _unavailable(key_label) from exc
    try:
        return bytes(OctetString.load(encoded).native)
    except (ValueError, TypeError):
        return b""


class TokenKey:
    """The private half of a pair, by its label.

    Args:
        session_provider: Gives a session with the user logged in, for the time of one call.
        key_label: Label of the key pair; it must be the only one with this label.
    """

    def __init__(self, session_provider: SessionProvider, key_label: str) -> None:
        self.label = key_label
        self._session_provider = session_provider
        self._keys: dict[int, tuple[Session, Any]] = {}

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session.

        Raises:
            SignerError: The token gives none, or fails while it is used.
        """
        try:
            with self._session_provider() as session:
                yield session
        except PKCS11Error as exc:
            raise _unavailable(self.label) from exc

    def sign_digest(self, digest: bytes) -> bytes:
        """Return what the token's plain ECDSA gives for a digest: ``r || s`` on a curve as wide as its halves.

        Raises:
            SignerError: The token did not sign.
        """
        with self.session() as session:
            try:
                try:
                    return self._sign(session, digest)
                except ObjectHandleInvalid:
                    # The token was taken out or its objects were written anew: look once more.
                    self._keys.pop(id(session), None)
                    return self._sign(session, digest)
            except PKCS11Error:
                self._keys.pop(id(session), None)
                raise

    def _sign(self, session: Session, digest: bytes) -> bytes:
        return bytes(self._key(session).sign(digest, mechanism=Mechanism.ECDSA))

    def _key(self, session: Session) -> Any:  # noqa: ANN401 # The library's stubs give private keys no sign().
        # The session is kept beside the key, so that its id cannot come to mean another session.
        cached = self._keys.get(id(session))
        if cached is not None:
            return cached[1]
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self.label)
        if len(self._keys) >= _MAX_CACHED_SESSIONS:
            self._keys.clear()
        self._keys[id(session)] = (session, key)
        return key


def _unavailable(key_label: str) -> SignerError:
    return SignerError(
        "hsm-unavailable",
        f"the token could not use the key {key_label!r}",
        f"密码设备无法使用密钥 {key_label!r}",
        field="key_label",
        remedy="check that the token is present, the user is logged in and the label is right",
        retry="after",
    )
