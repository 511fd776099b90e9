"""Test that Prometheus' own parser reads the metrics, and that they cover all processes."""

import re
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event

from snapshots import Archive
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW, Visit
from tests.web_client import WebClient
from watcher.config import Watch, Watchlist
from watcher.services.checks.outcome import RunMetrics, save_metrics
from watcher.web.auth.access import public


def samples(client: WebClient) -> dict[str, float]:
    """Every sample under its name and labels, as Prometheus' parser reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    result = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation, family.name
        for sample in family.samples:
            name = f"{sample.name}{{{','.join(f'{key}={value}' for key, value in sorted(sample.labels.items()))}}}"
            assert name not in result, "a sample stands twice"
            result[name] = sample.value
    return result


def test_the_memory_is_measured(visit: Visit, archive: Archive):
    client = visit("one", "two")
    result = samples(client)
    assert result["watcher_revisions_stored{}"] == 2
    assert result["watcher_comparisons_stored{}"] == 1
    assert result["watcher_watches{state=ok}"] == 1
    assert result["watcher_watches{state=new}"] == 1
    assert result["watcher_watches{state=failing}"] == 0
    assert result["watcher_outbox_age_seconds{}"] == 0
    assert result["watcher_database_bytes{}"] > 10_000
    with archive.database.connection() as connection:
        connection.exec_driver_sql("DROP TABLE counter")
    assert client.get("/metrics").status_code == 503  # what cannot be read is no empty answer


def test_what_other_processes_counted_is_shown(visit: Visit, archive: Archive):
    client = visit("one")
    counts = RunMetrics()
    counts.add("checks", 3, wiki="en", state="quiet")
    counts.add("checks", 1, wiki='x"} 9\nwatcher_lag_seconds 99', state="quiet")
    counts.add("findings", 2, kind="claim.changed", severity="high")
    counts.add("runs", 1, kind="check")
    for seconds in (0.01, 0.3, 1000):
        counts.observe("check_seconds", seconds)
    counts.on_request("en", "busy", 0.2)
    save_metrics(archive, counts, NOW)
    result = samples(client)
    assert result["watcher_checks_total{state=quiet,wiki=en}"] == 3
    assert result["watcher_findings_total{kind=claim.changed,severity=high}"] == 2
    assert result["watcher_last_run_timestamp_seconds{kind=check}"] == NOW.timestamp()
    assert result["watcher_check_seconds_count{}"] == 3
    assert result["watcher_check_seconds_sum{}"] == pytest.approx(1000.31)
    assert result["watcher_check_seconds_bucket{le=0.025}"] == 1
    assert result["watcher_check_seconds_bucket{le=300.0}"] == 2
    assert result["watcher_check_seconds_bucket{le=+Inf}"] == 3
    assert result["watcher_wiki_requests_total{outcome=busy,wiki=en}"] == 1
    # names by strangers cannot forge a sample
    assert result["watcher_lag_seconds{}"] == 0
    assert 'watcher_checks_total{state=quiet,wiki=x"} 9\nwatcher_lag_seconds 99}' in result


def test_answers_of_this_process_are_counted_and_one_that_breaks_off_as_an_error(visit: Visit):
    client = visit("one")

    @public
    def breaking() -> None:
        raise RuntimeError("broken")

    client.app.get("/breaking")(breaking)
    client.get("/healthz")
    client.get("/nowhere")
    client.request("BREW", "/healthz")
    result = samples(client)
    assert result["watcher_web_requests_total{method=GET,status=200}"] == 1
    assert result["watcher_web_requests_total{method=GET,status=404}"] == 1
    assert [name for name in result if "method=other" in name]
    assert not [name for name in result if "BREW" in name]
    assert result["watcher_web_request_seconds_count{}"] == 3
    with pytest.raises(RuntimeError, match="broken"):
        client.get("/breaking")
    assert samples(client)["watcher_web_requests_total{method=GET,status=500}"] == 1


def test_watches_that_were_never_checked_cost_no_statement_each(archive: Archive, watchlist: Watchlist):
    counts, read = [], []

    def seen(*given: Any) -> None:
        read.append(given[2])

    for number in (3, 203):
        watches = tuple(Watch(wiki="en", title=f"Lighthouse {count}") for count in range(number))
        client = WebClient(a_site(archive, replace(watchlist, watches=watches)), base_url="http://localhost")
        for path in ("/metrics", "/healthz"):
            assert client.get(path).status_code == 200
            read.clear()
            event.listen(Engine, "before_cursor_execute", seen)
            try:
                assert client.get(path).status_code == 200
            finally:
                event.remove(Engine, "before_cursor_execute", seen)
            counts.append(len(read))
        assert [text for text in read if re.search(r"FROM article\b", text)] == []  # health does not depend on them
    assert max(counts[2:]) < max(counts[:2]) + 10
