from collections.abc import Callable

from watcher.model import FieldChange, Finding, Kind
from watcher.report.cards import rows


def test_fields_of_a_source_that_went_are_listed(finding: Callable[..., Finding]):
    shown = [(row.label, row.old, row.new) for row in rows(finding(Kind.REFERENCE_REMOVED), 600)]
    assert shown == [
        ("Title", "Toll audit", None),
        ("Work", "Labour office", None),
        ("Date", "2012", None),
        ("Address", "https://example.org/audit", None),
    ]


def test_fields_that_changed_stand_side_by_side(finding: Callable[..., Finding]):
    changed = finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="https://a.example", new=None),))
    assert [(row.label, row.old, row.new) for row in rows(changed, 600)] == [("Address", "https://a.example", None)]


def test_what_the_headline_says_is_not_repeated_as_a_field(finding: Callable[..., Finding]):
    fields = tuple(FieldChange(name=name, old="1", new="2") for name in ("value", "text", "as_of"))
    assert [row.label for row in rows(finding(fields=fields), 600)] == ["As of"]
