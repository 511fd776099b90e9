"""Serve a small fake wiki on loopback for the demo and the tests."""

from watcher.demo.servers import TITLE, FakeWikiServer, ScenarioEdit, WikiStore, apply_edits

__all__ = ["TITLE", "FakeWikiServer", "ScenarioEdit", "WikiStore", "apply_edits"]
