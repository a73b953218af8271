"""A witness: the signer of checkpoints alone, with its own chain node, key and database; for auditors."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI, Request, Response
from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from piaolian_node.api import problems
from piaolian_node.api.limits import Limits
from piaolian_node.chain.view import ChainAccess
from piaolian_node.checkpoints import endpoints
from piaolian_node.checkpoints.blocks import ChainBlocks
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.checkpoints.signer import CheckpointSigner, TokenCheckpointKey
from piaolian_node.config import PREFIX, read_settings
from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate
from piaolian_node.hsm import HSMToken
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.proof import Trust

_logger = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.5


class WitnessConfig(BaseSettings):
    """Settings of a witness: those of a node that it needs, under the same names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8441, ge=0, le=65535)
    database_url: SecretStr
    rpc_urls: tuple[AnyHttpUrl, ...] = Field(min_length=1)
    address_book: Path
    finality_depth: int = Field(default=0, ge=0, le=1000)
    pkcs11_module: Path = Path("/usr/lib/softhsm/libsofthsm2.so")
    token_label: str = Field(min_length=1, max_length=32)
    token_pin: SecretStr
    checkpoint_key_label: str = Field(default="checkpoint", min_length=1, max_length=64)
    checkpoint_member: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    checkpoint_interval: timedelta = Field(default=timedelta(seconds=10), ge=timedelta(seconds=1))
    checkpoint_peers: tuple[AnyHttpUrl, ...] = ()
    trust_file: Path | None = None
    public_requests_per_minute: int = Field(default=600, ge=1)

    @field_validator("checkpoint_interval", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        return timedelta(seconds=int(value)) if isinstance(value, str) and value.isdigit() else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 # The library's signature.
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else."""
        return (init_settings,)

    @classmethod
    def from_environment(cls) -> "WitnessConfig":
        """Read the settings from the environment.

        Raises:
            ConfigError: A setting is absent or malformed.
        """
        return read_settings(cls)


@dataclass(frozen=True)
class WitnessContext:
    """The parts of a witness."""

    database: Database
    checkpoints: CheckpointDesk
    limits: Limits


def build_witness(config: WitnessConfig) -> WitnessContext:
    """Build the parts of the process.

    Raises:
        ConfigError: The token is not as the settings say.
        SignerError: There is no checkpoint key.
        InputError: Address book or trust file are none.
    """
    database = Database(config.database_url.get_secret_value())
    book = AddressBook.from_file(config.address_book)
    blocks = ChainBlocks(ChainAccess([str(url) for url in config.rpc_urls], book, config.finality_depth))
    token = HSMToken(config.pkcs11_module, config.token_label, config.token_pin.get_secret_value(), sessions=2)
    key = TokenCheckpointKey(token.session, config.checkpoint_key_label)
    network = (book.chain_id, book.genesis_hash)
    signer = CheckpointSigner(database, blocks, key, network, lambda: int(time.time() * 1000))
    desk = CheckpointDesk(
        database,
        blocks,
        signer,
        member=config.checkpoint_member,
        interval_seconds=int(config.checkpoint_interval.total_seconds()),
        peers=[str(peer) for peer in config.checkpoint_peers],
        trust=Trust.from_file(config.trust_file) if config.trust_file is not None else None,
    )
    limit = config.public_requests_per_minute
    return WitnessContext(database, desk, Limits(limit, limit))


def create_witness_app(context: WitnessContext) -> FastAPI:
    """Return the application: the addresses of checkpoints, and the signing at its cadence."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await migrate(context.database)
        signing = asyncio.create_task(_sign_for_ever(context.checkpoints))
        yield
        signing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await signing
        await context.database.close()

    app = FastAPI(title="票链见证", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.context = context
    problems.install(app)

    @app.middleware("http")
    async def named(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.request_id = secrets.token_hex(8)
        return await call_next(request)

    app.include_router(endpoints.router)
    return app


async def _sign_for_ever(desk: CheckpointDesk) -> None:
    while True:
        try:
            await desk.step()
        except PiaolianError as exc:
            _logger.warning("the witness waits: %s", exc.message, extra={"code": exc.code})
        except Exception:
            # A bug must not end the witness; the round is tried again.
            _logger.exception("the witness failed")
        await asyncio.sleep(_PAUSE_SECONDS)
