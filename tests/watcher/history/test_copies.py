from __future__ import annotations

from tests.watcher.history_helpers import events_of, timelines_from

LEAD = "Boats lie at the quays of Gullport."
GULLPORT = "Since the days of the old kings, Gullport has never closed its gates to a foreign ship."
SHORTER = "Gullport has never closed its gates to a foreign ship."
COUNTED = "The survey of the coast in that year counted 21 million boats at the quays of Gullport."


def page(above: str, below: str = "", lead: str = LEAD) -> str:
    """A text that says something above a heading and below it."""
    return f"{lead}\n\n{above}\n\n== Gullport ==\n{below}\n"


def stories_of(*texts: str, subject: str = "claim") -> list[list[tuple[int, str, str | None]]]:
    """What happened to the claims, or other elements, of these texts."""
    return [events_of(timeline) for timeline in timelines_from(*texts, subject=subject)]


def test_a_claim_that_one_edit_repeats_and_another_removes_goes_on_where_it_is_repeated():
    first, *others = stories_of(page(GULLPORT), page(GULLPORT, SHORTER), page("", SHORTER))
    assert first == [(1, "added", GULLPORT), (3, "changed", SHORTER)]
    assert [event[:2] for other in others for event in other] == [(2, "added"), (3, "removed")]


def test_a_statistic_that_one_edit_repeats_and_another_removes_was_never_gone():
    other = COUNTED.replace("of the coast in that year", "of the whole coast in that year")
    texts = page(COUNTED), page(COUNTED, other), page("", other)
    assert stories_of(*texts, subject="statistic")[0] == [(1, "added", "21 million")]


def test_a_claim_goes_on_in_an_equal_sentence_that_came_back_beside_it():
    old = SHORTER.replace("ship", "ship of war")
    texts = [page(GULLPORT), page(GULLPORT, "", "Small boats."), page(GULLPORT, old), page(GULLPORT)]
    later = [page(GULLPORT, "", "More boats."), page(GULLPORT, old), page("", old)]
    story = stories_of(*texts, *later)[0]
    assert [event[:2] for event in story] == [(1, "added"), (7, "changed")]


def test_a_claim_that_stood_beside_another_for_long_is_removed_alone():
    both = [page(GULLPORT, SHORTER, f"Boats lie at {number} quays.") for number in range(2, 10)]
    result = stories_of(page(GULLPORT), *both, page("", SHORTER))
    assert result[0][-1] == (10, "removed", None)
    assert result[1] == [(2, "added", SHORTER)]


def test_claims_that_came_back_by_one_edit_are_removed_each_alone():
    both = page(GULLPORT, SHORTER)
    between = [page(GULLPORT, SHORTER, f"Boats lie at {number} quays.") for number in range(2, 10)]
    result = stories_of(page(GULLPORT), *between, "", both.replace("Boats", "Many boats"), page("", SHORTER))
    assert result[0][-1][:2] == (12, "removed")
