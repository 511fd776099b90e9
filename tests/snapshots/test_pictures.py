"""Pictures and protection are remembered as they were seen last."""

from __future__ import annotations

from dataclasses import replace

from snapshots import Archive, Pictures
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later
from watcher.model import Article

OTHER = Article(wiki="en", page_id=18, title="Beacons")


def seen(at: float = 0, **digests: str | None) -> Pictures:
    return Pictures(revision_id=1, seen_at=later(at), digests=digests)


def test_before_the_first_look_there_are_none(archive: Archive):
    archive.register(PAGE, NOW)
    assert archive.pictures(PAGE) == Pictures()


def test_what_is_kept_takes_the_place_of_what_was_kept_before(archive: Archive):
    checked_up_to(archive, 1)
    archive.keep_pictures(PAGE, seen(a="1", b="1", c=None))
    archive.keep_pictures(PAGE, seen(60, b="2", c=None, d="1"))
    assert archive.pictures(PAGE) == seen(60, b="2", c=None, d="1")


def test_a_file_name_of_any_characters_is_kept(archive: Archive):
    checked_up_to(archive, 1)
    names = ("'; DROP TABLE picture; --", "Größe 🗺.svg", "%_\\", "x" * 500)
    archive.keep_pictures(PAGE, seen(**dict.fromkeys(names, "1")))
    assert set(archive.pictures(PAGE).digests) == set(names)


def test_each_article_has_pictures_of_its_own(archive: Archive):
    checked_up_to(archive, 1)
    archive.register(OTHER, NOW)
    archive.keep_pictures(PAGE, seen(a="1"))
    archive.keep_pictures(OTHER, seen(a="2"))
    archive.keep_pictures(OTHER, seen())
    assert archive.pictures(PAGE).digests == {"a": "1"}


def test_a_decision_keeps_the_pictures_with_it_or_nothing(archive: Archive):
    checked_up_to(archive, 2)
    late = replace(a_check(2), pictures=seen(a="1"))
    assert archive.commit(late) is None
    assert archive.pictures(PAGE) == Pictures()
    assert archive.commit(replace(a_check(3), pictures=seen(a="1"))) is not None
    assert archive.pictures(PAGE) == seen(a="1")


def test_judged_pages_are_due_for_a_look_the_longest_waiting_first(archive: Archive):
    checked_up_to(archive, 1)
    archive.register(OTHER, NOW)
    assert archive.pictures_due("en", later(60)) == (PAGE,)
    archive.keep_pictures(PAGE, seen(10))
    assert archive.pictures_due("en", later(10)) == ()
    assert archive.pictures_due("en", later(11)) == (PAGE,)
    assert archive.pictures_due("de", later(11)) == ()


def test_the_protection_at_the_first_look_is_no_news(archive: Archive):
    archive.register(PAGE, NOW)
    assert archive.protections("en") == {17: None}
    assert not archive.protected(PAGE, "edit: sysop", NOW)
    assert archive.protections("en") == {17: "edit: sysop"}
    assert archive.events(PAGE) == ()


def test_each_change_of_the_protection_is_an_event_once(archive: Archive):
    archive.register(PAGE, NOW)
    said = [archive.protected(PAGE, level, NOW) for level in ("edit: sysop", "edit: sysop", "", "", "move: sysop")]
    assert said == [False, False, True, False, True]
    assert [(one.kind, one.detail) for one in archive.events(PAGE)] == [
        ("protected", "free → move: sysop"),
        ("unprotected", "edit: sysop → free"),
    ]
