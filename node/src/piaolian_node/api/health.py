"""Whether the process lives, and whether it can serve."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pkcs11.exceptions import PKCS11Error
from sqlalchemy import text

from piaolian_node.api.authentication import Context
from piaolian_sdk.errors import PiaolianError

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def health() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def ready(context: Context) -> JSONResponse:
    """Tell whether database, chain and HSM answer. Receipts go on without the chain; what is stamped waits."""
    problems = {}
    try:
        async with context.database.read() as connection:
            await connection.execute(text("SELECT 1"))
    except PiaolianError as exc:
        problems["database"] = exc.code
    try:
        await asyncio.to_thread(context.chain.latest)
    except PiaolianError as exc:
        problems["chain"] = exc.code
    try:
        await asyncio.to_thread(context.hsm.check)
    except (PiaolianError, PKCS11Error):
        problems["hsm"] = "hsm-unavailable"
    return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)
