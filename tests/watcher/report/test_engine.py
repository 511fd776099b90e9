import pytest

from watcher.errors import InputError
from watcher.model import Comparison, Reference, Severity
from watcher.report import ReportOptions, report


def test_an_unknown_format_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"format 'pdf': unknown, choose one of text, json, html, markdown"):
        report(Comparison(), "pdf")  # type: ignore[arg-type]


def test_references_that_are_given_name_the_sources(all_kinds: Comparison):
    given = Reference(key="url:example.org/audit", title="Named by the caller")
    alone = Comparison(findings=all_kinds.findings[17:18])
    assert "Named by the caller" in report(alone, "text", ReportOptions(references=(given,), threshold=Severity.INFO))
