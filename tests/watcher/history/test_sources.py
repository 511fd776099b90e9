from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import CENSUS, SURVEY, TEXT, stories, timelines_from

NAMED = TEXT.replace("<ref>", '<ref name="survey">')
OTHER_TITLE = SURVEY.replace("all ports |", "all ports, 2nd printing |")


@for_each(
    ("texts", "expected"),
    [
        ((TEXT, TEXT.replace(SURVEY, "")), [["added", "removed"]]),
        ((TEXT, TEXT.replace(SURVEY, ""), TEXT.replace("sea", "ocean")), [["added", "removed", "restored"]]),
        ((TEXT, NAMED), [["added"]]),
        ((TEXT, TEXT.replace(SURVEY, SURVEY + CENSUS)), [["added"], ["added"]]),
        ((TEXT, TEXT.replace("Tidal survey", "Tide survey")), [["added", "changed"]]),
        ((TEXT, TEXT.replace(SURVEY, ""), TEXT.replace(SURVEY, OTHER_TITLE)), [["added", "removed", "restored"]]),
    ],
    ids=["removed", "restored", "named", "another added", "corrected", "restored otherwise"],
)
def test_a_source_lives_from_its_first_use_to_its_last(texts: tuple[str, ...], expected: list[list[str]]):
    verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts, subject="reference"))]
    assert verbs == expected


def test_a_source_under_another_name_goes_on_living():
    renamed = NAMED.replace('name="survey"', 'name="tides"')
    result = timelines_from(
        NAMED, renamed, renamed.replace('<ref name="tides">', '<ref name="tides" >'), subject="reference"
    )
    assert len(result) == 1
    assert result[0].is_current
