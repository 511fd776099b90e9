from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from tests.watcher.history_helpers import TEXT

Visit = Callable[..., TestClient]
TIMELINE = "/article/en/17/timeline"
MORE = TEXT.replace("21 million", "25 million")


def test_the_timelines_of_what_words_are_about_are_drawn_with_their_table(visit: Visit):
    page = visit(TEXT, MORE, TEXT).get(f"{TIMELINE}?statistic=boats").text
    assert "1 statistic about “<bdi>boats</bdi>”" in page
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="chart"') == 2
    assert 'href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in page
    assert "<bdi>25 million boats</bdi>" in page
    assert "reverted" in page


def test_without_words_the_activity_and_all_statistics_are_shown_those_that_changed_first(visit: Visit):
    page = visit(TEXT, MORE).get(TIMELINE).text
    assert "2 edits in 1 week" in page
    assert page.index("25 million boats") < page.index("300 sailors")
    assert page.count('class="chart spark"') == 1


def test_one_life_has_a_page_and_a_file_of_its_own(visit: Visit):
    client = visit(TEXT, MORE)
    listed = client.get(TIMELINE).text
    (timeline, *others) = re.findall(r"\?element=(\d+)", listed)
    for item in (timeline, *others):
        page = client.get(f"{TIMELINE}?element={item}").text
        assert page.count('<article class="card element"') == 1
        assert ("25 million boats" in page) == (item == timeline)
    file = client.get(f"{TIMELINE}.svg?element={timeline}")
    assert file.headers["content-type"] == "image/svg+xml"
    assert "style-src 'sha256-" in file.headers["content-security-policy"]
    assert ET.fromstring(file.content).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_first_life_of_all_has_a_page_too(visit: Visit):
    text = "The harbour had 30 boats. The town had 40 ships."
    client = visit(text, text.replace("30", "35"))
    assert "?element=0" in client.get(TIMELINE).text
    assert client.get(f"{TIMELINE}?element=0").text.count('<article class="card element"') == 1
    assert "<bdi>40 ships" not in client.get(f"{TIMELINE}?element=0").text


def test_words_that_no_statistic_is_about_are_reported(visit: Visit):
    assert "No statistic has ever been about" in visit(TEXT).get(f"{TIMELINE}?statistic=whales").text
    assert "No statistic can be drawn." in visit(TEXT).get(f"{TIMELINE}.svg?statistic=whales").text


def test_words_are_text_and_nothing_else(visit: Visit):
    page = visit(TEXT).get(TIMELINE, params={"statistic": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "address", ["/article/en/18/timeline", "/article/de/17/timeline.svg", "/article/en/x/timeline"]
)
def test_an_article_that_is_not_watched_is_not_found(visit: Visit, address: str):
    assert visit(TEXT).get(address).status_code == 404


def test_an_article_without_a_stored_text_says_how_to_fetch_it(visit: Visit):
    assert "watcher history <bdi>&#39;Bridge tolls&#39;</bdi>" in visit().get(TIMELINE).text
