"""The archive in; pages that a reviewer reads out."""

from watcher.web.server import app, first_link, serve

__all__ = ["app", "first_link", "serve"]
