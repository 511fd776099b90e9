"""Test what the ledger records of edits: one key for each element, and an entry where an edit did something to it."""

from dataclasses import replace

import pytest

from tests.cases import for_each
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
from watcher.ledger.head import Head
from watcher.ledger.recorder import PairedTexts, Recorder, read_and_pair
from watcher.model import Dialect, Snapshot
from watcher.model.ledger import EditVerb, LedgerEdit

OTHER = TEXT.replace("21 million", "25 million")
TEXTS = {
    "TEXT": TEXT,
    "BOATS": BOATS,
    "SURVEY": SURVEY,
    "CENSUS": CENSUS,
    "BOATS FIRST": f"{BOATS}\n\n{TEXT.replace(BOATS, '')}",
    "TABLED": f"{{| class=wikitable\n! Coast !! Counted\n|-\n| Neap || 21 million boats (2012){SURVEY}\n|}}",
}


def recorded(*texts: str | None, recorder: Recorder | None = None) -> list[LedgerEdit]:
    """What each text did to the one before."""
    made = recorder or Recorder()
    edits = [made.add(Snapshot(revision=revision(number), wikitext=text)) for number, text in enumerate(texts, 1)]
    return [edit for edit in edits if edit]


def verbs(edit: LedgerEdit, kind: str = "statistic") -> list[EditVerb]:
    return [entry.verb for entry in edit.entries if entry.kind == kind]


def written(text: str) -> str:
    """A text as a case writes it: rows of a table, a text, or the names of texts and what replaces what in them."""
    name, *changes = text.split("; ")
    result = TEXTS.get(name, name.replace("SURVEY", SURVEY).replace("CENSUS", CENSUS))
    if name == "TABLE":
        rows = "".join(f"|-\n| {row.replace(' | ', ' || ')}\n" for row in changes)
        return f"{{| class=wikitable\n{rows}|}}\n".replace("|-\n| ! ", "! ")
    for change in changes:
        old, _, new = change.partition(" → ")
        old, new = TEXTS.get(old, old), TEXTS.get(new, new)
        assert old in result, old
        result = result.replace(old, new)
    return result


@for_each(("subject", "texts", "expected"))
def test_each_element_has_a_key_and_an_entry_where_an_edit_did_something_to_it(
    subject: str, texts: tuple[str, ...], expected: tuple[tuple[str, ...], ...]
):
    timelines = stories(timelines_from(*map(written, texts), subject=subject))
    named = subject != "section"
    seen = [
        [f"{number} {verb} {(named and value) or ''}".rstrip() for number, verb, value in story] for story in timelines
    ]
    assert seen == [[*story] for story in expected]


def test_a_value_that_comes_back_is_the_old_one_and_the_edit_between_was_undone():
    (timeline, *_) = timelines_from(TEXT, OTHER, TEXT)
    first, second, third = timeline.episodes
    assert third.origin == first.revision
    assert second.undone
    assert (second.ended_by, first.ended_by) == (third.revision, second.revision)


def test_a_page_that_was_blanked_and_restored_keeps_its_keys():
    *_, blanked, restored = recorded(TEXT, "Nothing.", TEXT)
    assert {*verbs(blanked)} == {EditVerb.REMOVED}
    assert restored.reverted_to == 1
    assert [(entry.key, entry.returns) for entry in restored.entries if entry.verb is EditVerb.RESTORED] == [
        (entry.key, True) for entry in blanked.entries if entry.verb is EditVerb.REMOVED
    ]


def test_a_hidden_text_is_skipped_and_the_next_is_compared_with_the_last_that_could_be_read():
    first, second = recorded(TEXT, None, OTHER)
    assert second.revision.id == 3
    assert verbs(second) == [EditVerb.CHANGED]
    assert first.entries


def test_a_text_that_cannot_be_compared_is_skipped_and_leaves_no_trace():
    def read(old: str, new: str, dialect: Dialect) -> PairedTexts:
        if "Poison" in new:
            raise RecursionError
        return read_and_pair(old, new, dialect)

    poisoned = recorded(TEXT, f"{TEXT}\nPoison.", OTHER, recorder=Recorder(read=read))
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


def test_an_edit_writes_a_bounded_number_of_entries_and_counts_the_rest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.ledger.recorder.MAX_ENTRIES", 50)
    many = "\n\n".join(f"The port {number} has {number} cranes and {number} boats." for number in range(2000, 2100))
    (edit,) = recorded(many)
    assert len(edit.entries) == 50
    assert edit.not_written > 0


def test_a_bounded_number_of_ended_sentences_is_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.ledger.head.MAX_ENDED", 50)
    many = "\n\n".join(f"The port number {number} has {number} cranes." for number in range(2000, 2100))
    recorder = Recorder()
    recorded(many, "Nothing.", recorder=recorder)
    assert len(recorder.head.ended) == 50


def test_timelines_have_the_newest_sentence_and_stand_in_its_order():
    reworded = TEXT.replace("the survey counted", "the latest survey counted")
    timelines = build_timelines(
        Snapshot(revision=revision(number), wikitext=text) for number, text in enumerate((TEXT, reworded), 1)
    )
    statistics = [timeline for timeline in timelines if timeline.subject == "statistic"]
    assert "latest survey" in statistics[0].sentence
    assert 0 < statistics[0].location.start < statistics[1].location.start
    assert replace(statistics[0].location, start=0, end=0).section == ("Harbours",)
