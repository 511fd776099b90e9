"""Test that a value in another notation or unit is no change, and that the same digits in another unit are one."""

from tests.cases import for_each
from watcher.model import Severity
from watcher.pipeline import compare_wikitext


def severities(old: str, new: str) -> list[Severity]:
    return [finding.severity for finding in compare_wikitext(old, new).findings]


@for_each(("old", "new"))
def test_a_kept_value_raises_no_alarm(old: str, new: str) -> None:
    assert all(severity < Severity.MEDIUM for severity in severities(old, new))


@for_each(("old", "new"))
def test_a_changed_value_raises_an_alarm(old: str, new: str) -> None:
    assert any(severity >= Severity.HIGH for severity in severities(old, new))


def test_a_row_of_headers_says_what_its_numbers_are_of() -> None:
    table = '{{| class="wikitable"\n! Team !! Points\n|-\n! Ajax !! {points}\n|}}\n'

    result = compare_wikitext(table.format(points=98), table.format(points=105)).findings

    assert [finding.summary for finding in result] == ["Ajax × Points: 98 → 105 (+7.1 %), no source"]


def test_the_settings_of_a_module_are_no_statistics() -> None:
    assert severities("{{#invoke:Chart|bar|1|2}}", "{{#invoke:Chart|bar|2|2}}") in ([], [Severity.INFO])
