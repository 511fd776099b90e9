from __future__ import annotations

from tests.cases import for_each
from watcher.judge.rule import field_severity
from watcher.model import FieldChange


@for_each(("name", "replaced", "gone", "came"))
def test_a_field_is_as_serious_as_what_happened_to_its_words(name: str, replaced: str, gone: str, came: str) -> None:
    sides = (("x", "y"), ("x", None), (None, "y"))
    result = [field_severity(FieldChange(name=name, old=old, new=new)).label for old, new in sides]
    assert result == [replaced, gone, came]
