"""Serve what the pages show and do as JSON under /api/v1, described at /api/v1/openapi.json."""

from watcher.web.api.routes import ROUTERS

__all__ = ["ROUTERS"]
