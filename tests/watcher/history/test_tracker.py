from __future__ import annotations

from tests.watcher.history_helpers import BOATS, CENSUS, SURVEY, TEXT, events_of, revision, stories, timelines_from
from watcher.history import HistoryTracker
from watcher.history.edit import apply_edit
from watcher.history.tracker import _SOURCES, _STATES
from watcher.history.tracks import TrackedElement, TrackVersion
from watcher.model import Reference
from watcher.model.history import ElementMapping


def test_a_text_is_known_again_by_its_digest():
    made = HistoryTracker()
    apply_edit(made, revision(1), b"a", ElementMapping())
    assert made.has_text(b"a")
    assert not made.has_text(b"b")


def test_old_texts_and_sources_are_forgotten_so_that_memory_stays_flat():
    made = HistoryTracker()
    for number in range(_STATES + 1):
        apply_edit(made, revision(number + 1), str(number).encode(), ElementMapping())
    for number in range(_SOURCES + 1):
        made.remember_reference(TrackedElement(TrackVersion(number), Reference(key=str(number))))
    assert (made.has_text(b"0"), made.has_text(b"1")) == (False, True)
    assert len(made.removed_references) == _SOURCES


def test_a_track_that_no_edit_can_continue_is_forgotten_once_its_entries_are_drained():
    made = HistoryTracker()
    kept, ended = (made.start_track(revision(1), Reference(key=key), None, "reference") for key in ("a", "b"))
    made.state.references["a"] = kept
    made.forget_ended()
    assert [*made.tracks] == [0, 1]
    made.drain_entries()
    made.forget_ended()
    assert [*made.tracks] == [kept.slot.track] != [ended.slot.track]
    assert made.start_track(revision(2), Reference(key="c"), None, "reference").slot.track == 2


def test_a_revert_over_several_edits_brings_back_what_each_of_them_did():
    first = TEXT.replace("21 million", "22 million").replace(SURVEY, CENSUS)
    second = first.replace("300 sailors", "900 sailors")
    boats, crews = timelines_from(TEXT, first, second, TEXT)
    assert events_of(boats)[1:] == [(2, "changed", "22 million"), (4, "changed", "21 million")]
    assert (boats.latest.origin.id, boats.latest.source_origin.id) == (1, 1)
    assert boats.latest.sources == ("Tidal survey of all ports",)
    assert events_of(crews)[1:] == [(3, "changed", "900"), (4, "changed", "300")]


def test_what_a_revert_takes_away_is_undone_and_known_when_it_comes_back():
    without = TEXT.replace(BOATS, "")
    later = TEXT.replace("of the sea.", "of the wide sea.")
    boats = timelines_from(without, TEXT, without, later)[1]
    assert events_of(boats) == [(2, "added", "21 million"), (3, "removed", None), (4, "restored", "21 million")]
    sources = timelines_from(without, TEXT, without, later, subject="reference")
    assert [[verb for _, verb, _ in story] for story in stories(sources)] == [["added", "removed", "restored"]]


def test_a_timeline_shows_where_its_sentence_is_now():
    moved = TEXT.replace(f"{BOATS}\n\n", "").rstrip() + f"\n\n{BOATS}\n"
    boats = timelines_from(TEXT, moved)[0]
    assert boats.location.section == ("Crews",)
    assert boats.sentence.startswith("In 2012")
