"""Test that a moved page keeps its watch on every page: state, pins and threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from snapshots import Archive
from tests.watcher.web.conftest import NOW, PAGE
from tests.web_client import WebClient
from watcher.config import Watch
from watcher.model import Severity

OLD, NEW = "A ferry took 21 carts a day.", "A ferry took 25 carts a day."
MOVED = replace(PAGE, title="Tolls of bridges")
WATCH = Watch(wiki="en", title=PAGE.title, threshold=Severity.CRITICAL, claims=(OLD,))


@pytest.fixture
def client(visit: Callable[..., WebClient], archive: Archive) -> WebClient:
    """A browser after the watched page "Bridge tolls" was moved."""
    made = visit(OLD, NEW, watches=(WATCH,))
    archive.articles.register(MOVED, NOW)
    return made


def test_its_article_page_shows_the_watch_and_its_pins(client: WebClient):
    page = client.get(f"/article/en/{PAGE.page_id}").text
    assert "Not watched any more" not in page
    assert OLD in page


def test_its_report_is_judged_by_the_settings_of_its_watch(client: WebClient):
    # The pipeline in miniature puts the threshold that it was given into each reason.
    assert "threshold critical" in client.get("/comparison/1").text
    assert client.get("/finding/1").status_code == 200  # it stays as it was stored
