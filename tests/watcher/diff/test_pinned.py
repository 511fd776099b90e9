from __future__ import annotations

from tests.cases import for_each
from watcher.diff import diff
from watcher.model import Change, Claim, Kind
from watcher.parse import parse_pair

MILL = "The mill of the upper valley burned down in a single night."
TEXT = f"Boats wait.\n\n== Mill ==\n{MILL} It was rebuilt in brick.\n\n== Pier ==\nThe pier rests on oak.\n"


def claims(old: str, new: str, *pinned: str) -> list[Change]:
    before, after = parse_pair(old, new, pinned=pinned)
    return [change for change in diff(before, after, pinned) if change.kind.subject == "claim"]


@for_each(
    ("new", "kind", "fields"),
    [
        (TEXT.replace("burned down", "burnt down"), Kind.CLAIM_CHANGED, []),
        (TEXT.replace(f"{MILL} ", ""), Kind.CLAIM_REMOVED, []),
        (TEXT.replace(f"{MILL} ", "") + f"\n{MILL}\n", Kind.CLAIM_CHANGED, ["section"]),
        (TEXT.replace("night.", "night.{{dubious}}"), Kind.CLAIM_CHANGED, ["tag"]),
        (TEXT.replace("night.", "night.<ref>Log book</ref>"), Kind.CLAIM_CHANGED, ["source"]),
    ],
    ids=["reworded", "removed", "moved", "tagged", "sourced"],
)
def test_pinned_sentence_is_told_whatever_happens_to_it(new: str, kind: Kind, fields: list[str]) -> None:
    (change,) = claims(TEXT, new, MILL)
    assert (change.kind, [field.name for field in change.fields]) == (kind, fields)
    assert isinstance(change.old, Claim)
    assert change.old.pinned == MILL


@for_each(
    "new",
    [TEXT, TEXT.replace("== Mill ==", "== The mill =="), TEXT.replace("oak", "pine"), TEXT.replace("brick", "stone")],
    ids=["same", "section renamed", "another section", "next sentence"],
)
def test_pinned_sentence_that_nothing_happened_to_is_not_told(new: str) -> None:
    assert claims(TEXT, new, MILL) == []


def test_sentence_is_found_by_likeness_where_it_is_quoted_roughly() -> None:
    (change,) = claims(TEXT, TEXT.replace("single night", "single day"), "the mill of the valley burned down one night")
    assert isinstance(change.new, Claim)
    assert change.new.pinned == "the mill of the valley burned down one night"


def test_short_quotation_is_the_whole_sentence_or_none() -> None:
    assert claims(TEXT, TEXT.replace("burned down", "burnt down"), "the mill") == []
