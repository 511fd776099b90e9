import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from snapshots import Archive, NewDelivery, OutgoingAlert
from tests.watcher.web.conftest import NOW, PAGE, a_revision
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Alert, Article, Kind, Notice, Severity
from watcher.web import create_app

Visit = Callable[..., WebClient]
OLD = "== History ==\nOf the 21 million victims half are women.<ref>{{cite web|url=https://example.org|title=Count}}</ref>\n"
NEW = OLD.replace("21", "25") + "It is the largest bridge of the coast."


def test_the_article_page_shows_each_figure_with_source_and_last_change(visit: Visit):
    page = visit(OLD, NEW).get("/article/en/17").text
    statistics = page.partition('id="statistics"')[2].partition('id="claims"')[0]
    assert "25 million" in statistics
    assert "Count" in statistics
    assert 'changed <a href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in statistics
    assert "by <bdi>Ada</bdi>" in statistics
    assert re.search(r'href="/article/en/17/timeline\?element=\d+"', statistics)
    claims = page.partition('id="claims"')[2]
    assert "largest bridge of the coast" in claims
    assert "no source" in claims


def test_what_waits_and_how_it_went_is_reported(visit: Visit, archive: Archive):
    client = visit(OLD, NEW)
    notice = Notice(kind=Kind.PROSE_CHANGED, severity=Severity.HIGH, section=(), summary="a <b> summary")
    alert = Alert(key="k", article=PAGE, before=a_revision(1), after=a_revision(2), notices=(notice,), diff_url="")
    with archive.database.write() as session:
        from snapshots import outbox
        from snapshots.rows import row_id

        delivery = NewDelivery(destination="team", key="t", not_before=NOW)
        outbox.queue(session, OutgoingAlert(alert=alert, deliveries=(delivery,)), NOW, article_id=row_id(session, PAGE))
    archive.events.record(PAGE, "protected", "protected against <edits>", NOW)
    page = client.get("/article/en/17").text
    assert 'href="/finding/2"' in page
    assert 'href="/comparison/1"' in page
    assert "<strong><bdi>team</bdi></strong> <span>waiting</span> <span><bdi>a &lt;b&gt; summary</bdi></span>" in page
    assert "protected against &lt;edits&gt;" in page
    assert "Up to date" in page


def test_an_article_that_is_watched_no_more_says_so(visit: Visit, watchlist: Watchlist):
    page = visit(OLD, NEW, watches=watchlist.watches[1:]).get("/article/en/17").text
    assert "Not watched any more" in page


def test_an_article_that_was_moved_keeps_its_watch(visit: Visit, archive: Archive):
    client = visit(OLD, NEW)
    archive.articles.register(replace(PAGE, title="Tolls"), NOW)
    page = client.get("/article/en/17").text
    assert "<h1><bdi>Tolls</bdi></h1>" in page
    assert "Not watched any more" not in page


@pytest.mark.parametrize("texts", [("one",), (None,), ("", "")])
def test_an_article_of_which_little_is_known_has_a_page(visit: Visit, texts: tuple[str | None, ...]):
    page = visit(*texts).get("/article/en/17").text
    assert "states no statistic" in page


def test_an_article_that_was_never_checked_has_a_page(archive: Archive, watchlist: Watchlist):
    archive.articles.register(Article(wiki="en", page_id=18, title="Harbours"), NOW)
    client = WebClient(create_app(archive, watchlist), base_url="http://localhost")
    page = client.get("/article/en/18").text
    assert "Not checked yet" in page
    assert "Nothing has been compared yet" in page


@pytest.mark.parametrize("path", ["/article/en/99", "/article/de/17", "/article/en/x", f"/article/en/{10**30}"])
def test_what_is_not_watched_is_missing(visit: Visit, path: str):
    assert visit(OLD).get(path).status_code == 404


def test_the_sources_of_statistics_are_listed_with_their_last_check_those_that_do_not_answer_first(
    visit: Visit, archive: Archive
):
    text = "".join(
        f"There were {number} mills in county {number}.<ref>{{{{cite web|url=https://example.org/{number}|title=S{number}}}}}</ref>\n\n"
        for number in (21, 22, 23)
    )
    client = visit(text)
    archive.source_pages.save("https://example.org/22", {}, None, NOW)
    archive.source_pages.save("https://example.org/23", {}, "GONE", NOW)
    page = client.get("/article/en/17").text
    sources = page.partition('id="citations-title"')[2].partition("</section>")[0]
    assert re.findall(r">(S\d+)|(it is no longer there|never checked|>checked 3)", sources) == [
        ("S23", ""), ("", "it is no longer there"), ("", ">checked 3"), ("S22", ""), ("", ">checked 3"), ("S21", ""),
        ("", "never checked"),
    ]  # fmt: skip
