import unicodedata
from collections.abc import Callable

import pytest

from tests.hostile import HOSTILE
from watcher.model import Comparison, Finding, Severity
from watcher.report import Links, ReportOptions, report


def test_a_terminal_sees_the_change_at_a_glance(comparison: Callable[..., Comparison], finding: Callable[..., Finding]):
    shown = report(
        comparison(finding()), "text", ReportOptions(links=Links(diff_url="https://wiki.example.org/?diff=104"))
    )
    assert shown == (
        "Bridge tolls (wiki.example.org)\n"
        'Before    100 · 3 November 2026, 14:40 UTC · Quiet Reader "copy-edit"\n'
        'After     104 · 3 November 2026, 14:44 UTC · 203.0.113.9 (unregistered) "updated a number"\n'
        "Diff      https://wiki.example.org/?diff=104\n"
        "\n"
        "1 statistic changed without a new source; nothing else of substance.\n"
        "\n"
        "HIGH     Statistic changed · Lead\n"
        "  21 million → 25 million travellers (+19 %), same source\n"
        "    - In 2012 the labour office counted [-21-] million travellers who paid the toll twice.\n"
        "    + In 2012 the labour office counted {+25+} million travellers who paid the toll twice.\n"
        "    same source: url:example.org/audit\n"
        "    1 other place still with the old value: History\n"
        "    why: It still cites the same source.\n"
    )


def test_no_line_is_wider_than_a_hundred_columns(all_kinds: Comparison):
    shown = report(all_kinds, "text", ReportOptions(threshold=Severity.INFO))
    assert max(map(len, shown.splitlines())) <= 100


def test_what_is_held_back_and_not_read_is_listed(all_kinds: Comparison):
    shown = report(all_kinds, "text")
    assert "Below the alert threshold (medium):" in shown
    assert "Not read:\n  Lead: braces that never close" in shown


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_hostile_text_cannot_steer_a_terminal(soak: Callable[[str], Comparison], step: int):
    for hostile in HOSTILE[::step]:
        shown = report(soak(hostile), "text")
        steering = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs")} - {"\n"}
        assert not steering, hostile
        shown.encode()


def test_no_findings_are_one_sentence():
    assert report(Comparison(), "text") == "Two texts compared\n\nNo change was found.\n"
