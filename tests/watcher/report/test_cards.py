from collections.abc import Callable
from dataclasses import replace

import pytest

from watcher.model import Change, FieldChange, Figure, Finding, Kind, Place, Quantity, Statistic, Tag
from watcher.report.cards import Bounds, Card, Context, card, headline, told

PLAIN = Context(known={}, edited=frozenset(), bounds=Bounds())


def shown(finding: Finding, **bounds: int) -> Card:
    return card(finding, 1, replace(PLAIN, bounds=Bounds(**bounds)))


def test_a_changed_statistic_shows_both_numbers_the_step_and_the_words(finding: Callable[..., Finding]):
    told_card = shown(finding())
    assert (told_card.old, told_card.new, told_card.difference) == (
        "21 million",
        "25 million travellers",
        "+4 million (+19 %)",
    )
    assert told_card.told is not None
    assert [p.text for p in told_card.told.pieces if p.sort != "same"] == ["21", "25"]
    assert told_card.source_verdict == "same source"
    assert told_card.reasons == ("It still cites the same source.",)
    assert told_card.place == ("Lead",)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_makes_a_card(finding: Callable[..., Finding], kind: Kind):
    told_card = shown(finding(kind, place=Place(section=("A", "B"))))
    assert told_card.kind == kind.value
    assert told_card.place == ("A", "B")
    assert (told_card.old is None) == (kind.verb == "added")


def test_a_statistic_that_came_marks_only_its_number(finding: Callable[..., Finding], change: Callable[..., Change]):
    sentence = "There are now 25 million travellers."
    known = change().new
    assert isinstance(known, Statistic)
    quantity = replace(known.quantity, start=14, end=24)
    added = finding(Kind.STATISTIC_ADDED, new=replace(known, quantity=quantity), new_sentence=sentence)
    marked = shown(added).told
    assert marked is not None
    assert [(p.sort, p.text) for p in marked.pieces] == [
        ("same", "There are now "),
        ("new", "25 million"),
        ("same", " travellers."),
    ]


def test_a_statistic_whose_span_does_not_fit_its_sentence_marks_the_whole(finding: Callable[..., Finding]):
    added = finding(Kind.STATISTIC_ADDED, new_sentence="Another sentence.")
    assert shown(added).told == told("", "Another sentence.", 100)


def test_the_sentence_of_a_tag_is_not_shown_as_changed(finding: Callable[..., Finding]):
    marked = shown(finding(Kind.TAG_ADDED)).told
    assert marked is not None
    assert {piece.sort for piece in marked.pieces} == {"same"}


def test_fields_of_a_source_that_went_are_listed(finding: Callable[..., Finding]):
    rows = [(row.label, row.old, row.new) for row in shown(finding(Kind.REFERENCE_REMOVED)).rows]
    assert rows == [
        ("Title", "Toll audit", None),
        ("Work", "Labour office", None),
        ("Date", "2012", None),
        ("Address", "https://example.org/audit", None),
    ]


def test_fields_that_changed_stand_side_by_side(finding: Callable[..., Finding]):
    changed = finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="https://a.example", new=None),))
    assert [(row.label, row.old, row.new) for row in shown(changed).rows] == [("Address", "https://a.example", None)]


def test_what_the_headline_says_is_not_repeated_as_a_field(finding: Callable[..., Finding]):
    fields = tuple(FieldChange(name=name, old="1", new="2") for name in ("value", "text", "as_of"))
    assert [row.label for row in shown(finding(fields=fields)).rows] == ["As of"]


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("21 million", "victims", "21 million victims"),
        ("21 million victims", "victims", "21 million victims"),
        ("$150 billion", "USD", "$150 billion"),
        ("68%", "%", "68%"),
        ("two", None, "two"),
    ],
)
def test_a_unit_is_added_where_the_number_does_not_say_it(
    change: Callable[..., Change], text: str, unit: str | None, expected: str
):
    known = change().old
    assert isinstance(known, Statistic)
    quantity: Quantity = replace(known.quantity, text=text, unit=unit)
    assert headline(replace(known, quantity=quantity)) == expected


def test_a_change_at_the_end_of_a_long_sentence_stays_in_sight():
    sentence = "word " * 900
    cut = told(f"{sentence}21 end", f"{sentence}25 end", 300)
    assert [piece.text for piece in cut.pieces if piece.sort != "same"] == ["21", "25"]
    assert sum(len(piece.text) for piece in cut.pieces) <= 320


def test_a_thousand_small_changes_are_cut_to_the_bound():
    cut = told(" ".join(f"a{n} same" for n in range(900)), " ".join(f"b{n} same" for n in range(900)), 300)
    assert sum(len(piece.text) for piece in cut.pieces) <= 400


def test_every_text_of_a_card_is_bounded(finding: Callable[..., Finding]):
    long = "long " * 5_000
    whole = finding(
        Kind.FIGURE_CHANGED,
        summary=long,
        old=Figure(file=long, caption=long),
        new=Figure(file=long, caption=long + "!", alt=long),
        place=Place(section=(long,) * 50),
    )
    told_card = shown(whole, value=100, sentence=100)
    texts = [told_card.summary, *told_card.place, *(row.new or "" for row in told_card.rows)]
    assert max(map(len, texts)) <= 200
    assert len(told_card.place) <= 8


def test_a_tag_is_named_by_its_name():
    assert headline(Tag(name="dubious", sentence="x")) == "dubious"
    assert headline(None) is None
