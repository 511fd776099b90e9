from datetime import datetime, timedelta, timezone

import pytest

from watcher.model import Kind, Severity, TextKind
from watcher.report.labels import SEVERITIES, TEXT_KINDS, counted, field_label, kind_label, timestamp


def test_every_kind_severity_and_place_has_words():
    assert len({kind_label(kind) for kind in Kind}) == len(Kind)
    assert set(SEVERITIES) == set(Severity)
    assert set(TEXT_KINDS) == set(TextKind)


@pytest.mark.parametrize(
    ("name", "label"), [("url", "Address"), ("access_date", "Accessed"), ("new_field", "New field")]
)
def test_a_field_has_a_heading(name: str, label: str):
    assert field_label(name) == label


@pytest.mark.parametrize(("number", "text"), [(0, "0 claims"), (1, "1 claim"), (1200, "1,200 claims")])
def test_things_are_counted_in_words(number: int, text: str):
    assert counted(number, "claim") == text


def test_a_time_is_shown_in_utc():
    assert timestamp(datetime(2026, 11, 3, 5, 5, tzinfo=timezone(timedelta(hours=1)))) == "3 November 2026, 04:05 UTC"
