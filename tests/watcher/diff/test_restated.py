"""Test that a value in another notation or unit is no change, and that the same digits in another unit are one."""

from __future__ import annotations

from tests.cases import for_each
from watcher.model import Severity
from watcher.pipeline import compare_wikitext

KEPT = [
    ("The hill is 300 ft high.", "The hill is 91 m high."),
    ("The plant made 35.338 billion kWh.", "The plant made 35,338 GWh."),
    ("The road is {{convert|12|km|mi}} long.", "The road is {{convert|7.5|mi|km}} long."),
    ("It has 167,882 inhabitants.", "It has about 168,000 inhabitants."),
    ("Its mass is 5.97×10<sup>24</sup> kg.", "Its mass is {{val|5.97|e=24|u=kg}}."),
    ("It lies {{convert|2.5|e6ly}} away.", "It lies 2.5 million light-years away."),
    ("It is {{convert|3+1//4|in}} wide.", "It is {{convert|3.25|in}} wide."),
    ("The pool is 20 °C warm.", "The pool is 68 °F warm."),
]
CHANGED = [
    ("The road is 12 km long.", "The road is 12 miles long."),
    ("Its mass is 5.97×10<sup>24</sup> kg.", "Its mass is 5.97×10<sup>22</sup> kg."),
    ("It is {{val|1.67|0.02|e=-27|u=kg}}.", "It is {{val|1.67|0.02|e=-26|u=kg}}."),
    ("It lies {{convert|2.5|e6ly}} away.", "It lies {{convert|2.5|e3ly}} away."),
    ("The hill is 300 ft high.", "The hill is 191 m high."),
]


def severities(old: str, new: str) -> list[Severity]:
    return [finding.severity for finding in compare_wikitext(old, new).findings]


@for_each(("old", "new"), KEPT)
def test_a_kept_value_raises_no_alarm(old: str, new: str) -> None:
    assert all(severity < Severity.MEDIUM for severity in severities(old, new))


@for_each(("old", "new"), CHANGED)
def test_a_changed_value_raises_an_alarm(old: str, new: str) -> None:
    assert any(severity >= Severity.HIGH for severity in severities(old, new))


def test_a_row_of_headers_says_what_its_numbers_are_of() -> None:
    table = '{{| class="wikitable"\n! Team !! Points\n|-\n! Ajax !! {points}\n|}}\n'

    result = compare_wikitext(table.format(points=98), table.format(points=105)).findings

    assert [finding.summary for finding in result] == ["Ajax × Points: 98 → 105 (+7.1 %), no source"]


def test_the_settings_of_a_module_are_no_statistics() -> None:
    assert severities("{{#invoke:Chart|bar|1|2}}", "{{#invoke:Chart|bar|2|2}}") in ([], [Severity.INFO])
