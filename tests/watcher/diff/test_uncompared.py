"""Test what is said of a part that is too large to be compared sentence by sentence."""

import time

import pytest

from watcher import compare_wikitext
from watcher.diff.uncompared import uncompared
from watcher.model import Finding, Severity, Unread
from watcher.parse import document

GAP = (Unread(reason="more than 1,500 changed sentences"),)


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(document, "MOST_OF_A_SECTION", 150)


def section(word: str, last: str) -> str:
    return "A harbour.\n\n== Days ==\n" + "".join(f"The boat {word} there on day {day}. " for day in range(160)) + last


def not_compared(old: str, new: str) -> list[Finding]:
    return [finding for finding in compare_wikitext(old, new).findings if finding.rule == "not_compared"]


def test_a_number_past_the_limit_is_named():
    (finding,) = not_compared(section("lay", "In 2012, 21 million came."), section("was", "In 2012, 25 million came."))
    assert (finding.severity, finding.summary) == (Severity.MEDIUM, "not compared in full: 21 million → 25 million")


def test_of_a_number_that_stands_in_no_other_words_all_is_said_first():
    posts = "".join(f"* Post {number} stands.\n" for number in range(300))
    (finding,) = not_compared(f"{posts}It weighs 21 tonnes.", f"{posts.replace('stands', 'leans')}It weighs 25 tonnes.")
    assert "not compared in full: 21 tonnes," in finding.summary
    assert "→ 25 tonnes," in finding.summary


def test_words_are_named_where_no_number_changed():
    (finding,) = not_compared(section("lay", "It does not run."), section("was", "It does run."))
    assert "not" in finding.summary


def test_what_was_only_written_otherwise_says_nothing():
    old = "{|\n" + "".join(f"|-\n| Parish {row} || {37 * row:,}\n" for row in range(2_000)) + "|}"
    new = '{| class="wikitable"\n' + "".join(f"|-\n| Parish {row}\n| {37 * row}\n" for row in range(2_000)) + "|}"
    assert uncompared(old, new, GAP, ()) is None


def test_an_edit_that_was_compared_in_full_says_nothing():
    assert uncompared("Of 21 boats.", "Of 25 boats.", (), ()) is None


def test_what_a_change_tells_already_is_not_told_again():
    (change,) = (finding.change for finding in compare_wikitext("Of 21 boats.", "Of 25 boats.").findings)
    assert uncompared("Of 21 boats.", "Of 25 boats.", GAP, (change,)) is None


@pytest.mark.parametrize("days", [20_000, pytest.param(120_000, marks=pytest.mark.slow)])
def test_one_long_line_takes_no_time(days: int):
    old = " ".join(f"It lay {day} days." for day in range(days))
    new = old.replace("lay", "was").replace(" 17777 ", f" {days + 8} ")
    begun = time.process_time()
    change = uncompared(old, new, GAP, ())
    assert time.process_time() - begun < 10
    assert change is not None
    assert "17777 days" in str(change.fields[0].old)
