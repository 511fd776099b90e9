from tests.cases import for_each
from watcher.diff import diff
from watcher.diff.pinned import closest_sentence
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
def test_pinned_sentence_is_reported_whatever_happens_to_it(new: str, kind: Kind, fields: list[str]) -> None:
    (change,) = claims(TEXT, new, MILL)
    assert (change.kind, [field.name for field in change.fields]) == (kind, fields)
    assert isinstance(change.old, Claim)
    assert change.old.pinned == MILL


@for_each(
    "new",
    [TEXT, TEXT.replace("== Mill ==", "== The mill =="), TEXT.replace("oak", "pine"), TEXT.replace("brick", "stone")],
    ids=["same", "section renamed", "another section", "next sentence"],
)
def test_pinned_sentence_that_nothing_happened_to_is_not_reported(new: str) -> None:
    assert not any(change.is_pinned for change in claims(TEXT, new, MILL))


def test_short_quotation_is_the_whole_sentence_or_none() -> None:
    assert claims(TEXT, TEXT.replace("burned down", "burnt down"), "the mill") == []


@for_each(
    "quoted",
    [
        "the mill of the upper valley burned down in a single night",
        "The  mill of the upper valley — burned down “in a single night”.",
        "mill of the upper valley burned down",
        f"{MILL} It was rebuilt in brick.",
    ],
)
def test_a_quotation_is_found_whatever_its_marks_and_whether_it_is_a_part_or_two_sentences(quoted: str) -> None:
    (change,) = claims(TEXT, TEXT.replace("burned down", "burnt down"), quoted)
    assert change.pinned == quoted


@for_each(
    "quoted",
    [
        "the mill of the valley burned down one night",
        MILL.replace("upper", "lower"),
        MILL.replace("single", "singl"),
        "The mill of the upper valley burned down in a single night. It was rebuilt in stone.",
    ],
)
def test_what_is_only_like_a_quotation_is_another_sentence(quoted: str) -> None:
    for new in (TEXT.replace("burned down", "burnt down"), TEXT.replace(f"{MILL} ", "")):
        before, after = parse_pair(TEXT, new, pinned=(quoted,))
        changes = diff(before, after, (quoted,))
        assert changes
        assert not any(change.is_pinned for change in changes)


TWELVE = "In 2012 the survey counted 21 million boats in all harbours."
SIXTEEN = "In 2016 the survey counted 25 million boats in all harbours."


@for_each(
    ("old", "new", "kinds"),
    [
        (f"{TWELVE} {SIXTEEN}", f"{TWELVE} {SIXTEEN.replace('25', '52')}", []),
        (f"{SIXTEEN} {TWELVE}", TWELVE, []),
        (f"{SIXTEEN} {TWELVE}", SIXTEEN, ["claim.removed"]),
        (SIXTEEN, SIXTEEN.replace("25", "52"), []),
        (f"{SIXTEEN} {TWELVE}", f"{SIXTEEN} {TWELVE.replace('21', '12')}", ["statistic.changed"]),
    ],
    ids=["the other changed", "the other is gone", "it is gone", "it was never there", "it changed"],
)
def test_of_two_sentences_that_differ_in_their_numbers_the_pinned_one_is_watched(
    old: str, new: str, kinds: list[str]
) -> None:
    before, after = parse_pair(old, new, pinned=(TWELVE,))
    pinned = [change for change in diff(before, after, (TWELVE,)) if change.is_pinned]
    assert [change.kind.value for change in pinned] == kinds


@for_each(
    ("new", "kinds"),
    [
        (TWELVE.replace("21 million", "25 million"), ["statistic.changed"]),
        (TWELVE.replace("21 million", "many"), ["statistic.removed"]),
        (
            f"{TWELVE[:7]} the survey never counted 25 million boats in all harbours.",
            ["claim.changed", "statistic.changed"],
        ),
        (TWELVE.replace("boats in all", "boats in all 300"), ["statistic.added"]),
        ("", ["claim.removed"]),
    ],
    ids=["changed", "removed", "and negated", "added", "gone"],
)
def test_the_statistic_of_a_pinned_sentence_is_reported_once(new: str, kinds: list[str]) -> None:
    before, after = parse_pair(f"{TWELVE}\n\nBoats wait.", f"{new}\n\nBoats wait.", pinned=(TWELVE,))
    changes = diff(before, after, (TWELVE,))
    assert sorted(change.kind.value for change in changes) == kinds
    assert all(change.is_pinned for change in changes)


def test_a_pinned_sentence_that_was_undone_is_back() -> None:
    worded = TEXT.replace("burned down", "burnt down")
    (change,) = claims(worded, TEXT, MILL)
    assert (change.kind, change.is_pinned) == (Kind.CLAIM_CHANGED, True)
    (change,) = claims(TEXT.replace(f"{MILL} ", ""), TEXT, MILL)
    assert (change.kind, change.is_pinned) == (Kind.CLAIM_ADDED, True)


def test_of_a_sentence_that_stands_twice_one_copy_may_go() -> None:
    twice = f"{MILL}\n\n{TEXT}"
    assert not any(change.is_pinned for change in claims(twice, TEXT, MILL))
    assert [change.kind for change in claims(TEXT, TEXT.replace(f"{MILL} ", ""), MILL)] == [Kind.CLAIM_REMOVED]


def test_the_closest_sentence_is_offered_and_none_where_nothing_is_like_it() -> None:
    texts = [SIXTEEN, MILL, "Boats wait."]
    assert closest_sentence(TWELVE, texts) == SIXTEEN
    assert closest_sentence("Zinc melts at 420 degrees.", texts) is None
    assert closest_sentence(TWELVE, []) is None
