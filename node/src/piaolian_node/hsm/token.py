"""One PKCS#11 token of one process.

A process logs in once: the login state belongs to the process, and a second login is refused by the standard. Further
sessions are opened without a PIN and shared from a bounded pool. Handles of keys are found once per session: finding
one costs more than signing with it.

One thread of a process uses the library at a time. python-pkcs11 initialises it without ``CKF_OS_LOCKING_OK``, which
tells it that no other thread will call (PKCS#11 v2.40, section 5.4), and lets go of Python's lock in every call: two
threads that sign at once end the process or hang it. Signatures side by side take processes side by side.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pkcs11
from pkcs11 import Session
from pkcs11.exceptions import PinIncorrect, PKCS11Error, UserAlreadyLoggedIn

from piaolian_node.errors import ConfigError, UnavailableError

# How long a caller waits for a session before it is told that the HSM is overloaded or dead.
_WAIT_SECONDS = 10.0
# Of the library, which a process loads once however many tokens it uses.
_LIBRARY = threading.RLock()


class _CachedSession:
    """A session that remembers the handles of keys by label."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._keys: dict[tuple[object, ...], Any] = {}

    def get_key(self, **search: object) -> Any:  # noqa: ANN401 # The library's own key classes.
        found = tuple(sorted((name, str(value)) for name, value in search.items()))
        if found not in self._keys:
            self._keys[found] = self._session.get_key(**search)  # type: ignore[arg-type]
        return self._keys[found]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 # Everything else is the session's.
        return getattr(self._session, name)


class HSMToken:
    """Gives sessions with the user logged in.

    Args:
        module: PKCS#11 library.
        label: Label of the token.
        pin: User PIN.
        sessions: Most sessions open at once.

    Raises:
        ConfigError: There is no such library or token, or the PIN is wrong.
    """

    def __init__(self, module: Path, label: str, pin: str, *, sessions: int = 4) -> None:
        self._label = label
        self._pin = pin
        self._token = find_token(module, label)
        self._pool: queue.LifoQueue[_CachedSession | None] = queue.LifoQueue(sessions)
        for _ in range(sessions):
            self._pool.put(None)
        self._pool.get()
        self._pool.put(self._open())

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session for the time of one call.

        Raises:
            UnavailableError: No session became free in time, or the token does not open one.
        """
        if not _LIBRARY.acquire(timeout=_WAIT_SECONDS):
            raise _unavailable("another thread holds it", "其他线程正在使用")
        try:
            with self._lend() as session:
                yield session
        finally:
            _LIBRARY.release()

    @contextmanager
    def _lend(self) -> Iterator[Session]:
        try:
            held = self._pool.get(timeout=_WAIT_SECONDS)
        except queue.Empty as exc:
            raise _unavailable("all sessions are busy", "所有会话均被占用") from exc
        try:
            session = held if held is not None else self._open()
        except PKCS11Error as exc:
            self._pool.put(None)
            raise _unavailable(type(exc).__name__, type(exc).__name__) from exc
        is_usable = True
        try:
            yield cast("Session", session)
        except PKCS11Error:
            # The session may be dead (token removed, device reset): the next caller opens a new one.
            is_usable = False
            raise
        finally:
            self._pool.put(session if is_usable else None)

    def _open(self) -> _CachedSession:
        try:
            return _CachedSession(self._token.open(user_pin=self._pin, rw=False))
        except UserAlreadyLoggedIn:
            return _CachedSession(self._token.open(rw=False))
        except PinIncorrect as exc:
            raise ConfigError(
                "the token refused the PIN",
                "密码设备拒绝 PIN",
                field="token_pin",
                remedy="set the right PIN before the token locks itself",
            ) from exc


def find_token(module: Path, label: str) -> pkcs11.Token:
    """Return the token with this label.

    Raises:
        ConfigError: There is no such library or token.
    """
    try:
        with _LIBRARY:
            return _only_token(module, label)
    except (PKCS11Error, RuntimeError) as exc:
        raise ConfigError(
            f"the PKCS#11 library cannot be used: {type(exc).__name__}",
            f"无法使用 PKCS#11 库：{type(exc).__name__}",
            field="pkcs11_module",
            remedy="check the path, and SOFTHSM2_CONF where it is SoftHSM",
        ) from exc


def _only_token(module: Path, label: str) -> pkcs11.Token:
    library = pkcs11.lib(str(module))
    tokens = list(library.get_tokens(token_label=label))
    if not tokens:
        # A token that was made since the library was loaded shows only after it is loaded anew.
        library.reinitialize()
        tokens = list(library.get_tokens(token_label=label))
    if len(tokens) != 1:
        raise ConfigError(
            f"there are {len(tokens)} tokens with the label {label}, one is needed",
            f"标签为 {label} 的令牌有 {len(tokens)} 个，应恰有一个",
            field="token_label",
            remedy="run piaolian-node keys init, or give the right label",
        )
    return tokens[0]


def _unavailable(why: str, why_zh: str) -> UnavailableError:
    return UnavailableError(
        "hsm-unavailable",
        f"the HSM does not answer: {why}",
        f"签名设备没有应答：{why_zh}",
        remedy="check that the token is present and the service runs",
    )
