"""Thousands of pages are known, and noted as checked, as well as one by one."""

from __future__ import annotations

import pytest

from snapshots import Archive
from snapshots.rows import ArticleRow
from snapshots.upsert import insert_once
from tests.snapshots.builders import NOW, PAGE, checked_up_to, later
from watcher.model import Article

MANY = [Article(wiki="en", page_id=number, title=f"Page {number}") for number in range(1, 1203)]


@pytest.fixture
def many(archive: Archive) -> Archive:
    """More pages than one statement takes."""
    with archive._store.writing() as session:
        rows = [{"wiki": one.wiki, "page_id": one.page_id, "title": one.title} for one in MANY]
        insert_once(session, ArticleRow, [row | {"registered_at": NOW, "failures": 0} for row in rows])
    return archive


def test_thousands_of_titles_are_found_and_those_that_nobody_knows_are_not(many: Archive):
    found = many.known("en", [one.title for one in MANY] + ["Nobody"])
    assert [found[one.title].article for one in MANY] == MANY
    assert "Nobody" not in found
    assert many.known("de", ["Page 1"]) == {}


def test_thousands_are_noted_as_checked_and_the_failures_before_are_over(many: Archive):
    many.failed_all(MANY, NOW, "the wiki is away")
    many.failed_all(MANY[:2], later(1), "the wiki is away")
    assert [many.known("en", [title])[title].failures for title in ("Page 1", "Page 1202")] == [2, 1]
    many.checked_all(MANY[1:], later(60))
    states = many.status(later(60)).articles
    assert [(one.failures, one.error) for one in states[:2]] == [(2, "the wiki is away"), (0, None)]
    assert {one.checked_at for one in states[1:]} == {later(60)}


def test_a_page_is_known_by_the_judged_revision(archive: Archive):
    checked_up_to(archive, 3)
    assert archive.known("en", [PAGE.title])[PAGE.title].cursor == 3


def test_a_page_is_known_under_each_title_that_it_had_or_was_reached_through(archive: Archive):
    archive.register(PAGE, NOW)
    archive.register(Article(wiki="en", page_id=PAGE.page_id, title="Lamps → lights"), NOW)
    archive.register(Article(wiki="en", page_id=PAGE.page_id, title="Beacons"), NOW)
    archive.event(PAGE, "followed", "Pharos → Beacons", NOW)
    titles = [PAGE.title, "Lamps → lights", "Beacons", "Pharos", "Lamps", "pharos"]
    assert set(archive.known("en", titles)) == {PAGE.title, "Lamps → lights", "Beacons", "Pharos", "Lamps"}
    assert all(archive.known_as("en", title) == archive.known("en", [title])[title].article for title in titles[:4])


def test_of_two_pages_with_one_title_the_one_registered_last_is_known(archive: Archive):
    archive.register(PAGE, NOW)
    heir = Article(wiki="en", page_id=99, title=PAGE.title)
    archive.register(heir, NOW)
    assert archive.known("en", [PAGE.title])[PAGE.title].article == heir


@pytest.mark.parametrize(
    ("kinds", "troubled"),
    [([], False), (["deleted"], True), (["deleted", "restored"], False), (["deleted", "hidden", "restored"], True)],
)
def test_a_page_is_troubled_until_each_trouble_has_ended(archive: Archive, kinds: list[str], *, troubled: bool):
    archive.register(PAGE, NOW)
    for kind in kinds:
        archive.event(PAGE, kind, kind, NOW)
    assert archive.known("en", [PAGE.title], ("deleted", "hidden"))[PAGE.title].troubled is troubled


def test_pages_are_queued_until_they_are_checked(many: Archive):
    many.queue_pages(MANY, later(300))
    assert many.known("en", ["Page 7"])["Page 7"].queued_until == later(300)
    many.checked_all(MANY[:10], NOW)
    many.checked(MANY[10], NOW, "it failed")
    assert [many.known("en", [one.title])[one.title].queued_until for one in MANY[9:12]] == [None, None, later(300)]
