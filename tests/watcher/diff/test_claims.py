from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.diff.claims import compare_claims
from watcher.model import Cue, CueMatch, FieldChange, Measure, Quantity, Sentence


def a_mark(text: str, cue: Cue, words: str, message: str | None = None) -> CueMatch:
    start = text.index(words)
    return CueMatch(cue=cue, text=words, normalized=message or words, start=start, end=start + len(words))


def a_count(text: str, digits: str, **fields: object) -> Quantity:
    start = text.index(digits)
    given: dict[str, object] = {"value": Decimal(digits), "measure": Measure.COUNT}
    return Quantity(text=digits, start=start, end=start + len(digits), **(given | fields))  # type: ignore[arg-type]


def compared(old: str, new: str) -> list[tuple[str, str | None, str | None]]:
    """What changed where no mark was read: words alone."""
    return described(compare_claims(Sentence(text=old), Sentence(text=new), (), ()))


def described(fields: tuple[FieldChange, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(field.name, field.old, field.new) for field in fields]


@for_each(
    ("old", "new", "expected"),
    [
        ("The law does not require force.", "The law requires force.", ("negation", "does not", None)),
        ("The law requires force.", "The law never requires force.", ("negation", None, "never")),
        ("The trade is legal in Peru.", "The trade is illegal in Peru.", ("antonym", "legal", "illegal")),
        ("Prices have fallen since May.", "Prices have risen since May.", ("antonym", "fallen", "risen")),
        ("A majority of them left.", "A minority of them left.", ("antonym", "majority", "minority")),
        ("It came before the war.", "It came after the war.", ("antonym", "before", "after")),
        ("It is the third port of Peru.", "It is the second port of Peru.", ("rank", "third", "second")),
        ("It was built in March 1999.", "It was built in March 1989.", ("date", "1999", "1989")),
        ("The talks are in May.", "The talks are in June.", ("date", "May", "June")),
        ("They won by 14:30.", "They won by 15:30.", ("number", "14:30", "15:30")),
        ("The army of Russia left.", "The army of China left.", ("entity", "Russia", "China")),
        ("He met Ada Hill there.", "He met Tom Reed there.", ("entity", "Ada Hill", "Tom Reed")),
        ("It is the rule worldwide.", "It is the rule in Europe.", ("scope", "worldwide", "Europe")),
        ("She played the drums well.", "She played the flute well.", ("predicate", "drums", "flute")),
        ("Neither country signed.", "Both countries signed.", ("antonym", "Neither", "Both")),
        ("Women outnumber men there.", "Men outnumber women there.", ("entity", "Women … men", "Men … women")),
        ("Peru sells tin to Laos.", "Laos sells tin to Peru.", ("entity", "Peru … Laos", "Laos … Peru")),
        ("Germany sells tin to Laos.", "Laos sells tin to Germany.", ("entity", "Germany … Laos", "Laos … Germany")),
        (
            "It rose in 2010 and fell in 2011.",
            "It rose in 2011 and fell in 2010.",
            ("entity", "2010 … 2011", "2011 … 2010"),
        ),
        ("They were freed by the police.", "They are freed by the police.", ("tense", "were", "are")),
    ],
)
def test_a_changed_cue_is_named_with_its_words(
    old: str, new: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert compared(old, new) == [expected]


@for_each(
    ("old", "new"),
    [
        ("It is not legal there.", "It is illegal there."),
        ("The firm often buys goods.", "The company frequently purchases products."),
        ("Russia, Iran and Peru signed it.", "Peru, Iran, and Russia signed it."),
        ("It doesn't reload.", "It does not re-load."),
        ("The labour programme was organised.", "The labor program was organized."),
        ("They recieved it on 3 March.", "They received it on March 3rd."),
        ("The United States signed it.", "The U.S. signed it."),
        ("The army left and took the port.", "The army left. It took the port."),
        ("The “third-largest” port", 'The "third largest" port'),
        ("It was signed in the year 1999.", "It was signed in 1999."),
        ("The victims, mostly women, were freed.", "The victims (mostly women) were freed."),
        ("Most of the trade is by sea.", "The trade is mostly by sea."),
        ("They dont leave.", "They don't leave."),
        ("It grew in the 1970s.", "It grew in the 1970's."),
        ("Pay in the years 1998–99 fell.", "Pay in the years 1998–1999 fell."),
        ("President Hill left.", "Hill left."),
        ("They may leave.", "They can leave."),
        ("The trade, which was new, grew.", "The trade grew; it was new."),
    ],
)
def test_a_reworded_sentence_has_no_changed_cue(old: str, new: str) -> None:
    assert compared(old, new) == []
    assert compared(new, old) == []


def test_a_rewritten_clause_is_no_changed_cue() -> None:
    old = "The port was closed, and trade moved elsewhere."
    new = "The port was closed, because no ship of any fleet would call there in Winter. Trade moved elsewhere."
    assert compared(old, new) == []


def test_a_dropped_reservation_is_a_hedge() -> None:
    old, new = "The agency estimated that prices were high.", "The agency confirmed that prices were high."
    marks = [a_mark(old, Cue.HEDGE, "estimated")]
    assert described(compare_claims(Sentence(text=old), Sentence(text=new), marks, ())) == [
        ("hedge", "estimated", None)
    ]


def test_another_reservation_of_the_same_kind_is_no_change() -> None:
    old, new = "Prices may be high.", "Prices might be high."
    marks = [a_mark(old, Cue.HEDGE, "may")], [a_mark(new, Cue.HEDGE, "might", "may")]
    assert not any(compare_claims(Sentence(text=old), Sentence(text=new), *marks))


def test_a_rank_that_became_a_superlative_is_a_rank() -> None:
    old, new = "It is the third largest port.", "It is the largest port."
    marks = [a_mark(old, Cue.RANK, "third largest", "3 largest")], [a_mark(new, Cue.SUPERLATIVE, "largest")]
    fields = compare_claims(Sentence(text=old), Sentence(text=new), *marks)
    assert described(fields) == [("rank", "third largest", "largest")]


def test_a_source_that_is_no_longer_named_is_an_attribution() -> None:
    old, new = "According to the Navy, ports were closed.", "Ports were closed."
    marks = [a_mark(old, Cue.ATTRIBUTION, "According to the Navy", "according navy")]
    assert described(compare_claims(Sentence(text=old), Sentence(text=new), marks, ())) == [
        ("attribution", "According to the Navy", None)
    ]


def test_another_source_is_an_attribution_and_no_entity() -> None:
    old, new = "In May the Navy estimated that ports closed.", "In May UNICEF estimated that ports closed."
    marks = [a_mark(text, Cue.ATTRIBUTION, "estimated", "said") for text in (old, new)]
    fields = compare_claims(Sentence(text=old), Sentence(text=new), marks[:1], marks[1:])
    assert described(fields) == [("attribution", "Navy", "UNICEF")]


def test_a_name_that_leaves_a_list_is_an_entity() -> None:
    old, new = "Among them are Peru, Laos and Mali.", "Among them are Peru and Mali."
    marks = [a_mark(old, Cue.ENTITY, name) for name in ("Peru", "Laos", "Mali")]
    assert described(compare_claims(Sentence(text=old), Sentence(text=new), marks, ())) == [("entity", "Laos", None)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Among them are Hill, Reed and Cole.", "Among them are Ada Hill, Reed and Cole."),
        ("Laos, Mali and the UN paid.", "Laos, Mali and the United Nations (UN) paid."),
        ("The World Food Programme, Laos and Mali paid.", "The World Food Programme (WFP), Laos and Mali paid."),
    ],
)
def test_a_longer_or_abbreviated_name_is_no_new_member(old: str, new: str) -> None:
    marks = [
        [
            a_mark(text, Cue.ENTITY, name)
            for name in ("Ada Hill", "Hill", "Reed", "Laos", "Mali", "WFP", "UN")
            if name in text
        ]
        for text in (old, new)
    ]
    assert not any(compare_claims(Sentence(text=old), Sentence(text=new), *marks))


def test_can_for_may_drops_no_reservation() -> None:
    old, new = "Prices may be high.", "Prices can be high."
    assert not any(compare_claims(Sentence(text=old), Sentence(text=new), [a_mark(old, Cue.HEDGE, "may")], ()))


def test_a_name_of_the_sentence_may_still_be_new_to_its_list() -> None:
    old, new = "The U.S. report names Laos and Mali.", "The U.S. report names Laos, Mali, and the United States."
    marks = [a_mark(new, Cue.ENTITY, name) for name in ("Laos", "Mali", "United States")]
    fields = compare_claims(Sentence(text=old), Sentence(text=new), marks[:2], marks)
    assert described(fields) == [("entity", None, "United States")]


def test_a_cue_in_a_new_clause_is_news_and_no_change() -> None:
    old = "The port is old."
    new = "The port is old, with piers and cranes that may carry steel barges."
    marks = [a_mark(new, Cue.HEDGE, "may")]
    assert not any(compare_claims(Sentence(text=old), Sentence(text=new), (), marks))


def test_what_the_statistics_report_is_not_reported_again() -> None:
    old, new = "In 2012 they freed 21 victims.", "In 2016 they freed 25 children."
    before = [a_count(old, "21", unit="victims", as_of="2012")]
    after = [a_count(new, "25", unit="children", as_of="2016")]
    fields = compare_claims(Sentence(text=old), Sentence(text=new), (), (), old_quantities=before, new_quantities=after)
    assert not any(fields)


def test_a_sentence_compared_with_itself_has_no_change() -> None:
    text = "It may not be the third largest port of Peru in 2012."
    assert compared(text, text) == []


_WORDS = st.lists(
    st.sampled_from(
        ["Peru", "the", "not", "legal", "illegal", "1999", "3rd", "may", "U.S.", "re-", "A", ",", ".", "and", "of"]
    ),
    max_size=12,
).map(" ".join)


@given(_WORDS, _WORDS)
def test_no_two_texts_are_too_odd_to_compare(old: str, new: str) -> None:
    other, back = compared(old, new), compared(new, old)
    assert compared(old, old) == []
    assert bool(other) <= (old != new)
    assert all(before or after for _, before, after in other + back)
