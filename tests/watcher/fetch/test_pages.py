"""Test how titles are asked for and found, and how answers about files and rendered pages are read."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.errors import Corrupt
from watcher.fetch import FileVersion, pages
from watcher.fetch.pages import BATCH, LONGEST_QUERY, batches, follow_redirects, normalize_title, page_of_title


@given(st.lists(st.text(max_size=255)) | st.integers(0, 150).map(lambda most: [*map(str, range(most)), "0"]))
def test_batches_lose_nothing_and_fit_a_request_line(values: list[str]) -> None:
    sent = [value for value in values if normalize_title(value) is not None]
    got = list(batches(sent))
    assert [value for batch in got for value in batch] == list(dict.fromkeys(sent))
    assert all(0 < len(batch) <= BATCH for batch in got)
    assert all(len(batch) == 1 or len(quote("|".join(batch), safe="")) <= LONGEST_QUERY for batch in got)


@for_each("title", ["", "  ", "a|b", "a\x1fb", "a\nb", "a\x00", "a\x7f", "\ud800"])
def test_a_title_that_no_wiki_can_have_is_not_sent(title: str) -> None:
    assert normalize_title(title) is None


@for_each(("title", "sent"), [("Cafe\u0301", "Café"), ("C++", "C++"), ("Wer_weiß?", "Wer_weiß?")])
def test_a_title_is_sent_in_composed_form(title: str, sent: str) -> None:
    assert normalize_title(title) == sent


@for_each(("redirects", "end"))
def test_redirects_are_followed_to_their_end_or_known_as_a_circle(
    redirects: dict[str, str], end: tuple[str, bool]
) -> None:
    assert follow_redirects("A", redirects) == end


def test_a_title_that_the_answer_does_not_mention_is_an_error_and_one_that_is_too_long_invalid() -> None:
    long = {"pageid": 3, "ns": 0, "title": "L" * 601, "lastrevid": 1}
    page_lookup = pages.lookup("here", "w", [{"query": {"pages": [long]}}])
    assert page_lookup.by_id[3].state is pages.PageState.INVALID  # the other pages of its answer are read
    with pytest.raises(Corrupt, match="does not mention 'Lost'"):
        page_of_title("here", "Lost", "Lost", page_lookup)


def test_a_picture_of_a_shared_repository_has_its_sha1_though_the_page_is_missing() -> None:
    page = {"ns": 6, "title": "File:A.png", "missing": True, "known": True, "imagerepository": "shared"}
    got = {"query": {"pages": [page | {"imageinfo": [{"sha1": "new"}, {"sha1": "old"}]}]}}
    assert pages.parse_image_digests("T", got) == ({}, {"File:A.png": "new"})


@for_each("version", [{"filemissing": True}, {"filehidden": True}, {"sha1": None}, {}])
def test_a_picture_that_is_gone_or_hidden_has_no_sha1(version: dict[str, Any]) -> None:
    got = {"query": {"pages": [{"ns": 6, "title": "File:A.png", "imageinfo": [version]}]}}
    assert pages.parse_image_digests("T", got) == ({}, {})


def test_the_versions_of_a_file_come_as_the_wiki_has_them_newest_first() -> None:
    new = {
        "timestamp": "2026-02-02T00:00:00Z", "user": "Ada", "comment": "Better", "sha1": "bb",
        "url": "https://files.example.org/a.png",
    }  # fmt: skip
    old = {"timestamp": "2026-01-01T00:00:00Z", "userhidden": True, "commenthidden": True, "sha1": "aa"}
    gone = {"timestamp": "2025-01-01T00:00:00Z", "filehidden": True}
    got = {"query": {"pages": [{"ns": 6, "title": "File:A.png", "imageinfo": [new, old, gone]}]}}
    assert pages.parse_versions("T", got) == (
        FileVersion(
            sha1="bb", at=datetime(2026, 2, 2, tzinfo=UTC), editor="Ada", comment="Better",
            url="https://files.example.org/a.png",
        ),
        FileVersion(sha1="aa", at=datetime(2026, 1, 1, tzinfo=UTC), editor=None, comment=None, url=None),
    )  # fmt: skip
    assert pages.parse_versions("T", {"query": {"pages": [{"imageinfo": [{"sha1": 5, "timestamp": []}]}]}}) == ()
    got = {"query": {"pages": [{"ns": 6, "title": "File:A.png", "imageinfo": [{"sha1": "aa"}]}]}}
    with pytest.raises(Corrupt, match="T: the answer lacks 'timestamp'"):
        pages.parse_versions("T", got)


@for_each(("name", "title"))
def test_a_name_is_asked_for_as_a_title_of_the_file_namespace(name: str, title: str) -> None:
    assert pages.file_title(name) == (title or None)


PARSED: dict[str, Any] = table(__file__, "parsed")
ANSWER = {"curtimestamp": "2026-03-04T06:00:00Z"}


def test_a_rendering_has_its_sources_its_item_and_the_time_of_the_parser_cache() -> None:
    seen = pages.parse_rendering("Tide", {**ANSWER, "parse": PARSED})
    assert (seen.revision_id, seen.html, seen.item, seen.is_transient) == (7, "<p>Tide</p>", "Q1", True)
    assert seen.templates == {"Template:Boats": 10, "Sound": 0}
    assert seen.at == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_wiki_that_reports_no_limits_has_rendered_the_page_just_now() -> None:
    seen = pages.parse_rendering("Tide", {**ANSWER, "parse": {**PARSED, "limitreportdata": [], "properties": []}})
    assert (seen.item, seen.is_transient, seen.at.hour) == (None, False, 6)


@for_each("answer")
def test_an_answer_of_another_shape_is_refused(answer: str) -> None:
    changed = json.loads(answer)
    parsed = {"parse": PARSED | changed} if isinstance(changed, dict) else {"parse": changed} if changed else {}
    with pytest.raises(Corrupt, match="Tide"):
        pages.parse_rendering("Tide", parsed)
