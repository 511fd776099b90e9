"""Test reading rendered pages, and malformed answers about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from watcher.errors import Corrupt
from watcher.fetch.pages import parse_rendering

PARSED = {
    "revid": 7,
    "text": "<p>Tide</p>",
    "templates": [{"ns": 10, "title": "Template:Boats", "exists": True}, {"ns": 0, "title": "Sound", "exists": False}],
    "properties": {"wikibase_item": "Q1"},
    "limitreportdata": [
        {"name": "cachereport-timestamp", "0": "20260304050607"}, {"name": "cachereport-transientcontent", "0": True},
    ],
}  # fmt: skip
ANSWER = {"curtimestamp": "2026-03-04T06:00:00Z"}


def test_a_rendering_has_its_sources_its_item_and_the_time_of_the_parser_cache() -> None:
    seen = parse_rendering("Tide", {**ANSWER, "parse": PARSED})
    assert (seen.revision_id, seen.html, seen.item, seen.is_transient) == (7, "<p>Tide</p>", "Q1", True)
    assert seen.templates == {"Template:Boats": 10, "Sound": 0}
    assert seen.at == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_wiki_that_reports_no_limits_has_rendered_the_page_just_now() -> None:
    seen = parse_rendering("Tide", {**ANSWER, "parse": {**PARSED, "limitreportdata": [], "properties": []}})
    assert (seen.item, seen.is_transient, seen.at.hour) == (None, False, 6)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"parse": []},
        {"parse": {**PARSED, "revid": "7"}},
        {"parse": {**PARSED, "text": None}},
        {"parse": {**PARSED, "templates": ["Boats"]}},
        {"parse": {**PARSED, "templates": [{"ns": 10}]}},
        {"parse": {**PARSED, "limitreportdata": []}},
    ],
)
def test_an_answer_of_another_shape_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(Corrupt, match="Tide"):
        parse_rendering("Tide", answer)
