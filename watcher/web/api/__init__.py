"""Serve what the pages show and do as JSON under /api/v1, described at /api/v1/openapi.json."""

from watcher.web.api.openapi import ROUTERS

__all__ = ["ROUTERS"]
