"""The web application of a node."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request

from piaolian_node.api import health, problems
from piaolian_node.api.authentication import address_of, use_address
from piaolian_node.api.door import Door
from piaolian_node.api.limits import seconds_to_wait
from piaolian_node.api.openapi import describe
from piaolian_node.checkpoints import endpoints as checkpoints
from piaolian_node.context import NodeContext
from piaolian_node.database.migrate import require_current
from piaolian_node.errors import RefusedError
from piaolian_node.observation.endpoints import metrics_router
from piaolian_node.outbox import endpoints as submissions
from piaolian_node.pages.elements import Elements
from piaolian_node.pages.public import public_pages
from piaolian_node.payments import endpoints as payments
from piaolian_node.periods import endpoints as periods
from piaolian_node.receipts import endpoints as receipts
from piaolian_node.receipts.questions import verify
from piaolian_node.registry import endpoints as registry
from piaolian_sdk.wire import VerificationAnswer


def create_app(context: NodeContext) -> FastAPI:
    """Return the application over the parts of a node."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await require_current(context.database)
        # In the background: until the processes stand, requests wait for them and nothing else does.
        warming = asyncio.create_task(context.desks.warm())
        yield
        warming.cancel()
        context.desks.close()
        await context.database.close()

    app = FastAPI(
        title="票链节点", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/openapi.json"
    )
    app.state.context = context
    problems.install(app)
    describe(app)

    app.add_middleware(Door, is_tls=context.config.public_url.scheme == "https", metrics=context.metrics)
    for router in (
        receipts.router,
        payments.router,
        periods.router,
        submissions.router,
        registry.router,
        checkpoints.router,
        health.router,
        metrics_router(context),
        _pages(context),
    ):
        app.include_router(router)
    return app


def _pages(context: NodeContext) -> APIRouter:
    async def answer(request: Request, given: Elements) -> VerificationAnswer | int:
        try:
            return await verify(context, address_of(request), given)
        except RefusedError as exc:
            return seconds_to_wait(exc)

    async def allow(request: Request) -> int | None:
        try:
            await use_address(request, context)
        except RefusedError as exc:
            return seconds_to_wait(exc)
        return None

    return public_pages(answer, allow, context.config.department)
