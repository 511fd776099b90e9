"""Test the pages on which an admin edits the watchlist, with a wiki behind them."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from snapshots import Scope
from tests.cases import for_each
from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.web.conftest import WebClient, sign_in
from watcher.config import load
from watcher.services.sources import refresh_lists


@pytest.fixture
def admin(site: FastAPI) -> Iterator[WebClient]:
    return sign_in(WebClient(site, base_url="http://127.0.0.1", follow_redirects=False), Scope.ADMIN)


def watches(world: WikiHarness):
    return load(world.path, environ={}).watches


def version(page: str) -> str:
    match = re.search(r'name="version" value="([0-9a-f]+)"', page)
    assert match
    return match[1]


def test_the_last_month_of_an_article_or_a_list_is_played_before_it_is_watched(admin: WebClient, world: WikiHarness):
    at = world.clock.time - timedelta(hours=30)
    world.store.edit("Ebb", TEXT, at=at)
    world.store.edit("Ebb", TEXT.replace("21 million", "<b>25 million"), at=at + timedelta(hours=1))
    before, watchlist = world.alerts(), world.path.read_text()
    assert 'formaction="/watches/preview"' in admin.post("/watches/check", data={"article": "Ebb"}).text
    answer = admin.post("/watches/preview", data={"article": "Ebb", "wiki": "w"})
    assert (answer.status_code, "1 edit: 1 message" in answer.text, "<b>" in answer.text) == (200, True, False)
    assert "With threshold = high: " in answer.text
    (world.folder / "titles.txt").write_text("Ebb\n")
    listed = '\n[[watch]]\nwiki = "w"\nfile = "titles.txt"\n'
    world.path.write_text(watchlist + listed)
    assert 'action="/watches/preview"' in admin.get("/watches").text
    answer = admin.post("/watches/preview", data={"article": "file:titles.txt", "wiki": "w"})
    assert (answer.status_code, "from 1 of 1 pages; all of them: about 1 messages" in answer.text) == (200, True)
    assert (world.alerts(), world.path.read_text()) == (before, watchlist + listed)
    answer = admin.post("/watches/preview", data={"article": "No such page", "wiki": "w"})
    assert (answer.status_code, "there is no such page" in answer.text) == (404, True)


@for_each(("article", "status", "expected"))
def test_what_cannot_be_watched_is_reported_beside_the_form(
    admin: WebClient, world: WikiHarness, article: str, status: int, expected: str
):
    answer = admin.post("/watches/check", data={"article": article})
    assert (answer.status_code, expected in answer.text) == (status, True)
    assert 'id="article"' in answer.text
    assert len(watches(world)) == 1


def test_lists_are_shown_with_their_members_and_why_they_cannot_be_read(admin: WebClient, world: WikiHarness):
    before = world.path.read_text()
    (world.folder / "list.txt").write_text("Tide\nLow tide\n", encoding="utf-8")
    world.path.write_text(before + '\n[[watch]]\nfile = "list.txt"\n[[watch]]\nfile = "<none>.txt"\n')
    with world.services() as services:
        refresh_lists(services)
    page = admin.get("/watches").text
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in page.partition("lists-title")[2].split("<tr>")]
    assert "file:list.txt" in rows[2]
    assert " 2 " in rows[2]
    assert "&lt;none&gt;.txt: cannot be read" in rows[3]
    world.path.write_text(before)


def test_an_article_is_checked_now_found_by_its_title_and_removed(admin: WebClient, world: WikiHarness):
    fields = {"wiki": "w", "title": "Spring tide"}  # a page of its own: the wiki is shared
    world.edit(TEXT, "Spring tide")
    admin.post("/watches", data={"article": "Spring tide", "wiki": "w"})
    admin.post("/watches/edit", data=fields | {"settle": "0s", "threshold": "medium"})
    assert admin.post("/watches/check-now", data=fields).status_code == 200
    world.edit(TEXT.replace("21 million", "77 million"), "Spring tide")
    answer = admin.post("/watches/check-now", data=fields).text
    assert "77 million" in answer.partition('role="status"')[2].partition("<table")[0]
    assert admin.post("/watches/check-now", data=fields | {"title": "Ebb"}).status_code == 404
    address = admin.get("/watches?q=SPRING").headers["location"]
    assert re.fullmatch(r"/article/w/\d+", address)
    assert f'<a href="{address}">' in answer
    assert "2 watched articles with" in admin.get("/watches?q=tide").text
    assert "Look it up on the wiki above" in admin.get("/watches?q=ebb").text
    admin.post("/watches/pause", data=fields | {"paused": "true"})
    assert "resume it first" in admin.post("/watches/check-now", data=fields).text
    led_to = admin.post("/watches/remove", data=fields).headers["location"]
    assert "can be watched again" in admin.get(led_to).text
    assert [watch.title for watch in watches(world)] == ["Tide"]
    assert admin.get("/watches?q=spring").headers["location"] == address  # what was found of it stays
    assert "Not watched any more" in admin.get(address).text
    assert admin.post("/watches/remove", data=fields).status_code == 404


def test_who_may_not_change_sees_no_form(site: FastAPI):
    nobody = WebClient(site, base_url="http://127.0.0.1", follow_redirects=False)
    page = nobody.get("/watches").text
    assert "Sign in" in page
    assert 'method="post"' not in page
    assert nobody.get("/watches/edit?wiki=w&title=Tide").status_code == 303
    reviewer = sign_in(nobody, Scope.REVIEW)
    for path in ("", "/check", "/edit", "/pause", "/check-now", "/remove"):
        assert reviewer.post(f"/watches{path}", data={"article": "Tide"}).status_code == 403
