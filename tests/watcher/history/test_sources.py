from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import CENSUS, SURVEY, TEXT, stories, timelines_from

NAMED = TEXT.replace("<ref>", '<ref name="survey">')
PROXIED = TEXT.replace("https://survey", "https://proxy.example.net/show?address=survey")
RETURNED = TEXT.replace("sea", "ocean")
USE = 'Piers are long.<ref name="survey" />\n'
TWICE = NAMED + USE
USED = TEXT.replace(SURVEY, "") + USE
ELSEWHERE = f"\n== Piers ==\nPiers are long and made of wood.{SURVEY}\n"
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
        ((TEXT, PROXIED, TEXT.replace(SURVEY, ""), RETURNED), [["added", "changed", "removed", "restored"]]),
        ((TWICE, USED, TEXT.replace(SURVEY, "")), [["added", "removed"]]),
        ((TWICE, USED, TWICE + "Ports have piers."), [["added", "removed", "restored"]]),
        ((NAMED + ELSEWHERE, NAMED, TEXT.replace(SURVEY, "")), [["added", "removed"]]),
        ((NAMED + ELSEWHERE, TEXT.replace(SURVEY, "") + ELSEWHERE, TEXT.replace(SURVEY, "")), [["added", "removed"]]),
    ],
    ids=[
        "removed",
        "restored",
        "named",
        "another added",
        "corrected",
        "restored otherwise",
        "restored under its former address",
        "definition gone before its last use",
        "definition gone and back",
        "cited under two names",
        "cited under another name",
    ],
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


def test_a_source_that_moves_to_a_list_of_notes_goes_on_living():
    listed = f"{TEXT.replace(SURVEY, '{{ref|survey}}')}\n== Notes ==\n# {{{{note|survey}}}} "
    address = "https://survey.example.org/reports/all-ports"
    linked = TEXT.replace(SURVEY, f"[{address}]")
    (timeline,) = timelines_from(linked, f"{listed}[{address}]\n", linked, subject="reference")
    assert [episode.verb.value for episode in timeline.episodes] == ["added"]


PIER = "<ref>Harbour master of the old town, Log of the long pier, 1901, p. 12</ref>"
DOCK = PIER.replace("12", "13")
LINKED = "<ref>Orr, Ada. Interviews with [[Sam Lee]]. Pier Press, 2003. p. 82</ref>"


def of_two_notes(note: str, other: str) -> str:
    return f"{TEXT}\n\n== Piers ==\nPiers are long.{note}\n\n== Docks ==\nDocks are deep.{other}\n"


@for_each(
    ("texts", "expected"),
    [
        ((of_two_notes(PIER, DOCK), of_two_notes(PIER, PIER)), [["added"], ["added", "removed"]]),
        (
            (of_two_notes(PIER, DOCK), of_two_notes(PIER, PIER), of_two_notes(PIER, DOCK)),
            [["added"], ["added", "removed", "restored"]],
        ),
        ((of_two_notes(PIER, PIER), of_two_notes(PIER, DOCK)), [["added"], ["added"]]),
        ((of_two_notes(PIER, PIER), of_two_notes(PIER, ""), of_two_notes("", "")), [["added", "removed"]]),
        ((of_two_notes(LINKED, LINKED), of_two_notes("", LINKED)), [["added"]]),
    ],
    ids=[
        "made equal",
        "made equal for a while",
        "made another",
        "one of two citations removed",
        "one of two citations with a link removed",
    ],
)
def test_a_note_lives_while_it_is_cited_anywhere(texts: tuple[str, ...], expected: list[list[str]]):
    first, *verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts, subject="reference"))]
    assert first == ["added"]
    assert verbs == expected


FULL = "Harbour master of the old town, Log of the long pier, printed by the Pier Press of the new town, 1901, p. 12"


@for_each(
    ("texts", "expected"),
    [
        ((FULL, f"{FULL}."), [["added"]]),
        ((FULL, "", FULL.replace("printed", "and printed")), [["added", "removed", "restored"]]),
        ((FULL, "", FULL.replace("12", "13")), [["added", "removed"], ["added"]]),
    ],
    ids=["with a full stop", "back in nearly its words", "another page"],
)
def test_a_note_is_known_by_its_words_and_numbers(texts: tuple[str, ...], expected: list[list[str]]):
    pages = (f"{TEXT}\n\n== Piers ==\nPiers are long.<ref>{note}</ref>\n" if note else TEXT for note in texts)
    _, *verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*pages, subject="reference"))]
    assert verbs == expected


def test_a_source_comes_back_under_the_name_of_another():
    named = f'{TEXT}\n\n== Piers ==\nPiers are long.<ref name="pier">{{}}</ref>\n'
    log, chart = "[https://logs.example.org/pier Log]", "[https://charts.example.org/coast Chart of the coast]"
    texts = named.format(log), TEXT, named.format(chart), named.format(log)
    _, *verbs = [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts, subject="reference"))]
    assert verbs == [["added", "removed", "restored"], ["added", "removed"]]


REMARK = "For more about the keepers of this pier see Keepers of harbours"


@for_each(
    ("texts", "expected"),
    [
        ((REMARK, f"{REMARK}."), []),
        ((REMARK, f"{REMARK}: Orr, Log of the Pier, p. 3"), [[(2, "added")]]),
        (("Survey of all the piers and harbours along this coast",), [[(1, "added")]]),
        (("Kept in the tower of the Old Town", ""), [[(1, "added"), (2, "removed")]]),
    ],
    ids=["remark", "remark with a source", "source without a number", "few words"],
)
def test_a_note_that_names_no_source_is_none(texts: tuple[str, ...], expected: list[list[tuple[int, str]]]):
    pages = (f"{TEXT}\n\n== Piers ==\nPiers are long.<ref>{note}</ref>\n" if note else TEXT for note in texts)
    _, *edits = [
        [(at, verb) for at, verb, _ in story] for story in stories(timelines_from(*pages, subject="reference"))
    ]
    assert edits == expected


def test_a_note_that_came_back_with_a_full_stop_does_not_change_when_that_goes():
    noted = f"{TEXT}\n\n== Piers ==\nPiers are long.<ref>{{}}</ref>\n"
    texts = noted.format(FULL), TEXT, noted.format(f"{FULL}."), noted.format(f"{FULL}.").replace("are long", "are old")
    _, story = stories(timelines_from(*texts, noted.format(FULL), subject="reference"))
    assert [verb for _, verb, _ in story] == ["added", "removed", "restored"]
