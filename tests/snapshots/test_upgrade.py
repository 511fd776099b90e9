"""Test that an installation of the release before the ledger moves to it with all that it knew, on both engines.

`release_0001.backup` was written by that release after two checks of a page with three edits: the second alert was sent
in place of the first, one finding was acknowledged, sentences with a word were muted, and the history was followed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshots import Archive, FindingFilter
from snapshots.restore import restore
from tests.watcher.history_helpers import START, events_of
from watcher.model import Article, Dialect
from watcher.services.ledger import read_timelines, record_history

pytestmark = pytest.mark.dialect
BACKUP = Path(__file__).with_name("release_0001.backup")
PAGE = Article(wiki="w", page_id=1, title="Tide")


@pytest.fixture
def upgraded(empty_url: str) -> Archive:
    archive = Archive(empty_url)
    with BACKUP.open("rb") as file:
        restore(archive, file, BACKUP.name, force=False)
    return archive


def test_comparisons_findings_decisions_mutes_and_deliveries_are_kept(upgraded: Archive):
    with upgraded as archive:
        findings = archive.findings.search(FindingFilter(states=()), limit=9)
        assert sorted((item.id, item.kind, item.state.value) for item in findings) == [
            (1, "statistic.changed", "open"),
            (2, "statistic.changed", "acknowledged"),
            (3, "prose.changed", "open"),
        ]
        assert [record.findings for record in archive.comparisons.of_article(PAGE)] == [2, 1]
        assert [mute.words for mute in archive.mutes.list_open()] == ["table"]
        assert [(item.id, item.state.value) for item in archive.outbox.newest()] == [(2, "sent"), (1, "replaced")]
        assert [fact.fact.new for fact in archive.sent_facts.stated(PAGE, findings[0].at)[0]] != []


def test_the_ledger_is_filled_from_the_stored_revisions(upgraded: Archive):
    with upgraded as archive:
        (article,) = archive.articles.without_ledger(["w"], 5)
        record_history(archive, article, Dialect(), START)
        assert archive.articles.without_ledger(["w"], 5) == ()
        timelines = read_timelines(archive, PAGE, Dialect())
        assert [events_of(item) for item in timelines if item.subject == "statistic"] == [
            [
                (1, "added", "21 million"),
                (2, "changed", "25 million"),
                (3, "changed", "21 million"),
                (4, "changed", "900 million"),
            ]
        ]
