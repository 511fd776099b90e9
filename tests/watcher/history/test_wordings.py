from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.watcher.history_helpers import build_timelines, events_of, revision, timelines_from
from watcher.history.history import HistoryBuilder, dump, load
from watcher.history.state import RemovedSentences, TextState
from watcher.history.wordings import UNKNOWN, Wordings
from watcher.model import Sentence, Snapshot
from watcher.model.history import EarlierStatement, HistoryEntry, TextGap, Timeline

PLAIN = "The ferry of Ebb carries salt and timber between the islands of the bay."
CLAIM = "The ferry of Ebb, the oldest of all, carries salt and timber between the islands of the bay."
OTHER = "Gulls rest on the quay of Ebb while the tide comes in."


def stories_of(*texts: str) -> list[list[tuple[int, str, str | None]]]:
    return [events_of(timeline) for timeline in timelines_from(*texts, subject="claim")]


@pytest.mark.parametrize("between", [(), (f"{PLAIN} {OTHER}",)])
def test_a_claim_begins_when_its_sentence_was_written(between: tuple[str, ...]):
    texts = (PLAIN, *between, PLAIN, CLAIM)
    assert stories_of(*texts) == [[(1, "written", PLAIN), (len(texts), "changed", CLAIM)]]


def test_a_sentence_that_was_reworded_before_it_became_a_claim_keeps_both_wordings():
    reworded = PLAIN.replace("carries salt and timber", "brings sailors, letters and cattle")
    texts = (PLAIN, reworded, reworded.replace("of Ebb", "of Ebb, the oldest of all,"))
    assert [(number, verb) for number, verb, _ in stories_of(*texts)[0]] == [
        (1, "written"), (2, "written"), (3, "changed"),
    ]  # fmt: skip


def test_a_claim_begins_with_its_sentence_however_often_that_was_reworded():
    reworded = "The ferry of Ebb carries salt and timber to the mills in the north, and cattle in summer."
    claim = (
        "The ferry of Ebb, the oldest of all, takes timber to the mills in the north, salt in summer, and cattle home"
        " again when grass is short there."
    )
    assert stories_of(PLAIN, reworded, claim) == [
        [(1, "written", PLAIN), (2, "written", reworded), (3, "changed", claim)]
    ]


def test_what_was_split_from_a_claim_begins_with_it():
    joined = f"{CLAIM[:-1]}, and the captain of the ferry is never seen on board without his grey dog."
    apart = f"{CLAIM} The captain of the ferry is never seen on board without his grey dog."
    first, second = stories_of(joined, apart)
    assert [(number, verb) for number, verb, _ in first] == [(1, "added"), (2, "changed")]
    assert [(number, verb) for number, verb, _ in second] == [(1, "written"), (2, "changed")]


def test_a_claim_in_place_of_another_sentence_begins_anew():
    claim = "Nobody has ever counted the boats which the tide of Ebb took in winter."
    assert stories_of(OTHER, claim) == [[(2, "added", claim)]]


def test_a_claim_that_is_its_first_sentence_in_another_place_is_not_removed():
    claim = "The ferry of Ebb, the oldest of all, is laid up in winter, when nobody wants to cross the bay."
    (story,) = stories_of(
        PLAIN, CLAIM, f"{OTHER}\n\n== Trade ==\n{claim}", f"{PLAIN}\n\n{OTHER}\n\n{OTHER[:-1]} again."
    )
    assert [(number, verb) for number, verb, _ in story] == [
        (1, "written"), (2, "changed"), (3, "changed"), (4, "changed"),
    ]  # fmt: skip


def timelines_of_a_cue(hours: int, after: str) -> list[Timeline]:
    """The claims of a sentence that had a cue for some hours."""
    made = revision(30)
    edits = [(revision(1), PLAIN), (made, CLAIM), (replace(revision(31), at=made.at + timedelta(hours=hours)), after)]
    timelines = build_timelines(Snapshot(revision=edit, wikitext=text) for edit, text in edits)
    return [timeline for timeline in timelines if timeline.subject == "claim"]


@pytest.mark.parametrize("after", [PLAIN, f"{PLAIN} {OTHER}"])
def test_a_cue_that_stood_for_less_than_a_day_has_no_timeline(after: str):
    assert timelines_of_a_cue(23, after) == []


@pytest.mark.parametrize("after", [PLAIN, f"{PLAIN} {OTHER}"])
def test_a_claim_that_is_a_sentence_again_is_not_removed(after: str):
    (claim,) = timelines_of_a_cue(25, after)
    assert [(episode.verb.value, episode.undone) for episode in claim.episodes] == [
        ("written", False), ("changed", True), ("changed", False),
    ]  # fmt: skip


def test_a_claim_that_is_a_sentence_in_slightly_other_words_again_is_not_removed():
    plain = PLAIN.replace("the islands", "all islands")
    claim = CLAIM.replace("the islands", "all islands")
    assert stories_of(PLAIN, plain, claim, plain) == [
        [(1, "written", PLAIN), (3, "changed", claim), (4, "changed", plain)]
    ]


def test_a_claim_that_is_an_earlier_wording_of_its_sentence_again_is_not_removed():
    wordings = [PLAIN.replace("the islands", where) for where in ("the islands", "all islands", "all its islands")]
    texts = (*wordings, CLAIM.replace("the islands", "all its islands"), wordings[1])
    assert stories_of(*texts) == [
        [(1, "written", PLAIN), (4, "changed", texts[3]), (5, "changed", texts[4])]
    ]  # fmt: skip


GONE = [(2, "removed", None), (3, "restored", PLAIN)]


@pytest.mark.parametrize("without", ["", OTHER])
@pytest.mark.parametrize("back", [PLAIN, f"{PLAIN} {OTHER}"])
def test_a_claim_was_gone_when_its_sentence_was(without: str, back: str):
    assert stories_of(PLAIN, without, back, CLAIM) == [[(1, "written", PLAIN), *GONE, (4, "changed", CLAIM)]]


def test_a_claim_was_gone_twice_when_its_sentence_was_in_two_wordings():
    reworded = PLAIN.replace("carries salt and timber", "brings sailors, letters and cattle")
    claim = reworded.replace("of Ebb", "of Ebb, the oldest of all,")
    (story,) = stories_of(PLAIN, "", PLAIN, reworded, OTHER, reworded, claim)
    assert story == [
        (1, "written", PLAIN), *GONE, (4, "written", reworded), (5, "removed", None), (6, "restored", reworded),
        (7, "changed", claim),
    ]  # fmt: skip


@pytest.mark.parametrize("back", [f"{PLAIN} {OTHER}", f"{PLAIN}\n\n{OTHER}"])
def test_a_sentence_that_stood_in_other_words_for_a_time_was_not_gone(back: str):
    reworded = PLAIN.replace("timber", "wood")
    texts = (f"{PLAIN} {OTHER}", f"{reworded} {OTHER}", reworded, back, f"{CLAIM} {OTHER}")
    assert stories_of(*texts) == [[(1, "written", PLAIN), (5, "changed", CLAIM)]]


def test_a_sentence_that_was_joined_with_another_for_a_time_was_not_gone():
    joined = f"{OTHER[:-1]} {PLAIN}"
    texts = (f"{OTHER} {PLAIN}", joined, f"{OTHER} {PLAIN}", f"{OTHER} {CLAIM}")
    assert stories_of(*texts) == [[(1, "written", PLAIN), (4, "changed", CLAIM)]]


def test_a_sentence_of_which_a_copy_stands_is_not_gone():
    texts = (f"{PLAIN}\n\n{OTHER}\n\n{PLAIN}", f"{PLAIN}\n\n{OTHER}", f"{CLAIM}\n\n{OTHER}")
    assert stories_of(*texts) == [[(1, "written", PLAIN), (3, "changed", CLAIM)]]


def test_when_a_sentence_was_gone_is_known_after_checkpoints():
    builder = HistoryBuilder()
    entries: list[HistoryEntry | TextGap] = []
    for number, text in enumerate((PLAIN, "", PLAIN, CLAIM), 1):
        builder.add(Snapshot(revision=revision(number), wikitext=text))
        entries += (entry for drained in builder.drain_entries() for entry in drained.entries)
        builder = HistoryBuilder.resume(builder.checkpoint(), text)
    gaps = [(entry.went.id, entry.back.id) for entry in entries if isinstance(entry, TextGap)]
    assert (len(entries), gaps) == (3, [(2, 3)])


def test_sentences_that_none_of_the_last_texts_has_are_forgotten():
    wordings = Wordings()
    texts = [f"Boat {number} sails." for number in range(1025)]
    for text in texts:
        wordings.add(revision(1), Sentence(text=text), UNKNOWN, reworded=False)
    wordings.follow(revision(1), (), texts)
    wordings.follow(revision(2), texts[1:], ())
    wordings.forget_removed([TextState(present=1 << 7)])
    assert list(wordings.known) == [texts[0], texts[7]]
    wordings.add(revision(3), Sentence(text="Another boat."), UNKNOWN, reworded=False)
    assert wordings.known["Another boat."].numbers == (1,)


def test_a_list_that_is_rewritten_for_years_keeps_its_newest_texts():
    wordings = Wordings()
    states: list[TextState] = []
    gone: list[str] = []
    for number in range(3):
        texts = [f"Boat {boat} sails {number} times." for boat in range(1500)]
        for text in texts:
            wordings.add(revision(1), Sentence(text=text), UNKNOWN, reworded=False)
        wordings.follow(revision(1), gone, texts)
        states.insert(0, TextState(present=wordings.present))
        gone = texts
    wordings.forget_removed(states)
    assert len(wordings.known) == 3000
    assert [state.present.bit_count() for state in states] == [1500, 1500, 0]


def test_a_sentence_that_is_reworded_for_years_keeps_few_of_its_bits():
    wordings = Wordings()
    known = UNKNOWN
    for number in range(40):
        sentence = Sentence(text=f"Boat {number} sails.")
        wordings.add(revision(1), sentence, known, reworded=False)
        known = wordings.of(sentence)
        wordings.follow(revision(1), (), [sentence.text])
        wordings.revert_to(revision(2), 0)
        wordings.revert_to(revision(3), 1 << number)
    ((wording, gaps),) = wordings.gaps_of(known)
    assert wording.sentence.text == "Boat 0 sails."
    assert len(known.numbers) == len(gaps) == 8


def test_a_sentence_that_was_gone_and_came_back_as_a_claim_began_when_it_was_written():
    texts = (f"{OTHER} {PLAIN}", OTHER, OTHER.replace("Gulls", "Many gulls"), f"{OTHER} {CLAIM}", OTHER)
    assert stories_of(*texts) == [
        [(1, "written", PLAIN), (2, "removed", None), (4, "restored", CLAIM), (5, "removed", None)]
    ]


def test_a_claim_that_names_another_place_than_a_sentence_that_is_gone_begins_anew():
    claim = CLAIM.replace("Ebb", "Havnes")
    assert stories_of(f"{OTHER} {PLAIN}", OTHER, f"{OTHER} {claim}") == [[(3, "added", claim)]]


def test_a_claim_keeps_the_date_that_its_sentence_had_before_a_cue():
    dated = f"In the last years of the dry century, {PLAIN[0].lower()}{PLAIN[1:]}"
    claim = f"Since the war, {PLAIN[0].lower()}{PLAIN[1:]}".replace("the bay", "the largest bay")
    ((_, verb, text), *_) = stories_of(dated, claim)[0]
    assert (verb, text) == ("written", dated)


LATER = "The ferry of Ebb, once the oldest of all, has carried nothing but letters and salt to the islands of late."


def test_a_claim_in_words_of_another_that_has_others_now_names_it_and_who_first_stated_them():
    first, second = timelines_from(CLAIM, LATER, f"{LATER}\n\n== Trade ==\n{CLAIM}", subject="claim")
    assert [event[:2] for event in events_of(first)] == [(1, "added"), (2, "changed")]
    (back,) = second.episodes
    assert (back.verb, back.revision.id, back.origin.id) == ("restored", 3, 1)
    assert back.earlier == EarlierStatement(revision(1), first.number, first.number)


EVEN_LATER = LATER.replace("The ferry of Ebb", "The mail boat of Ebb").replace("salt", "coal")


def test_a_claim_that_is_stated_a_third_time_names_the_element_that_did_so_first():
    texts = (CLAIM, LATER, f"{LATER}\n\n== Trade ==\n{CLAIM}", f"{LATER}\n\n== Trade ==\n{EVEN_LATER}")
    timelines = timelines_from(*texts, f"{texts[-1]}\n\n== Fish ==\n{CLAIM}", subject="claim")
    assert [(timeline.episodes[0].revision.id, timeline.episodes[0].origin.id) for timeline in timelines] == [
        (1, 1),
        (3, 1),
        (5, 1),
    ]
    assert [timeline.episodes[0].earlier for timeline in timelines[1:]] == [
        EarlierStatement(revision(1), timelines[0].number, timelines[0].number),
        EarlierStatement(revision(1), timelines[0].number, timelines[1].number),
    ]


def test_sentences_that_differ_in_punctuation_alone_come_back_in_their_order():
    founded = "Ann Gull founded the old harbour of Gullport{} by the long sea wall."
    first = f"Ebb.\n\n{founded.format('')}\n\n== S ==\n{founded.format(',')}\n"
    second = f"Ebb.\n\nAccording to Ebb, {founded.format('')[:-1]} in 1846.\n"
    (timeline,) = timelines_from(first, second, first, subject="claim")
    assert timeline.episodes[-1].sentence == founded.format(",")


def entries_after_years(gone: Sequence[str], back: Sequence[str]) -> list[tuple[int, int, str, int]]:
    """Life, revision, verb and number of the value, in the texts that come when all removed sentences are forgotten."""
    history_builder = HistoryBuilder()
    for number, text in enumerate(gone, 1):
        history_builder.add(Snapshot(revision=revision(number), wikitext=text))
    history_builder.drain_entries()
    tracker = load(history_builder.checkpoint())
    tracker.removed, tracker.wordings = RemovedSentences(), Wordings()
    tracker.states.clear()
    history_builder = HistoryBuilder.resume(dump(tracker), gone[-1])
    for number, text in enumerate(back, 31):
        history_builder.add(Snapshot(revision=revision(number), wikitext=text))
    return [
        (element.number, entry.revision.id, entry.verb, entry.value)
        for element in history_builder.drain_entries()
        for entry in element.entries
        if isinstance(entry, HistoryEntry)
    ]


def test_a_claim_that_was_gone_for_years_comes_back_in_words_that_it_had():
    back = f"{OTHER}\n\n== Trade ==\n{CLAIM}"
    assert entries_after_years((CLAIM, LATER, OTHER), (back,)) == [(0, 31, "restored", 0)]


def test_a_claim_that_was_gone_for_years_comes_back_in_words_without_the_cue():
    assert entries_after_years((PLAIN, CLAIM, OTHER), (f"{OTHER} {PLAIN}",)) == [(0, 31, "restored", 0)]


def test_a_claim_that_was_gone_for_years_comes_back_with_its_sentence_though_a_later_edit_brings_the_cue():
    without, claim = (f"{OTHER}\n\n== Trade ==\n{text}" for text in (PLAIN, CLAIM.replace("the oldest", "the first")))
    assert entries_after_years((PLAIN, CLAIM, OTHER), (without, claim)) == [
        (0, 31, "restored", 0), (0, 32, "changed", 2),
    ]  # fmt: skip
