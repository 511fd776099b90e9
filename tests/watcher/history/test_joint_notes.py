from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import stories, timelines_from

LOG = "Harbour master of the old town, Log of the long pier, 1901, p. 12"
CHART = "{{cite book |last=Orr |first=Ada |title=Charts of shallow water |year=1899}}"
BOOK = "{{cite book |last=Lee |first=Sam |title=Handbook of breakwaters |year=1932}}"
REPORT = "[https://tides.example.org/reports/1904 Report on the tides of 1904]"
SURVEY = "[https://survey.example.org/reports/all-ports Survey of all ports]"


def page(*notes: str) -> str:
    """A page with a section for each note."""
    cited = (f"<ref>{note}</ref>" if note else "" for note in notes)
    sections = (
        f"== Pier {number} ==\nThe pier of place {number} is long and made of oak.{note}\n"
        for number, note in enumerate(cited, 1)
    )
    return "\n".join(("Piers are found on many coasts.\n", *sections))


def edits_of(*texts: str) -> dict[str, list[tuple[int, str]]]:
    """The edits to each source by its title, or by the first words of its note."""
    timelines = timelines_from(*texts, subject="reference")
    titles = [timeline.episodes[0].element for timeline in timelines]
    return {
        (getattr(element, "title", None) or getattr(element, "text", ""))[:23]: [(at, verb) for at, verb, _ in story]
        for element, story in zip(titles, stories(timelines), strict=True)
    }


@for_each(
    ("own", "other", "joint", "name"),
    [
        (LOG, CHART, f"{CHART}; {LOG}", LOG[:23]),
        (CHART, BOOK, f"{BOOK}; see also {CHART}", "Charts of shallow water"),
        (REPORT, CHART, f"{CHART}; {REPORT}", "Report on the tides of "),
        (SURVEY, REPORT, f"As a report says: {REPORT}, and a survey: {SURVEY}", "Survey of all ports"),
    ],
    ids=["words", "template", "address", "second address"],
)
def test_a_source_that_moves_to_a_joint_note_and_back_goes_on_living(own: str, other: str, joint: str, name: str):
    apart = page(own, other)
    assert edits_of(apart, page("", joint), apart)[name] == [(1, "added")]
    assert edits_of(apart, page("", joint), page("", other))[name] == [(1, "added"), (3, "removed")]


def test_a_source_lives_while_a_joint_note_that_no_edit_touches_cites_it():
    joint = f"{CHART}; {REPORT}"
    name = "Report on the tides of "
    assert edits_of(page(joint, REPORT), page(joint, ""))[name] == [(1, "added")]
    assert edits_of(page(joint, REPORT), page(joint, ""), page(CHART, ""))[name] == [(1, "added"), (3, "removed")]


def test_a_source_begins_with_the_joint_note_that_cites_it_first():
    assert edits_of(page(f"{CHART}; {REPORT}"), page(CHART, REPORT)) == {
        "Charts of shallow water": [(1, "added"), (2, "changed")],
        "Report on the tides of ": [(1, "added")],
    }


def test_a_source_ends_with_its_words_in_a_joint_note():
    joint = f"{CHART}; {LOG}"
    assert edits_of(page(LOG, CHART), page("", joint), page("", CHART))[LOG[:23]] == [(1, "added"), (3, "removed")]


def test_another_page_of_a_work_is_another_source():
    other = f"{CHART}; {LOG.replace('12', '31')}"
    assert edits_of(page(LOG, CHART), page("", other))[LOG[:23]] == [(1, "added"), (2, "removed")]


def test_a_source_in_two_notes_that_begin_alike_lives_in_both():
    first, second = f"{SURVEY}; {CHART}", f"{SURVEY}; {REPORT}"
    assert edits_of(page(first, second), page(first, ""))["Charts of shallow water"] == [(1, "added")]
    assert edits_of(page(first, second), page("", second))["Report on the tides of "] == [(1, "added")]


def test_a_source_stands_on_in_the_copy_of_a_section():
    once = page(REPORT, CHART)
    assert edits_of(once, f"{once}\n{once}", once) == {
        "Report on the tides of ": [(1, "added")],
        "Charts of shallow water": [(1, "added")],
    }


def test_the_first_of_two_notes_with_one_name_keeps_it():
    named = page(REPORT, SURVEY).replace("<ref>", '<ref name="tides">')
    renamed = named.replace(f'<ref name="tides">{SURVEY}', f'<ref name="ports">{SURVEY}')
    moved = renamed.replace("made of oak.<ref", "made of old oak.<ref")
    assert edits_of(named, renamed, moved)["Report on the tides of "] == [(1, "added")]


def test_a_source_comes_back_with_the_joint_note_that_has_its_words():
    joint = f"{CHART}; {LOG}"
    texts = page(LOG, CHART), page("", joint), page("", ""), page("", joint).replace("oak", "old oak")
    assert edits_of(*texts)[LOG[:23]] == [(1, "added"), (3, "removed"), (4, "restored")]


def test_two_sources_under_the_name_of_one_both_go_on_living():
    name = '<ref name="tides">'
    apart = page(REPORT, CHART).replace("<ref>", name, 1)
    result = edits_of(apart, page(f"{REPORT}; {CHART}", "").replace("<ref>", name))
    assert result == {"Report on the tides of ": [(1, "added")], "Charts of shallow water": [(1, "added")]}


def test_a_source_goes_on_living_behind_another_in_its_note():
    name = '<ref name="tides">'
    alone, joint = page(REPORT).replace("<ref>", name), page(f"{REPORT}; {CHART}").replace("<ref>", name)
    assert edits_of(alone, joint, alone) == {
        "Report on the tides of ": [(1, "added")],
        "Charts of shallow water": [(2, "added"), (3, "removed")],
    }
    assert edits_of(joint, alone.replace("oak", "old oak")) == {
        "Report on the tides of ": [(1, "added")],
        "Charts of shallow water": [(1, "added"), (2, "removed")],
    }


def test_a_source_that_comes_back_in_a_longer_note_of_its_own_stands_once():
    note = "Orr, Log of the pier, p. 3"
    texts = page(note), page(""), page(f"{note}, which is kept in the tower of the old town")
    assert [timeline.is_current for timeline in timelines_from(*texts, subject="reference")] == [False, True]


def test_a_source_stands_on_in_the_copy_of_its_joint_note():
    chart = "Orr, Ada. Charts of shallow water, 1899"
    joint = f"{chart}; {LOG}"
    apart, twice, once = page(chart, LOG, ""), page(joint, "", joint), page(joint, "", "")
    assert edits_of(apart, twice, once)[LOG[:23]] == [(1, "added")]
    assert edits_of(apart, twice, page("", "", ""))[LOG[:23]] == [(1, "added"), (3, "removed")]
