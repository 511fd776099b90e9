"""Test that a claim is judged by its most serious change."""

import pytest

from tests.cases import for_each, parametrize_each
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


@for_each(("old", "new", "kind"))
def test_what_is_no_loss_and_no_alarm_is_only_noted(findings, old, new, kind):
    rows = [row for row in findings(old, new) if row.change.kind.value.startswith(kind)]
    assert all(row.severity.label in ("info", "low") for row in rows)


@for_each(("old", "new", "subject"))
def test_what_states_nothing_is_no_finding_of_its_kind(findings, old, new, subject):
    assert all(row.change.kind.subject != subject for row in findings(old, new))


@for_each(("old", "new", "severity", "summary"))
def test_the_loudest_finding_says_what_changed(findings, old, new, severity, summary):
    result = _loudest(findings(old, new))
    assert (result.severity.label, result.summary) == (severity, summary)


@for_each(("old", "new", "words"))
def test_a_message_says_what_became_of_the_source(findings, old, new, words):
    assert words in [reason.text for reason in _loudest(findings(old, new)).reasons]


@for_each(("old", "new", "severity", "summary"))
def test_the_rules_alone_report_it_whatever_its_score(ruled, old, new, severity, summary):
    result = _loudest(ruled(old, new))
    assert (result.severity.label, result.summary) == (severity, summary)


def test_a_sourced_sentence_that_is_gone_is_missed(findings):
    gone = "The mill supplies flour to the towns along the river.<ref>{{cite book|title=Mills|year=1990}}</ref>"
    rows = findings(f"== Trade ==\nThe harbour froze. {gone}", "== Trade ==\nThe harbour froze.")
    claim = next(row for row in rows if row.change.kind.value == "claim.removed")
    assert (claim.severity.label, claim.reasons[0].code) == ("medium", "source-removed")


PAGE = "The harbour lies on the north shore. " * 100


@parametrize_each(("new", "summary"))
def test_a_page_that_is_gone_is_one_critical_finding_above_all(findings, new, summary):
    rows = findings(PAGE, new)
    assert (rows[0].severity.label, rows[0].summary) == ("critical", summary)
    assert len(rows) == 1 or new == "Ships are bad."


def test_a_pinned_claim_of_a_blanked_page_is_still_reported(findings):
    rows = findings(f"{PAGE}{PIN}", "", Policy(pinned=(PIN,)))
    assert [row.rule for row in rows] == ["page_replaced", "pinned_touched"]


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


def test_a_passage_is_reported_by_a_dozen_of_its_sentences(findings):
    lost = " ".join(
        f"The mill of the Corvik family number {word} ground flour for the towns." for word in "abcdefghijklmnopq"
    )
    rows = findings(f"== A ==\nHerring left.\n\n{lost}", "== A ==\nHerring left.")
    assert sum(row.severity.label == "medium" for row in rows) == 12


def test_a_bracketed_address_behind_a_sentence_is_its_source(findings):
    old = "The realm fell in the winter of the great flood.[http://a.example/flood]"
    rows = findings(old, old.replace("[http://a.example/flood]", ""))
    assert [row.severity.label for row in rows if row.change.kind.value == "reference.removed"] == ["medium"]


RIVER = "The river marks the boundary between the two northern duchies from the dam to the gulf"
QUIET = ("info", "low")


def alerting(rows):
    """The findings that alert."""
    return [row for row in rows if row.severity.label not in QUIET]


@parametrize_each(("old", "new"))
def test_words_that_state_nothing_else_raise_no_alert(findings, old, new):
    assert not alerting(findings(old, new))


def test_what_a_list_of_links_says_of_them_may_be_reworded(findings):
    old = "== External links ==\n* [http://e.example/ Harbour guide], written from the view of the communist dockers."
    new = old.replace("communist", "socialist")
    assert not alerting(findings(old, new))


SCRAWLS = ["the teachers of Arlen suck", "SHE IS THE HOTTEST PERSON ON EARTH!", "woooooodle", "Bold text"]


@pytest.mark.parametrize("scrawl", SCRAWLS)
def test_an_insult_that_somebody_adds_is_reported_and_may_go_again(findings, scrawl):
    clean, spoilt = f"{RIVER}.", f"{RIVER}.\n\n{scrawl}"
    (row,) = alerting(findings(clean, spoilt))
    assert (row.change.kind.value, row.change.fields[0].name) == ("claim.added", "shouting")
    assert not alerting(findings(spoilt, clean))


def test_keys_held_down_or_struck_at_random_are_reported(findings):
    for word in ("boooooooundary wooooooo", "HAHAHAHA boundary", "boundary fsdsfdfdsfd"):
        (row,) = alerting(findings(f"{RIVER}.", f"{RIVER.replace('boundary', word)}."))
        assert "shouting" in [field.name for field in row.change.fields]
    assert not alerting(findings(f"{RIVER}.", f"{RIVER.replace('boundary', 'Durchschnittsrechtsschutz boundary')}."))


def test_what_the_buttons_of_the_editor_put_in_may_go(findings):
    trial = "== Headline text ==\nItalic text\n\n[[File:Example.jpg]]\n\n"
    assert not alerting(findings(f"{trial}{RIVER}.", f"{RIVER}."))
    assert alerting(findings(f"{RIVER}.", f"{trial}{RIVER}."))


def test_a_doubt_of_another_editor_is_noted(findings):
    assert not alerting(findings(f"{RIVER}.", f"{RIVER}.{{{{dubious}}}}"))
    assert not alerting(findings(f"{RIVER}.", f"{{{{disputed}}}}\n{RIVER}."))


def test_a_number_of_thousands_of_digits_is_a_code(findings):
    text = "The harbour mark is {} since the survey of the coast. " + "Herring is caught there in every season. " * 900
    assert not alerting(findings(text.format("7" * 20_000), text.format("8" * 20_000)))
