from collections.abc import Callable
from datetime import UTC, datetime

from snapshots import Archive
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.web import create_app

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., WebClient]


def _never(*_: object, **__: object) -> object:
    raise AssertionError("this page compares nothing")


def test_health_shows_whether_the_archive_can_be_read(visit: Visit, watchlist: Watchlist):
    assert visit("one").get("/healthz").json() == {"status": "ok"}
    with Archive(f"sqlite:///{watchlist.path / 'empty.db'}") as empty:
        client = WebClient(create_app(empty, watchlist, compare=_never), base_url="http://localhost")
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert client.get("/").status_code == 503


def test_readiness_gives_the_reasons_why_nothing_is_done(visit: Visit):
    answer = visit("one").get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["reasons"] == ["no round of deliveries has ended yet"]


def test_readiness_without_reasons_is_200(visit: Visit, archive: Archive):
    client = visit("one")
    archive.metrics.add_counters({("runs", (("kind", kind),)): 1.0 for kind in ("check", "deliver")}, NOW)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
