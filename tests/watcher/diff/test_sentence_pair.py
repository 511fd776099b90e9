from __future__ import annotations

from watcher.diff.sentence_pair import SentencePair, is_small, replaced, words_of
from watcher.diff.token_diff import token_changes
from watcher.diff.tokens import tokens
from watcher.model import Cue, CueMatch, FieldChange


def a_pair(
    old: str, new: str, old_marks: tuple[CueMatch, ...] = (), new_marks: tuple[CueMatch, ...] = ()
) -> SentencePair:
    return SentencePair(
        old_marks=old_marks, new_marks=new_marks, changes=token_changes(old, new, tokens(old), tokens(new))
    )


def a_mark(text: str, cue: Cue, words: str) -> CueMatch:
    return CueMatch(cue=cue, text=words, normalized=words, start=text.index(words), end=text.index(words) + len(words))


def test_a_cue_on_both_sides_is_untouched() -> None:
    old, new = "It may be in Peru.", "It may be in Chile."
    pair = a_pair(old, new, (a_mark(old, Cue.HEDGE, "may"),), (a_mark(new, Cue.HEDGE, "may"),))
    assert pair.touched(Cue.HEDGE) == ([], [])


def test_a_cue_that_went_alone_is_touched() -> None:
    old, new = "It is probably in Peru.", "It is in Peru."
    mark = a_mark(old, Cue.HEDGE, "probably")
    assert a_pair(old, new, (mark,)).touched(Cue.HEDGE) == ([mark], [])


def test_a_cue_that_went_with_its_clause_is_untouched() -> None:
    old, new = "Ships, cranes and barges probably rust in Peru.", "Peru."
    assert a_pair(old, new, (a_mark(old, Cue.HEDGE, "probably"),)).touched(Cue.HEDGE) == ([], [])


def test_a_slot_before_a_verb_of_saying_names_the_source() -> None:
    old, new = "Yesterday Peru said so.", "Yesterday Chile said so."
    pair = a_pair(old, new, (a_mark(old, Cue.ATTRIBUTION, "said"),))
    assert pair.attributes(pair.changes[0])
    assert not a_pair(old, new).attributes(pair.changes[0])


def test_a_slot_in_a_list_of_names_is_listed() -> None:
    old, new = "They are Peru, Laos and Mali.", "They are Peru and Mali."
    pair = a_pair(old, new, (a_mark(old, Cue.ENTITY, "Laos"),))
    assert pair.lists(pair.changes[0])
    assert not a_pair(old, new).lists(pair.changes[0])


def test_a_long_slot_is_not_small() -> None:
    pair = a_pair("Ports rust.", "Ports near ships, cranes, barges, piers and sheds rust.")
    assert not is_small(pair.changes[0])


def test_words_are_reported_once_and_as_written() -> None:
    row = tokens("per annum")
    assert words_of("per annum", row, row) == "per annum"


def test_what_took_the_place_of_names_is_reported_with_the_small_words_between_them() -> None:
    text = "The Order of the Nile was given. Old is the Nile."
    row = tokens(text)
    pair = SentencePair(old_marks=(), new_marks=(), changes=(), old=row, texts=(text, ""))
    named = [token for token in row if token.text in ("Order", "Nile")]

    field = replaced(pair, "x", named, ())

    assert field == FieldChange(name="x", old="Order of the Nile, Nile", new=None)


def test_words_on_either_side_of_a_full_stop_are_distinguished() -> None:
    text = "It was in Jin. However, Jin fell."
    row = tokens(text)
    assert words_of(text, row, [token for token in row if token.text == "Jin"]) == "Jin"
