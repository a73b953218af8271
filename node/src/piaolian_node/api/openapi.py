"""The description of the API: what FastAPI knows, and what the dependencies of signed endpoints know besides.

Each operation says who may use it: ``x-roles`` lists the roles whose signature it takes, ``x-access`` is ``signed``,
``asked`` (a signature, or a secret of the receipt) or ``public``.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from piaolian_node.api.authentication import MAX_IDEMPOTENCY_KEY, Asks, Reads, Writes

_REFERENCE: Final = "#/components/schemas/{model}"
_SCHEME: Final = "httpMessageSignature"
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457; `code` is from a closed list",
    "required": ["type", "title", "status", "code", "detail", "detail_zh", "retry", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "detail_zh": {"type": "string"},
        "retry": {"enum": ["never", "same", "after"]},
        "field": {"type": ["string", "null"]},
        "rule": {"type": ["string", "null"]},
        "remedy": {"type": ["string", "null"]},
        "request_id": {"type": ["string", "null"]},
    },
}
_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The caller's own number, the same for every try; covered by the signature",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY},
}


def describe(app: FastAPI) -> None:
    """Have ``app.openapi()`` tell of signed messages, roles and problem documents."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way.


def _complete(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "RFC 9421 over @method, @authority, @path, @query, content-digest and idempotency-key",
        }
    }
    messages: set[type[BaseModel]] = set()
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = schema["paths"][route.path_format][method.lower()]
            message = _tell_access(operation, route.dependant)
            messages |= {message} if message is not None else set()
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "Problem document",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    _, definitions = models_json_schema([(message, "validation") for message in messages], ref_template=_REFERENCE)
    for name, definition in definitions["$defs"].items():
        schemas.setdefault(name, definition)
    return schema


def _tell_access(operation: dict[str, Any], dependant: Dependant) -> type[BaseModel] | None:
    """Write who may use an operation, and return the form of its signed message, if it takes one."""
    for call in _calls(dependant):
        if isinstance(call, Writes):
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(model=call.message.__name__)}}},
            }
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        if isinstance(call, Writes | Reads | Asks):
            is_optional = isinstance(call, Asks)
            operation["x-access"] = "asked" if is_optional else "signed"
            operation["x-roles"] = list(call.roles)
            operation["security"] = [{_SCHEME: []}, {}] if is_optional else [{_SCHEME: []}]
            return call.message if isinstance(call, Writes) else None
    operation["x-access"] = "public"
    operation["x-roles"] = []
    return None


def _calls(dependant: Dependant) -> Iterator[object]:
    for found in dependant.dependencies:
        yield found.call
        yield from _calls(found)
