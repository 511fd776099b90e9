from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.dumps import export
from tests.flows.harness import CHANGED, COPY_EDITED, START, TEXT, WikiHarness
from watcher.errors import InputError, Missing, Unavailable
from watcher.services.past import BackfillResult, backfill, import_dump, installed_dump

ROOT = Path(__file__).resolve().parents[3]


def filled(world: WikiHarness, seen: list[tuple[int, int]] | None = None) -> BackfillResult:
    with world.services() as services:
        reported = (lambda done, total: seen.append((done, total))) if seen is not None else (lambda *_: None)
        return backfill(services, services.watchlist.watches[0], reported)


def write(world: WikiHarness, count: int) -> list[int]:
    return [1, *(world.edit(TEXT.replace("21 million", f"{number} million")) for number in range(2, count + 1))]


def test_every_revision_of_a_page_that_was_never_checked_is_stored(either_world: WikiHarness):
    written = write(either_world, 7)
    backfill_result = filled(either_world)
    assert (backfill_result.revisions, backfill_result.fetched) == (7, 7)
    assert either_world.stored() == written


def test_progress_is_reported_after_each_fifty(world: WikiHarness):
    write(world, 120)
    seen: list[tuple[int, int]] = []
    filled(world, seen)
    assert seen == [(0, 120), (50, 120), (100, 120), (120, 120)]


def test_what_is_stored_is_not_fetched_again(world: WikiHarness):
    write(world, 5)
    filled(world)
    world.wiki.requests.clear()
    assert filled(world).fetched == 0
    assert not [query for query in world.wiki.requests if "content" in query.get("rvprop", "").split("|")]


def test_only_what_is_missing_in_the_middle_is_fetched(world: WikiHarness):
    write(world, 4)
    world.check()
    late = world.edit(CHANGED)
    world.check()
    assert filled(world).fetched == 3
    assert world.stored() == [1, 2, 3, 4, late]


def test_checks_go_on_as_if_nothing_had_been_fetched(world: WikiHarness):
    write(world, 3)
    assert world.check_state() == "baseline"
    world.edit(COPY_EDITED)
    world.edit(CHANGED)
    filled(world)
    with world.archive() as archive:
        cursor = archive.revisions.cursor(world.article())
    assert cursor
    assert cursor.id == 3
    assert world.check_state() == "alert"
    assert world.check_state() == "unchanged"
    assert len(world.alerts()) == 1


def test_a_text_that_was_hidden_is_fetched_when_the_wiki_shows_it_again(world: WikiHarness):
    written = write(world, 4)
    world.store.hide(2, "content")
    assert filled(world).fetched == 4
    world.wiki.requests.clear()
    assert filled(world).fetched == 0, "what is hidden is not asked for again and again"
    leaf = world.store.by_title["Tide"]
    leaf.revisions = [replace(saved, hidden=frozenset()) for saved in leaf.revisions]
    filled(world)
    assert world.stored() == written
    with world.archive() as archive:
        text = archive.revisions.snapshot("w", 2).wikitext
    assert text
    assert "2 million" in text


def test_a_page_that_was_moved_deleted_and_restored_keeps_one_history(world: WikiHarness):
    write(world, 3)
    filled(world)
    world.clock.advance(minutes=1)
    world.store.move("Tide", "Tides")
    leaf = world.store.delete("Tides")
    with pytest.raises(Missing):
        filled(world)
    world.store.restore(leaf)
    late = world.edit(CHANGED, "Tides")
    backfill_result = filled(world)
    assert (backfill_result.article.title, backfill_result.fetched) == ("Tides", 2)
    assert world.stored() == [1, 2, 3, 4, late]


def test_revisions_that_an_import_puts_into_the_past_are_stored_at_their_place(world: WikiHarness):
    write(world, 3)
    filled(world)
    between = world.clock.time - timedelta(seconds=90)
    older = world.store.edit("Tide", TEXT.replace("21 million", "8 million"), at=START - timedelta(days=9))
    middle = world.store.edit("Tide", TEXT.replace("21 million", "9 million"), at=between)
    assert filled(world).fetched == 2
    assert world.stored() == [older, 1, middle, 2, 3]


def test_what_came_before_the_wiki_broke_off_stays_stored(world: WikiHarness):
    written = write(world, 120)

    def reported(done: int, _: int) -> None:
        if done == 50:
            world.wiki.refuse(9)

    with world.services() as services, pytest.raises(Unavailable):
        backfill(services, services.watchlist.watches[0], reported)
    world.wiki.recover()
    assert world.stored() == written[:50]
    assert filled(world).fetched == 70
    assert world.stored() == written


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("source", ["wiki", "dump"])
def test_fetchers_and_readers_that_are_killed_leave_no_gap_and_no_duplicate(
    source: str, engine: str, request: pytest.FixtureRequest
):
    with ExitStack() as stack:
        cluster = request.getfixturevalue("postgres") if engine == "postgresql" else None
        command = [sys.executable, "-m", "tests.flows.kill_backfill", source]
        command += [stack.enter_context(cluster.migrated())] if cluster else []
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    story = json.loads(done.stdout)
    assert story["kills"] >= 4
    assert story["stored"] == story["written"]
    assert story["same"] is True, "the lives are those of one reading"


# Dumps


def imported(world: WikiHarness, body: bytes) -> BackfillResult:
    (world.folder / "dump.xml").write_bytes(body)
    with world.services() as services:
        return import_dump(services, services.watchlist.watches[0], world.folder / "dump.xml")


def test_a_dump_is_merged_with_what_is_stored_and_the_wiki_is_not_asked(either_world: WikiHarness):
    world = either_world
    written = write(world, 4)
    world.check()
    late = world.edit(CHANGED)
    world.check()
    world.wiki.requests.clear()
    body = export(world.store, "Tide")
    assert imported(world, body) == BackfillResult(article=world.article(), revisions=5, fetched=3)
    assert imported(world, body).fetched == 0
    assert world.stored() == [*written, late]
    assert not world.wiki.requests
    assert filled(world).fetched == 0
    with world.archive() as archive:
        assert archive.revisions.snapshot("w", 2).wikitext == TEXT.replace("21 million", "2 million").rstrip()


def test_a_first_check_after_a_dump_starts_from_what_readers_see(world: WikiHarness):
    write(world, 3)
    imported(world, export(world.store, "Tide"))
    assert world.state_after(CHANGED) == "baseline"


def test_a_text_that_the_wiki_hid_since_is_taken_from_a_dump(world: WikiHarness):
    write(world, 3)
    body = export(world.store, "Tide")
    world.store.hide(2, "content")
    filled(world)
    assert imported(world, body).fetched == 0
    with world.archive() as archive:
        assert archive.revisions.snapshot("w", 2).wikitext


def test_a_broken_dump_leaves_nothing_behind(world: WikiHarness):
    written = write(world, 120)
    body = export(world.store, "Tide")
    for broken in (body[:-300], body.replace(b"119 million", b"911 million")):
        with pytest.raises(InputError):
            imported(world, broken)
        with world.archive() as archive:
            assert archive.articles.find_by_title_or_former_title("w", "Tide") is None
    imported(world, body)
    with pytest.raises(InputError):
        imported(world, body[:-300])
    assert world.stored() == written


def test_a_dump_of_another_wiki_or_page_is_refused(world: WikiHarness):
    write(world, 2)
    foreign = export(world.store, "Tide", base="https://other.example.org/wiki/Main")
    with pytest.raises(InputError, match=r"this is a dump of https://other\.example\.org/wiki/Main, and w is http"):
        imported(world, foreign)
    with pytest.raises(Missing, match="has no revision of 'Tide'"):
        imported(world, export(world.store, "Tide").replace(b"<title>Tide", b"<title>Ebb"))
    filled(world)
    assert imported(world, foreign).fetched == 0, "the wiki's address within a private network may be another"


def test_a_flow_reads_dumps_of_one_folder_only(world: WikiHarness):
    with world.services() as services:
        assert installed_dump(services, "tide.xml.gz") == world.folder / "dumps" / "tide.xml.gz"
        for name in ("../tide.xml", "/etc/passwd", "a/b", "", ".."):
            with pytest.raises(InputError, match="is no name of a file"):
                installed_dump(services, name)
