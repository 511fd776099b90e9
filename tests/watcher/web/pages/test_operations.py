from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from snapshots import (
    Archive,
    Dismissal,
    FindingFilter,
    NewDelivery,
    NewMute,
    ReviewAction,
    ReviewDecision,
    ReviewState,
    Scope,
)
from tests.snapshots.builders import an_alert
from tests.watcher.web.conftest import NOW, PAGE, WebClient, fill

Visit = Callable[..., WebClient]


def given_up(archive: Archive, error: str = "the <receiver> is away") -> None:
    draft = NewDelivery(destination="team", key="k", not_before=NOW)
    archive.outbox.queue(an_alert(2, article=PAGE), [draft], NOW)
    (delivery,) = archive.outbox.claim(NOW, owner="test")
    archive.outbox.mark_failed(delivery, NOW, error, None)


def test_the_page_shows_what_failed_waits_and_was_given_up(visit: Visit, archive: Archive):
    client = visit("one")
    given_up(archive)
    archive.articles.record_check(PAGE, NOW, "the wiki is away")
    page = client.get("/operations").text
    assert "1 failed" in page
    assert "the &lt;receiver&gt; is away" in page
    assert "a section is new</bdi></span>" in page
    assert "1 in a row: the wiki is away" in page


def test_only_admins_queue_what_was_given_up_once_more(visit: Visit, archive: Archive):
    client = visit("one", scope=Scope.REVIEW)
    given_up(archive)
    assert "/operations/retry" not in client.get("/operations").text
    assert client.post("/operations/retry").status_code == 403
    admin = visit(scope=Scope.ADMIN, at=NOW)
    assert archive.metrics.outbox(NOW).dead == 1
    assert admin.post("/operations/retry").status_code == 403  # the same user still: a scope comes with the account


def test_what_was_given_up_is_queued_once_more(visit: Visit, archive: Archive):
    client = visit("one")
    given_up(archive)
    answer = client.post("/operations/retry")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations?queued=1")
    assert "1 message is queued again" in client.get(answer.headers["location"]).text
    assert (archive.metrics.outbox(NOW).dead, archive.metrics.outbox(NOW).queued) == (0, 1)


@pytest.mark.parametrize(
    ("address", "linked"), [("http://127.0.0.1:4200", True), ("javascript:alert(1)", False), (None, False)]
)
def test_prefects_own_pages_are_linked_where_they_are_known(visit: Visit, address: str | None, linked: bool):  # noqa: FBT001  a case
    client = visit("one")
    client.app.state.prefect_ui = address
    page = client.get("/operations").text
    assert ("Prefect’s own pages" in page) is linked
    assert "javascript:" not in page


def test_an_overdue_watch_is_reported(visit: Visit):
    assert "Overdue" in visit("one", at=NOW + timedelta(days=1)).get("/operations").text


def test_the_mutes_are_listed_with_what_they_suppress_and_can_be_ended(visit: Visit, archive: Archive):
    client = visit("one", "two", scope=Scope.REVIEW)
    assert "Nothing is muted." in client.get("/mutes").text
    mute = archive.mutes.begin(
        NewMute(wiki="en", title=PAGE.title, words="<b>lamps", until=NOW + timedelta(days=7)), NOW
    )  # fmt: skip
    page = client.get("/mutes").text
    assert "sentences with “<bdi>&lt;b&gt;lamps</bdi>” in <a" in page
    assert '<a href="/watches?q=Bridge+tolls"><bdi>Bridge tolls</bdi></a>' in page
    assert "10 November 2026" in page
    assert "nothing yet" in page
    client.headers.pop("x-csrf-token")
    assert client.post(f"/mutes/{mute.id}/end").status_code == 403
    assert archive.mutes.list_open() == (mute,)


def test_ending_a_mute_leads_back_to_the_list(visit: Visit, archive: Archive):
    client = visit("one", "two", scope=Scope.REVIEW)
    mute = archive.mutes.begin(NewMute(rule="statistic_removed"), NOW)
    assert "the rule <bdi>statistic_removed</bdi> in all articles" in client.get("/mutes").text
    assert client.post(f"/mutes/{mute.id}/end").headers["location"] == "/mutes?ended=1"
    assert "The mute has ended." in client.get("/mutes?ended=1").text
    assert archive.mutes.list_open() == ()
    assert client.post("/mutes/99/end").status_code == 303


def test_who_only_reads_sees_mutes_but_ends_none(visit: Visit, archive: Archive):
    client = visit("one", scope=Scope.READ)
    mute = archive.mutes.begin(NewMute(rule="statistic_removed"), NOW)
    assert "/end" not in client.get("/mutes").text
    assert client.post(f"/mutes/{mute.id}/end").status_code == 403


def test_the_precision_of_each_rule_follows_from_what_reviewers_decided(visit: Visit, archive: Archive):
    client = visit()
    fill(archive, "Of 21 lamps.", "Of 25 lamps.", judged=True)
    page = client.get("/rules").text
    assert "statistic_value_changed" in page
    assert "–" in page
    results = archive.findings.search(FindingFilter(states=tuple(ReviewState)), limit=9)
    of_rule = [finding.id for finding in results if finding.rule == "statistic_value_changed"]
    wrong = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.NOT_A_FACT)
    archive.reviews.decide(of_rule[:1], wrong, "Ann", NOW)
    assert "0 %" in client.get("/rules").text
    right = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.WRONG_FIXED)
    archive.reviews.decide(of_rule[:1], right, "Ann", NOW)
    assert "100 %" in client.get("/rules").text
