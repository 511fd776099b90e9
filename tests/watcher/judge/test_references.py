"""Test that a removed source names the sentences that lost it, and a moved one both sites."""

from collections.abc import Callable

import pytest

from tests.cases import parametrize_each
from watcher.model import Finding

ACT = '<ref name="act">{{cite web |title=The Harbour Act |url=https://law.example.org/act}}</ref>'
ROLL = '<ref name="roll">{{cite web |title=Roll of crews |url=https://crews.example.org/roll}}</ref>'
CREWS = "The act protects crews in every harbour."
STATES = "Fourteen states of the coast have signed it."
Judged = Callable[..., Finding]


def test_a_source_removed_names_the_sentences_without_a_source_and_those_that_have_another(judged: Judged):
    finding = judged(f"{CREWS}{ACT}{ROLL} {STATES}{ACT}", f"{CREWS}{ROLL} {STATES}", "reference.removed")
    assert [(reason.code, reason.text) for reason in finding.reasons] == [
        ("support-reduced", f"still supported by another source: “{CREWS}”"),
        ("support-lost", f"left without a source: “{STATES}”"),
    ]


def test_of_many_sentences_that_lost_a_source_the_first_are_quoted(judged: Judged):
    lines = [f"The harbour of {name} keeps a roll of its crews." for name in ("Aldby", "Burnsea", "Corve", "Dunmoor")]
    finding = judged(" ".join(line + ACT for line in lines), " ".join(lines), "reference.removed")
    (reason,) = finding.reasons
    quoted = ", ".join(f"“{line}”" for line in lines[:3])
    assert reason.text == f"left without a source: {quoted} and 1 more"


def test_a_sentence_that_went_with_its_source_has_not_lost_it(judged: Judged):
    """Nor have the sentences before it, and the finding of the sentence names the source."""
    finding = judged(f"{CREWS} {STATES}{ACT}", CREWS, "reference.removed")
    assert ([reason.code for reason in finding.reasons], finding.severity.label) == (["told-with-statement"], "low")


@parametrize_each(("title", "summary"))
def test_a_citation_moved_to_another_site_names_both_sites(judged: Judged, title: str, summary: str):
    moved = ACT.replace("law.example.org", "blog.example.com").replace("The Harbour Act", title)
    assert judged(CREWS + ACT, CREWS + moved, "reference.changed").summary == summary


def test_a_negation_that_is_gone_is_named(judged: Judged):
    finding = judged("The act does not permit it.", "The act does permit it.", "claim.changed")
    assert finding.summary.startswith("negation removed: “not” (it now says the opposite)")


@pytest.mark.parametrize(
    ("note", "severity"), [("境内説明板。", "medium"), ("同上", "low"), ("ref", "low"), ("Orr 2009", "medium")]
)
def test_a_note_of_one_word_names_no_work_in_any_script(judged: Judged, note: str, severity: str):
    finding = judged(f"{CREWS}<ref>{note}</ref>{ACT}", f"{CREWS}{ACT}", "reference.removed")
    assert finding.severity.label == severity


@parametrize_each(("old", "new", "severity"))
def test_another_work_under_the_same_name_is_another_source(judged: Judged, old: str, new: str, severity: str):
    before, after = (f'{CREWS}<ref name="a">{note}</ref>' for note in (old, new))
    assert judged(before, after, "reference.changed").severity.label == severity


@parametrize_each(("short", "severity", "summary"))
def test_a_short_citation_is_of_its_author_and_year(judged: Judged, short: str, severity: str, summary: str):
    old = "The act protects crews.{{sfn|Orr|2010|p=203}}\n\n* {{cite book |last=Orr |first=A |title=Acts |year=2010}}"
    finding = judged(old, old.replace("Orr|2010|p=203", short), "reference.changed")
    assert (finding.severity.name.lower(), finding.summary) == (severity, summary)
