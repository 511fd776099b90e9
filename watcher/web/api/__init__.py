"""Serve the JSON API under /api/v1, which offers what the pages do; it is described at /api/v1/openapi.json."""

from watcher.web.api.routes import ROUTERS

__all__ = ["ROUTERS"]
