"""Test that bulk reads and writes of poll states equal those of single pages, for thousands of pages."""

from __future__ import annotations

import pytest

from snapshots import Archive
from snapshots.database import insert_or_ignore
from snapshots.tables import ArticleRow
from tests.snapshots.builders import NOW, PAGE, checked_up_to, each_statement, later
from watcher.model import Article

MANY = [Article(wiki="en", page_id=number, title=f"Page {number}") for number in range(1, 1203)]


@pytest.fixture
def many(archive: Archive) -> Archive:
    """More pages than one statement takes."""
    with archive.database.write() as session:
        rows = [{"wiki": article.wiki, "page_id": article.page_id, "title": article.title} for article in MANY]
        insert_or_ignore(session, ArticleRow, [row | {"registered_at": NOW, "failures": 0} for row in rows])
    return archive


@pytest.mark.dialect
def test_thousands_of_titles_are_found_and_those_that_nobody_knows_are_not(many: Archive):
    result = many.articles.poll_states("en", [article.title for article in MANY] + ["Nobody"])
    assert [result[article.title].article for article in MANY] == MANY
    assert "Nobody" not in result
    assert many.articles.poll_states("de", ["Page 1"]) == {}
    assert many.articles.titles_of_all([]) == {}


def test_thousands_are_noted_as_checked_and_the_failures_before_are_over(many: Archive):
    many.articles.record_checks(MANY, NOW, "the wiki is away")
    many.articles.record_checks(MANY[:2], later(1), "the wiki is away")
    assert [many.articles.poll_states("en", [title])[title].failures for title in ("Page 1", "Page 1202")] == [2, 1]
    many.articles.record_checks(MANY[1:], later(60))
    states = tuple(many.articles.last_checks([(page.wiki, page.title) for page in MANY]).values())
    assert [(check_state.failures, check_state.error) for check_state in states[:2]] == [
        (2, "the wiki is away"),
        (0, None),
    ]
    assert {check_state.checked_at for check_state in states[1:]} == {later(60)}


def test_a_page_is_known_by_the_judged_revision(archive: Archive):
    checked_up_to(archive, 3)
    assert archive.articles.poll_states("en", [PAGE.title])[PAGE.title].last_judged_id == 3


def test_a_page_is_known_under_each_title_that_it_had_or_was_reached_through(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.articles.register(Article(wiki="en", page_id=PAGE.page_id, title="Lamps → lights"), NOW)
    archive.articles.register(Article(wiki="en", page_id=PAGE.page_id, title="Beacons"), NOW)
    archive.events.record(PAGE, "followed", "Pharos → Beacons", NOW)
    titles = [PAGE.title, "Lamps → lights", "Beacons", "Pharos", "Lamps", "pharos"]
    assert set(archive.articles.poll_states("en", titles)) == {
        PAGE.title,
        "Lamps → lights",
        "Beacons",
        "Pharos",
        "Lamps",
    }
    assert all(
        archive.articles.find_by_title_or_former_title("en", title)
        == archive.articles.poll_states("en", [title])[title].article
        for title in titles[:4]
    )


def test_of_two_pages_with_one_title_the_one_registered_last_is_known(archive: Archive):
    archive.articles.register(PAGE, NOW)
    article = Article(wiki="en", page_id=99, title=PAGE.title)
    archive.articles.register(article, NOW)
    assert archive.articles.poll_states("en", [PAGE.title])[PAGE.title].article == article


@pytest.mark.parametrize(
    ("kinds", "troubled"),
    [([], False), (["deleted"], True), (["deleted", "restored"], False), (["deleted", "hidden", "restored"], True)],
)
def test_a_page_is_troubled_until_each_trouble_has_ended(archive: Archive, kinds: list[str], *, troubled: bool):
    archive.articles.register(PAGE, NOW)
    for kind in kinds:
        archive.events.record(PAGE, kind, kind, NOW)
    assert (
        archive.articles.poll_states("en", [PAGE.title], ("deleted", "hidden"))[PAGE.title].has_open_event is troubled
    )


def test_only_the_events_of_the_pages_asked_for_are_read(many: Archive):
    for article in MANY[:2]:
        many.events.record(article, "deleted", "gone", NOW)
    read: list[str] = []

    with each_statement(lambda _connection, statement, _parameters: read.append(statement)):
        states = many.articles.poll_states("en", [article.title for article in MANY[1:]], ("deleted",))
        many.articles.poll_states("en", ["Page 1"])
    assert [title for title, state in states.items() if state.has_open_event] == ["Page 2"]
    of_events = [statement for statement in read if "FROM event" in statement]
    assert len(of_events) == 3  # for 1,201 pages; none where no kind of event is asked for
    assert all("event.article_id IN" in statement for statement in of_events)


def test_pages_are_queued_until_they_are_checked(many: Archive):
    many.leases.reserve_pages(MANY, later(300))
    assert many.articles.poll_states("en", ["Page 7"])["Page 7"].reserved_until == later(300)
    many.articles.record_checks(MANY[:10], NOW)
    many.articles.record_check(MANY[10], NOW, "it failed")
    assert [
        many.articles.poll_states("en", [article.title])[article.title].reserved_until for article in MANY[9:12]
    ] == [
        None,
        None,
        later(300),
    ]
