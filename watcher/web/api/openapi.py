"""Describe the API's routes: OpenAPI for programs, a plain list for people."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from watcher.version import version
from watcher.web.api.routes import article_routes, finding_routes, operating_routes, watch_routes
from watcher.web.auth.authorization import route_permissions
from watcher.web.dependencies import READ, Context

PREFIX: Final = "/api/v1"
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_DESCRIPTIONS: Final = {
    400: "The request cannot be parsed.",
    401: "Nobody is signed in, or the token is not known.",
    403: "The scope is too small, or the request may be forged.",
    404: "There is nothing with this id.",
    409: "Somebody else has changed it in the meantime.",
    413: "The request is too large.",
    422: "A field is invalid, or the request cannot be carried out.",
    502: "The wiki's answer cannot be trusted.",
    503: "The database or the wiki is not available now.",
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": message, "content": {"application/problem+json": {"schema": _PROBLEM}}}
    for status, message in _DESCRIPTIONS.items()
}

_described = APIRouter(prefix=PREFIX)
for _part in (finding_routes, article_routes, watch_routes, operating_routes):
    _described.include_router(_part, responses=_RESPONSES)

_pages = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[READ])
ROUTERS = (_described, _pages)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, with the scope that each operation needs."""
    site = FastAPI(openapi_url=None)
    site.include_router(_described)
    reported = get_openapi(
        title="Article Watcher",
        version="1",
        description="Times are ISO 8601 with a zone. Errors are problem documents (RFC 9457).",
        routes=site.routes,
    )
    reported["info"]["x-release"] = version()
    reported["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`watcher token add NAME --scope SCOPE`"},
        "session": {"type": "apiKey", "in": "cookie", "name": "watcher_session"},
    }
    for rule in route_permissions(site.routes):
        for method in rule.methods:
            operation = reported["paths"][rule.path][method.lower()]
            operation["security"] = [{"token": []}, {"session": []}]
            operation["x-scope"] = rule.needs.value if rule.needs else None
    return reported


@_pages.get("/openapi.json", response_class=JSONResponse)
def openapi() -> JSONResponse:
    """Return the description for programs."""
    return JSONResponse(document())


@_pages.get("", response_class=HTMLResponse)
def listing(context: Context) -> HTMLResponse:
    """Return the description for people."""
    rows = [
        {"method": method.upper(), "path": path, "description": reported["description"], "scope": reported["x-scope"]}
        for path, methods in document()["paths"].items()
        for method, reported in methods.items()
    ]
    return context.page("api.html", rows=rows)
