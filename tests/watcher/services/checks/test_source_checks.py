"""Test that alerts about statistics say what the cited source states, where a watch asks for it."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from snapshots.cited_statistics import request_sources
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.hostile_servers import dripping, serving
from tests.source_site import Reply, SourceSite, serving_sources
from watcher.model import Comparison, Severity
from watcher.model.source_checks import SourceCheck, SourceOutcome
from watcher.notify import compose
from watcher.notify.payload import compose_payload
from watcher.services.checks.check import check
from watcher.services.checks.source_checks import SOURCE_RULE, finish_source_checks
from watcher.source_check.reader import read_page

pytestmark = pytest.mark.waits

HTML = {"Content-Type": "text/html; charset=utf-8"}
SURVEY = Reply(
    body=b"<html lang='en'><title>Survey</title><body><h1>Tidal survey</h1><p>In 2012, the survey counted 20.9 million "
    b"boats in all harbours. The harbours of the north were visited twice, those of the islands once, and the lagoons "
    b"by the coast guard. The next survey is planned, and will count the ferries apart.</p></body></html>",
    headers=HTML,
)
GONE = Reply(status=404)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceSite]:
    """A site whose pages are read in this process; tests/watcher/source_check shows that it is another one."""
    monkeypatch.setattr("watcher.source_check.read_source", read_page)
    with serving_sources({"/1": SURVEY}) as site:
        yield site


def cite(text: str, url: str, **more: str) -> str:
    fields = "".join(f" |{name.replace('_', '-')}={value}" for name, value in more.items())
    return text.replace("https://survey.example.org/1", f"{url}{fields}")


def watch(world: WikiHarness, *sites: SourceSite, **settings: Any) -> None:
    world.grouping = f"group_by = []\nsource_hosts = {json.dumps([site.host for site in sites])}"
    world.watch("Tide", **settings)


def checked(world: WikiHarness, before: str, after: str) -> Comparison:
    world.edit_and_check(before)
    (outcome,) = world.edit_and_check(after)
    assert outcome.comparison, outcome.text
    return outcome.comparison


def check_of(comparison: Comparison) -> SourceCheck:
    (check,) = [finding.source_check for finding in comparison.findings if finding.source_check]
    return check


def test_nothing_is_looked_up_unless_a_watch_says_so(world: WikiHarness, source: SourceSite):
    watch(world, source)
    checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/1")))
    assert source.paths == []


def test_an_alert_says_which_value_the_source_states(world: WikiHarness, source: SourceSite):
    watch(world, source, source_check=True)
    comparison = checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/1")))
    quote = "“2012, the survey counted 20.9 million boats in all harbours.”"
    text = f"the source states 21 million ({quote}); 25 million is not on it"
    check = check_of(comparison)
    assert (check.outcome, check.text, check.url) == (SourceOutcome.OLD, text, source.url("/1"))
    (delivery,) = world.alerts()
    line = f"{text} (read 2026-03-04 05:11 UTC)"
    assert f"Source read: {line}, {source.url('/1')}" in compose(delivery.alert).text
    (finding,) = json.loads(compose_payload([delivery.alert], "k"))["alerts"][0]["findings"]
    assert finding["sources"][0] == {"label": line, "url": source.url("/1"), "archive_url": None, "status": "read"}
    with world.archive() as archive:
        (run, *_) = archive.comparisons.of_article(world.article(), 5)
        (stored, *_) = archive.comparisons.findings(run.id)
    assert SourceCheck.from_dict(stored["source_check"]) == check
    (report,) = Path(world.folder / "reports").glob("*.html")
    assert "20.9 million boats in all harbours" in report.read_text(encoding="utf-8")


def test_a_source_is_asked_once_a_day(world: WikiHarness, source: SourceSite):
    watch(world, source, source_check=True)
    further = TEXT.replace("21 million", "30 million")
    checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/1")))
    (outcome,) = world.edit_and_check(cite(further, source.url("/1")))
    assert outcome.comparison
    assert check_of(outcome.comparison).outcome is SourceOutcome.NEITHER
    assert source.paths == ["/robots.txt", "/1"]
    world.clock.advance(days=2)
    world.edit_and_check(cite(CHANGED, source.url("/1")))
    assert source.paths == ["/robots.txt", "/1"] * 2


def test_the_archived_copy_is_read_where_the_page_is_gone_which_is_a_low_finding_and_told_once(
    world: WikiHarness, source: SourceSite
):
    source.replies |= {"/1": GONE, "/web/20140101000000id_/http://survey.example.org/1": SURVEY}
    url, copy = source.url("/1"), source.url("/web/20140101000000/http://survey.example.org/1")
    watch(world, source, source_check=True)
    comparison = checked(world, cite(TEXT, url, archive_url=copy), cite(CHANGED, url, archive_url=copy))
    assert check_of(comparison).outcome is SourceOutcome.OLD
    (gone,) = [finding for finding in comparison.findings if finding.rule == SOURCE_RULE]
    assert (gone.severity, gone.edits[0].editor) == (Severity.LOW, None)
    (delivery,) = world.alerts()
    assert [notice.summary.partition(",")[0] for notice in delivery.alert.notices] == [
        "21 million → 25 million boats (+19 %)"
    ]
    world.clock.advance(days=2)
    (outcome,) = world.edit_and_check(cite(TEXT.replace("21 million", "30 million"), url, archive_url=copy))
    assert outcome.comparison
    assert [finding.rule for finding in outcome.comparison.findings if finding.rule == SOURCE_RULE] == []


def test_a_new_value_is_looked_up_in_its_new_source(world: WikiHarness, source: SourceSite):
    source.replies["/2"] = Reply(body=SURVEY.body.replace(b"20.9", b"25.1"), headers=HTML)
    watch(world, source, source_check=True, threshold="info")
    comparison = checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/2")))
    assert check_of(comparison).outcome is SourceOutcome.NEW
    assert source.paths == ["/robots.txt", "/2"]


def test_when_the_time_of_a_round_is_over_alerts_go_out_and_the_finding_has_it_later(
    world: WikiHarness, source: SourceSite
):
    watch(world, source, source_check=True)
    world.edit_and_check(cite(TEXT, source.url("/1")))
    world.edit(cite(CHANGED, source.url("/1")))
    world.clock.advance(minutes=1)
    with world.services() as services:
        services.source_seconds = 0  # as for the last of many alerts
        (outcome,) = check(services, services.watchlist.watches)
    assert outcome.comparison
    assert [finding.source_check for finding in outcome.comparison.findings] == [None]
    assert source.paths == []
    (delivery,) = world.alerts()
    assert "Source read" not in compose(delivery.alert).text
    with world.services() as services:
        finish_source_checks(services)
        assert services.archive.source_pages.requests(5) == ()
        (run, *_) = services.archive.comparisons.of_article(world.article(), 5)
        (stored,) = services.archive.comparisons.findings(run.id)
    assert SourceCheck.from_dict(stored["source_check"]).outcome is SourceOutcome.OLD


@pytest.mark.parametrize("body", ["body", "'{}'"], ids=["asked", "unreadable"])
def test_what_can_never_be_asked_is_let_be_after_a_day(world: WikiHarness, source: SourceSite, body: str):
    watch(world, source, source_check=True)
    checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/1")))
    with world.services() as services:
        (run, *_) = services.archive.comparisons.of_article(world.article(), 5)
        (stored,) = services.archive.comparisons.findings(run.id)
        with services.archive.database.write() as session:
            request_sources(session, {stored["id"]: ((), ())}, services.now())
            session.connection().exec_driver_sql(f"UPDATE finding SET body = {body}")
        finish_source_checks(services)
        assert len(services.archive.source_pages.requests(5)) == 1
        world.clock.advance(days=1)
        finish_source_checks(services)
        assert services.archive.source_pages.requests(5) == ()


def test_a_source_that_never_ends_its_answer_is_given_up(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.services.checks.source_checks._MAX_SECONDS", 1.0)
    with serving(dripping(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")) as port:
        world.grouping = f'group_by = []\nsource_hosts = ["127.0.0.1:{port}"]'
        world.watch("Tide", source_check=True)
        url = f"http://127.0.0.1:{port}/1"
        begun = monotonic()
        comparison = checked(world, cite(TEXT, url), cite(CHANGED, url))
        assert monotonic() - begun < 20
    assert check_of(comparison).text == "the source could not be read (it did not answer in time)"
    assert len(world.alerts()) == 1


def test_a_source_within_the_own_network_is_not_asked(world: WikiHarness, source: SourceSite):
    watch(world, source_check=True)
    comparison = checked(world, cite(TEXT, source.url("/1")), cite(CHANGED, source.url("/1")))
    assert check_of(comparison).text == "the source could not be read (its address is not on the public web)"
    assert source.paths == []
