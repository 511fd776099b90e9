from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import BOATS, CREWS, SURVEY, TEXT, stories, timelines_from

TABLE = "{{| class=wikitable\n! Port !! Boats\n|-\n| Havnes || {} boats\n|-\n| Gullport || {} boats\n|}}\n"


def ends(*texts: str) -> list[list[str]]:
    """The verbs of each life."""
    return [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts))]


@for_each(
    ("texts", "verbs"),
    [
        ((TEXT, TEXT.replace("21", "22")), [["added", "changed"], ["added"]]),
        ((TEXT, TEXT.replace(BOATS, "")), [["added", "removed"], ["added"]]),
        ((TEXT, TEXT.replace(SURVEY, "")), [["added", "resourced"], ["added"]]),
        ((TEXT.replace(BOATS, ""), TEXT), [["added"], ["added"]]),
        ((TEXT, TEXT.replace("21 million boats", "the boats")), [["added", "removed"], ["added"]]),
        ((TEXT, f"{TEXT}\n{BOATS}\n"), [["added"], ["added"], ["added"]]),
        ((f"{TEXT}\n{BOATS}\n", TEXT), [["added"], ["added"], ["added", "removed"]]),
    ],
    ids=["changed", "removed", "source lost", "added", "figure alone removed", "said twice", "said once again"],
)
def test_each_figure_lives_its_own_life(texts: tuple[str, ...], verbs: list[list[str]]):
    assert sorted(ends(*texts)) == sorted(verbs)


def test_sentences_that_change_places_keep_their_figures():
    text = f"{BOATS}\n\n{CREWS}\n"
    assert ends(text, f"{CREWS}\n\n{BOATS}\n") == [["added"], ["added"]]


def test_short_cells_are_not_taken_for_others_that_are_gone():
    first, second = TABLE.format(12, 15), TABLE.replace("| Havnes || {} boats\n|-\n", "").format(15)
    third = second.replace("15", "12")
    result = stories(timelines_from(first, second, third))
    assert result == [
        [(1, "added", "12"), (2, "removed", None)],
        [(1, "added", "15"), (3, "changed", "12")],
    ]


def test_a_wording_that_comes_back_on_the_same_source_is_no_change_of_source():
    other = TEXT.replace("the survey counted 21 million boats", "by the survey there were 21 million boats")
    cited = (text.replace("reports/all-ports", "archive/all-ports") for text in (other, TEXT))
    assert ends(TEXT, other, *cited) == [["added"], ["added"]]
