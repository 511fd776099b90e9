"""Serve a small fake wiki on loopback for the demo and the tests."""

from watcher.demo.scenario import STORY, TITLE, ScenarioEdit, apply_edits
from watcher.demo.wiki_server import FakeWikiServer
from watcher.demo.wiki_store import WikiStore

__all__ = ["STORY", "TITLE", "FakeWikiServer", "ScenarioEdit", "WikiStore", "apply_edits"]
