"""Test decoding of answers about files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch import FileVersion, pages


def test_a_picture_of_a_shared_repository_has_its_sha1_though_the_page_is_missing() -> None:
    page = {"ns": 6, "title": "File:A.png", "missing": True, "known": True, "imagerepository": "shared"}
    got = {"query": {"pages": [page | {"imageinfo": [{"sha1": "new"}, {"sha1": "old"}]}]}}
    assert pages.parse_image_digests("T", got) == ({}, {"File:A.png": "new"})


@pytest.mark.parametrize("version", [{"filemissing": True}, {"filehidden": True}, {"sha1": None}, {}])
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


def test_a_version_without_its_time_is_not_taken() -> None:
    got = {"query": {"pages": [{"ns": 6, "title": "File:A.png", "imageinfo": [{"sha1": "aa"}]}]}}
    with pytest.raises(Corrupt, match="T: the answer lacks 'timestamp'"):
        pages.parse_versions("T", got)


@for_each(
    ("name", "title"),
    [
        ("A.png", "File:A.png"),
        ("Image:A.png", "File:A.png"),
        (" file : A.png", "File:A.png"),
        ("Talk: A.png", "File:Talk: A.png"),
        ("A|B.png", None),
        ("", None),
        ("A\nB.png", None),
    ],
)
def test_a_name_is_asked_for_as_a_title_of_the_file_namespace(name: str, title: str | None) -> None:
    assert pages.file_title(name) == title


def test_any_shape_of_an_entry_is_read_or_refused() -> None:
    entry: dict[str, Any] = {"sha1": 5, "timestamp": []}
    assert pages.parse_versions("T", {"query": {"pages": [{"imageinfo": [entry]}]}}) == ()
