from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import events_of, timelines_from

LEAD = "Boats lie at the quays of two harbours."
HAVNES = "Havnes is the oldest harbour of the whole northern coast."
GULLPORT = "Gullport has never closed its gates to a foreign ship."
BOTH = "Havnes is the oldest harbour of the whole northern coast, and Gullport has never closed its gates to a ship."
JOINED = f"{HAVNES[:-1]}; {GULLPORT}"
QUOTED = (
    'The harbour master wrote: "No ship was ever lost in this bay. The largest of them came home with torn sails. '
    'Nobody can say the same of any other port."'
)
APART = (
    "The harbour master wrote:\n\n<blockquote>No ship was ever lost in this bay. The largest of them came home with"
    " torn sails. Nobody can say the same of any other port.</blockquote>"
)


def page(*paragraphs: str) -> str:
    """A text with these paragraphs below its lead."""
    return "\n\n".join((LEAD, *paragraphs)) + "\n"


def claims(*texts: str) -> list[list[tuple[int, str, str | None]]]:
    """What happened to the claims of these texts."""
    return [events_of(timeline) for timeline in timelines_from(*texts, subject="claim")]


TWO = page(f"{HAVNES} {GULLPORT}")


@for_each(
    "text",
    [page(JOINED), page(f"{HAVNES[:-1]} {GULLPORT}"), page(f"As the guide has it, {JOINED}")],
    ids=["with a semicolon", "without a stop", "after some words"],
)
def test_claims_whose_sentences_are_joined_and_split_again_stay_what_they_are(text: str):
    assert claims(TWO, text, TWO.replace("Boats", "Small boats")) == [
        [(1, "added", HAVNES)],
        [(1, "added", GULLPORT)],
    ]


def test_claims_leave_with_the_sentence_that_has_them_and_come_back_with_it():
    gone = [(1, "added"), (3, "removed"), (4, "restored")]
    result = claims(TWO, page(JOINED), page(), page(JOINED, "A lighthouse stands there."))
    assert [[event[:2] for event in story] for story in result] == [gone, gone]


def test_one_of_two_joined_claims_leaves_alone():
    result = claims(TWO, page(JOINED), page(HAVNES))
    assert result == [[(1, "added", HAVNES)], [(1, "added", GULLPORT), (3, "removed", None)]]


def test_a_joined_claim_changes_with_its_part_of_the_sentence():
    other = JOINED.replace("its gates to a foreign ship", "its wide gates to any ship of a foreign power")
    result = claims(TWO, page(JOINED), page(other))
    assert result[0] == [(1, "added", HAVNES)]
    assert [event[:2] for event in result[1]] == [(1, "added"), (3, "changed")]


def test_a_quotation_that_is_set_apart_says_what_it_said():
    apart = page(APART)
    texts = page(QUOTED), apart, apart.replace("Boats", "Small boats"), page(QUOTED).replace("Boats", "Small boats")
    result = claims(*texts)
    assert [event[:2] for event in result[0]] == [(1, "added")]
    assert len(result) == 1


def test_a_claim_that_comes_back_without_its_cue_is_restored():
    gulls = "The gulls of the outer bay, which is the largest one, rest on the piers at night in summer."
    without = gulls.replace(", which is the largest one,", "")
    later = page(without.replace("in summer", "in the summer")).replace("Boats", "Small boats")
    result = claims(page(gulls), page(without), page(), later)
    assert [event[:2] for event in result[0]] == [(1, "added"), (2, "changed"), (3, "removed"), (4, "restored")]


def test_what_is_split_from_a_longer_sentence_begins_when_that_was_written():
    own = "Gullport has never closed its gates to a foreign ship in all the years of the war."
    long = f"Havnes is the oldest harbour of the coast, while {own}"
    moved = page("Havnes is the oldest harbour of the coast.") + f"\n== Gullport ==\n{own}\n"
    result = claims(page(long), moved)
    assert sorted((story[0][0], str(story[-1][2])) for story in result) == [
        (1, own),
        (1, "Havnes is the oldest harbour of the coast."),
    ]


def test_a_claim_that_goes_on_in_another_paragraph_in_most_of_its_words_is_what_that_says():
    other = f"{GULLPORT[:-1]} or left a foreign sailor in need."
    assert claims(page(HAVNES, GULLPORT), page(f"{HAVNES} {other}")) == [
        [(1, "added", HAVNES)],
        [(1, "added", GULLPORT), (2, "changed", other)],
    ]


def test_a_claim_without_a_cue_returns_with_the_text_that_had_its_sentence():
    plain = "The gulls of the outer bay rest on the piers at night in summer."
    gulls = plain.replace("bay rest", "bay, which is the largest one, rest")
    first = page(plain)
    result = claims(page("Gulls rest."), first, page(gulls), page(plain, "A crane stands there."), page(), first)
    assert [event[:2] for event in result[0]] == [
        (2, "written"), (3, "changed"), (4, "changed"), (5, "removed"), (6, "restored"),
    ]  # fmt: skip


def test_a_quotation_that_is_set_apart_stays_one_claim_when_it_gets_a_source_or_moves():
    sourced = APART.replace(".</blockquote>", ".<ref>{{cite book |title=Pilots of the bay}}</ref></blockquote>")
    texts = page(QUOTED), page(APART), page(sourced), page(sourced, LEAD), page("A crane stands there.", sourced)
    assert len(claims(*texts)) == 1


def test_a_sentence_of_a_quotation_that_was_set_apart_begins_when_the_quotation_did():
    changed = APART.replace("of any other port", "of any other port of our time")
    result = claims(page(QUOTED), page(APART), page(changed))
    assert [story[0][0] for story in result] == [1, 1]


def test_a_part_of_a_sentence_begins_with_it_though_half_of_its_words_are_new():
    rest = "the boats of the whole coast met there on every Sunday of the summer with their crews, dogs and flags"
    long = f"Havnes has never closed its wide gates to any foreign ship, and {rest}."
    own = "Havnes has never closed its wide gates to any foreign ship of the line or for fear of plague."
    result = claims(page(long), page(f"{own} Since the days of the kings, {rest}."))
    assert sorted(story[0][0] for story in result) == [1, 1]


def test_a_quotation_of_several_sentences_comes_back_with_all_its_words():
    quotation = '"The largest of them came home with torn sails. Nobody could say the same of another port in 1850."'
    apart = quotation.strip('"')
    crane = "A crane stands there."
    (story,) = claims(page(quotation), page(apart), page(crane), page(apart, crane))
    assert story == [(1, "added", quotation), (3, "removed", None), (4, "restored", quotation)]
