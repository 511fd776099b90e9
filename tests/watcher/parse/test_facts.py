"""Test that a sentence gives its facts its sources, section and kind of text."""

from dataclasses import replace

import pytest

from watcher.model import Location, Measure, Sentence, TextKind
from watcher.parse.document import claim_of, facts_of, statistics_of

SENTENCE = Sentence(
    text="In 2012 it was the largest of 21 ports.",
    references=("a", "b"),
    location=Location(section=("Trade",), start=5, end=44),
)


def test_facts_stand_where_their_sentence_stands_and_on_its_sources():
    claim = claim_of(SENTENCE, "en")
    assert claim is not None
    for fact in (claim, *statistics_of(SENTENCE, "en")):
        assert (fact.location, fact.where, fact.references) == (SENTENCE.location, TextKind.PROSE, ("a", "b"))


def test_years_come_along_as_context():
    measures = [statistic.quantity.measure for statistic in statistics_of(SENTENCE, "en")]
    assert {Measure.YEAR, Measure.COUNT} <= set(measures)


@pytest.mark.parametrize("label", ["category", "hatnote", "navigation"])
def test_furniture_states_no_facts(label: str):
    furniture = replace(SENTENCE, label=label)
    assert facts_of([furniture], "en") == ((), ())


@pytest.mark.parametrize("where", [TextKind.TABLE, TextKind.INFOBOX])
def test_a_name_in_a_cell_is_no_claim(where: TextKind):
    name = Sentence(text="Anna Berg", where=where)
    assert claim_of(name, "en") is None
    ranked = replace(name, text="the largest port")
    assert claim_of(ranked, "en") is not None


@pytest.mark.parametrize(
    "label",
    ["calling_code", "postal_code", "ICD10", "imdb_id", "charmap", "map2char1", "coordinates", "latm", "long_seconds"],
)
def test_a_field_of_codes_counts_nothing(label: str):
    assert [*statistics_of(Sentence(text="14414", where=TextKind.INFOBOX, label=label), "en")] == []


@pytest.mark.parametrize(("label", "section"), [("所在地", "Trade"), ("address", "Trade"), ("days", "See also")])
def test_houses_and_what_leads_elsewhere_count_nothing(label: str, section: str):
    number = Sentence(text="144", where=TextKind.INFOBOX, label=label, location=Location(section=(section,)))
    assert not statistics_of(number, "en")


@pytest.mark.parametrize("label", ["population", "idle_boats", "decoded", "character_count", "long_boats", "latest"])
def test_a_field_with_another_name_counts(label: str):
    assert [*statistics_of(Sentence(text="14414", where=TextKind.INFOBOX, label=label), "en")]


def test_a_plain_sentence_claims_nothing():
    assert claim_of(Sentence(text="they walked along"), "en") is None


def test_all_facts_come_in_the_order_of_the_sentences():
    statistics, claims = facts_of([SENTENCE, replace(SENTENCE, text="It was the first of 33 mills.")], "en")
    assert [statistic.quantity.text for statistic in statistics if statistic.quantity.measure is Measure.COUNT] == [
        "21",
        "33",
    ]
    assert [claim.text for claim in claims] == [SENTENCE.text, "It was the first of 33 mills."]
