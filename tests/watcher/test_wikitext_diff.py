from hypothesis import given
from hypothesis import strategies as st

from watcher.wikitext_diff import DiffRow, Hunk, diff_wikitext

ROPES = "A paragraph about ropes, hemp and tar, which wanders off."
QUAYS = [f"The quay of the harbour number {n} was built in 18{n}." for n in range(10, 30)]
LIMIT = 100_000
LINES = st.lists(st.sampled_from(["", "== A ==", "|-", "| 21", *QUAYS[:4], ROPES, f"{ROPES} Twice."]), max_size=9)


def hunks(before: list[str], after: list[str]) -> tuple[Hunk, ...]:
    return diff_wikitext("\n".join(before), "\n".join(after), LIMIT).hunks


def shown(row: DiffRow) -> tuple[str, int | None, int | None, str]:
    marks = {"same": "{}", "old": "-{}-", "new": "+{}+"}
    return row.kind, row.old_line, row.new_line, "".join(marks[p.kind].format(p.text) for p in row.diff.pieces)


def test_a_changed_paragraph_is_shown_by_words_between_the_paragraphs_around_it():
    before = ["Lead.", "", "== Quays ==", *QUAYS]
    (hunk,) = hunks(before, [line.replace("1815", "1915") for line in before])
    assert (hunk.old_line, hunk.new_line, hunk.heading) == (9, 9, "Quays")
    assert [shown(row) for row in hunk.rows] == [
        ("same", 8, 8, QUAYS[4]),
        ("changed", 9, 9, "The quay of the harbour number 15 was built in -1815-+1915+."),
        ("same", 10, 10, QUAYS[6]),
    ]


def test_a_moved_paragraph_has_a_row_where_it_was_and_one_where_it_is_with_its_changed_words():
    after = [*QUAYS[:17], ROPES.replace("tar", "pitch"), *QUAYS[17:]]
    first, second = hunks([*QUAYS[:3], ROPES, *QUAYS[3:]], after)
    words = "A paragraph about ropes, hemp and -tar-+pitch+, which wanders off."
    assert [shown(row) for row in first.rows] == [
        ("same", 3, 3, QUAYS[2]),
        ("away", 4, 18, words),
        ("same", 5, 4, QUAYS[3]),
    ]
    assert [shown(row) for row in second.rows] == [
        ("same", 18, 17, QUAYS[16]),
        ("here", 4, 18, words),
        ("same", 19, 19, QUAYS[17]),
    ]


def test_markup_that_is_elsewhere_and_paragraphs_with_few_words_in_common_were_not_moved():
    rows = [
        row
        for hunk in hunks(["|-", *QUAYS, ROPES], [f"{ROPES[:20]}other words in it", *QUAYS, "|-"])
        for row in hunk.rows
    ]
    assert {row.kind for row in rows} <= {"same", "old", "new", "changed"}


def test_a_paragraph_is_compared_with_its_likeness_not_with_its_neighbour():
    (hunk,) = hunks([ROPES, QUAYS[0]], ["Something new entirely.", f"{ROPES} Twice.", QUAYS[0]])
    assert [(row.kind, row.old_line, row.new_line) for row in hunk.rows] == [
        ("new", None, 1),
        ("changed", 1, 2),
        ("same", 2, 3),
    ]


def test_rows_of_a_table_are_compared_one_by_one_and_empty_lines_count():
    (hunk,) = hunks(["| 21", "|-", "| 22", "x"], ["| 25", "|-", "| 26", "", "x"])
    assert [shown(row) for row in hunk.rows] == [
        ("changed", 1, 1, "| -21-+25+"),
        ("same", 2, 2, "|-"),
        ("changed", 3, 3, "| -22-+26+"),
        ("new", None, 4, ""),
        ("same", 4, 5, "x"),
    ]


def test_equal_texts_have_no_hunks():
    assert hunks(QUAYS, QUAYS) == ()


@given(LINES, LINES)
def test_every_line_that_differs_is_shown_once_on_its_side(before: list[str], after: list[str]):
    rows = [row for hunk in hunks(before, after) for row in hunk.rows]
    old = [row for row in rows if row.kind not in ("new", "here")]
    new = [row for row in rows if row.kind not in ("old", "away")]
    assert len({row.old_line for row in old}) == len(old)
    assert len({row.new_line for row in new}) == len(new)
    texts = ["".join(piece.text for piece in row.diff.old) for row in old]
    assert texts == [(before or [""])[(row.old_line or 0) - 1] for row in old]
    texts = ["".join(piece.text for piece in row.diff.new) for row in new]
    assert texts == [(after or [""])[(row.new_line or 0) - 1] for row in new]
    # Without the lines that are shown, both texts are the same.
    left = [line for at, line in enumerate(before or [""], 1) if line and at not in {row.old_line for row in old}]
    assert left == [
        line for at, line in enumerate(after or [""], 1) if line and at not in {row.new_line for row in new}
    ]


def test_what_does_not_fit_is_counted():
    before = "\n".join(f"same {n}\nalso {n}\nand {n}\nold {n}" for n in range(500))
    diff = diff_wikitext(before, before.replace("old", "new"), 2_000)
    assert 0 < len(diff.hunks) < 100
    assert diff.is_cut
    assert len(diff.hunks) + diff.left_out == 500
    assert sum(len(p.text) for hunk in diff.hunks for row in hunk.rows for p in row.diff.pieces) <= 2_000


@given(LINES, LINES, st.integers(0, 700))
def test_a_difference_cut_down_is_the_one_made_that_short(before: list[str], after: list[str], limit: int):
    old, new = "\n".join(before), "\n".join(after)
    assert diff_wikitext(old, new, LIMIT).within(limit) == diff_wikitext(old, new, limit)
    assert diff_wikitext(old, new, 900).within(limit) == diff_wikitext(old, new, limit)


def test_a_paragraph_as_long_as_an_article_is_cut():
    words = " ".join(f"w{n}" for n in range(30_000))
    diff = diff_wikitext(words, words.replace("w15000 ", "other "), LIMIT)
    (row,) = diff.hunks[0].rows
    assert [piece.text for piece in row.diff.pieces if piece.kind != "same"] == ["w15000", "other"]
    assert sum(len(piece.text) for piece in row.diff.pieces) < 2_000
    diff = diff_wikitext(words, words.upper(), 5_000)
    assert diff.is_cut
    assert sum(len(piece.text) for piece in diff.hunks[0].rows[0].diff.pieces) <= 5_000


def test_very_long_texts_are_not_compared_line_by_line():
    assert diff_wikitext("a\n" * 2_000_000, "b", 2_000).too_long
