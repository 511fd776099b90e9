from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.testclient import TestClient

from snapshots import Archive
from watcher.config import Watchlist
from watcher.web import app

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., TestClient]


def test_the_queue_lists_what_was_found_newest_first(visit: Visit):
    page = visit("one", "two", "three").get("/").text
    assert page.index("Words changed: three") < page.index("Words changed: two")
    assert 'href="/comparison/2"' in page
    assert "High: text changed, <bdi>History</bdi>" in page


def test_the_queue_tells_how_the_watches_are_doing(visit: Visit):
    page = visit("one").get("/").text
    assert "Up to date" in page
    assert "Not checked yet" in page
    assert 'href="https://wiki.example.org/w/index.php?oldid=1"' in page


def test_a_failing_and_an_overdue_watch_are_told(visit: Visit, archive: Archive, watchlist: Watchlist):
    client = visit("one")
    seen = archive.status(_noon(archive)).articles[0]
    assert seen.checked_at is not None
    late = TestClient(
        app(archive, watchlist, compare=_never, now=lambda: seen.checked_at + timedelta(days=1)),
        base_url="http://localhost",
    )
    assert "Overdue" in late.get("/").text
    archive.checked(seen.article, seen.checked_at, "the <wiki> is away")
    assert "1 in a row: the &lt;wiki&gt; is away" in client.get("/").text


def _noon(archive: Archive) -> datetime:
    return archive._now()


def _never(*_: object, **__: object) -> object:
    raise AssertionError("this page compares nothing")


def test_an_empty_archive_has_a_page(archive: Archive, watchlist: Watchlist):
    page = TestClient(app(archive, watchlist, compare=_never), base_url="http://localhost").get("/").text
    assert "Nothing has been found yet" in page
