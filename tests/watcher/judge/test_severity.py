from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.judge.rule import FIELD_SEVERITIES, field_severity
from watcher.model import FieldChange, Severity


def a_field(name: str, old: str | None = "x", new: str | None = "y") -> FieldChange:
    return FieldChange(name=name, old=old, new=new)


@for_each("name", sorted(FIELD_SEVERITIES.keys() - {"hedge"}))
def test_a_replaced_cue_is_an_alarm(name: str) -> None:
    assert field_severity(a_field(name)) >= Severity.MEDIUM


def test_one_reservation_for_another_wakes_nobody() -> None:
    assert field_severity(a_field("hedge")) == Severity.LOW


@pytest.mark.parametrize("name", ["hedge", "attribution", "superlative"])
def test_a_reservation_that_went_weighs_more_than_one_that_came(name: str) -> None:
    assert field_severity(a_field(name, new=None)) == Severity.MEDIUM
    assert field_severity(a_field(name, old=None)) == Severity.LOW


def test_a_name_nobody_knows_wakes_nobody() -> None:
    assert field_severity(a_field("spelling")) == Severity.LOW
