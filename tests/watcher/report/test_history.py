import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.cases import for_each
from tests.watcher.history_helpers import BOATS, CENSUS, SURVEY, TEXT, build_timelines, revision, timelines_from
from watcher.model import Snapshot
from watcher.model.ledger import Timeline
from watcher.report.history import (
    blame_data,
    blame_text,
    current_statistics,
    find_timelines,
    history_csv,
    history_data,
    history_text,
    span,
    suggestions,
)
from watcher.text import to_json

WRONG = TEXT.replace("21 million", "99 million")
NOW = datetime(2026, 3, 5, tzinfo=UTC)
HOSTILE = "=HYPERLINK(1)\u202e"


def history(*texts: str, editor: str | None = None) -> tuple[Timeline, ...]:
    return build_timelines(
        Snapshot(revision=revision(number, editor), wikitext=text) for number, text in enumerate(texts, 1)
    )


def written(*texts: str, include_unchanged: bool = False) -> str:
    return "\n".join(history_text(history(*texts), include_unchanged=include_unchanged))


def test_a_wrong_value_is_reported_with_how_long_it_stood_and_who_undid_it():
    reported = written(TEXT, WRONG, TEXT)
    assert "2026-01-02 00:00  2  E2  changed  99 million boats" in reported
    assert "lasted 1 day, undone by E3 in 3" in reported
    assert written(TEXT, TEXT.replace("21", "22")).endswith("more have not changed since they were added.")
    assert "have not changed" not in written(TEXT, include_unchanged=True)
    assert "300 sailors" in written(TEXT, include_unchanged=True)
    both = TEXT + "\nIt is the largest of 5 ports.\n"
    reported = written(both, "blank", both)  # what befell many at once is reported once
    assert reported.startswith("2026-01-02 00:00  2  E2  removed ")
    assert reported.count("undone by E3") == 1
    hidden = build_timelines([Snapshot(revision=replace(revision(1), editor=None), wikitext=TEXT)])
    assert "a hidden editor  added" in "\n".join(history_text(hidden, include_unchanged=True))


@for_each(("old", "new", "expected"))
def test_a_change_of_a_source_that_its_title_does_not_show_is_told(old: str, new: str, expected: str):
    lines = written(TEXT, TEXT.replace(SURVEY, SURVEY.replace(old, new)))
    assert expected in lines


def test_the_words_that_changed_in_a_long_claim_are_told():
    claim = f"The port of the town {'that lies on the northern coast of the bay ' * 4}may be closed by the keepers.\n"
    lines = written(claim, claim.replace("closed", "opened"), claim.replace("by the keepers", "today"))
    assert "…, without “closed”, with “opened”" in lines
    assert "…, without “opened by the keepers”, with “closed today”" in lines


def test_the_json_has_every_episode_with_what_it_needs_to_be_checked():
    timelines = history_data(history(TEXT, WRONG, TEXT))
    boats = next(live for live in timelines if live["subject"] == "statistic")
    wrong = boats["episodes"][1]
    assert boats["current"] is True
    assert boats["section"] == ["Harbours"]
    assert (wrong["verb"], wrong["element"]["value"], wrong["undone"]) == ("changed", "99000000", True)
    assert (wrong["duration_seconds"], wrong["ended_by"], wrong["first_stated_in"]) == (86400, 3, 2)
    assert wrong["revision"]["editor"] == "E2"
    assert wrong["sources"] == ["Tidal survey of all ports"]
    assert wrong["fields"] == [{"name": "value", "old": "21000000", "new": "99000000"}]


def test_the_csv_has_a_row_an_episode():
    none = TEXT.replace("21 million", "0")
    rows = list(csv.DictReader(io.StringIO(history_csv(history(none, WRONG, TEXT.replace(BOATS, ""))))))
    boats = [row for row in rows if row["subject"] == "statistic" and "sailors" not in row["sentence"]]
    cells = [(row["verb"], row["value"], row["duration_seconds"]) for row in boats]
    assert cells == [("added", "0", "86400"), ("changed", "99000000", "86400"), ("removed", "", "")]


def test_strangers_text_steers_neither_terminal_nor_spreadsheet():
    timelines = history(TEXT.replace("In 2012", HOSTILE), editor=HOSTILE)
    lines = history_text(timelines, include_unchanged=True)
    for reported in (history_csv(timelines), to_json(history_data(timelines)), "\n".join(lines)):
        assert "\u202e" not in reported
        assert ",=HYPERLINK" not in reported
        assert ',"=HYPERLINK' not in reported


def test_blame_names_who_gave_the_value_and_who_the_source_in_the_order_of_the_text():
    timelines = current_statistics(
        history(TEXT, TEXT.replace("21", "22"), TEXT.replace("21", "22").replace(SURVEY, CENSUS))
    )
    reported = list(blame_text(timelines, NOW))
    assert reported[1] == "Harbours"
    assert "22 million boats (2012)" in reported[2]
    assert "value 2026-01-02  2  E2" in reported[2]
    assert "source 2026-01-03  3  E3, 61 days ago  [Census of boats]" in reported[3]
    boats, crews = blame_data(timelines, NOW)
    assert (boats["value_by"]["id"], boats["source_by"]["id"]) == (2, 3)
    assert crews["source_by"] is None
    assert crews["value_by"]["age_seconds"] == 63 * 86_400
    moved = f"Of 7 seas, one has tides.\n\n{TEXT.replace('300 sailors', 'the sailors')}"
    assert [timeline.sentence[:4] for timeline in current_statistics(history(TEXT, moved))] == ["Of 7", "In 2"]


def test_blame_names_the_table_row_and_column_of_a_cell():
    table = (
        "{{|\n|+ Boats of the sound\n! Pos !! Harbour !! Boats\n|-\n| 1 || Ardal || {}\n|-\n| 2 || Borvik || 955\n|}}"
    )
    timelines = current_statistics(history(*(f"== Harbours ==\n{table.format(count)}" for count in (640, 655))))
    name = "Boats of the sound: Ardal × Boats"
    assert f"    {name}: “655”" in list(blame_text(timelines, NOW))
    assert name in [statistic["label"] for statistic in blame_data(timelines, NOW)]


@for_each(("seconds", "words"))
def test_a_length_of_time_is_reported_in_its_largest_unit(seconds: int, words: str):
    assert span(timedelta(seconds=seconds)) == words


PICTURED = f"{TEXT}\n[[File:Tide.jpg|thumb|The sea at night]]\n\nThe port is the largest of all ports in the world.\n"


def everything(*texts: str) -> list[Timeline]:
    return [
        timeline
        for subject in ("statistic", "claim", "reference", "figure")
        for timeline in timelines_from(*texts, subject=subject)
    ]


@for_each(("words", "count"))
def test_statistics_are_found_by_any_words_that_were_ever_said_of_them(words: str, count: int):
    assert len(find_timelines(timelines_from(TEXT, WRONG, TEXT), words)) == count


@for_each(("subject", "words"))
def test_claims_sources_and_pictures_are_found_by_their_words(subject: str, words: str):
    (timeline,) = find_timelines(everything(PICTURED), words, subject)
    assert timeline.subject == subject
    assert not find_timelines(everything(PICTURED), f"{words} whales", subject)


@for_each(("words", "names"))
def test_a_word_that_nothing_is_about_is_reported_with_what_is_close_or_else_with_what_there_is(
    words: str, names: tuple[str, ...]
):
    assert set(suggestions(everything(PICTURED), words, "statistic")) >= set(names)
    others = [("reference", "Tidal survey of all ports"), ("figure", "Tide.jpg"), ("claim", "Crews")]
    assert all(name in suggestions(everything(PICTURED), "qqqq", subject) for subject, name in others)
    assert suggestions(everything("Nothing."), "boats", "figure") == ()
