from watcher.word_diff import full_text

BEFORE = "== A ==\nOne old line.\nSame.\nGone.\nLast."
AFTER = "== A ==\nOne new line.\nSame.\nLast."


def test_lines_that_differ_stand_with_their_numbers_and_words():
    changed, gone = full_text(BEFORE, AFTER, 10_000).hunks
    assert (changed.old_line, changed.new_line, changed.context) == (2, 2, "== A ==")
    assert [(p.kind, p.text) for p in changed.lines[0].pieces] == [
        ("same", "One "),
        ("old", "old"),
        ("new", "new"),
        ("same", " line."),
    ]
    assert (gone.old_line, gone.new_line) == (4, 4)
    assert not gone.lines[0].new


def test_equal_texts_have_no_hunks():
    assert full_text(BEFORE, BEFORE, 10_000).hunks == ()


def test_what_does_not_fit_is_counted():
    before = "\n".join(f"same {n}\nold {n}" for n in range(500))
    after = "\n".join(f"same {n}\nnew {n}" for n in range(500))
    reported = full_text(before, after, 2_000)
    assert 0 < len(reported.hunks) < 100
    assert len(reported.hunks) + reported.left_out == 500
    assert sum(len(p.text) for hunk in reported.hunks for line in hunk.lines for p in line.pieces) <= 2_000


def test_very_long_texts_are_not_compared_line_by_line():
    reported = full_text("a\n" * 2_000_000, "b", 2_000)
    assert reported.too_long
    assert reported.hunks == ()


def test_a_page_of_repeated_lines_turned_around_is_still_compared():
    lines = [f"row {n % 40}" for n in range(4_000)]
    reported = full_text("\n".join(lines), "\n".join(reversed(lines)), 5_000)
    assert reported.hunks or reported.left_out
