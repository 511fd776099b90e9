import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.dumps import export
from tests.flows.harness import START, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.errors import InputError, Missing, Unavailable
from watcher.services.history.past import BackfillResult, backfill, import_dump, installed_dump

ROOT = Path(__file__).resolve().parents[4]


def filled(world: WikiHarness, seen: list[tuple[int, int]] | None = None) -> BackfillResult:
    with world.services() as services:
        reported = (lambda done, total: seen.append((done, total))) if seen is not None else (lambda *_: None)
        return backfill(services, services.watchlist.watches[0], reported)


def write(world: WikiHarness, count: int) -> list[int]:
    return [1, *(world.edit(TEXT.replace("21 million", f"{number} million")) for number in range(2, count + 1))]


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


def imported(world: WikiHarness, body: bytes) -> BackfillResult:
    (world.folder / "dump.xml").write_bytes(body)
    with world.services() as services:
        return import_dump(services, services.watchlist.watches[0], world.folder / "dump.xml")


class BackfillPlayer(Player):
    """Plays stories of a page whose history is fetched, or taken from a dump."""

    def write(self, count: int) -> None:
        """So many revisions in all."""
        write(self.world, count)

    def write_at(self, minutes: float) -> None:
        """An import puts a revision so many minutes after the first one, or before it."""
        self.world.store.edit("Tide", "In 2012, it had 8 boats.", at=START + timedelta(minutes=minutes))

    def show(self) -> None:
        """The wiki hides no text any more."""
        page = self.world.store.by_title["Tide"]
        page.revisions = [replace(saved, hidden=frozenset()) for saved in page.revisions]

    def fetch(self, count: int) -> None:
        self.world.wiki.requests.clear()
        self.counts: list[tuple[int, int]] = []
        assert filled(self.world, self.counts).fetched == count

    def no_text_asked(self) -> None:
        assert not [query for query in self.world.wiki.requests if "content" in query.get("rvprop", "").split("|")]

    def fetch_fails(self) -> None:
        with pytest.raises(Missing):
            filled(self.world)

    def progress(self, *counts: list[int]) -> None:
        assert [list(count) for count in self.counts] == [*counts]

    def dump(self) -> None:
        self.body = export(self.world.store, "Tide")

    def take_dump(self, revisions: int, count: int) -> None:
        """What is stored after the dump was taken, and how many texts it gave; the wiki is not asked."""
        self.world.wiki.requests.clear()
        result = imported(self.world, self.body)
        assert (result.revisions, result.fetched) == (revisions, count)
        assert not self.world.wiki.requests

    def text_has(self, revision: int, words: str) -> None:
        with self.world.archive() as archive:
            assert words in (archive.revisions.snapshot("w", revision).wikitext or "")

    def order(self, *revisions: int) -> None:
        """The stored revisions, oldest first."""
        assert self.world.stored() == [*revisions]

    def cursor(self, revision: int) -> None:
        with self.world.archive() as archive:
            last = archive.revisions.cursor(self.world.article())
        assert last
        assert last.id == revision


test_of_a_history = story_test(__file__, player=BackfillPlayer)


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
            with pytest.raises(InputError, match="is not a file name"):
                installed_dump(services, name)
