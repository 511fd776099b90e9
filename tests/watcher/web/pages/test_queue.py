import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from snapshots import Archive, ReviewAction, ReviewDecision
from tests.cases import for_each, table
from tests.review_fixtures import a_site
from tests.watcher.web import conftest
from tests.watcher.web.conftest import NOW, Visit, differing_words, fill
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Comparison, Severity, Snapshot
from watcher.web.pages import queue


def findings(page: str) -> list[str]:
    """The headlines of the rows, which are those of the worst finding of each edit."""
    return re.findall(r'<h3><a class="open"[^>]*><bdi>(.*?)</bdi>', page)


def counts(page: str) -> list[str]:
    return re.findall(r'<span class="count">(.*?)</span>', page)


@pytest.fixture
def client(visit: Visit) -> WebClient:
    """A reviewer in front of two edits, with two findings each."""
    return visit("one", "two", "three")


def test_what_the_lowest_threshold_of_the_watches_shows_is_listed(visit: Visit, watchlist: Watchlist):
    low = watchlist.watches[0].model_copy(update={"threshold": Severity.LOW})
    assert counts(visit("one", "two", watches=(low, *watchlist.watches[1:])).get("/").text) == ["2 findings"]


def test_pages_lead_on_by_the_last_finding(visit: Visit, archive: Archive):
    client = visit(*[f"text {number}" for number in range(1, 46)])
    first = client.get("/").text
    assert len(findings(first)) == 40
    (following,) = re.findall(r'rel="next" href="(.*?)"', first)
    second = client.get(following).text
    assert findings(second) == [f"Words changed: text {number}" for number in (5, 4, 3, 2)]
    assert 'rel="next"' not in second
    assert "41–44 of 44 edits" in second
    back = client.get(*re.findall(r'rel="prev" href="(.*?)"', second)).text
    assert findings(back) == findings(first)
    assert "1–40 of 44 edits" in back
    archive.reviews.decide([2, 4, 6, 8], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "ada", NOW)
    assert "1–40 of 40 edits" in client.get(following).text  # what is beyond the position is decided, the rest is not


@for_each(("fields", "action", "reason", "assignee"))
def test_each_button_decides_and_is_on_record(
    client: WebClient, archive: Archive, fields: dict[str, str], action: str, reason: str, assignee: str
):
    assert client.post("/decide", data={"ids": [2], **fields}).status_code == 303
    step = archive.reviews.events_of(2)[-1]
    assert (step.action.value, str(step.reason or ""), str(step.assignee)) == (action, reason, assignee)
    assert (step.by, step.at, step.note) == ("reviewer", NOW, fields.get("note"))


def test_an_opened_edit_says_what_is_known_of_its_editor_with_links_to_the_wiki(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
):
    account: dict[str, Any] = {"registered_at": NOW - timedelta(days=40), "edit_count": 1204, "revert_risk": 0.871}

    def compare(before: Snapshot, after: Snapshot, **more: Any) -> Comparison:
        compared = differing_words(before, after, **more)
        edit = replace(after.revision, **account)
        return replace(compared, findings=tuple(replace(finding, edits=(edit,)) for finding in compared.findings))

    monkeypatch.setattr(conftest, "differing_words", compare)
    page = visit("one", "== History ==\ntwo").get("/edit/1").text
    for words in ("account 39 days old", "1,204 edits", "revert risk 87 %"):
        assert f'<span class="tag">{words}</span>' in page, words
    links = dict(re.findall(r'<a href="(https://wiki[^"]*)" rel="noreferrer">(?:<bdi>)?([^<]*)', page))
    queries = {label: html.unescape(url).partition("?")[2] for url, label in links.items()}
    assert queries == table(__file__, "links_of_an_edit")
    assert re.findall(r'<a href="([^"]*)">(?:Only|Not) this editor', page) == ["/?editor=Ada", "/?not_editor=Ada"]


@for_each(("fields", "expected"))
def test_half_a_form_changes_nothing_and_says_what_is_missing(
    client: WebClient, archive: Archive, fields: dict[str, object], expected: str
):
    answer = client.post("/decide", data=fields)
    assert answer.status_code == (400 if "invalid" in expected else 422)
    assert expected in answer.text
    assert archive.reviews.events_of(1) == ()


@for_each("back", ["https://evil.example/", "//evil.example", "q=a\r\nx: y", "\\evil"])
def test_a_form_leads_back_to_the_queue_whatever_it_says(client: WebClient, back: str):
    forms = {"/decide": {"ids": [1], "decision": "correct"}, "/seen": {"until": NOW.isoformat()}, "/undo": {"batch": 1}}
    for path, fields in forms.items():
        location = client.post(path, data={**fields, "back": back}).headers["location"]
        assert (location.partition("?")[0], "evil" in location) == ("/", False)


def test_what_an_opened_edit_has_no_room_for_follows(visit: Visit, archive: Archive, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "MOST_OPENED", 1)
    client = visit("one", "two")
    assert "1 more finding." in client.get("/edit/1?minimum_severity=info").text
    archive.reviews.decide([2], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "ada", NOW)
    assert re.findall(r'id="f(\d)"|more finding', client.get("/edit/1?minimum_severity=info").text) == ["2", "1"]


def test_a_reader_who_has_seen_all_sees_only_what_is_new(visit: Visit, archive: Archive):
    client = visit("one", "two")
    assert "New to you" not in client.get("/").text
    client.post("/seen", data={"until": (NOW - timedelta(hours=1)).isoformat()})
    page = client.get("/?new=1").text
    shown = ('title="Found since 3 November 2026, 11:00 UTC">New to you</a>', '<span class="new">New</span>')
    assert ([part in page for part in shown], findings(page)) == ([True, True], ["Words changed: two"])
    client.post("/seen", data={"until": "3026-01-01T00:00:00+00:00"})
    assert "Nothing matches" in client.get("/?new=1").text
    assert archive.reviews.last_seen("reviewer") == NOW


@for_each("until", ["", "yesterday", "2026-11-03", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_refused(client: WebClient, archive: Archive, until: str):
    known = client.post("/seen", data={"until": until}).status_code, archive.reviews.last_seen("reviewer")
    assert known == (400, None)


def test_the_queue_shows_in_a_line_how_the_watches_are_doing(visit: Visit, archive: Archive, watchlist: Watchlist):
    client = visit("one")
    assert '2 articles watched</a>, <span class="is-new">1 not checked yet</span>' in client.get("/").text
    late = WebClient(a_site(archive, watchlist, now=lambda: NOW + timedelta(days=1)), base_url="http://localhost")
    assert "1 overdue" in late.get("/").text
    archive.articles.record_failure(archive.articles.list_all()[0], NOW, "the <wiki> is away")
    assert '<span class="is-failing">1 failing</span>' in client.get("/").text


def test_an_empty_queue_says_what_to_do(archive: Archive, watchlist: Watchlist):
    for watches, expected in ((watchlist.watches, "Watching 2 articles"), ((), "Watching no article yet")):
        site = a_site(archive, replace(watchlist, watches=watches))
        assert expected in WebClient(site, "http://localhost").get("/").text


def test_a_filter_replaces_its_namesake_also_where_no_more_are_kept(client: WebClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "_MOST_FILTERS", 1)
    assert [client.post("/filters", data={"name": name}).status_code for name in "aab"] == [303, 303, 422]


def test_what_is_found_after_the_page_was_made_is_announced(visit: Visit, archive: Archive):
    client = visit("one", "two")
    (than,) = re.findall(r'hx-get="/news\?than=(\d+)"', client.get("/").text)
    assert client.get(f"/news?than={than}").text.strip() == ""
    fill(archive, "two", "three", "four")
    assert '<a href="/?q=f">1 new edit: show it</a>' in client.get(f"/news?than={than}&back=q%3Df").text


def test_tabs_and_chips_count_what_they_lead_to(client: WebClient, archive: Archive):
    archive.reviews.decide([2], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "ada", NOW)
    for path in ("/?state=all", "/?q=two&minimum_severity=info"):
        page = client.get(path).text
        for part in ("states", "levels"):
            options = page.partition(f'id="{part}"')[2].partition("</ul>")[0]
            for href, count in re.findall(r'<a href="([^"]+)".*?<span class="n">(\d+)</span>', options):
                listed = re.search(r'id="all-count">\D*(\d+) finding', client.get(html.unescape(href)).text)
                assert (int(listed[1]) if listed else 0) == int(count), (path, href)
