from __future__ import annotations

from sqlalchemy import text

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_snapshot


def store(archive: Archive, *wikitexts: str) -> None:
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(number, words) for number, words in enumerate(wikitexts, 1)])


def test_a_sound_archive_has_no_damage(archive: Archive):
    store(archive, "one", "two", "", "one")
    assert archive.revisions.find_corrupt_texts() == ()


def test_a_damaged_text_is_named_with_the_revisions_that_have_it(archive: Archive):
    store(archive, "one", "two", "three", "two")
    with archive.database.connection() as connection:
        connection.execute(text("UPDATE text SET digest = :digest WHERE id = 2"), {"digest": b"another"})
    assert archive.revisions.find_corrupt_texts() == (
        "stored text 2 does not match its digest: restore a backup (revision 2 of en, revision 4 of en)",
    )


def test_of_many_revisions_only_some_are_named(archive: Archive):
    store(archive, *["same"] * 9)
    with archive.database.connection() as connection:
        connection.execute(text("UPDATE text SET size = 5000000"))
    (line,) = archive.revisions.find_corrupt_texts()
    assert line.endswith("revision 5 of en and 4 more)")


def test_damage_spreads_to_what_builds_on_it_and_no_further(archive: Archive):
    store(archive, *[f"a text of some length, number {number}, of the coast" for number in range(1, 9)])
    with archive.database.connection() as connection:
        connection.execute(text("UPDATE text SET body = :body WHERE id = 5"), {"body": b"rubbish"})
    assert [line.partition("(revision ")[2] for line in archive.revisions.find_corrupt_texts()] == [
        f"{n} of en)" for n in (5, 6, 7, 8)
    ]
