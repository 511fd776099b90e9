import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from snapshots import Archive, texts
from snapshots.tables import TextRow
from tests.snapshots.builders import NOW, PAGE, a_hidden_snapshot, a_snapshot
from watcher.errors import Corrupt


@pytest.fixture
def archive(archive: Archive) -> Archive:
    """An archive with a page that has no revision yet."""
    archive.articles.register(PAGE, NOW)
    return archive


# Any string that Python can hold: NUL, lone surrogates, characters beyond the BMP.
anything = st.text(st.characters(), max_size=300)


@given(st.binary(max_size=2000), st.none() | st.binary(max_size=2000))
def test_what_is_packed_against_any_base_comes_back(body: bytes, base: bytes | None):
    assert texts.unpack(texts.pack(body, base), base, len(body)) == body


@pytest.mark.dialect
@given(anything, anything)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_wikitext_comes_back_from_the_archive(archive: Archive, first: str, second: str):
    ids = [len(archive.revisions.of_article(PAGE)) + 1, len(archive.revisions.of_article(PAGE)) + 2]
    archive.revisions.store(PAGE, [a_snapshot(ids[0], first), a_snapshot(ids[1], second)])
    assert [archive.revisions.snapshot("en", number).wikitext for number in ids] == [first, second]


@pytest.mark.parametrize(
    "wikitext",
    [
        "",
        "\0",
        "NUL \0 in the middle",
        "lone \ud800 and \udfff surrogates",
        "😀🗼",
        "\r\n\u2028\ufeff",
        "x" * 3_000_000,
        os.urandom(150_000).hex(),
    ],
    ids=["empty", "NUL", "NUL inside", "surrogates", "emoji", "line ends", "3 MB of one letter", "300 KB of noise"],
)
def test_odd_texts_come_back_alone_and_after_another(archive: Archive, wikitext: str):
    archive.revisions.store(PAGE, [a_snapshot(1, wikitext), a_snapshot(2, "ordinary"), a_snapshot(3, wikitext + "!")])
    result = [archive.revisions.snapshot("en", number).wikitext for number in (1, 2, 3)]
    assert result == [wikitext, "ordinary", wikitext + "!"]


def a_long_text(words: random.Random, size: int = 20_000) -> list[str]:
    return ["".join(words.choices("abcdefghij klmnop", k=80)) for _ in range(size // 80)]


def an_edited_history(count: int) -> list[str]:
    """Texts of 20 KB, each with one line changed after the one before."""
    words = random.Random(11)
    lines = a_long_text(words)
    history = []
    for number in range(count):
        lines[words.randrange(len(lines))] = f"line {number} " + "".join(words.choices("abcdefgh", k=60))
        history.append("\n".join(lines))
    return history


def test_a_page_that_was_rewritten_is_packed_on_from_its_new_text(archive: Archive):
    """Once in 32 texts the base is 32 texts back: where that was poor, all later texts had the same poor base."""
    history = [text[:2_000] for text in an_edited_history(60)] + an_edited_history(100)
    archive.revisions.store(PAGE, [a_snapshot(number, text) for number, text in enumerate(history, 1)])
    assert sum(len(row.body) for row in rows_of(archive)) < 5 * len(history[-1])


def rows_of(archive: Archive) -> list[TextRow]:
    with archive.database.read() as session:
        return list(session.exec(select(TextRow).order_by(TextRow.id)))


def test_a_long_history_is_one_keyframe_and_small_differences(archive: Archive):
    history = an_edited_history(300)
    archive.revisions.store(PAGE, [a_snapshot(number, words) for number, words in enumerate(history, 1)])
    rows = rows_of(archive)
    assert [row.id for row in rows if row.base_id is None] == [rows[0].id]
    assert sum(len(row.body) for row in rows) < 0.015 * sum(map(len, history))
    assert [archive.revisions.snapshot("en", number).wikitext for number in (1, 32, 33, 64, 299, 300)] == [
        history[number - 1] for number in (1, 32, 33, 64, 299, 300)
    ]


def test_no_text_is_far_from_a_keyframe_however_long_the_history(archive: Archive):
    history = [f"version {number} of a short page" for number in range(1, texts.KEYFRAME_EVERY + 40)]
    for start in range(0, len(history), 200):
        group = enumerate(history[start : start + 200], start + 1)
        archive.revisions.store(PAGE, [a_snapshot(number, words) for number, words in group])
    depth: dict[int | None, int] = {None: 0}
    for row in rows_of(archive):
        depth[row.id] = depth[row.base_id] + 1
    assert max(depth.values()) <= 2 * texts.SKIP_DISTANCE
    assert archive.revisions.snapshot("en", len(history)).wikitext == history[-1]


def test_a_page_blanked_for_a_minute_does_not_cost_a_second_keyframe(archive: Archive):
    before, after = an_edited_history(2)
    archive.revisions.store(PAGE, [a_snapshot(1, before), a_snapshot(2, "rubbish"), a_snapshot(3, after)])
    rows = rows_of(archive)
    assert rows[2].base_id == rows[0].id
    assert len(rows[2].body) < 500
    assert archive.revisions.snapshot("en", 3).wikitext == after


def test_a_page_written_again_starts_with_a_new_keyframe(archive: Archive):
    words = random.Random(2)
    old, new = "\n".join(a_long_text(words)), words.randbytes(20_000).hex()
    archive.revisions.store(PAGE, [a_snapshot(1, old), a_snapshot(2, new)])
    assert [row.base_id for row in rows_of(archive)] == [None, None]


def test_an_older_history_is_filled_in_after_the_newest_text(archive: Archive):
    history = an_edited_history(60)
    archive.revisions.store(PAGE, [a_snapshot(60, history[59])])
    archive.revisions.store(PAGE, [a_snapshot(number, history[number - 1]) for number in range(1, 60)])
    assert [archive.revisions.snapshot("en", number).wikitext for number in range(1, 61)] == history
    assert len([row for row in rows_of(archive) if row.base_id is None]) == 1


@pytest.mark.dialect
def test_the_same_text_of_two_revisions_is_stored_once(archive: Archive):
    archive.revisions.store(PAGE, [a_snapshot(1, "same"), a_snapshot(2, "other"), a_snapshot(3, "same")])
    archive.revisions.store(PAGE, [a_snapshot(4, "same")])
    assert len(rows_of(archive)) == 2
    assert archive.revisions.snapshot("en", 4).wikitext == "same"


def test_a_hidden_text_is_not_stored_as_an_empty_one(archive: Archive):
    archive.revisions.store(PAGE, [a_hidden_snapshot(1), a_snapshot(2, "")])
    assert len(rows_of(archive)) == 1
    assert archive.revisions.snapshot("en", 1).wikitext is None
    assert archive.revisions.snapshot("en", 2).wikitext == ""


def change(archive: Archive, statement: str, **values: Any) -> None:
    with archive.database.connection() as connection:
        connection.execute(text(statement), values)


def packed(body: bytes) -> bytes:
    return texts.pack(body, None)


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("UPDATE text SET body = :body", {"body": b"no frame at all"}, "cannot be unpacked"),
        ("UPDATE text SET body = :body", {"body": packed(b"another" * 20)}, "differs from that in its row"),
        ("UPDATE text SET body = :body", {"body": packed(b"TEXT B")}, "does not match its digest"),
        ("UPDATE text SET base_id = 2, number = 5 WHERE id = 1", {}, "lacks the texts that it builds on"),
        (
            "UPDATE text SET base_id = NULL, number = 0, body = :body WHERE id = 2",
            {"body": packed(b"TEXT X")},
            "digest",
        ),
    ],
    ids=["rubbish", "longer", "replaced", "circle", "other text"],
)
def test_a_damaged_text_is_reported_and_never_returned(
    archive: Archive, statement: str, values: dict[str, Any], expected: str
):
    archive.revisions.store(PAGE, [a_snapshot(1, "text A"), a_snapshot(2, "text B")])
    change(archive, statement, **values)
    with pytest.raises(Corrupt):
        archive.revisions.with_text(PAGE)
    with pytest.raises(Corrupt, match=expected):
        archive.revisions.snapshot("en", 2)


def test_a_damaged_text_does_not_stop_what_comes_after_it(archive: Archive):
    archive.revisions.store(PAGE, [a_snapshot(1, "text A"), a_snapshot(2, "text B")])
    change(archive, "UPDATE text SET body = :body", body=b"rubbish")
    archive.revisions.store(PAGE, [a_snapshot(3, "text C")])
    assert archive.revisions.snapshot("en", 3).wikitext == "text C"


def test_a_frame_that_claims_gigabytes_is_refused_and_what_a_text_shares_with_its_base_takes_no_room():
    claims = bytes([0b11000000, 0x50]) + (1 << 40).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(Corrupt, match="size of a stored text"):
        texts.unpack(bytes(6) + claims, None, 10)
    base = os.urandom(100_000)
    assert len(texts.pack(base[:50_000] + b"an edit" + base[50_000:], base)) < 64


@pytest.mark.parametrize(("before", "after"), [(9, 0), (0, 9), (4, 5), (1 << 20, 0)])
def test_a_text_that_has_more_in_common_with_its_base_than_that_is_long_is_refused(before: int, after: int):
    ends = before.to_bytes(3) + after.to_bytes(3)
    with pytest.raises(Corrupt, match="size of a stored text"):
        texts.unpack(ends + texts.pack(b"x" * 60, None)[6:], b"8 bytes.", before + after + 60)


@pytest.mark.dialect
def test_a_text_that_was_stored_meanwhile_is_built_upon_and_earlier_numbers_are_read_back(archive: Archive):
    with archive.database.write() as session:
        first = texts.store_text(session, b"the same words", None)
        second = texts.store_text(session, b"the same words", texts.store_text(session, b"other words", first))
    assert second.id == first.id
    assert second.number == first.number == 0
    with archive.database.write() as session:
        last = put_all(session, [b"text number %d of a chain" % number for number in range(10)])
        assert texts.load_text(session, last.id, back_to=4).body == b"text number 4 of a chain"


def put_all(session: Session, bodies: list[bytes]) -> texts.StoredText:
    link = None
    for body in bodies:
        link = texts.store_text(session, body, link)
    assert link is not None
    return link


def store_all(archive: Archive, *wikitexts: str) -> None:
    archive.revisions.store(PAGE, [a_snapshot(number, words) for number, words in enumerate(wikitexts, 1)])


def test_a_damaged_text_is_named_with_the_revisions_that_have_it(archive: Archive):
    store_all(archive, "one", "two", "three", "two")
    change(archive, "UPDATE text SET digest = :digest WHERE id = 2", digest=b"another")
    assert archive.revisions.find_corrupt_texts() == (
        "stored text 2 does not match its digest: restore a backup (revision 2 of en, revision 4 of en)",
    )


def test_damage_spreads_to_what_builds_on_it_and_no_further(archive: Archive):
    store_all(archive, *[f"a text of some length, number {number}, of the coast" for number in range(1, 9)])
    change(archive, "UPDATE text SET body = :body WHERE id = 5", body=b"rubbish")
    assert [line.partition("(revision ")[2] for line in archive.revisions.find_corrupt_texts()] == [
        f"{n} of en)" for n in (5, 6, 7, 8)
    ]
