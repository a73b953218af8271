"""Settings of one node, from ``PIAOLIAN_NODE_*``.

Built once in ``main()`` and passed down. A secret may come from a file: ``PIAOLIAN_NODE_TOKEN_PIN_FILE`` wins over
``PIAOLIAN_NODE_TOKEN_PIN``. Lists are JSON.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from piaolian_node.errors import ConfigError
from piaolian_node.hsm.pins import pin_fault

PREFIX = "PIAOLIAN_NODE_"
SECRET_FIELDS = frozenset({"token_pin", "database_url", "encryption_key", "metrics_token"})
# The printed QR code holds it beside 134 characters of elements and signature, and has at most 300 (docs/qr.md).
_MAX_PUBLIC_URL_CHARACTERS = 145


def _duration(value: object) -> object:
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return timedelta(milliseconds=round(float(value) * 1000))
    return value


# Text of digits counts seconds.
Duration = Annotated[timedelta, BeforeValidator(_duration)]
# A service is started from any directory; a relative path would mean another file each time.
AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
Profile = Literal["dev", "pilot", "production"]
MEMBER_NAME = r"^[a-z][a-z0-9-]{0,31}$"


class Settings(BaseSettings):
    """Base of the settings: frozen, and taken from what is given alone."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 # The library's signature.
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else: `from_environment` alone looks at the environment."""
        return (init_settings,)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Raises:
            ConfigError: A setting is absent, malformed or unsafe, or a file of a secret cannot be read.
        """
        return read_settings(cls, environment)


@dataclass(frozen=True, slots=True)
class ReplicaSetting:
    """Where the replica of the records is.

    Attributes:
        place: Path of a database file, or ``synchronous``.
        is_required: Refuse to write without it; otherwise go on and say so in the log.
    """

    place: str
    is_required: bool = True


class MemberSettings(Settings):
    """What a node and a witness both need: chain, database and token, and the signing of checkpoints.

    Attributes:
        listen_host: Address the API binds to.
        database_url: ``sqlite+aiosqlite:///...`` or ``postgresql+asyncpg://...``. Secret: it may hold a password.
        replica: Where every write of the records goes as well before it counts: with SQLite the path of a second
            database file, best on another disk; with PostgreSQL ``synchronous``: the server's standby. Or none.
        replica_required: Refuse writes while the replica is not there; otherwise go on and say so in the log.
        rpc_urls: JSON-RPC of chain nodes, the first that answers is asked.
        address_book: File written by ``piaolian-network deploy``.
        finality_depth: Blocks below the head that count as final; 0 is the head itself.
        pkcs11_module: PKCS#11 library of the HSM.
        token_label: Label of the token.
        token_pin: User PIN of the token.
        checkpoint_key_label: Label of the P-256 key that signs checkpoints.
        checkpoint_interval: How often final blocks are signed; the same for all members of a network.
        checkpoint_peers: Addresses of the other members' nodes and of witnesses.
        trust_file: Trust file of the network; without it no proof bundle is made.
    """

    listen_host: str = "127.0.0.1"
    database_url: SecretStr
    replica: str | None = Field(default=None, min_length=1)
    replica_required: bool = True
    rpc_urls: tuple[AnyHttpUrl, ...] = Field(min_length=1)
    address_book: AbsolutePath
    finality_depth: int = Field(default=0, ge=0, le=1000)
    pkcs11_module: AbsolutePath = Path("/usr/lib/softhsm/libsofthsm2.so")
    token_label: str = Field(min_length=1, max_length=32)
    token_pin: SecretStr
    checkpoint_key_label: str = Field(default="checkpoint", min_length=1, max_length=64)
    checkpoint_interval: Duration = Field(default=timedelta(seconds=10), ge=timedelta(seconds=1))
    checkpoint_peers: tuple[AnyHttpUrl, ...] = ()
    trust_file: AbsolutePath | None = None

    @property
    def replica_setting(self) -> ReplicaSetting | None:
        """The replica as the database takes it."""
        return None if self.replica is None else ReplicaSetting(self.replica, self.replica_required)


class NodeConfig(MemberSettings):
    """Settings of a node, beside those of every member; durations are seconds or ISO 8601.

    Attributes:
        profile: ``dev`` allows root, plain HTTP and short PINs; every other refuses them.
        listen_port: Port the API binds to.
        public_url: Address that the printed QR leads to, as payers reach it.
        authorities: Further names (host or host:port) under which callers reach this node.
        kubo_api: RPC address of the own IPFS daemon.
        kubo_api_second: RPC address of the daemon that keeps the second copy, or none.
        chain_key_label: Label of the secp256k1 key of transactions.
        supervision_key_label: Label of the P-256 key that countersigns.
        data_dir: Folder of this node's own files.
        area: Administrative division of the department: 2, 4 or 6 digits.
        department: Name of the department, as pages show it.
        supervision_certificate: PEM of the certificate of the supervision key.
        encryption_key: Private SM2 key of the department for bodies, 64 hex digits.
        trust_roots: Folder of PEM certificates that certify units and departments.
        revocation_lists: Folder of the authorities' revocation lists, read again when a file changes; or none.
        auditors: Encryption keys of standing auditors by name.
        lease_time: How long prepared numbers are kept for their unit.
        block_interval: How often the relayer sends what has arrived.
        in_flight: Most transactions that may wait to be mined.
        max_waiting: Most submissions that may wait for the chain before new ones are told to come later.
        requests_per_minute: Limit per key.
        public_requests_per_minute: Limit per address on public pages and verification.
        judge_threads: Threads for short pieces of work beside the event loop.
        judge_processes: Processes that judge and countersign receipts; one for each core that the node may use.
        checkpoint_member: Name under which the trust file knows this member, or none: then it signs nothing.
        retention_years: How many years after the end of the year of issue the keys of receipts are kept at least.
        metrics_token: Bearer token of ``/metrics``, or none: then this machine alone may ask, without a proxy.
        worker_metrics_port: Loopback port at which the worker tells its metrics; 0 for none.
        log_level: Level of the log.
    """

    profile: Profile = "production"
    listen_port: int = Field(default=8440, ge=0, le=65535)
    public_url: AnyHttpUrl
    authorities: tuple[str, ...] = ()
    kubo_api: AnyHttpUrl
    kubo_api_second: AnyHttpUrl | None = None
    chain_key_label: str = Field(default="transactions", min_length=1, max_length=64)
    supervision_key_label: str = Field(default="supervision", min_length=1, max_length=64)
    data_dir: AbsolutePath
    area: str = Field(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$")
    department: str = Field(min_length=1, max_length=64)
    supervision_certificate: AbsolutePath
    encryption_key: SecretStr
    trust_roots: AbsolutePath
    revocation_lists: AbsolutePath | None = None
    auditors: dict[str, str] = Field(default_factory=dict)
    lease_time: Duration = Field(default=timedelta(minutes=10), gt=timedelta(seconds=1), le=timedelta(hours=1))
    block_interval: Duration = Field(default=timedelta(seconds=1), gt=timedelta(0), le=timedelta(minutes=1))
    in_flight: int = Field(default=8, ge=1, le=16)
    max_waiting: int = Field(default=20_000, ge=1)
    requests_per_minute: int = Field(default=3000, ge=1)
    public_requests_per_minute: int = Field(default=120, ge=1)
    judge_threads: int = Field(default=4, ge=1, le=64)
    judge_processes: int = Field(default=2, ge=1, le=64)
    checkpoint_member: str | None = Field(default=None, pattern=MEMBER_NAME)
    # 会计档案管理办法, annex 1: vouchers are kept for 30 years. 财政票据管理办法 asks for 5.
    retention_years: int = Field(default=30, ge=5, le=100)
    metrics_token: SecretStr | None = Field(default=None, min_length=24)
    worker_metrics_port: int = Field(default=0, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _safe(self) -> "NodeConfig":
        if len(str(self.public_url)) > _MAX_PUBLIC_URL_CHARACTERS:
            raise ValueError(f"public_url must have at most {_MAX_PUBLIC_URL_CHARACTERS} characters: QR codes hold it")
        if self.profile == "dev":
            return self
        fault = pin_fault(self.token_pin.get_secret_value())
        if fault is not None:
            raise ValueError(f"token_pin is too weak: {fault}")
        if not is_loopback(self.listen_host):
            raise ValueError("listen_host must be a loopback address: put a TLS proxy in front of the node")
        if self.public_url.scheme != "https":
            raise ValueError("public_url must begin with https://")
        return self

    @property
    def allowed_authorities(self) -> frozenset[str]:
        """Values of the Host header under which a signed request is for this node."""
        own = {f"{self.listen_host}:{self.listen_port}", f"localhost:{self.listen_port}"}
        public = urlsplit(str(self.public_url)).netloc
        return frozenset({*own, public, *self.authorities})

    def public_values(self) -> dict[str, str]:
        """Return every setting that is no secret, as it is printed at start."""
        return {name: str(getattr(self, name)) for name in type(self).model_fields if name not in SECRET_FIELDS}


class KeyConfig(Settings):
    """The settings that the key ceremony needs: it comes before there is a network."""

    profile: Profile = "production"
    pkcs11_module: Path = Path("/usr/lib/softhsm/libsofthsm2.so")
    token_label: str = Field(min_length=1, max_length=32)
    token_pin: SecretStr = Field(min_length=4)
    chain_key_label: str = Field(default="transactions", min_length=1, max_length=64)
    supervision_key_label: str = Field(default="supervision", min_length=1, max_length=64)
    checkpoint_key_label: str = Field(default="checkpoint", min_length=1, max_length=64)
    department: str = Field(min_length=1, max_length=64)


_JSON_FIELDS = frozenset({"authorities", "rpc_urls", "auditors", "checkpoint_peers"})


_Settings = TypeVar("_Settings", bound=BaseSettings)


def read_settings(kind: type[_Settings], environment: Mapping[str, str] | None = None) -> _Settings:
    """Read settings of a class from the environment, secrets also from files.

    Raises:
        ConfigError: A setting is absent, malformed or unsafe, or a file of a secret cannot be read.
    """
    source = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for name in kind.model_fields:
        text = _value_of(source, PREFIX + name.upper())
        if text is not None:
            values[name] = _parsed(name, text)
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        first = exc.errors()[0]
        field = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper() if first["loc"] else PREFIX
        # Only the rule is told: the value may be a secret.
        raise ConfigError(
            f"{field}: {first['msg']}",
            f"配置项 {field} 有误：{first['msg']}",
            field=field,
            remedy="set it in the environment",
        ) from None


def _value_of(source: Mapping[str, str], name: str) -> str | None:
    path = source.get(f"{name}_FILE")
    if path is None:
        return source.get(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigError(
            f"the file that {name}_FILE names cannot be read",
            f"无法读取 {name}_FILE 指定的文件",
            field=f"{name}_FILE",
            remedy="check path and permissions",
        ) from exc


def _parsed(name: str, text: str) -> object:
    if name not in _JSON_FIELDS:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise ConfigError(
            f"{PREFIX}{name.upper()} is no JSON",
            f"配置项 {PREFIX}{name.upper()} 不是 JSON",
            field=PREFIX + name.upper(),
            remedy='write lists as ["a", "b"]',
        ) from exc


def is_loopback(host: str) -> bool:
    """Whether a host name or address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_file(path: Path, field: str) -> bytes:
    """Return the bytes of a file that a setting names.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(
            f"the file of {field} cannot be read",
            f"无法读取 {field} 指定的文件",
            field=field,
            remedy="check path and permissions",
        ) from exc
