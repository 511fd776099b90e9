"""Test statistics with limits of the user's: changes beyond them alert, nothing else is affected."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.cases import for_each
from watcher.diff import diff
from watcher.judge import explain
from watcher.model import Finding, Policy, Severity
from watcher.model.changes import StatisticLimit
from watcher.parse import parse

SENTENCE = (
    "In {1} the office counted {0} victims of it.<ref>{{{{cite web |url=https://example.org/{1} |title=In {1}}}}}</ref>"
)
RANGE = {"low": Decimal(20_000_000), "high": Decimal(30_000_000)}


def a_policy(threshold: Severity = Severity.MEDIUM, label: str = "victims", **limits: Any) -> Policy:
    return Policy(threshold=threshold, statistics=(StatisticLimit(label=label, **limits),))


def texts(old: str, new: str) -> tuple[str, str]:
    """Two texts with another source each: an ordinary update, which is not alerted."""
    return SENTENCE.format(old, 2012), SENTENCE.format(new, 2016)


TENTH = {"change": Decimal("0.1")}
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "leaves upwards": (RANGE, "21 million", "45 million", "left the range 20–30 million"),
    "leaves downwards": (RANGE, "21 million", "19 million", "left the range 20–30 million"),
    "stays inside": (RANGE, "21 million", "29 million", ""),
    "reaches the bound": (RANGE, "21 million", "30 million", ""),
    "was outside before": (RANGE, "45 million", "50 million", ""),
    "comes back": (RANGE, "45 million", "25 million", ""),
    "only a lower bound": ({"low": Decimal(5_000)}, "6,000", "4,000", "fell below 5,000"),
    "only an upper bound": ({"high": Decimal(1_500_000)}, "1 million", "2 million", "rose above 1.5 million"),
    "bounds of two scales": (
        {"low": Decimal(900_000), "high": Decimal(1_234_567)}, "1 million", "2 million",
        "left the range 900,000–1,234,567",
    ),
    "moves far": (TENTH, "20 million", "25 million", "moved by more than 10 %"),
    "moves down": (TENTH, "20 million", "15 million", "moved by more than 10 %"),
    "moves little": (TENTH, "20 million", "22 million", ""),
    "moves within the range": (RANGE | TENTH, "21 million", "29 million", "moved by more than 10 %"),
}  # fmt: skip


@for_each(("limits", "old", "new", "reason"), CASES.values(), ids=CASES)
def test_a_named_threshold_raises_what_exceeds_it_with_a_reason(
    judged: Callable[..., Finding], limits: dict[str, Any], old: str, new: str, reason: str
):
    finding = judged(*texts(old, new), policy=a_policy(**limits))
    usual = judged(*texts(old, new))
    expected = ["the watchlist sets limits for victims"] if reason else []
    assert [text.text for text in finding.reasons if text.code == "named-threshold"] == expected
    assert finding.severity == (Severity.MEDIUM if reason else usual.severity)
    assert finding.summary == (f"victims {reason}: {usual.summary}" if reason else usual.summary)


def test_the_threshold_of_the_watch_or_the_severity_of_the_limit_is_the_least(judged: Callable[..., Finding]):
    both = texts("21 million", "45 million")
    assert judged(*both, policy=a_policy(Severity.HIGH, **RANGE)).severity is Severity.HIGH
    assert judged(*both, policy=a_policy(**RANGE, severity=Severity.CRITICAL)).severity is Severity.CRITICAL


def test_a_named_threshold_lowers_nothing(judged: Callable[..., Finding]):
    both = SENTENCE.format("21 million", 2012), SENTENCE.format("25 million", 2012)
    assert judged(*both).severity is Severity.HIGH
    assert judged(*both, policy=a_policy(**RANGE, severity=Severity.LOW)).severity is Severity.HIGH


def test_a_statistic_that_is_gone_has_left_its_range(judged: Callable[..., Finding]):
    old, new = f"{SENTENCE.format('21 million', 2012)} Many came.", "Many came."
    finding = judged(old, new, "statistic.removed", policy=a_policy(Severity.HIGH, **RANGE))
    assert finding.severity is Severity.HIGH
    assert finding.summary == "victims removed: 21 million victims is no longer stated"
    assert finding.reasons[0].text == "the watchlist sets limits for victims"


@for_each(("label", "named"))
def test_a_label_is_words_of_the_statistic_its_sentence_and_its_headings(
    judged: Callable[..., Finding], label: str, named: object
):
    old, new = (f"== Law ==\n{text}" for text in texts("21 million", "45 million"))
    finding = judged(old, new, policy=a_policy(label=label, **RANGE))
    assert any(reason.code == "named-threshold" for reason in finding.reasons) is named


def test_a_cell_is_named_by_its_header(judged: Callable[..., Finding]):
    box = "{{Infobox place\n| population = 1,200,000\n}}\nText."
    old, new = box, box.replace("1,2", "2,3")
    finding = judged(old, new, policy=a_policy(label="population", high=Decimal(2_000_000)))
    assert finding.summary.startswith("population rose above 2 million: ")


def test_explain_lists_the_named_threshold():
    old, new = (parse(text) for text in texts("21 million", "45 million"))
    change = next(change for change in diff(old, new) if change.kind.value == "statistic.changed")
    trace = explain(change, a_policy(**RANGE))[-1]
    assert (trace.rule, trace.severity) == ("named-threshold", Severity.MEDIUM)
    assert trace.note == "at least this: victims left the range 20–30 million"
