from collections.abc import Callable

import pytest

from watcher.model import Comparison, Finding, Kind, Severity, Unread
from watcher.report.sources import summarize


def test_one_quiet_change_is_reported_as_such(finding: Callable[..., Finding]):
    reported = summarize(Comparison(findings=(finding(),)))
    assert reported == "1 statistic changed without a new source; nothing else of substance."


def test_a_sourced_change_is_distinguished(finding: Callable[..., Finding]):
    reported = summarize(Comparison(findings=(finding(new_references=("another",)),)))
    assert reported == "1 statistic changed with a new source; nothing else of substance."


def test_the_worst_comes_first_and_the_minor_are_counted(finding: Callable[..., Finding]):
    reported = summarize(
        Comparison(
            findings=(
                finding(Kind.PROSE_CHANGED, Severity.INFO),
                finding(Kind.TAG_ADDED, Severity.MEDIUM),
                finding(Kind.REFERENCE_BROKEN, Severity.HIGH),
                finding(Kind.REFERENCE_BROKEN, Severity.MEDIUM),
            )
        )
    )
    assert reported == "2 sources broken, 1 maintenance tag added; 1 minor change besides."


@pytest.mark.parametrize(
    ("findings", "unread", "expected"),
    [
        (0, 0, "No change was found."),
        (0, 1, "No change was found; 1 stretch of the text could not be read."),
        (2, 0, "Nothing of substance changed (2 minor changes)."),
        (2, 3, "Nothing of substance changed (2 minor changes); 3 stretches of the text could not be read."),
    ],
)
def test_silence_is_reported_and_never_mistaken(
    finding: Callable[..., Finding], findings: int, unread: int, expected: str
):
    minor = (finding(Kind.PROSE_CHANGED, Severity.LOW),) * findings
    assert summarize(Comparison(findings=minor, unread=(Unread(reason="braces"),) * unread)) == expected


def test_many_kinds_of_change_are_summed_up(all_kinds: Comparison):
    reported = summarize(all_kinds, Severity.INFO)
    assert reported.count(", ") == 4
    assert "other kinds of change" in reported


def test_the_threshold_decides_what_is_of_substance(finding: Callable[..., Finding]):
    low = Comparison(findings=(finding(severity=Severity.LOW),))
    assert summarize(low, Severity.LOW).startswith("1 statistic changed")
    assert summarize(low, Severity.MEDIUM) == "Nothing of substance changed (1 minor change)."
