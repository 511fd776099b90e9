from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from snapshots import Archive, FindingFilter, Scope
from tests.review_fixtures import judge_all
from tests.watcher.web.conftest import NOW, PAGE, sign_in
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Article
from watcher.web import create_app

TEXTS = ("The coast has 21 lamps.", "The coast has 25 lamps.", "The coast has 25 lamps.", "The coast has 29 lamps.")


@pytest.fixture
def client(archive: Archive, watchlist: Watchlist) -> WebClient:
    """The pages over four judged revisions, 17001 to 17004, before a reviewer."""
    judge_all(archive, PAGE, [(text, "Ada", f"edit {number}") for number, text in enumerate(TEXTS)])
    site = create_app(archive, watchlist, now=lambda: NOW)
    return sign_in(WebClient(site, base_url="http://localhost", follow_redirects=False), Scope.REVIEW)


def test_the_list_of_revisions_says_what_came_of_each_edit(client: WebClient):
    page = client.get("/article/en/17/revisions").text
    outcomes = re.findall(r'data-label="Outcome"><(?:a|span)[^>]*>(.*?)</(?:a|span)>', page)
    words = [re.sub("<[^>]+>", "", outcome) for outcome in outcomes]
    assert [word.partition(":")[0] for word in words] == [
        "Alerted", "No change of substance", "Alerted", "The first"
    ]  # fmt: skip
    assert 'href="/article/en/17/revisions"' in client.get("/article/en/17").text


def test_any_two_revisions_are_compared_the_older_one_first(client: WebClient):
    address = client.get("/article/en/17/compare?old=17004&new=17001").headers["location"]
    assert address == "/compare/en/17001/17004"
    page = client.get(address).text
    assert re.search('class="was"><bdi>21</bdi>.*class="now"><bdi>29 lamps</bdi>', page)
    assert len(set(re.findall(r'<li class="entry[^"]*" id="(e\d+)"', page))) == 2
    assert 'name="decision" value="correct"' in page


def test_long_histories_are_listed_in_pages(archive: Archive, watchlist: Watchlist):
    texts = [(f"The coast has {count} lamps.", "Ada", "") for count in range(120)]
    judge_all(archive, Article(wiki="en", page_id=17, title=PAGE.title), texts)
    client = WebClient(create_app(archive, watchlist, now=lambda: NOW), base_url="http://localhost")
    address, seen = "/article/en/17/revisions", []
    while address:
        page = client.get(address).text
        seen += [int(number) for number in re.findall(r'name="new" value="(\d+)"', page)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    assert seen == list(range(17120, 17000, -1))


@pytest.mark.parametrize(
    "words", ["17002", "https://en.wiki.example.org/w/index.php?title=Tolls&diff=17002&oldid=17001", "?oldid=17002"]
)
def test_a_revision_is_found_by_its_number_or_address(client: WebClient, words: str):
    page = client.get("/", params={"q": words, "minimum_severity": "info"}).text
    assert len(re.findall(r'<li class="entry', page)) == 1
    assert client.get("/", params={"q": "17999"}).text.count('<li class="entry') == 0


def test_an_editor_is_left_out_by_a_filter(client: WebClient, archive: Archive):
    judge_all(archive, Article(wiki="en", page_id=18, title="Ebb"), [(TEXTS[0], "Tern", ""), (TEXTS[1], "Tern", "")])
    page = client.get("/?not_editor=Ada").text
    assert re.findall(r'class="editor"><bdi>(\w+)', page) == ["Tern"]
    assert "not by Ada" in page
    assert archive.findings.search(FindingFilter(not_editor="Tern", states=()))[0].editor == "Ada"


def test_a_muted_edit_is_said_to_be_muted(archive: Archive, client: WebClient):
    (finding,) = archive.findings.search(FindingFilter(), limit=1)
    client.post(f"/finding/{finding.id}/mute", data={"words": "lamps", "until": "7d"})
    assert archive.mutes.list_open()
    assert "<bdi>Muted</bdi></a>" in client.get("/article/en/17/revisions").text


def test_a_page_of_the_queue_is_compressed_and_read_in_one_transaction(client: WebClient, archive: Archive):
    begun: list[object] = []

    def count(connection: object) -> None:
        begun.append(connection)

    event.listen(archive.database._engine, "begin", count)
    client.get("/")
    event.remove(archive.database._engine, "begin", count)
    assert len(begun) <= 3  # the page itself, and who asks
    answer = client.get("/", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 40_000
