"""The archive in; pages that a reviewer reads out."""

from watcher.web.server import app, serve

__all__ = ["app", "serve"]
