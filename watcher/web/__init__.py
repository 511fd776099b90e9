"""Serve the review pages and the API."""

from watcher.web.app import bootstrap_link, create_app, serve

__all__ = ["bootstrap_link", "create_app", "serve"]
