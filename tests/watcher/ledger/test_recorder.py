"""Test what the ledger records of edits: one key for each element, and an entry where an edit did something to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.watcher.history_helpers import (
    BOATS,
    CENSUS,
    CREWS,
    SURVEY,
    TEXT,
    build_timelines,
    revision,
    stories,
    timelines_from,
)
from watcher.ledger import Recorder
from watcher.ledger.head import MOST_ENDED, Head
from watcher.ledger.recorder import MOST_ENTRIES
from watcher.model import Dialect, Document, Snapshot
from watcher.model.ledger import EditVerb, LedgerEdit

OTHER = TEXT.replace("21 million", "25 million")


def recorded(*texts: str | None, recorder: Recorder | None = None) -> list[LedgerEdit]:
    """What each text did to the one before."""
    made = recorder or Recorder()
    edits = [made.add(Snapshot(revision=revision(number), wikitext=text)) for number, text in enumerate(texts, 1)]
    return [edit for edit in edits if edit]


def verbs(edit: LedgerEdit, kind: str = "statistic") -> list[EditVerb]:
    return [entry.verb for entry in edit.entries if entry.kind == kind]


def boats(*texts: str) -> list[tuple[int, str, str | None]]:
    """The story of the first statistic."""
    return stories(timelines_from(*texts))[0]


@pytest.mark.parametrize(
    ("edited", "story"),
    [
        (OTHER, [(2, "changed", "25 million")]),
        (TEXT.replace("21 million", "21,000,000"), []),
        (TEXT.replace("the survey counted", "the latest survey counted"), []),
        (TEXT.replace("== Harbours ==", "== Ports =="), []),
        (TEXT.replace(SURVEY, CENSUS), [(2, "resourced", "21 million")]),
        (f"{BOATS}\n\n{TEXT.replace(BOATS, '')}", []),
        (TEXT.replace(BOATS, ""), [(2, "removed", None)]),
    ],
    ids=["value", "scale", "words", "heading", "source", "moved", "removed"],
)
def test_an_entry_is_written_where_a_value_or_its_sources_changed(
    edited: str, story: list[tuple[int, str, str | None]]
):
    assert boats(TEXT, edited) == [(1, "added", "21 million"), *story]


def test_a_value_that_comes_back_is_the_old_one_and_the_edit_between_was_undone():
    (timeline, *_) = timelines_from(TEXT, OTHER, TEXT)
    first, second, third = timeline.episodes
    assert third.origin == first.revision
    assert second.undone
    assert (second.ended, first.ended) == (third.revision, second.revision)


def test_a_page_that_was_blanked_and_restored_keeps_its_keys():
    *_, blanked, restored = recorded(TEXT, "Nothing.", TEXT)
    assert {*verbs(blanked)} == {EditVerb.REMOVED}
    assert restored.reverted_to == 1
    assert [(entry.key, entry.returns) for entry in restored.entries if entry.verb is EditVerb.RESTORED] == [
        (entry.key, True) for entry in blanked.entries if entry.verb is EditVerb.REMOVED
    ]


def test_what_is_restored_with_another_change_keeps_its_key():
    assert boats(TEXT, "Nothing.", OTHER) == [
        (1, "added", "21 million"),
        (2, "removed", None),
        (3, "restored", "25 million"),
    ]


def test_what_moved_to_a_table_between_two_equal_blankings_is_brought_back_from_there():
    tabled = TEXT.replace(
        BOATS, f"{{| class=wikitable\n! Coast !! Counted\n|-\n| Neap || 21 million boats (2012){SURVEY}\n|}}"
    )
    changed = tabled.replace("21 million", "25 million")
    assert boats(TEXT, "Nothing.", TEXT, tabled, "Nothing.", changed)[3:] == [
        (5, "removed", None),
        (6, "restored", "25 million"),
    ]


def test_a_statistic_of_another_thing_in_the_same_words_is_another_one():
    first, second = "The port of Ebb has 40 cranes on its quays.", "The port of Neap has 40 sheds on its quays."
    assert stories(timelines_from(first, "Nothing.", second)) == [
        [(1, "added", "40"), (2, "removed", None)],
        [(3, "added", "40")],
    ]


def test_equal_sentences_have_each_their_own_key():
    row = "|-\n| {} || 12 boats\n"
    table = "{{| class=wikitable\n! Port !! Counted\n{}|}}\n".format
    rows = [row.format(name) for name in ("Ebb", "Neap", "Tarn")]
    changed = rows[1].replace("12", "14")
    timelines = stories(timelines_from(table("".join(rows)), table("".join([rows[0], changed, rows[2]]))))
    assert sorted(map(len, timelines)) == [1, 1, 2]


def medals(**rows: str) -> str:
    """A table without the names of its columns; of each row the cells."""
    lines = (f"|-\n| {name} || {' || '.join(cells)}\n" for name, cells in rows.items())
    return f"{{| class=wikitable\n{''.join(lines)}|}}\n"


def test_cells_without_the_names_of_their_columns_keep_their_places_in_their_row():
    timelines = timelines_from(medals(Ardal="0011", Berg="0011"), medals(Ardal="1012", Clun="0101", Berg="0011"))
    assert stories(timelines) == [
        [(1, "added", "0"), (2, "changed", "1")],
        [(1, "added", "0")],
        [(1, "added", "1")],
        [(1, "added", "1"), (2, "changed", "2")],
        *[[(1, "added", number)] for number in "0011"],
        *[[(2, "added", number)] for number in "0101"],
    ]


def test_a_cell_that_comes_first_in_a_row_shifts_the_others():
    timelines = timelines_from(medals(Ardal="0112"), medals(Ardal="10112"), medals(Ardal="70112"))
    assert stories(timelines) == [
        *[[(1, "added", number)] for number in "0112"],
        [(2, "added", "1"), (3, "changed", "7")],
    ]


def test_a_number_of_a_table_is_not_the_same_number_of_another_table():
    race = "== Race ==\n{| class=wikitable\n! Driver !! Grid\n|-\n| Ardal || 2\n|-\n| Berg || 7\n|}\n"
    later = "== Race ==\nRain.\n\n== Laps ==\n{| class=wikitable\n! No. !! Team\n|-\n| 2 || A\n|-\n| 7 || B\n|}\n"
    assert stories(timelines_from(race, later)) == [
        *[[(1, "added", number), (2, "removed", None)] for number in "27"],
        *[[(2, "added", number)] for number in "27"],
    ]


def test_an_image_goes_on_under_another_caption_and_in_the_place_of_another():
    shown = "[[File:{}|thumb|The quays, {}]]\n\nQuays shelter ships.\n".format
    timelines = timelines_from(
        shown("A.jpg", "old"), shown("A.jpg", "new"), shown("B.jpg", "new"), "Quays shelter ships.", subject="figure"
    )
    assert stories(timelines) == [
        [(1, "added", "A.jpg"), (2, "changed", "A.jpg"), (3, "changed", "B.jpg"), (4, "removed", None)]
    ]


def test_a_source_goes_on_under_another_name_and_comes_back_as_itself():
    named = TEXT.replace("<ref>", '<ref name="s">')
    timelines = timelines_from(TEXT, named, TEXT.replace(SURVEY, ""), TEXT, subject="reference")
    title = "Tidal survey of all ports"
    assert stories(timelines) == [[(1, "added", title), (3, "removed", None), (4, "restored", title)]]


def test_a_section_has_a_key_and_goes_on_under_another_heading():
    timelines = timelines_from(TEXT, TEXT.replace("== Harbours ==", "== Ports =="), subject="section")
    assert [[(number, verb) for number, verb, _ in story] for story in stories(timelines)] == [
        [(1, "added"), (2, "changed")],
        [(1, "added")],
    ]


def test_a_hidden_text_is_skipped_and_the_next_is_compared_with_the_last_that_could_be_read():
    first, second = recorded(TEXT, None, OTHER)
    assert second.revision.id == 3
    assert verbs(second) == [EditVerb.CHANGED]
    assert first.entries


def test_a_text_that_cannot_be_compared_is_skipped_and_leaves_no_trace():
    def read(old: str, new: str, dialect: Dialect) -> tuple[Document, Document]:
        if "Poison" in new:
            raise RecursionError
        return Recorder()._documents(old, new, dialect)

    poisoned = recorded(TEXT, f"{TEXT}\nPoison.", OTHER, recorder=Recorder(documents=read))
    assert [edit.entries for edit in poisoned] == [edit.entries for edit in recorded(TEXT, None, OTHER)]


def test_what_stood_before_the_first_compared_edit_has_a_key_once_an_edit_touches_it():
    recorder = Recorder()
    assert recorder.begin(Snapshot(revision=revision(1), wikitext=TEXT)).entries == ()
    edit = recorder.add(Snapshot(revision=revision(2), wikitext=OTHER))
    assert edit
    assert verbs(edit) == [EditVerb.KNOWN, EditVerb.CHANGED]
    again = recorder.add(Snapshot(revision=revision(3), wikitext=TEXT))
    assert again
    assert [(entry.key, entry.verb) for entry in again.entries] == [(edit.entries[-1].key, EditVerb.CHANGED)]


def test_a_recorder_goes_on_from_the_head_of_another():
    texts = (TEXT, OTHER, TEXT.replace(CREWS, ""), TEXT)
    whole = recorded(*texts)
    parts: list[LedgerEdit] = []
    head, before = Head(), ""
    for number, text in enumerate(texts, 1):
        recorder = Recorder(head=Head.load(head.dump()), text=before)
        edit = recorder.add(Snapshot(revision=revision(number), wikitext=text))
        assert edit
        parts.append(edit)
        head, before = recorder.head, text
    for expected, edit in zip(whole, parts, strict=True):
        assert [(entry.key, entry.verb, entry.after) for entry in expected.entries] == [
            (entry.key, entry.verb, entry.after) for entry in edit.entries
        ]


def test_an_edit_writes_a_bounded_number_of_entries_and_counts_the_rest():
    many = "\n\n".join(
        f"The port {number} has {number} cranes, {number} sheds, {number} barges and {number} boats."
        for number in range(2000, 3300)
    )
    (edit,) = recorded(many)
    assert len(edit.entries) == MOST_ENTRIES
    assert edit.not_written > 0


def test_a_bounded_number_of_ended_sentences_is_remembered():
    many = "\n\n".join(f"The port number {number} has {number} cranes." for number in range(2000, 2100 + MOST_ENDED))
    recorder = Recorder()
    recorded(many, "Nothing.", recorder=recorder)
    assert len(recorder.head.ended) == MOST_ENDED


def test_timelines_have_the_newest_sentence_and_stand_in_its_order():
    reworded = TEXT.replace("the survey counted", "the latest survey counted")
    timelines = build_timelines(
        Snapshot(revision=revision(number), wikitext=text) for number, text in enumerate((TEXT, reworded), 1)
    )
    statistics = [timeline for timeline in timelines if timeline.subject == "statistic"]
    assert "latest survey" in statistics[0].sentence
    assert 0 < statistics[0].location.start < statistics[1].location.start
    assert replace(statistics[0].location, start=0, end=0).section == ("Harbours",)
