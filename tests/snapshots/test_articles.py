from dataclasses import replace

import pytest

from snapshots import Archive, ImageDigests, PollState
from snapshots.database import insert_or_ignore
from snapshots.tables import ArticleRow
from tests.cases import parametrize_each
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, each_statement, later
from watcher.model import Article

MOVED = Article(wiki="en", page_id=17, title="Beacons")


@pytest.mark.dialect
def test_pages_are_found_by_words_of_their_title_in_any_case(archive: Archive):
    titles = ("Élan vital", "Die Über-See", "100% sea")
    for number, title in enumerate(titles, start=1):
        archive.articles.register(Article(wiki="en", page_id=number, title=title), NOW)
    for words, expected in (
        (["VITAL", "élan"], [0]), (["über"], [1]), (["sea"], [2]), (["%"], [2]), (["_"], []), (["see", "vital"], []),
    ):  # fmt: skip
        assert [page.title for page in archive.articles.named(words, 5)] == [titles[number] for number in expected]
    assert len(archive.articles.named(["e"], 2)) == 2


@pytest.mark.dialect
def test_a_page_under_a_new_title_has_moved_and_keeps_its_memory(archive: Archive):
    for page in (PAGE, PAGE, MOVED):
        archive.articles.register(page, later(5))
    assert archive.articles.list_all() == (MOVED,)
    assert archive.articles.find_by_title_or_former_title("en", "Beacons") == MOVED
    (event,) = archive.events.of_article(MOVED)
    assert (event.kind, event.detail, event.at) == ("moved", "Lighthouses → Beacons", later(5))


def test_the_same_page_id_on_two_wikis_is_two_articles(archive: Archive):
    other = Article(wiki="de", page_id=17, title="Leuchttürme")
    archive.articles.register(PAGE, NOW)
    archive.articles.register(other, NOW)
    assert archive.articles.list_all() == (PAGE, other)
    assert archive.articles.find_by_title_or_former_title("de", "Lighthouses") is None


def test_a_successful_check_ends_only_its_own_lease_and_stores_the_images_that_were_shown(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert archive.leases.acquire_page(PAGE, "one", NOW, 60)
    archive.articles.record_success(PAGE, later(1), owner="two")
    assert not archive.leases.acquire_page(PAGE, "two", later(1), 60)
    archive.articles.record_success(PAGE, later(2), owner="one")
    assert archive.leases.acquire_page(PAGE, "two", later(2), 60)
    assert archive.articles.last_check() == later(2)
    first = ImageDigests(revision_id=1, seen_at=NOW, digests={"a": "1", "b": "2"})
    archive.articles.record_success(PAGE, NOW, owner="one", shown=first)
    assert archive.images.digests(PAGE) == first
    same = ImageDigests(revision_id=2, seen_at=later(1), digests=first.digests)
    other = ImageDigests(revision_id=3, seen_at=later(2), digests={"b": "3"})
    for shown, before in ((same, first.digests), (other, same.digests)):
        archive.articles.record_success(PAGE, NOW, owner="one", shown=shown, before=before)
        assert archive.images.digests(PAGE) == shown


@pytest.mark.dialect
@parametrize_each(("story", "news"))
def test_an_event_is_news_once(archive: Archive, story: list[str], news: list[bool]):
    archive.articles.register(PAGE, NOW)
    reported = [
        archive.events.record(PAGE, *each.partition(":")[::2], later(index)) for index, each in enumerate(story)
    ]
    assert reported == [bool(each) for each in news]
    recorded = [event.kind for event in archive.events.of_article(PAGE)]
    assert recorded[::-1] == [each.partition(":")[0] for each, is_news in zip(story, news, strict=True) if is_news]


def test_events_are_distinguished_by_their_revision(archive: Archive):
    archive.articles.register(PAGE, NOW)
    reported = [archive.events.record(PAGE, "hidden", "text", NOW, revision_id=number) for number in (5, 5, 6)]
    assert reported == [True, False, True]
    assert [event.revision_id for event in archive.events.of_article(PAGE)] == [6, 5]


def test_failed_checks_are_counted_until_one_succeeds(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert [archive.articles.record_failure(PAGE, later(n), "no answer") for n in range(2)] == [1, 2]
    archive.articles.record_checks([PAGE], later(2))
    assert archive.articles.record_failure(PAGE, later(3), "again") == 1
    (watched,) = archive.articles.poll_states(PAGE.wiki, [PAGE.title]).values()
    assert (watched.checked_at, watched.failures, watched.error) == (later(3), 1, "again")
    assert archive.articles.failing(later(3)) == (1, 1, "again")
    assert archive.articles.failing(later(4)) == (0, 0, None)


def test_a_title_that_belongs_to_a_page_now_is_not_another_pages_former_one(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.articles.register(MOVED, later(5))
    successor = replace(PAGE, page_id=99)
    archive.articles.register(successor, later(9))
    assert archive.articles.find_by_title_or_former_title("en", "Lighthouses") == successor
    archive.articles.register(PAGE, later(10))  # restored, when its successor was deleted
    for at, page in enumerate((successor, PAGE), 10):
        archive.articles.record_checks([page], later(at))
        assert archive.articles.find_by_title_or_former_title("en", "Lighthouses") == page


def test_last_check_is_that_of_any_page(archive: Archive):
    other = Article(wiki="en", page_id=99, title="Buoys")
    assert archive.articles.last_check() is None
    for article, at in ((PAGE, NOW), (other, later(3600)), (PAGE, later(300))):
        archive.articles.register(article, at)
        archive.articles.record_checks([article], at)
    assert archive.articles.last_check() == later(3600)


@pytest.mark.dialect
def test_late_pages_are_listed_others_in_each_turn_until_they_are_recorded_as_overdue(archive: Archive):
    pages = [Article(wiki="en", page_id=number, title=f"Pier {number}") for number in (1, 2, 3)]
    for number, page in enumerate(pages):
        archive.articles.register(page, NOW)
        archive.articles.record_checks([page], later(number))
    late = archive.articles.unchecked_since
    assert {late(later(60), 1, turn=turn)[0][0].page_id for turn in range(20)} == {1, 2, 3}
    assert {late(later(60), 1, first=later(2), turn=turn)[0][0].page_id for turn in range(20)} == {1, 2}
    archive.events.record(pages[2], "overdue", "last checked", later(61))
    assert {page.page_id for page, _ in late(later(60), 9)} == {1, 2}
    archive.articles.record_checks([pages[2]], later(62))
    assert {page.page_id for page, _ in late(later(120), 9)} == {1, 2, 3}


@pytest.mark.dialect
def test_every_watched_page_is_listed_with_its_last_check_and_cursor(archive: Archive):
    other = Article(wiki="de", page_id=3, title="Leuchttürme")
    checked_up_to(archive, 2)
    archive.articles.register(other, NOW)
    archive.articles.register(Article(wiki="de", page_id=4, title="Molen"), NOW)
    archive.articles.record_checks([PAGE], later(8))
    archive.articles.record_failure(other, later(9), "no answer")
    for page, state in ((PAGE, (later(8), 0, None, 2)), (other, (later(9), 1, "no answer", None))):
        assert archive.articles.poll_states(page.wiki, [page.title]) == {page.title: PollState(page, *state)}


MANY = [Article(wiki="en", page_id=number, title=f"Page {number}") for number in range(1, 1203)]


@pytest.fixture
def many(archive: Archive) -> Archive:
    """More pages than one statement takes."""
    with archive.database.write() as session:
        rows = [{"wiki": article.wiki, "page_id": article.page_id, "title": article.title} for article in MANY]
        insert_or_ignore(session, ArticleRow, [row | {"registered_at": NOW, "failures": 0} for row in rows])
    return archive


@pytest.mark.dialect
def test_thousands_of_titles_are_found_noted_as_checked_and_queued_until_then(many: Archive):
    result = many.articles.poll_states("en", [article.title for article in MANY] + ["Nobody"])
    assert [result[article.title].article for article in MANY] == MANY
    assert "Nobody" not in result
    assert many.articles.poll_states("de", ["Page 1"]) == {}
    many.articles.record_checks(MANY, NOW, "the wiki is away")
    many.articles.record_checks(MANY[:2], later(1), "the wiki is away")
    assert [many.articles.poll_states("en", [title])[title].failures for title in ("Page 1", "Page 1202")] == [2, 1]
    many.articles.record_checks(MANY[1:], later(60))
    states = tuple(many.articles.poll_states("en", [page.title for page in MANY]).values())
    assert [(state.failures, state.error) for state in states[:2]] == [(2, "the wiki is away"), (0, None)]
    assert {state.checked_at for state in states[1:]} == {later(60)}
    many.articles.update(MANY, {"reserved_until": later(300)})
    assert many.articles.poll_states("en", ["Page 7"])["Page 7"].reserved_until == later(300)
    many.articles.record_checks(MANY[:10], NOW)
    many.articles.record_failure(MANY[10], NOW, "it failed")
    states = many.articles.poll_states("en", [article.title for article in MANY[9:12]]).values()
    assert [state.reserved_until for state in states] == [None, None, later(300)]


def test_a_page_is_known_under_each_title_that_it_had_or_was_reached_through(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.articles.register(Article(wiki="en", page_id=PAGE.page_id, title="Lamps → lights"), NOW)
    archive.articles.register(Article(wiki="en", page_id=PAGE.page_id, title="Beacons"), NOW)
    archive.events.record(PAGE, "followed", "Pharos → Beacons", NOW)
    titles = [PAGE.title, "Lamps → lights", "Beacons", "Pharos", "Lamps"]
    states = archive.articles.poll_states("en", [*titles, "pharos"])
    assert {*states} == {*titles}
    assert all(archive.articles.find_by_title_or_former_title("en", title) == states[title].article for title in titles)


@pytest.mark.parametrize(
    ("kinds", "troubled"),
    [([], False), (["deleted"], True), (["deleted", "restored"], False), (["deleted", "hidden", "restored"], True)],
)
def test_a_page_is_troubled_until_each_trouble_has_ended(archive: Archive, kinds: list[str], *, troubled: bool):
    archive.articles.register(PAGE, NOW)
    for kind in kinds:
        archive.events.record(PAGE, kind, kind, NOW)
    state = archive.articles.poll_states("en", [PAGE.title], ("deleted", "hidden"))[PAGE.title]
    assert state.has_open_event is troubled


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


HARBOURS = Article(wiki="en", page_id=18, title="Harbours")


def seen(at: float = 0, **digests: str | None) -> ImageDigests:
    return ImageDigests(revision_id=1, seen_at=later(at), digests=digests)


def test_the_images_of_an_article_take_the_place_of_those_before(archive: Archive):
    checked_up_to(archive, 1)
    archive.articles.register(HARBOURS, NOW)
    assert archive.images.digests(PAGE) == ImageDigests()
    archive.images.save(PAGE, seen(a="1", b="1", c=None))
    archive.images.save(PAGE, seen(60, b="2", c=None, d="1"))
    archive.images.save(HARBOURS, seen(a="2", b="2"))
    archive.images.save(HARBOURS, seen())
    assert archive.images.digests(PAGE) == seen(60, b="2", c=None, d="1")


def test_a_decision_keeps_the_pictures_with_it_or_nothing(archive: Archive):
    checked_up_to(archive, 2)
    assert archive.comparisons.commit(replace(a_check(2), images=seen(a="1"))) is None
    assert archive.images.digests(PAGE) == ImageDigests()
    assert archive.comparisons.commit(replace(a_check(3), images=seen(a="1"))) is not None
    assert archive.images.digests(PAGE) == seen(a="1")


def test_judged_pages_are_due_for_a_look_when_they_were_not_looked_at_since(archive: Archive):
    checked_up_to(archive, 1)
    archive.articles.register(HARBOURS, NOW)
    ids = [PAGE.page_id, HARBOURS.page_id]
    assert archive.images.recorded("en", ids, later(60), later(60)) == {PAGE.page_id: {}}
    archive.images.save(PAGE, seen(10, a="1"))
    assert archive.images.recorded("en", ids, later(10), later(11)) == {}
    for times in ((later(11), later(11)), (later(5), later(9))):  # the second is of a clock that was set back
        assert archive.images.recorded("en", ids, *times) == {PAGE.page_id: {"a": "1"}}
    assert archive.images.recorded("de", ids, later(11), later(11)) == {}


def test_each_change_of_the_protection_is_an_event_once(archive: Archive):
    archive.articles.register(PAGE, NOW)
    for level in ("edit: sysop", "edit: sysop", "", "", "move: sysop"):  # at the first look it is no news
        archive.articles.record_protection(PAGE, level, NOW)
    assert archive.articles.poll_states("en", [PAGE.title])[PAGE.title].protection == "move: sysop"
    assert [(event.kind, event.detail) for event in archive.events.of_article(PAGE)] == [
        ("protected", "not protected → move: sysop"),
        ("unprotected", "edit: sysop → not protected"),
    ]
