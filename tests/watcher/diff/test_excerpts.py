"""Test that a finding shows the wikitext of its claim or figure as an editor would search for it."""

from __future__ import annotations

from watcher import compare_wikitext


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
