"""The address that Prometheus asks: for who holds the token, or without one for this machine alone."""

import hmac

from fastapi import APIRouter, Request, Response

from piaolian_node.api.authentication import Context
from piaolian_node.config import is_loopback
from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.observation.collecting import Collector
from piaolian_node.observation.metrics import CONTENT_TYPE

# What a proxy adds. A request that came through one is not of this machine, whatever its address says.
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def metrics_router(context: NodeContext) -> APIRouter:
    """Return the route of a node."""
    router = APIRouter(include_in_schema=False)
    collector = Collector(context)

    @router.get("/metrics")
    async def metrics(request: Request, context: Context) -> Response:
        """Tell the metrics."""
        if not _may_see(request, context):
            # The same answer as for an address that there is not.
            raise RefusedError(
                "address-unknown",
                "there is nothing at this address",
                "该地址没有可用的服务",
                remedy="see /openapi.json",
            )
        await collector.collect()
        return Response(context.metrics.text(), media_type=CONTENT_TYPE)

    return router


def _may_see(request: Request, context: NodeContext) -> bool:
    token = context.config.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode("utf-8"), token.get_secret_value().encode("utf-8"))
    is_direct = not any(name in request.headers for name in _FORWARDED)
    return is_direct and request.client is not None and is_loopback(request.client.host)
