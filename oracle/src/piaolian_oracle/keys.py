"""The oracle's own token and key: secp256k1 in an HSM, through PKCS#11.

The private key is made inside the token, is sensitive and cannot be taken out. A token is made here only for SoftHSM
(development and small installations); with an HSM the operator makes it with the tools of its maker.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import PKCS11Error

from piaolian_oracle.errors import KeyStoreError
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner, generate_chain_key

_SOFTHSM_TOOL = "softhsm2-util"


@dataclass(frozen=True, slots=True)
class KeyLocation:
    """Where the key is.

    Attributes:
        module: PKCS#11 library.
        token_label: Label of the token.
        key_label: Label of the key pair.
    """

    module: Path
    token_label: str
    key_label: str


def init_softhsm_token(location: KeyLocation, pin: str, so_pin: str) -> None:
    """Make a SoftHSM token.

    The PINs are handed over by the tool's own options, since SoftHSM offers nothing else; they can be seen by the
    same user's `ps` for the moment that the tool runs.

    Args:
        location: Module and label; the key is not made here.
        pin: User PIN.
        so_pin: PIN of the token's security officer.

    Raises:
        KeyStoreError: The tool is absent or failed, or a token of this label exists.
    """
    if _find_token(location) is not None:
        raise KeyStoreError(
            "key-exists",
            f"a token labelled {location.token_label} exists",
            f"已有名为 {location.token_label} 的令牌",
            "换一个标签, 或直接使用该令牌",
            field="PIAOLIAN_ORACLE_TOKEN_LABEL",
        )
    tool = shutil.which(_SOFTHSM_TOOL)
    if tool is None:
        raise KeyStoreError(
            "token-failed", f"{_SOFTHSM_TOOL} is not installed", f"未安装 {_SOFTHSM_TOOL}", "apt install softhsm2"
        )
    command = [tool, "--module", str(location.module), "--init-token", "--free", "--label", location.token_label]
    done = subprocess.run([*command, "--pin", pin, "--so-pin", so_pin], check=False, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise KeyStoreError(
            "token-failed",
            f"{_SOFTHSM_TOOL} ended with {done.returncode}",
            f"{_SOFTHSM_TOOL} 执行失败 (返回 {done.returncode})",
            "检查 SOFTHSM2_CONF 指向的令牌目录是否存在且可写",
        )


def make_key(location: KeyLocation, pin: str) -> None:
    """Make the secp256k1 key pair inside the token.

    Raises:
        KeyStoreError: The token is absent, the PIN is wrong, or a key of this label exists: it is never replaced.
        SignerError: The token refused to make the key.
    """
    token = _token(location)
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: location.key_label}
    try:
        with token.open(rw=True, user_pin=pin) as session:
            # The search is read to its end: an unfinished one would still be closed after its session.
            if list(session.get_objects(wanted)):
                raise KeyStoreError(
                    "key-exists",
                    f"the token holds a key labelled {location.key_label}",
                    f"令牌中已有名为 {location.key_label} 的密钥, 不会覆盖",
                    "换一个密钥标签",
                    field="PIAOLIAN_ORACLE_KEY_LABEL",
                )
            generate_chain_key(session, location.key_label)
    except PKCS11Error as exc:
        raise token_error(location, exc) from exc


@contextmanager
def open_signer(location: KeyLocation, pin: str) -> Iterator[ChainSigner]:
    """Log in to the token for as long as the context lasts, and sign with the key.

    Raises:
        KeyStoreError: The token is absent or the PIN is wrong.
        SignerError: The token has no such key.
    """
    try:
        session = _token(location).open(user_pin=pin)
    except PKCS11Error as exc:
        raise token_error(location, exc) from exc
    try:
        # The daemon has one thread, so one session serves every signature.
        yield Pkcs11ChainSigner(lambda: nullcontext(session), location.key_label)
    finally:
        session.close()


def token_error(location: KeyLocation, error: PKCS11Error) -> KeyStoreError:
    """Return the named error for a failure of the token."""
    return KeyStoreError(
        "token-failed",
        f"token {location.token_label}: {type(error).__name__}",
        f"令牌 {location.token_label} 操作失败: {type(error).__name__}",
        "检查 PIN、令牌状态与 SOFTHSM2_CONF",
    )


def _token(location: KeyLocation) -> pkcs11.Token:
    token = _find_token(location)
    if token is None:
        raise KeyStoreError(
            "token-missing",
            f"no token is labelled {location.token_label}",
            f"没有名为 {location.token_label} 的令牌",
            "先执行 piaolian-oracle keys init",
            field="PIAOLIAN_ORACLE_TOKEN_LABEL",
        )
    return token


def _find_token(location: KeyLocation) -> pkcs11.Token | None:
    try:
        library = pkcs11.lib(str(location.module))
        # A token made since the library was loaded appears only after it has been loaded anew.
        library.reinitialize()
        return next(iter(library.get_tokens(token_label=location.token_label)), None)
    except (PKCS11Error, RuntimeError) as exc:
        raise KeyStoreError(
            "token-failed",
            f"the PKCS#11 library cannot be used: {type(exc).__name__}",
            f"无法使用 PKCS#11 库: {type(exc).__name__}",
            "检查 PIAOLIAN_ORACLE_PKCS11_MODULE 与 SOFTHSM2_CONF",
            field="PIAOLIAN_ORACLE_PKCS11_MODULE",
        ) from exc
