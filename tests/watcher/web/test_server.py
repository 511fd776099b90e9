import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from snapshots import Archive
from watcher.config import Watchlist
from watcher.errors import ConfigError
from watcher.model import Article, Revision, Snapshot
from watcher.web import app, serve

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


def test_a_comparison_is_the_report_made_anew_from_the_stored_texts(visit: Visit):
    answer = visit("It was build then.", "It was built then.").get("/comparison/1")
    assert answer.status_code == 200
    assert "<del>build</del><ins>built</ins>" in answer.text
    assert 'href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in answer.text
    assert 'href="http://127.0.0.1:8080/"' in answer.text
    assert "threshold medium" in answer.text


def test_the_address_of_an_alert_leads_to_the_report_of_the_real_comparison(
    visit: Visit, archive: Archive, watchlist: Watchlist
):
    visit("Of the 21 million victims half are women.", "Of the 25 million victims half are women.")
    client = TestClient(app(archive, watchlist), base_url="http://localhost")
    page = client.get("/compare/en/1/2").text
    assert "1 statistic changed without a new source; nothing else of substance." in page
    assert "<del>21</del><ins>25</ins> million victims" in page
    assert "+4 million (+19 %)" in page


def test_revisions_of_two_articles_are_not_compared(visit: Visit, archive: Archive):
    client = visit("one")
    other = Article(wiki="en", page_id=18, title="Harbours")
    archive.register(other, NOW)
    revision = Revision(article=other, id=900, parent_id=0, at=NOW, editor=None, comment=None)
    archive.store(other, [Snapshot(revision=revision, wikitext="two")])
    answer = client.get("/compare/en/1/900")
    assert answer.status_code == 404
    assert "are not of one article" in answer.text


def test_a_finding_leads_to_its_place_on_the_report(visit: Visit):
    client = visit("one", "two")
    answer = client.get("/finding/2")
    assert (answer.status_code, answer.headers["location"]) == (307, "/comparison/1#finding-2")
    assert 'id="finding-2"' in client.get("/comparison/1").text


def test_a_text_that_the_wiki_hides_leaves_the_stored_findings(visit: Visit):
    client = visit("one", None, "three")
    for path in ("/comparison/1", "/compare/en/1/2"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "has hidden the text" in answer.text
        assert "Words changed:" in answer.text
    hidden = client.get("/compare/en/2/2")
    assert hidden.status_code == 404
    assert "no findings are stored" in hidden.text


@pytest.mark.parametrize(
    "path",
    [
        "/comparison/99",
        "/finding/99",
        "/comparison/x",
        "/comparison/-1",
        f"/finding/{10**30}",
        "/nowhere",
        "/docs",
        "/openapi.json",
    ],
)
def test_what_is_not_there_is_not_found(visit: Visit, path: str):
    answer = visit("one", "two").get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text


def test_wiki_text_is_text_on_every_page(visit: Visit):
    client = visit("one", "<script>alert(1)</script>\u202e")
    for path in ("/", "/comparison/1"):
        page = client.get(path).text
        assert "<script" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/", "/comparison/1", "/compare/en/1/2", "/finding/1", "/healthz", "/nowhere"])
def test_every_page_can_only_be_read(visit: Visit, path: str):
    client = visit("one", "two")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, path).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/", "/comparison/1", "/finding/1", "/healthz", "/nowhere", "/comparison/99"])
def test_every_answer_has_the_strict_headers(visit: Visit, path: str):
    headers = visit("one", "two").get(path).headers
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; base-uri 'none'; form-action 'none'; "
        r"frame-ancestors 'none'",
        headers["content-security-policy"],
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "10.0.0.1", "[::2]", "a@localhost"],
)
def test_another_host_name_is_not_answered(visit: Visit, host: str):
    answer = visit("one", "two").get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "Bridge tolls" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]:8080", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered(visit: Visit, host: str):
    assert visit("one").get("/", headers={"host": host}).status_code == 200


def test_the_host_of_the_base_address_is_answered(visit: Visit):
    client = visit("one", base_url="https://watcher.example.org/")
    assert client.get("/", headers={"host": "watcher.example.org"}).status_code == 200


def test_health_tells_whether_the_archive_can_be_read(visit: Visit, watchlist: Watchlist):
    assert visit("one").get("/healthz").json() == {"status": "ok"}
    with Archive(f"sqlite:///{watchlist.path / 'empty.db'}") as empty:
        client = TestClient(app(empty, watchlist, compare=_never), base_url="http://localhost")
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert client.get("/").status_code == 503


def test_an_empty_archive_has_a_page(archive: Archive, watchlist: Watchlist):
    page = TestClient(app(archive, watchlist, compare=_never), base_url="http://localhost").get("/").text
    assert "Nothing has been found yet" in page


def test_a_host_that_others_can_reach_is_refused(archive: Archive, watchlist: Watchlist):
    with pytest.raises(ConfigError, match=r"host 0\.0\.0\.0"):
        serve(app(archive, watchlist, compare=_never), host="0.0.0.0")
