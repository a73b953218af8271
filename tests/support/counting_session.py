"""A double around a real session of a token: it counts look-ups and can give a handle that is no longer valid."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pkcs11
from pkcs11.exceptions import ObjectHandleInvalid


class CountingSession:
    """A session that counts look-ups, and can give a handle that is no longer valid."""

    def __init__(self, session: pkcs11.Session) -> None:
        self.session = session
        self.lookups = 0
        self.gives_stale_key = False

    def get_key(self, **criteria: Any) -> object:
        self.lookups += 1
        key = self.session.get_key(**criteria)
        return _StaleKey() if self.gives_stale_key and self.lookups == 1 else key


class _StaleKey:
    def sign(self, data: bytes, **options: object) -> bytes:
        raise ObjectHandleInvalid


def lending(session: CountingSession) -> Callable[[], AbstractContextManager[pkcs11.Session]]:
    """Return a provider that lends the double."""

    @contextmanager
    def provider() -> Iterator[pkcs11.Session]:
        yield session  # type: ignore[misc] # A double of the library's class.

    return provider
