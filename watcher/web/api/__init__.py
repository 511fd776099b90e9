"""What the pages show and do, as JSON for programs: paths under /api/v1, described at /api/v1/openapi.json."""

from watcher.web.api.description import ROUTERS

__all__ = ["ROUTERS"]
