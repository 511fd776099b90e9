"""Serve a small fake wiki on loopback for the demo and the tests."""

from watcher.demo.scenario import TITLE, ScenarioEdit, apply_edits
from watcher.demo.servers import FakeWikiServer, WikiStore

__all__ = ["TITLE", "FakeWikiServer", "ScenarioEdit", "WikiStore", "apply_edits"]
