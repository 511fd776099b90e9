"""Test that a cited page is remembered for a day, and how it was read last for good."""

from datetime import timedelta

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW

pytestmark = pytest.mark.dialect

URL = "https://example.org/\u00fcber?a=1"
DAY = timedelta(days=1)


def test_a_page_answers_for_a_day(archive: Archive):
    archive.source_pages.save(URL, {"passages": ["21 million"]}, None, NOW)
    assert archive.source_pages.recent(URL, NOW + DAY / 2) == (NOW, {"passages": ["21 million"]})
    assert {archive.source_pages.recent(URL, at) for at in (NOW + DAY, NOW - DAY)} == {None}  # by a clock set back
    assert archive.source_pages.recent("https://example.org/other", NOW) is None


def test_what_was_read_last_replaces_what_was_read_before_and_the_last_answer_is_remembered(archive: Archive):
    archive.source_pages.save(URL, {"passages": []}, None, NOW)
    archive.source_pages.save(URL, {"passages": []}, "GONE", NOW + DAY)
    (page,) = archive.source_pages.of_urls([URL, URL, "https://example.org/other"]).values()
    assert (page.url, page.at, page.problem, page.answered_at) == (URL, NOW + DAY, "GONE", NOW)


def test_texts_of_the_days_before_are_dropped(archive: Archive):
    archive.source_pages.save(URL, {"passages": ["long"]}, None, NOW)
    archive.source_pages.save("https://example.org/other", {}, None, NOW + 2 * DAY)
    assert archive.source_pages.recent(URL, NOW) is None
    assert archive.source_pages.of_urls([URL])[URL].answered_at == NOW
