"""One PKCS#11 token of one process.

1. A process logs in once: the login state belongs to the process, and a second login is refused by the standard.
   Its one session is lent for the time of one call. One thread of a process uses the library at a time: python-pkcs11
   initialises it without ``CKF_OS_LOCKING_OK``, which tells it that no other thread will call (PKCS#11 v2.40, section
   5.4), and lets go of Python's lock in every call. Signatures side by side take processes side by side.
2. A session in which the token failed is not used again. Before the next one is lent, the library is initialised anew,
   the token is looked for and logged into, and every probe must pass: a token that comes back with other keys, or signs
   wrongly, stays unused.
3. While the token stays away nobody waits for it: after a failure callers are refused at once for a time that doubles
   up to half a minute (a circuit breaker), and the first one after it tries again.
4. A call that does not return cannot be ended from outside. Once one has lasted longer than the limit, callers are
   refused at once, and ``state`` says so, until it returns.
5. Wrong PINs are counted, and not tried again before the token would lock (``pins``).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pkcs11
from pkcs11 import Session, TokenFlag
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error, UserAlreadyLoggedIn

from piaolian_node.errors import ConfigError, UnavailableError
from piaolian_node.hsm.pins import PinTries
from piaolian_sdk.errors import PiaolianError, SignerError

_logger = logging.getLogger(__name__)

State = Literal["ready", "lost", "stuck"]
Probe = Callable[[Session], None]
Observe = Callable[[float, bool], None]

# How long a caller waits for a session before it is told that the HSM is overloaded.
WAIT_SECONDS = 10.0
# How long one call may hold a session. A signature takes milliseconds, of a network HSM under load a second.
CALL_SECONDS = 15.0
# A token that worked so lately need not be probed: anybody may ask whether the node is ready. Receipts are signed by
# other processes, so nothing but the probes tells this one that the token is gone.
_FRESH_SECONDS = 1.0
# Failures in a row after which callers are refused at once.
_FAILURES = 3
_LONGEST_PAUSE_SECONDS = 30.0
# A process loads the library once, however many tokens it uses.
_LIBRARY = threading.RLock()


class HSMToken:
    """Gives sessions with the user logged in.

    Args:
        module: PKCS#11 library.
        label: Label of the token.
        pin: User PIN.
        tries: Counts refused PINs; None counts within this process alone.
        clock: Monotonic seconds.
        observe: Told the seconds of each use and whether the token failed.

    Raises:
        ConfigError: There is no such library or token, or the PIN is wrong.
    """

    def __init__(
        self,
        module: Path,
        label: str,
        pin: str,
        *,
        tries: PinTries | None = None,
        clock: Callable[[], float] = time.monotonic,
        observe: Observe = lambda _seconds, _is_failure: None,
    ) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._tries = tries
        self._clock = clock
        self._observe = observe
        self._condition = threading.Condition()
        self._probes: list[Probe] = []
        self._used_since: float | None = None
        self._is_lost = False
        self._is_pin_refused = False
        self._failures = 0
        self._closed_until = 0.0
        self._worked_at = clock()
        self._token = find_token(module, label)
        self._session = self._log_in()

    def add_probe(self, probe: Probe) -> None:
        """Run a test now, and again whenever the token was lost and is back.

        Raises:
            PiaolianError: Whatever the probe raises.
            PKCS11Error: The token failed.
        """
        with self.session() as session:
            probe(session)
        self._probes.append(probe)

    def check(self) -> None:
        """Run the probes unless the token was used a moment ago, and bring it back when it was lost.

        Raises:
            PiaolianError: It does not answer.
            PKCS11Error: It failed.
        """
        with self.session() as session:
            if self._clock() - self._worked_at > _FRESH_SECONDS:
                for probe in self._probes:
                    probe(session)

    @property
    def state(self) -> State:
        """``ready``; ``lost`` after a failure that no use has healed yet; ``stuck`` while a call does not return."""
        with self._condition:
            if self._is_stuck():
                return "stuck"
            return "lost" if self._is_lost or self._failures >= _FAILURES else "ready"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend the session for the time of one call.

        Raises:
            UnavailableError: The session did not become free in time, or the token does not answer.
        """
        self._take()
        started = self._clock()
        failure: Exception | None = None
        try:
            with _library():
                yield self._session
        except (PKCS11Error, SignerError) as exc:
            failure = exc
            raise
        finally:
            self._observe(self._clock() - started, failure is not None)
            self._give_back(failure)

    def _take(self) -> None:
        until = self._clock() + WAIT_SECONDS
        with self._condition:
            self._require_answering()
            while self._used_since is not None:
                if not self._condition.wait(timeout=until - self._clock()):
                    raise _unavailable("it is busy", "设备繁忙")
                self._require_answering()
            self._used_since = self._clock()
            is_lost = self._is_lost
        if is_lost:
            self._recover()

    def _give_back(self, failure: Exception | None) -> None:
        with self._condition:
            self._used_since = None
            if failure is None:
                self._failures = 0
                self._worked_at = self._clock()
            else:
                self._note_failure(failure)
            self._condition.notify_all()

    def _require_answering(self) -> None:
        if self._is_stuck():
            raise _unavailable("a call does not return", "设备调用长时间没有返回")
        if self._is_pin_refused:
            raise _unavailable("it refused the PIN", "设备拒绝 PIN")
        if self._clock() < self._closed_until:
            raise _unavailable("it failed and is not asked for a while", "设备故障，稍后重试")

    def _is_stuck(self) -> bool:
        return self._used_since is not None and self._clock() - self._used_since > CALL_SECONDS

    def _note_failure(self, failure: Exception) -> None:
        self._is_lost = True
        self._failures += 1
        if self._failures >= _FAILURES:
            pause = min(_LONGEST_PAUSE_SECONDS, 2.0 ** (self._failures - _FAILURES))
            self._closed_until = self._clock() + pause
        _logger.warning("the token failed", extra={"error": type(failure).__name__, "failures": self._failures})

    def _recover(self) -> None:
        """Begin again with the library; the caller has the only session."""
        try:
            with _library():
                self._session = self._begin_again()
        except (PKCS11Error, PiaolianError) as exc:
            # Who was lost and did not come back is not asked at once.
            self._failures = max(self._failures, _FAILURES - 1)
            self._give_back(exc)
            raise _unavailable(type(exc).__name__, type(exc).__name__) from exc
        self._is_lost = False
        _logger.warning("the token is back", extra={"failures": self._failures})

    def _begin_again(self) -> Session:
        pkcs11.lib(str(self._module)).reinitialize()
        self._token = find_token(self._module, self._label)
        session = self._log_in()
        for probe in self._probes:
            probe(session)
        return session

    def _log_in(self) -> Session:
        try:
            return log_in(self._token, self._pin, self._tries, rw=False)
        except ConfigError:
            # A wrong PIN stays wrong: only a person can change it.
            self._is_pin_refused = True
            raise


def log_in(token: pkcs11.Token, pin: str, tries: PinTries | None = None, *, rw: bool) -> Session:
    """Open a session with the user logged in, unless the token says that one more wrong PIN would lock it.

    Raises:
        ConfigError: The PIN is wrong, the tries are used up, or the token is locked or about to be.
        PKCS11Error: The token failed.
    """
    flags = token.slot.get_token().flags
    if flags & (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY):
        raise ConfigError(
            "the token is locked, or one more wrong PIN would lock it: it is not asked",
            "密码设备已锁定，或仅剩最后一次 PIN 尝试，不再自动尝试",
            field="token_pin",
            remedy="log in once by hand with the vendor's tool, or have the security officer set a new PIN",
        )
    if tries is not None:
        tries.require_one()
    try:
        session = token.open(user_pin=pin, rw=rw)
    except UserAlreadyLoggedIn:
        return token.open(rw=rw)
    except (PinIncorrect, PinLocked) as exc:
        if tries is not None:
            tries.count_refusal()
        raise ConfigError(
            "the token refused the PIN",
            "密码设备拒绝 PIN",
            field="token_pin",
            remedy="set the right PIN before the token locks itself",
        ) from exc
    if tries is not None:
        tries.forget()
    return session


def find_token(module: Path, label: str) -> pkcs11.Token:
    """Return the token with this label.

    Raises:
        ConfigError: There is no such library or token.
    """
    try:
        with _library():
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


@contextmanager
def _library() -> Iterator[None]:
    if not _LIBRARY.acquire(timeout=WAIT_SECONDS):
        raise _unavailable("another token of this process holds the library", "其他令牌正在使用密码库")
    try:
        yield
    finally:
        _LIBRARY.release()


def _unavailable(why: str, why_zh: str) -> UnavailableError:
    return UnavailableError(
        "hsm-unavailable",
        f"the HSM does not answer: {why}",
        f"签名设备没有应答：{why_zh}",
        remedy="check that the token is present and the service runs",
    )
