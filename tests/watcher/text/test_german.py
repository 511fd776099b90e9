from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Severity
from watcher.parse import dialect_for
from watcher.pipeline import compare_wikitext
from watcher.text.tokens import is_german

CHANGED = [
    ("Er wurde in Wien geboren und war Maler.", "Er wurde in Graz geboren und war Maler."),
    ("Die Brücke wurde von Anna Huber gebaut.", "Die Brücke wurde von Karl Meier gebaut."),
]


def alarms(old: str, new: str) -> list[str]:
    result = compare_wikitext(old, new, wiki=dialect_for("de")).findings
    return [finding.summary for finding in result if finding.severity >= Severity.MEDIUM]


@for_each(("old", "new"))
def test_a_common_noun_in_other_words_is_no_name(old: str, new: str) -> None:
    findings = compare_wikitext(old, new, wiki=dialect_for("de")).findings
    assert [field for finding in findings for field in finding.change.fields if field.name == "entity"] == []


@pytest.mark.parametrize(("old", "new"), CHANGED)
def test_a_name_replaced_by_another_is_reported(old: str, new: str) -> None:
    assert alarms(old, new)


@for_each("text", ["They will die in an hour.", "La casa del rey.", "", "Die Stadt"])
def test_a_text_without_words_that_only_german_has_is_not_german(text: str) -> None:
    assert not is_german(text)
