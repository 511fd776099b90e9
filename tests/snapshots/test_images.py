"""Test that the last known state of images and page protection is stored."""

from __future__ import annotations

from dataclasses import replace

from snapshots import Archive, ImageDigests
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later
from watcher.model import Article

OTHER = Article(wiki="en", page_id=18, title="Beacons")


def seen(at: float = 0, **digests: str | None) -> ImageDigests:
    return ImageDigests(revision_id=1, seen_at=later(at), digests=digests)


def test_before_the_first_look_there_are_none(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert archive.images.digests(PAGE) == ImageDigests()


def test_what_is_kept_takes_the_place_of_what_was_kept_before(archive: Archive):
    checked_up_to(archive, 1)
    archive.images.save(PAGE, seen(a="1", b="1", c=None))
    archive.images.save(PAGE, seen(60, b="2", c=None, d="1"))
    assert archive.images.digests(PAGE) == seen(60, b="2", c=None, d="1")


def test_each_article_has_pictures_of_its_own(archive: Archive):
    checked_up_to(archive, 1)
    archive.articles.register(OTHER, NOW)
    archive.images.save(PAGE, seen(a="1"))
    archive.images.save(OTHER, seen(a="2"))
    archive.images.save(OTHER, seen())
    assert archive.images.digests(PAGE).digests == {"a": "1"}


def test_a_decision_keeps_the_pictures_with_it_or_nothing(archive: Archive):
    checked_up_to(archive, 2)
    late = replace(a_check(2), images=seen(a="1"))
    assert archive.comparisons.commit(late) is None
    assert archive.images.digests(PAGE) == ImageDigests()
    assert archive.comparisons.commit(replace(a_check(3), images=seen(a="1"))) is not None
    assert archive.images.digests(PAGE) == seen(a="1")


def test_judged_pages_are_due_for_a_look_when_they_were_not_looked_at_since(archive: Archive):
    checked_up_to(archive, 1)
    archive.articles.register(OTHER, NOW)
    ids = [PAGE.page_id, OTHER.page_id]
    assert archive.images.recorded("en", ids, later(60)) == {PAGE.page_id: {}}
    archive.images.save(PAGE, seen(10, a="1"))
    assert archive.images.recorded("en", ids, later(10)) == {}
    assert archive.images.recorded("en", ids, later(11)) == {PAGE.page_id: {"a": "1"}}
    assert archive.images.recorded("de", ids, later(11)) == {}


def test_the_protection_at_the_first_look_is_no_news(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert archive.articles.poll_states("en", [PAGE.title])[PAGE.title].protection is None
    assert not archive.articles.record_protection(PAGE, "edit: sysop", NOW)
    assert archive.articles.poll_states("en", [PAGE.title])[PAGE.title].protection == "edit: sysop"
    assert archive.events.of_article(PAGE) == ()


def test_each_change_of_the_protection_is_an_event_once(archive: Archive):
    archive.articles.register(PAGE, NOW)
    text = [
        archive.articles.record_protection(PAGE, level, NOW)
        for level in ("edit: sysop", "edit: sysop", "", "", "move: sysop")
    ]
    assert text == [False, False, True, False, True]
    assert [(event.kind, event.detail) for event in archive.events.of_article(PAGE)] == [
        ("protected", "not protected → move: sysop"),
        ("unprotected", "edit: sysop → not protected"),
    ]
