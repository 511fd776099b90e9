"""Test that a replaced value under the same label is reported, in any script."""

from __future__ import annotations

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Severity
from watcher.parse import dialect_for


def loudest(old: str, new: str, language: str = "en") -> Severity:
    texts = [f"{{{{Infobox office\n| name = Port\n| incumbent = {value}\n}}}}" for value in (old, new)]
    return max(finding.severity for finding in compare_wikitext(*texts, wiki=dialect_for(language)).findings)


@for_each(
    ("old", "new", "language"),
    [
        ("home console", "video hardware", "en"),
        ("ปลา", "เรือ", "th"),
    ],
)
def test_another_thing_in_a_field_is_reported(old, new, language):
    assert loudest(old, new, language) >= Severity.MEDIUM


@for_each(
    ("old", "new"),
    [
        ("tba", "[[Ada Corvik]]"),
        ("[[Ada Corvik]]", "[[Ada Corvik|A. C. Corvik]]"),
        ("[[Northern Duchy]]", "[[Northern Duchy|Arlen]]"),
        ("home console", "home video console"),
    ],
)
def test_the_same_thing_or_more_of_it_is_not(old, new):
    assert loudest(old, new) < Severity.MEDIUM
