"""Test that reworded and dropped claims alert where another fact of their section does."""

from __future__ import annotations

from collections.abc import Callable

from tests.watcher.judge.conftest import NEW_SOURCE, OLD_SOURCE
from watcher import compare_wikitext
from watcher.model import Finding, Policy, Severity

COUNTED = "The harbour took 410 ships in the spring of that year."
RECOUNTED = "The harbour took 520 ships in the spring of that year."
STATED = "The guild paid its pilots from the harbour dues until the war closed the lower quay"
RESTATED = "The guild paid its pilots from a loan of foreign merchants until the war closed the lower quay"
SECTION = "The town stands on a river.\n\n== Harbour ==\n"
Judged = Callable[..., Finding]


def test_a_reworded_claim_alerts_beside_a_changed_number(judged: Judged) -> None:
    finding = judged(f"{SECTION}{COUNTED} {STATED}.", f"{SECTION}{RECOUNTED} {RESTATED}.", "claim.changed")
    assert finding.severity is Severity.MEDIUM
    assert finding.summary.startswith("harbour dues → loan of foreign merchants")
    assert "section-rewritten" in {reason.code for reason in finding.reasons}


def test_a_reworded_claim_alone_does_not_alert(judged: Judged) -> None:
    assert judged(f"{SECTION}{STATED}.", f"{SECTION}{RESTATED}.", "prose.changed").severity < Severity.MEDIUM


def test_a_reworded_claim_with_a_new_source_is_an_update(judged: Judged) -> None:
    old, new = f"{STATED}.{OLD_SOURCE}", f"{RESTATED}.{NEW_SOURCE}"
    finding = judged(f"{SECTION}{COUNTED}\n\n{old}", f"{SECTION}{RECOUNTED}\n\n{new}", "claim.changed")
    assert finding.severity < Severity.MEDIUM


def test_a_dropped_sentence_without_name_or_source_alerts_beside_a_changed_number(judged: Judged) -> None:
    lone = "the fishermen had little trust in the pilots of the guild.".capitalize()
    old, new = f"{SECTION}{COUNTED}\n\n{lone}\n", f"{SECTION}{RECOUNTED}\n"
    assert judged(old, new, "claim.removed").severity is Severity.MEDIUM
    assert judged(old, f"{SECTION}{COUNTED}\n", "claim.removed").severity is Severity.LOW


def test_a_muted_rule_raises_nothing(judged: Judged) -> None:
    policy = Policy(muted_rules=frozenset({"statistic_value_changed"}))
    finding = judged(
        f"{SECTION}{COUNTED} {STATED}.", f"{SECTION}{RECOUNTED} {RESTATED}.", "claim.changed", policy=policy
    )
    assert finding.severity < Severity.MEDIUM


def test_a_phrase_about_the_subject_in_the_lead_alerts() -> None:
    (finding,) = compare_wikitext(STATED, RESTATED, title="Pilots' Guild").findings
    assert finding.severity is Severity.MEDIUM
    assert finding.summary.startswith("harbour dues → loan of foreign merchants")
    assert [reason.text.partition(":")[0] for reason in finding.reasons] == ["what the sentence says"]
