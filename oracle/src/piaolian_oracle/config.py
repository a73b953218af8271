"""Settings of one oracle daemon, from `PIAOLIAN_ORACLE_*`.

Built once in `main()` and passed down. A secret may come from a file: `PIAOLIAN_ORACLE_PIN_FILE` wins over
`PIAOLIAN_ORACLE_PIN`. Lists are JSON, for example `PIAOLIAN_ORACLE_ACCOUNTS='["6200…01"]'`.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from piaolian_oracle.errors import ConfigError
from piaolian_oracle.statements import MAX_STATEMENT_BYTES
from piaolian_oracle.statements.order import OrderRules

PREFIX = "PIAOLIAN_ORACLE_"

# Shown at start and by `check`. A setting is either here or in SECRET_FIELDS; a test holds every field to that.
PUBLIC_FIELDS = frozenset(
    {
        "address_book",
        "callback_base_url",
        "callback_certificates",
        "callback_listen",
        "cfx_charset",
        "cfx_listen",
        "cfx_own_code",
        "cfx_peer_address",
        "cfx_peer_code",
        "data_dir",
        "finality_depth",
        "first_statement_number",
        "folder",
        "key_label",
        "log_level",
        "max_statement_bytes",
        "pkcs11_module",
        "poll_interval",
        "profile",
        "require_statement_number",
        "retry_interval",
        "rpc_url",
        "settle_stagger",
        "source",
        "statement_number_restarts_yearly",
        "token_label",
    }
)
SECRET_FIELDS = frozenset({"accounts", "cfx_token", "pin"})

# A PIN shorter than this is refused outside the `dev` profile.
MIN_PIN_LENGTH = 8

_ADDRESS = re.compile(r"[^\s:]+:[0-9]{1,5}", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,3})?", re.ASCII)


class OracleConfig(BaseSettings):
    """Settings; durations are ISO 8601 or seconds.

    Attributes:
        profile: "dev" allows root and short PINs; every other refuses them.
        rpc_url: JSON-RPC endpoint of the own node of the chain.
        address_book: JSON file written by `piaolian-network deploy`.
        finality_depth: Blocks below the head that count as final (0: the head itself).
        source: Number of the payment source, as the committee on chain names it, from 1.
        folder: Folder with camt.053 and camt.054 files.
        accounts: Watched accounts of the treasury. Secret: never printed or logged.
        data_dir: Folder of the state file.
        pkcs11_module: PKCS#11 library of the HSM.
        token_label: Label of the token that holds this oracle's key.
        key_label: Label of the secp256k1 key.
        pin: User PIN of the token.
        poll_interval: Pause between two work cycles.
        retry_interval: Pause before a settled report with unknown codes is tried again.
        settle_stagger: Head start of each seat of the committee before the next one settles.
        first_statement_number: Number of the first statement of the source.
        statement_number_restarts_yearly: Whether the bank begins again at 1 with each year.
        require_statement_number: Whether statements without `ElctrncSeqNb` are refused.
        max_statement_bytes: Largest statement file, bytes.
        cfx_listen: "host:port" where CFX confirmations (5996) are taken; empty for none.
        cfx_peer_address: "host:port" of the CFX peer, for notices (8994) and queries (8997); empty for none.
        cfx_own_code: Our `SRC`, for example "K3209990001".
        cfx_peer_code: The peer's `SRC`, for example "F320999".
        cfx_token: MAC token agreed with the peer.
        cfx_charset: Charset agreed with the peer.
        callback_listen: "host:port" where signed HTTP confirmations are taken; empty for none.
        callback_base_url: Address that callers sign, without a path.
        callback_certificates: PEM file with the certificates of those who may confirm.
        log_level: Level of the log.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    profile: Literal["dev", "pilot", "production"] = "production"
    rpc_url: AnyHttpUrl
    address_book: Path
    finality_depth: int = Field(default=0, ge=0, le=1_000)
    source: int = Field(ge=1, le=(1 << 32) - 1)
    folder: Path
    accounts: frozenset[str] = Field(min_length=1, repr=False)
    data_dir: Path
    pkcs11_module: Path = Path("/usr/lib/softhsm/libsofthsm2.so")
    token_label: str = Field(min_length=1, max_length=32)
    key_label: str = Field(default="oracle", min_length=1, max_length=64)
    pin: SecretStr
    poll_interval: timedelta = Field(default=timedelta(seconds=1), gt=timedelta(0), le=timedelta(hours=1))
    retry_interval: timedelta = Field(default=timedelta(seconds=15), gt=timedelta(0), le=timedelta(days=1))
    settle_stagger: timedelta = Field(default=timedelta(seconds=4), ge=timedelta(0), le=timedelta(hours=1))
    first_statement_number: int = Field(default=1, ge=0)
    statement_number_restarts_yearly: bool = False
    require_statement_number: bool = True
    max_statement_bytes: int = Field(default=MAX_STATEMENT_BYTES, ge=1 << 10, le=4 << 30)
    cfx_listen: str = ""
    cfx_peer_address: str = ""
    cfx_own_code: str = Field(default="", max_length=32)
    cfx_peer_code: str = Field(default="", max_length=32)
    cfx_token: SecretStr = SecretStr("")
    cfx_charset: Literal["gbk", "gb18030"] = "gbk"
    callback_listen: str = ""
    callback_base_url: str = ""
    callback_certificates: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("address_book", "folder", "data_dir", "pkcs11_module")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        # A service is started from any directory; a relative path would mean another file each time.
        return value.absolute()

    @field_validator("cfx_listen", "cfx_peer_address", "callback_listen")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("an address is host:port")
        return value

    @model_validator(mode="after")
    def _whole_channels(self) -> Self:
        """A channel that is half set up would look as if it listened."""
        if self.cfx_listen or self.cfx_peer_address:
            parts = (self.cfx_own_code, self.cfx_peer_code, self.cfx_token.get_secret_value())
            if not all(parts):
                raise ValueError("CFX needs CFX_OWN_CODE, CFX_PEER_CODE and CFX_TOKEN")
        if self.callback_listen and not (self.callback_base_url and self.callback_certificates):
            raise ValueError("callbacks need CALLBACK_BASE_URL and CALLBACK_CERTIFICATES")
        return self

    @field_validator("poll_interval", "retry_interval", "settle_stagger", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        # Plain seconds are what people write; ISO 8601 durations are understood by pydantic.
        if isinstance(value, str) and _SECONDS.fullmatch(value):
            whole, _, fraction = value.partition(".")
            return timedelta(seconds=int(whole), milliseconds=int(fraction.ljust(3, "0")))
        return value

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "OracleConfig":
        """Build the settings, once, at the start of the program.

        Args:
            environment: Instead of the process environment, for tests.

        Raises:
            ConfigError: A setting is absent or breaks a rule; the message names all of them and shows no value.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for name in cls.model_fields:
            key = f"{PREFIX}{name.upper()}"
            if file := environment.get(f"{key}_FILE"):
                values[name] = _secret_file(key, Path(file))
            elif key in environment:
                values[name] = environment[key]
        try:
            config = cls.model_validate(_decode(values))
        except ValidationError as exc:
            # A rule over several settings has no place of its own; its message names them.
            errors = [(str(error["loc"][0]) if error["loc"] else "channels", error["msg"]) for error in exc.errors()]
            names = sorted({f"{PREFIX}{name.upper()}" for name, _ in errors})
            rules = "; ".join(sorted({f"{name}: {message}" for name, message in errors}))
            raise ConfigError(
                "config-invalid",
                f"settings are absent or invalid: {rules}",
                f"缺少或有误的设置: {', '.join(names)}",
                "补齐后重新启动; 各项含义见 docs/operations.md",
                field=", ".join(names),
            ) from None  # The cause would show the values.
        config.check_profile(is_root=os.geteuid() == 0)
        return config

    def check_profile(self, *, is_root: bool) -> None:
        """Refuse what only a developer's machine may do.

        Raises:
            ConfigError: Root or a short PIN outside the `dev` profile.
        """
        if self.profile == "dev":
            return
        if is_root:
            raise ConfigError(
                "config-invalid",
                "the oracle does not run as root outside the dev profile",
                "除 dev 配置外, 不得以 root 运行",
                "以普通用户启动",
                field="PIAOLIAN_ORACLE_PROFILE",
            )
        if len(self.pin.get_secret_value()) < MIN_PIN_LENGTH:
            raise ConfigError(
                "config-invalid",
                f"the PIN has fewer than {MIN_PIN_LENGTH} characters",
                f"PIN 少于 {MIN_PIN_LENGTH} 位",
                "更换令牌 PIN",
                field="PIAOLIAN_ORACLE_PIN",
            )

    @property
    def order_rules(self) -> OrderRules:
        """Return how the source numbers its statements."""
        return OrderRules(
            first_number=self.first_statement_number,
            restarts_yearly=self.statement_number_restarts_yearly,
            requires_number=self.require_statement_number,
        )

    @property
    def state_path(self) -> Path:
        """Return the path of the state file."""
        return self.data_dir / "oracle.sqlite"

    def public_settings(self) -> dict[str, str]:
        """Return what may be shown, by name."""
        return {name: str(getattr(self, name)) for name in sorted(PUBLIC_FIELDS)}


def _decode(values: dict[str, object]) -> dict[str, object]:
    """Read the one list; what is no JSON list is left for the validation to refuse by name."""
    accounts = values.get("accounts")
    if isinstance(accounts, str):
        try:
            values["accounts"] = json.loads(accounts)
        except ValueError:
            values["accounts"] = None
    return values


def _secret_file(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigError(
            "config-invalid",
            f"the file of {key}_FILE cannot be read",
            f"无法读取 {key}_FILE 指向的文件",
            "检查路径与权限",
            field=f"{key}_FILE",
        ) from exc
