"""A witness: the signer of checkpoints alone, with its own chain node, key and database; for auditors."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import Field

from piaolian_node.api import problems
from piaolian_node.api.door import Door
from piaolian_node.api.limits import Limits
from piaolian_node.chain.view import ChainAccess
from piaolian_node.checkpoints import endpoints
from piaolian_node.checkpoints.building import build_desk, read_proof_trust
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.config import MEMBER_NAME, MemberSettings
from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate
from piaolian_node.hsm import HSMToken
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import PiaolianError

_logger = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.5


class WitnessConfig(MemberSettings):
    """Settings of a witness, beside those of every member.

    Attributes:
        listen_port: Port the API binds to.
        checkpoint_member: Name under which the trust file knows the witness.
        public_requests_per_minute: Limit per address.
    """

    listen_port: int = Field(default=8441, ge=0, le=65535)
    checkpoint_member: str = Field(pattern=MEMBER_NAME)
    public_requests_per_minute: int = Field(default=600, ge=1)


@dataclass(frozen=True)
class WitnessContext:
    """The parts of a witness."""

    database: Database
    checkpoints: CheckpointDesk
    limits: Limits


def build_witness(config: WitnessConfig) -> WitnessContext:
    """Build the parts of the process.

    Raises:
        ConfigError: Token or trust file are not as the settings say.
        SignerError: There is no checkpoint key.
        InputError: The address book is none.
    """
    database = Database(config.database_url.get_secret_value(), config.replica_setting)
    book = AddressBook.from_file(config.address_book)
    chain = ChainAccess([str(url) for url in config.rpc_urls], book, config.finality_depth)
    token = HSMToken(config.pkcs11_module, config.token_label, config.token_pin.get_secret_value())
    desk = build_desk(config, config.checkpoint_member, database, chain, token, read_proof_trust(config), time.time)
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

    app.add_middleware(Door, is_tls=False)
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
