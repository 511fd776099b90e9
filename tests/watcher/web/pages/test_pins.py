import re
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots import Archive, Scope
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW, fill, sign_in
from tests.web_client import WebClient
from watcher.config import load

WATCHLIST = """\
[watcher]
contact = "ops@example.org"  # asked by wikis

[[wiki]]
name = "en"
api = "https://wiki.example.org/w/api.php"

[[watch]]
title = "Bridge tolls"
every = "1h"
"""
SENTENCE = 'The "Old" bridge costs 3 cents.'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "watchlist.toml"
    path.write_text(WATCHLIST)
    return path


@pytest.fixture
def client(archive: Archive, path: Path) -> Callable[[], WebClient]:
    def opened(scope: Scope = Scope.ADMIN) -> WebClient:
        site = a_site(archive, load(path, environ={}), now=lambda: NOW)
        made = WebClient(site, base_url="http://127.0.0.1:8080", follow_redirects=False)
        return sign_in(made, scope, name=scope.value)

    fill(archive, SENTENCE)
    return opened


def claims(path: Path) -> tuple[str, ...]:
    return load(path, environ={}).watches[0].claims


def test_a_sentence_is_found_pinned_once_and_unpinned(client: Callable[[], WebClient], path: Path):
    result = client().get("/article/en/17?find=OLD+cents").text
    assert f'name="sentence" value="{SENTENCE.replace(chr(34), "&#34;")}"' in result
    for _ in range(2):
        answer = client().post("/article/en/17/pin", data={"sentence": f"  {SENTENCE} \n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/article/en/17?did=pinned&at=pins#pins")
    assert claims(path) == (SENTENCE,)
    assert "# asked by wikis" in path.read_text()
    page = client().get(answer.headers["location"]).text
    assert "pinned: from the next check on" in page.partition('id="pins"')[2]
    assert "Unpin" in page
    client().post("/article/en/17/pin", data={"sentence": SENTENCE, "undo": "true"})
    assert path.read_text() == WATCHLIST


def test_what_a_pin_did_is_said_beside_its_button(client: Callable[[], WebClient], path: Path):
    anchor = re.search(r'<li id="(fact-\w+)">', client().get("/article/en/17").text)
    assert anchor
    answer = client().post("/article/en/17/pin", data={"sentence": SENTENCE, "anchor": anchor[1]})
    assert answer.headers["location"] == f"/article/en/17?did=pinned&at={anchor[1]}#{anchor[1]}"
    row = client().get(answer.headers["location"]).text.partition(f'id="{anchor[1]}"')[2].partition("</li>")[0]
    assert "This sentence is pinned" in row
    answer = client().post("/article/en/17/pin", data={"sentence": "It is new.", "anchor": "x#y"})
    assert answer.headers["location"].endswith("at=pins#pins")
    assert claims(path) == (SENTENCE, "It is new.")


def test_what_is_no_sentence_or_of_no_watched_article_is_refused(client: Callable[[], WebClient], path: Path):
    for sentence in (" ", "", "x" * 2001):
        assert client().post("/article/en/17/pin", data={"sentence": sentence}).status_code == 400
    assert path.read_text() == WATCHLIST
    path.write_text(WATCHLIST.replace("Bridge tolls", "Harbours"))
    assert client().post("/article/en/17/pin", data={"sentence": SENTENCE}).status_code == 400
    assert client().post("/article/en/99/pin", data={"sentence": SENTENCE}).status_code == 404


def test_a_pinned_sentence_that_the_article_does_not_have_is_shown_with_the_closest_one(
    client: Callable[[], WebClient],
):
    client().post("/article/en/17/pin", data={"sentence": SENTENCE})
    assert "has no such sentence" not in client().get("/article/en/17").text
    client().post("/article/en/17/pin", data={"sentence": SENTENCE.replace("3", "4")})
    page = client().get("/article/en/17").text
    assert page.count("has no such sentence") == 1
    assert f'The closest is: <span class="quote"><bdi>{SENTENCE.replace(chr(34), "&#34;")}</bdi>' in page
