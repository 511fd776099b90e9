from collections.abc import Callable
from datetime import UTC, datetime

from starlette.testclient import TestClient

from snapshots import Archive
from watcher.config import Watchlist
from watcher.web import app

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., TestClient]


def _never(*_: object, **__: object) -> object:
    raise AssertionError("this page compares nothing")


def test_health_tells_whether_the_archive_can_be_read(visit: Visit, watchlist: Watchlist):
    assert visit("one").get("/healthz").json() == {"status": "ok"}
    with Archive(f"sqlite:///{watchlist.path / 'empty.db'}") as empty:
        client = TestClient(app(empty, watchlist, compare=_never), base_url="http://localhost")
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert client.get("/").status_code == 503
