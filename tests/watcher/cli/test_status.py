"""Test what `watcher status`, `doctor` and `deploy` show, and that they exit with 3 when attention is needed."""

import json
import py_compile
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from snapshots import Archive, PollState
from snapshots.members import SourceHealth
from snapshots.tables import MemberSource
from tests.flows.harness import WikiHarness
from tests.watcher.cli.conftest import Watcher
from watcher.cli.status import _list_lines
from watcher.config import Watch
from watcher.model import Article
from watcher.services.context import clock
from watcher.services.operations.health import ListHealth


def test_a_watch_is_overdue_or_well_and_the_same_as_json(watcher: Watcher, world: WikiHarness):
    world.check()  # by the clock of the test, which is months behind
    answer = watcher("status")
    assert answer.code == 3
    assert answer.out.startswith("✗ Tide: overdue, last checked 2026-03-04")
    world.watch("Tide", "Ebb")
    watcher("check", "Tide")
    answer = watcher("status")
    assert answer.code == 0
    assert answer.out.startswith("✓ Tide: checked 20")
    assert " UTC, revision 1\n? Ebb: not checked yet" in answer.out
    assert answer.out.endswith("\nOutbox: empty\n")
    reported = json.loads(watcher("status", "--format", "json").out)
    assert reported["ok"] is True
    assert reported["outbox"] == {"queued": 0, "due": 0, "dead": 0, "oldest_queued_at": None}
    tide, ebb = reported["watches"]
    names = ("title", "page", "state", "revision", "every", "failures", "error")
    assert [tide[name] for name in names] == ["Tide", "Tide", "ok", 1, 900, 0, None]
    assert 0 <= tide["age"] < 600
    assert (ebb["state"], ebb["checked_at"], ebb["revision"]) == ("new", None, None)


def test_the_failing_members_of_a_list_are_named():
    at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    away = PollState(Article(wiki="w", page_id=7, title="Ebb"), None, 2, "away", None)
    health = SourceHealth(members=1200, unchecked=3, failing=1, overdue=0, troubled=(away,))
    source = MemberSource(
        id=1, wiki="w", key="category:Sea", definition="", members=0,
        refreshed_at=at, tried_at=None, error="the wiki is away",
    )  # fmt: skip
    listed = ListHealth(watch=Watch(wiki="w", category="Sea"), source=source, members=health, paused=False)
    assert [*_list_lines(listed)] == [
        "✗ category:Sea: 1,200 members, 3 not checked yet, 1 failing, read 2026-03-04 05:06 UTC",
        "    it could not be read: the wiki is away",
        "    Ebb: away",
    ]


@pytest.mark.parametrize(("minutes", "words"), [(-10, "behind"), (10, "ahead of")])
def test_a_clock_that_is_wrong_is_named(
    watcher: Watcher, world: WikiHarness, monkeypatch: pytest.MonkeyPatch, minutes: int, words: str
):
    """The times of a command are the database's own, which agree with themselves."""

    def offset(_archive: Archive, now: Callable[[], datetime]) -> timedelta:
        return datetime.now(UTC) + timedelta(minutes=minutes) - now()

    watcher("check")
    monkeypatch.setattr(Archive, "clock_offset", offset)
    shown = watcher("status")
    assert re.search(rf"the database's clock is (?:599|600) s {words} that of this machine", shown.out), world.folder
    assert shown.code == 3


def test_an_examination_is_a_line_a_subject_and_what_is_wrong_ends_with_three(watcher: Watcher, world: WikiHarness):
    world.store.now = clock
    watcher("check")
    answer = watcher("doctor")
    assert answer.code == 0
    assert "✓ ok   database: can be read and written" in answer.out
    assert "✓ ok   clock: agrees with that of w" in answer.out
    assert "? warn watchlist: watchlist.toml: contact is still mailto:tests@example.org – write your own" in answer.out
    world.wiki.close()
    answer = watcher("doctor", "--format", "json")
    assert answer.code == 3
    [wiki] = [load for load in json.loads(answer.out) if load["subject"] == "wiki w"]
    assert (wiki["level"], wiki["advice"]) == ("fail", "check the network, its api and allowed_hosts")


DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def test_files_are_listed_and_printed_and_nothing_else(watcher: Watcher):
    py_compile.compile(str(DEPLOY / "healthcheck.py"))
    names = watcher("deploy").out.split()
    assert {"prefect.yaml", "kubernetes/kustomization.yaml", "RUNBOOK.md"} <= set(names)
    assert not [name for name in names if name.endswith((".png", ".pyc"))]
    assert watcher("deploy", "--show", "zombies.yaml").out == (DEPLOY / "zombies.yaml").read_text(encoding="utf-8")
    assert watcher("deploy", "--show", "../README.md").refuses(
        "watcher: --show ../README.md: there is no such file; `watcher deploy` lists them\n"
    )
