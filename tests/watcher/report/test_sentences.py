from collections.abc import Callable
from dataclasses import replace

from watcher.model import Change, Finding, Kind, Statistic
from watcher.report.cards import sentences
from watcher.text.word_diff import diff_sentences


def test_a_change_at_the_end_of_a_long_sentence_stays_in_sight():
    sentence = "word " * 900
    cut = diff_sentences(f"{sentence}21 end", f"{sentence}25 end", 300)
    assert [piece.text for piece in cut.pieces if piece.kind != "same"] == ["21", "25"]
    assert sum(len(piece.text) for piece in cut.pieces) <= 320


def test_a_thousand_small_changes_are_cut_to_the_bound():
    cut = diff_sentences(" ".join(f"a{n} same" for n in range(900)), " ".join(f"b{n} same" for n in range(900)), 300)
    assert sum(len(piece.text) for piece in cut.pieces) <= 400


def test_a_statistic_whose_span_does_not_fit_its_sentence_marks_the_whole(finding: Callable[..., Finding]):
    added = finding(Kind.STATISTIC_ADDED, new_sentence="Another sentence.")
    assert sentences(added, 1500) == diff_sentences("", "Another sentence.", 100)


def test_a_statistic_that_came_marks_only_its_number(finding: Callable[..., Finding], change: Callable[..., Change]):
    sentence = "There are now 25 million travellers."
    known = change().new
    assert isinstance(known, Statistic)
    quantity = replace(known.quantity, start=14, end=24)
    added = finding(Kind.STATISTIC_ADDED, new=replace(known, quantity=quantity), new_sentence=sentence)
    marked = sentences(added, 1500)
    assert marked is not None
    assert [(p.kind, p.text) for p in marked.pieces] == [
        ("same", "There are now "),
        ("new", "25 million"),
        ("same", " travellers."),
    ]


def test_the_sentence_of_a_tag_is_not_shown_as_changed(finding: Callable[..., Finding]):
    marked = sentences(finding(Kind.TAG_ADDED), 1500)
    assert marked is not None
    assert {piece.kind for piece in marked.pieces} == {"same"}
