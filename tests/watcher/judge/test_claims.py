"""Test that a claim is judged by its most serious change."""

from __future__ import annotations

import pytest

from tests.cases import parametrize_each
from watcher.model import Policy

TURNED = {
    "negation": ("The law does not require a passport.", "The law does require a passport."),
    "rank": ("It is the third largest port in Europe.", "It is the second largest port in Europe."),
    "antonym": ("The practice is legal in the country.", "The practice is illegal in the country."),
    "direction": ("Prices have risen since the war.", "Prices have fallen since the war."),
    "entity": ("The treaty binds Russia and China today.", "The treaty binds Russia and India today."),
}


@pytest.mark.parametrize("cue", TURNED)
def test_turned_claim_is_high_and_names_what_changed(judged, cue):
    result = judged(*TURNED[cue], "claim.changed")
    assert result.severity.label == "high"
    assert any(field.name in (cue, "antonym") for field in result.change.fields)


def test_new_source_makes_a_changed_claim_an_update(judged, old_source, new_source):
    old, new = TURNED["rank"]
    assert judged(old + old_source, new + new_source, "claim.changed").severity.label == "low"


def test_reworded_sentence_with_the_same_cues_is_no_changed_claim(findings):
    result = findings("It is the third largest port in Europe.", "In Europe it is the third-largest port.")
    assert all(item.severity.label == "info" for item in result)


PIN = "Consent is irrelevant where force is used."


def test_pinned_claim_whose_meaning_changed_is_critical(judged):
    policy = Policy(pinned=(PIN,))
    result = judged(f"First. {PIN}", "First. Consent is relevant where force is used.", "claim.changed", policy)
    assert (result.rule, result.severity.label) == ("pinned_touched", "critical")


def test_pinned_claim_that_is_gone_is_critical(judged):
    result = judged(f"First. {PIN}", "First.", "claim.removed", Policy(pinned=(PIN,)))
    assert result.severity.label == "critical"


def test_claim_that_is_gone_is_reported_when_it_ranked_or_denied(judged):
    lost = judged("It is the largest port in Europe. End.", "End.", "claim.removed")
    assert (lost.rule, lost.severity.label) == ("claim_removed", "medium")


def test_new_claim_is_noted(judged):
    assert judged("End.", "It is the largest port in Europe. End.", "claim.added").severity.label == "low"


def _loudest(rows):
    return max(rows, key=lambda item: item.severity)


def test_a_sourced_sentence_that_is_gone_is_missed(findings):
    gone = "The mill supplies flour to the towns along the river.<ref>{{cite book|title=Mills|year=1990}}</ref>"
    rows = findings(f"== Trade ==\nThe harbour froze. {gone}", "== Trade ==\nThe harbour froze.")
    claim = next(row for row in rows if row.change.kind.value == "claim.removed")
    assert (claim.severity.label, claim.reasons[0].code) == ("medium", "source-removed")


def test_a_sentence_that_another_one_repeats_is_only_noted(findings):
    old = "== Trade ==\nThe mill supplies wheat flour. Herring left in barrels.\n\n== Port ==\nShips moor."
    new = "== Trade ==\nHerring left in barrels.\n\n== Port ==\nShips moor, as the mill supplies wheat flour."
    assert all(finding.severity.label in ("info", "low") for finding in findings(old, new))


def test_a_parameter_of_an_infobox_that_is_gone_names_its_field(findings):
    old = "{{Infobox device\n| name = Lantern\n| predecessor = Oil lamp\n}}"
    new = "{{Infobox device\n| name = Lantern\n}}"
    (result,) = findings(old, new)
    assert (result.severity.label, result.summary) == ("medium", "no longer said: predecessor = Oil lamp")


def test_another_noun_for_what_the_subject_is_is_reported(findings):
    result = _loudest(findings("Arlen is a state in the north.", "Arlen is a town in the north."))
    assert (result.severity.label, result.summary) == ("medium", "state → town (“Arlen is a town in the north.”)")


def test_a_status_before_the_noun_is_reported(findings):
    result = _loudest(
        findings("Arlen is a country in the north.", "Arlen is a partially-recognised country in the north.")
    )
    assert result.severity.label == "medium"
    assert result.summary.startswith("put in: “partially-recognised” (“Arlen is a ")


def test_another_school_of_thought_is_reported(findings):
    old = "He called the plans of his rival authoritarian and federalist in every letter."
    result = _loudest(findings(old, old.replace("federalist", "centralist")))
    assert result.summary.startswith("federalist → centralist (“his rival ")


def test_a_sentence_of_which_little_is_left_is_reported(ruled):
    old = "Since the dry summer much of the lower river has been empty below the dam."
    new = "In wet years the lower river floods fields and carries timber past the old quay."
    assert _loudest(ruled(f"Start. {old} End.", f"Start. {new} End.")).severity.label in ("medium", "high")


def test_everyday_words_in_capitals_are_reported(findings):
    result = _loudest(findings("The river rises in the hills.", "WHAT The river rises in the hills."))
    assert (result.severity.label, result.summary) == ("medium", "put in: “WHAT” (“WHAT The river rises in”)")


def test_a_typed_footnote_number_is_no_number(findings):
    old = "She defended the right to the product of labour[18], and a free market."
    assert all(finding.severity.label in ("info", "low") for finding in findings(old, old.replace("18", "16")))


def test_one_name_more_in_a_list_is_no_alarm(findings):
    old = "The league has Arlen and Bergen as members."
    rows = findings(old, "The league has Arlen, Corvik and Bergen as members.")
    assert all(row.severity.label in ("info", "low") for row in rows)


PAGE = "The harbour lies on the north shore. " * 100


@parametrize_each(("new", "summary"))
def test_a_page_that_is_gone_is_one_critical_finding_above_all(findings, new, summary):
    rows = findings(PAGE, new)
    assert (rows[0].severity.label, rows[0].summary) == ("critical", summary)
    assert len(rows) == 1 or new == "Ships are bad."


def test_a_pinned_claim_of_a_blanked_page_is_still_reported(findings):
    rows = findings(f"{PAGE}{PIN}", "", Policy(pinned=(PIN,)))
    assert [row.rule for row in rows] == ["page_replaced", "pinned_touched"]


def test_a_redirect_that_gets_another_target_is_no_lost_page(findings):
    assert all(finding.severity.label != "critical" for finding in findings("#REDIRECT [[A]]", "#REDIRECT [[B]]"))


def test_equal_small_numbers_of_a_table_are_no_contradiction(findings):
    table = "{| class=wikitable\n! Team !! Won\n|-\n| Arlen || 12\n|-\n| Corvik || %s\n|}"
    rows = findings(f"The town has 12 parks.\n\n{table % '12'}", f"The town has 12 parks.\n\n{table % '17'}")
    assert [reason.code for row in rows for reason in row.reasons if reason.code == "contradicts-elsewhere"] == []


def test_a_sentence_put_in_the_place_of_another_is_compared_with_it(findings):
    old = "== Life ==\nIt prefers trees in open places, especially in orchards and along roadsides."
    new = "== Life ==\nThe grey finch prefers fields and meadows, flood plains, roadsides, orchards and gardens."
    (result,) = (finding for finding in findings(old, new) if finding.severity.label == "medium")
    assert (result.change.old_sentence, result.change.new_sentence) == (old.split("\n")[1], new.split("\n")[1])


def test_a_source_that_was_replaced_with_its_value_is_part_of_the_update(findings):
    old = "In 2010, the town had 4,100 inhabitants.<ref>{{cite web|title=Census of the north|url=https://a.example/1}}</ref>"
    new = "In 2020, the town had 5,200 inhabitants.<ref>{{cite web|title=Register|url=https://b.example/2}}</ref>"
    assert max(finding.severity for finding in findings(old, new)).label == "low"


def test_what_something_no_longer_is_is_reported(ruled):
    old = "She is a member of the harbour council."
    result = _loudest(ruled(old, old.replace(" is ", " was ")))
    assert (result.severity.label, result.change.fields[0].name) == ("medium", "status")


RIVER = "The river marks the boundary between the two northern duchies from the dam to the gulf."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RIVER, RIVER.replace("duchies", "duchies (Arlen Corvik and Bergen Lind)")),
        (RIVER, RIVER.replace("duchies", "duchies, such as Arlen Corvik,")),
        ("See Arlen (disambiguation) for more meanings of that name, and for other towns in this country.",) * 2,
    ],
)
def test_an_aside_or_an_example_is_noted(findings, old, new):
    assert all(finding.severity.label in ("info", "low") for finding in findings(old, new))


def test_what_still_stands_in_another_part_is_not_lost(findings):
    part = "The mill supplies flour to nine Corvik towns along the river."
    old = f"== A ==\n{part}\n\nHerring left.\n\n== B ==\n{part}\n\nShips moor."
    rows = findings(old, f"== A ==\nHerring left.\n\n== B ==\n{part}\n\nShips moor.")
    assert all(row.severity.label in ("info", "low") for row in rows if row.change.kind.subject == "claim")


def test_a_title_in_a_list_of_works_is_no_claim(findings):
    old = "== Books ==\n* Mills and weirs of the north: a survey (2002) by Ada Corvik\n* Ships"
    assert all(finding.change.kind.subject != "claim" for finding in findings(old, "== Books ==\n* Ships"))


def test_a_quotation_that_moved_into_its_citation_is_not_lost(findings):
    words = "Raids and levies drove the millers of the upper valley from their Corvik homes in one winter"
    old = f'== A ==\nThe valley emptied. "{words}."<ref>Lind, History, page 12</ref>'
    new = f'== A ==\nThe valley emptied.<ref>Lind, History, page 12: "{words}"</ref>'
    rows = [finding for finding in findings(old, new) if finding.change.kind.subject == "claim"]
    assert all(row.severity.label in ("info", "low") for row in rows)


def test_a_date_in_the_place_of_words_is_reported(ruled):
    old = "In recent decades the millers of the valley have been fighting the floods."
    result = _loudest(ruled(old, old.replace("In recent decades", "Since the late 1970s")))
    assert result.severity.label in ("medium", "high")


def test_a_status_dropped_for_another_is_reported(findings):
    old = "In July an unconstitutional assembly of the valley declared its independence."
    result = _loudest(findings(old, old.replace("an unconstitutional", "the self declared")))
    assert result.summary == "dropped: “unconstitutional” (“In July an unconstitutional assembly of the valley”)"


SOURCE = "<ref>{{cite book|title=Rivers|year=1990}}</ref>"
CLAUSE = ", as the surveyors of the crown measured over nine summers with chains,"


def test_a_clause_taken_out_of_a_sourced_sentence_is_reported(ruled):
    old = RIVER.replace("duchies", f"duchies{CLAUSE}")
    assert _loudest(ruled(old + SOURCE, RIVER + SOURCE)).severity.label == "medium"


def test_a_clause_that_was_most_of_its_sentence_is_a_loss(ruled):
    gone = "The tern nests on every skerry between Arlen and Bergen and along most of the quays of northern Corvik and "
    assert _loudest(ruled(f"{gone}Outer Haven.", "Outer Haven.")).severity.label == "medium"


@pytest.mark.parametrize(
    ("insult", "mended"),
    [("The fucking town and", "The town and"), ("The shit of", "The coast of"), ("LOL The", "The")],
)
def test_what_takes_the_place_of_an_insult_only_restores(findings, insult, mended):
    rest = " Corvik share the water of this river with Arlen."
    assert all(row.severity.label in ("info", "low") for row in findings(insult + rest, mended + rest))
    assert _loudest(findings(mended + rest, insult + rest)).severity.label in ("medium", "high")


@parametrize_each("gone")
def test_a_pointer_or_a_shout_that_is_gone_is_no_loss(findings, gone):
    rows = findings(f"== A ==\nHerring left.\n\n{gone}", "== A ==\nHerring left.")
    assert all(row.severity.label in ("info", "low") for row in rows)


def test_another_name_in_brackets_may_go(findings):
    old = "Its towns include Arlen (Arlinz), Bergen, and Corvik."
    assert all(finding.severity.label in ("info", "low") for finding in findings(old, old.replace(" (Arlinz)", "")))


def test_a_passage_is_reported_by_a_dozen_of_its_sentences(findings):
    lost = " ".join(
        f"The mill of the Corvik family number {word} ground flour for the towns." for word in "abcdefghijklmnopq"
    )
    rows = findings(f"== A ==\nHerring left.\n\n{lost}", "== A ==\nHerring left.")
    assert sum(row.severity.label == "medium" for row in rows) == 12


def test_a_parameter_of_a_layout_template_states_nothing(findings):
    old = "{{Portal frame\n| head = Ships\n| button = Read on about the harbour\n}}"
    assert all(
        finding.severity.label in ("info", "low") for finding in findings(old, "{{Portal frame\n| head = Ships\n}}")
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("More families left in that winter, not to mention the millers.",) * 2,
        ("See also: Arlen, Bergen, and Corvik.", "See also: Arlen and Bergen."),
        ("For information on tolls that reject tides see Arlen.", "For information on tolls see Bergen and Corvik."),
        ("More tolls can be found under the articles on Arlen.", "Tolls of Bergen can be found in those articles."),
    ],
)
def test_an_idiom_and_pointers_are_no_claims(findings, old, new):
    new = new.replace("not to mention", "in addition to")
    assert all(finding.severity.label in ("info", "low") for finding in findings(old, new))


def test_an_empty_citation_template_cites_nothing(findings):
    old = "The realm fell in the winter of the great flood.{{citation}}"
    assert all(finding.change.kind.subject != "reference" for finding in findings(old, old.replace("{{citation}}", "")))


def test_a_bracketed_address_behind_a_sentence_is_its_source(findings):
    old = "The realm fell in the winter of the great flood.[http://a.example/flood]"
    rows = findings(old, old.replace("[http://a.example/flood]", ""))
    assert [row.severity.label for row in rows if row.change.kind.value == "reference.removed"] == ["medium"]


def test_an_address_in_a_list_of_links_is_no_source(findings):
    old = "== External links ==\n* Realm of the north [http://a.example/realm]\n* Mills"
    rows = findings(old, old.replace(" [http://a.example/realm]", ""))
    assert all(row.change.kind.subject != "reference" for row in rows)


def test_a_negation_is_reported_as_what_it_does_to_the_sentence(findings):
    result = _loudest(findings("The law does not require a passport.", "The law does require a passport."))
    assert result.summary.endswith("(it now says the opposite)")
