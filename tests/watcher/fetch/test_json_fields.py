"""Test which shapes of JSON fields are accepted, and the errors for the others."""

from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch.decode import iter_objects, maybe_int, maybe_str, query_part, require, timestamp


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "lacks 'id'"), ("7", "an unexpected 'id'"), (True, "unexpected")]
)
def test_a_value_of_another_shape_is_corrupt(value: object, expected: str) -> None:
    with pytest.raises(Corrupt, match=f"A on w: the answer .*{expected}"):
        require("A on w", {"id": value}, "id", int)


def test_a_list_that_is_not_there_is_empty_and_one_of_something_else_is_corrupt() -> None:
    assert list(iter_objects("T", {}, "pages")) == []
    with pytest.raises(Corrupt, match="something else than objects in 'pages'"):
        list(iter_objects("T", {"pages": [1]}, "pages"))


def test_an_answer_about_nothing_has_no_query() -> None:
    assert query_part("T", {"batchcomplete": True}) == {}
    with pytest.raises(Corrupt, match="lacks 'query'"):
        query_part("T", {})


def test_a_number_that_no_database_stores_is_corrupt() -> None:
    for number in (2**63, 10**30, -(2**63) - 1):
        with pytest.raises(Corrupt, match="unexpected 'revid'"):
            require("T", {"revid": number}, "revid", int)
        assert maybe_int(number) is None
    assert require("T", {"revid": 2**63 - 1}, "revid", int) == 2**63 - 1


@for_each(
    "text",
    ["yesterday", "2026-01-01T00:00:00", "", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
)
def test_a_time_without_a_zone_is_corrupt(text: str) -> None:
    with pytest.raises(Corrupt, match="unexpected timestamp"):
        timestamp("T", text)


def test_what_may_be_missing_is_none_where_it_is_something_else() -> None:
    assert [maybe_int(value) for value in (True, "1", 1)] == [None, None, 1]
    assert (maybe_str(1), maybe_str("1")) == (None, "1")
