from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from snapshots import tables
from snapshots.schema import METADATA

DIALECT = sqlite.dialect()
anything = st.text(st.characters())


@given(anything)
def test_words_become_what_every_engine_stores(words: str):
    bound = tables.SafeText().process_bind_param(words, DIALECT)
    assert bound is not None
    assert "\0" not in bound
    assert bound.encode().decode() == bound


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_ordinary_words_are_not_touched(words: str):
    assert tables.SafeText().process_bind_param(words, DIALECT) == words


@given(st.recursive(st.none() | st.booleans() | st.integers() | anything, lambda inner: st.lists(inner, max_size=3)))
def test_json_of_any_words_is_ascii_and_comes_back(value: object):
    bound = tables.JsonText().process_bind_param(value, DIALECT)
    assert bound.isascii()
    assert "\0" not in bound
    assert tables.JsonText().process_result_value(bound, DIALECT) == value == json.loads(bound)


@pytest.mark.parametrize("given_back", [datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12, tzinfo=UTC)])  # noqa: DTZ001
def test_a_time_is_utc_whether_or_not_the_engine_knows_zones(given_back: datetime):
    timestamp = tables.UTCDateTime().process_result_value(given_back, DIALECT)
    assert timestamp == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", [tables.SafeText, tables.UTCDateTime])
def test_nothing_stays_nothing(kind: type[tables.SafeText | tables.UTCDateTime]):
    assert kind().process_bind_param(None, DIALECT) is None
    assert tables.JsonText().process_result_value(None, DIALECT) is None
    assert tables.UTCDateTime().process_result_value(None, DIALECT) is None


def test_every_constraint_has_a_name_by_which_a_migration_can_alter_it():
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []
