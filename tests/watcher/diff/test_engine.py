"""Test that a figure that moved between sentences is a wording change, in both directions."""

from dataclasses import replace

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.diff.engine import drop_moved_statistics, leaves_nothing, page_change
from watcher.model import Change, Kind, Location
from watcher.parse import parse


def change_of(kind: Kind, sentence: str, start: int) -> Change:
    """A figure that came into a sentence or went from it."""
    (figure,) = parse(sentence).statistics
    location = Location(section=(), start=start)
    if kind is Kind.STATISTIC_ADDED:
        return Change(kind=kind, old=None, new=figure, new_sentence=sentence, location=location)
    return Change(kind=kind, old=figure, new=None, old_sentence=sentence, location=location)


def quiet(*changes: Change) -> set[str]:
    """The sentences whose figure is told as mere words."""
    hushed = [change for change in drop_moved_statistics(changes) if change.kind.subject == "prose"]
    return {change.new_sentence or change.old_sentence or "" for change in hushed}


LOST = change_of(Kind.STATISTIC_REMOVED, "There were 30 boats.", 5)
NEAR = change_of(Kind.STATISTIC_ADDED, "The harbour had 30 boats.", 10)
FAR = change_of(Kind.STATISTIC_ADDED, "Later the harbour had 30 boats.", 30)


def mirrored(change: Change) -> Change:
    verbs = {Kind.STATISTIC_ADDED: Kind.STATISTIC_REMOVED, Kind.STATISTIC_REMOVED: Kind.STATISTIC_ADDED}
    return replace(
        change,
        kind=verbs[change.kind],
        old=change.new,
        new=change.old,
        old_sentence=change.new_sentence,
        new_sentence=change.old_sentence,
    )


def test_a_figure_that_one_sentence_lost_and_another_gained_is_only_words():
    assert quiet(LOST, NEAR) == {"There were 30 boats.", "The harbour had 30 boats."}


def test_another_figure_is_reported():
    assert quiet(LOST, change_of(Kind.STATISTIC_ADDED, "The harbour had 31 boats.", 10)) == set()


def test_of_two_that_gained_it_the_first_of_the_text_is_meant_in_whatever_order_they_are_reported_and_read():
    expected = {"There were 30 boats.", "The harbour had 30 boats."}
    assert quiet(LOST, FAR, NEAR) == quiet(LOST, NEAR, FAR) == expected
    assert quiet(*map(mirrored, (FAR, NEAR, LOST))) == expected


def sides(old: str, new: str, kind: str) -> tuple[str | None, str | None]:
    (row,) = (finding.to_dict() for finding in compare_wikitext(old, new).findings if finding.change.kind.value == kind)
    return tuple((row[side] or {}).get("wikitext") for side in ("old", "new"))


def test_a_changed_claim_shows_both_texts_with_their_links():
    old = "It was divided between [[Duchy of Arlen|Arlen]] and Bergen."
    new = old.replace("divided between", "conquered by")
    assert sides(old, new, "claim.changed") == (old, new)


def test_a_figure_that_is_gone_shows_how_it_was_placed():
    figure = "[[File:Mill.jpg|thumb|left|The mill]]"
    assert sides(f"{figure}\nHerring left.", "Herring left.", "figure.removed") == (figure, None)


def test_a_changed_number_shows_none_as_its_sentence_is_there():
    assert sides("Of 21 mills.", "Of 25 mills.", "statistic.changed") == (None, None)


LONG = "The harbour handled many ships in each of these years.\n\n" * 60


@for_each(("new", "rest"))
def test_a_page_that_is_emptied_or_redirected_says_what_is_left(new: str, rest: str) -> None:
    change = page_change(LONG, new)
    assert change is not None
    assert change.kind is Kind.SECTION_REMOVED
    assert [(field.name, field.old, field.new) for field in change.fields] == [("page", "3,360 characters", rest)]
    assert leaves_nothing(change) is (rest == "nothing" or rest.startswith("a redirect"))


def test_a_page_of_which_a_third_is_left_is_mostly_removed_and_still_compared() -> None:
    change = page_change(LONG, LONG[: len(LONG) // 3])
    assert change is not None
    assert change.fields[0].new == "1,120 characters"
    assert not leaves_nothing(change)


@for_each(
    ("old", "new"),
    [
        (LONG, LONG[: len(LONG) // 2]),
        (LONG, LONG + "It burned down.\n"),
        ("A stub of a few words.", ""),
        ("#REDIRECT [[Harbour]]", "#REDIRECT [[Port]]"),
        ("", LONG),
    ],
    ids=["half", "added", "stub", "redirect corrected", "created"],
)
def test_an_ordinary_edit_is_no_change_of_the_page(old: str, new: str) -> None:
    assert page_change(old, new) is None
