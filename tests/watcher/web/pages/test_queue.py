import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from snapshots import Archive, Dismissal, FindingFilter, ReviewAction, ReviewState
from watcher.config import Watchlist
from watcher.web import create_app

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., TestClient]


def _never(*_: object, **__: object) -> object:
    raise AssertionError("this page compares nothing")


def findings(page: str) -> list[str]:
    return re.findall(r'class="open" href="/finding/\d+"><bdi>(.*?)</bdi>', page)


def test_the_queue_lists_the_open_findings_that_alerts_tell_of(visit: Visit):
    page = visit("one", "two", "three").get("/").text
    assert findings(page) == ["Words changed: three", "Words changed: two"]
    assert '<span class="badge">High</span>' in page
    assert "not listed" in page


def test_the_findings_that_raise_no_alert_are_one_link_away(visit: Visit):
    client = visit("one", "two")
    assert 'href="/?minimum_severity=info"' in client.get("/").text
    page = client.get("/?minimum_severity=info").text
    assert len(findings(page)) == 2
    assert "not listed" not in page


def test_what_the_lowest_threshold_of_the_watches_tells_is_listed(visit: Visit, watchlist: Watchlist):

    from watcher.model import Severity

    low = watchlist.watches[0].model_copy(update={"threshold": Severity.LOW})
    page = visit("one", "two", watches=(low, *watchlist.watches[1:])).get("/").text
    assert len(findings(page)) == 2


def test_pages_lead_on_by_the_last_finding(visit: Visit):
    client = visit(*[f"text {number}" for number in range(1, 46)])
    first = client.get("/").text
    assert len(findings(first)) == 40
    (following,) = re.findall(r'rel="next" href="(.*?)"', first)
    second = client.get(following).text
    assert findings(second) == [f"Words changed: text {number}" for number in (5, 4, 3, 2)]
    assert 'rel="next"' not in second
    assert "First page" in second


def test_several_are_dismissed_at_once_and_that_is_undone(visit: Visit, archive: Archive):
    client = visit("one", "two", "three")
    ids = [finding.id for finding in archive.findings.search(FindingFilter())]
    fields = {"ids": ids[:2], "decision": "dismiss", "reason": "update-is-right", "back": "q=words&after=9"}
    answer = client.post("/decide", data=fields)
    assert (answer.status_code, answer.headers["location"][:10]) == (303, "/?q=words&")
    page = client.get(answer.headers["location"].replace("&after=9", "")).text
    assert "2 findings dismissed: the update is right." in page
    assert findings(page) == []
    (batch,) = re.findall(r'name="batch" value="(\d+)"', page)
    back = client.post("/undo", data={"batch": batch, "back": "q=words"}).headers["location"]
    assert "2 findings put back as before." in client.get(back).text
    assert {finding.state for finding in archive.findings.search(FindingFilter())} == {ReviewState.OPEN}
    again = client.post("/undo", data={"batch": batch}).headers["location"]
    assert "Nothing was left to undo." in client.get(again).text


@pytest.mark.parametrize(
    ("fields", "decision"),
    [
        ({"decision": "acknowledge"}, ReviewAction.ACKNOWLEDGE),
        ({"decision": "dismiss", "reason": "other"}, ReviewAction.DISMISS),
        ({"decision": "assign", "assignee": "eve"}, ReviewAction.ASSIGN),
        ({"decision": "note", "note": "see talk"}, ReviewAction.NOTE),
    ],
)
def test_each_button_decides_and_is_on_record(
    visit: Visit, archive: Archive, fields: dict[str, str], decision: ReviewAction
):
    client = visit("one", "two")
    assert client.post("/decide", data={"ids": [2], **fields}).status_code == 303
    (step,) = archive.reviews.events_of(2)
    assert (step.action, step.by, step.at) == (decision, "reviewer", NOW)
    assert step.reason is (Dismissal.OTHER if decision is ReviewAction.DISMISS else None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"decision": "acknowledge"}, "Choose at least one finding"),
        ({"ids": [0], "decision": "acknowledge"}, "Choose at least one finding"),
        ({"ids": list(range(1, 502)), "decision": "acknowledge"}, "at most 500"),
        ({"ids": [1]}, "Choose what to do"),
        ({"ids": [1], "decision": "mute"}, "Choose what to do"),
        ({"ids": [1], "decision": "dismiss"}, "Choose a reason"),
        ({"ids": [1], "decision": "dismiss", "reason": "because"}, "Choose a reason"),
        ({"ids": [1], "decision": "note", "note": " "}, "Write a note"),
        ({"ids": ["x"], "decision": "acknowledge"}, "is invalid"),
        ({"ids": [1], "decision": "note", "note": "x" * 5000}, "is invalid"),
    ],
)
def test_half_a_form_changes_nothing_and_says_what_is_missing(
    visit: Visit, archive: Archive, fields: dict[str, object], expected: str
):
    answer = visit("one", "two").post("/decide", data=fields)
    assert answer.status_code == 400
    assert expected in answer.text
    assert archive.reviews.events_of(1) == ()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "q=a\r\nx: y", "\\evil"])
def test_a_form_leads_back_to_the_queue_whatever_it_says(visit: Visit, back: str):
    client = visit("one", "two")
    for path, fields in (("/decide", {"ids": [1], "decision": "acknowledge"}), ("/seen", {}), ("/undo", {"batch": 1})):
        location = client.post(path, data={**fields, "back": back}).headers["location"]
        assert location.partition("?")[0] == "/"
        assert "evil" not in location


def test_a_reader_who_has_seen_all_sees_only_what_is_new(visit: Visit, archive: Archive):
    client = visit("one", "two")
    assert "All of this is new to you." in client.get("/").text
    assert client.post("/seen", data={"until": (NOW - timedelta(hours=1)).isoformat()}).status_code == 303
    page = client.get("/?new=1").text
    assert "You last looked on 3 November 2026, 11:00 UTC." in page
    assert findings(page) == ["Words changed: two"]
    assert '<span class="new">New</span>' in page
    client.post("/seen", data={"until": "3026-01-01T00:00:00+00:00"})
    assert archive.reviews.last_seen("reviewer") == NOW
    assert findings(client.get("/?new=1").text) == []
    assert "Nothing matches" in client.get("/?new=1").text


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-03"])
def test_a_moment_that_is_none_is_now(visit: Visit, archive: Archive, until: str):
    visit("one").post("/seen", data={"until": until})
    assert archive.reviews.last_seen("reviewer") == NOW


def test_a_search_and_the_filters_narrow_the_list(visit: Visit):
    client = visit("one", "two", "three")
    assert findings(client.get("/?q=THREE").text) == ["Words changed: three"]
    page = client.get("/?article=en/17&kind=prose.changed&section=History&editor=Ada&severity=high").text
    assert len(findings(page)) == 2
    assert page.count('<span class="hidden">Remove: </span>') == 5
    assert findings(client.get("/?article=en/18").text) == []


def test_a_finding_that_is_decided_stands_under_its_state(visit: Visit):
    client = visit("one", "two")
    client.post("/decide", data={"ids": [2], "decision": "dismiss", "reason": "duplicate"})
    client.post("/decide", data={"ids": [2], "decision": "assign", "assignee": "<b>eve"})
    page = client.get("/?state=dismissed").text
    assert "Dismissed: duplicate" in page
    assert "for <bdi>&lt;b&gt;eve</bdi>" in page
    assert "every finding has been decided" in client.get("/").text


def test_the_help_tells_keys_and_words(visit: Visit):
    page = visit("one").get("/help").text
    assert "<kbd>j</kbd> <kbd>k</kbd>" in page
    assert "not a fact" in page


def test_the_queue_tells_in_a_line_how_the_watches_are_doing(visit: Visit, archive: Archive, watchlist: Watchlist):
    client = visit("one")
    assert '<a href="/watches">2 articles watched</a>, <span class="is-new">1 not checked yet</span>' in (
        client.get("/").text
    )
    late = TestClient(
        create_app(archive, watchlist, compare=_never, now=lambda: NOW + timedelta(days=1)), base_url="http://localhost"
    )
    assert "1 overdue" in late.get("/").text
    archive.articles.record_check(archive.articles.list_all()[0], NOW, "the <wiki> is away")
    assert '<span class="is-failing">1 failing</span>' in client.get("/").text


def test_an_empty_archive_has_a_page(archive: Archive, watchlist: Watchlist):
    page = TestClient(create_app(archive, watchlist, compare=_never), base_url="http://localhost").get("/").text
    assert "Nothing is waiting for you" in page
