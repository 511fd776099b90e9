"""Test the pages on which an admin edits the watchlist, with a wiki behind them."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from snapshots import Scope
from tests.cases import for_each
from tests.flows.harness import WikiHarness
from tests.watcher.web.conftest import WebClient, sign_in
from watcher.config import load
from watcher.services.checks.page_lists import refresh_lists


@pytest.fixture
def admin(site: FastAPI) -> Iterator[WebClient]:
    return sign_in(WebClient(site, base_url="http://127.0.0.1", follow_redirects=False), Scope.ADMIN)


def watches(world: WikiHarness):
    return load(world.path, environ={}).watches


def version(page: str) -> str:
    match = re.search(r'name="version" value="([0-9a-f]+)"', page)
    assert match
    return match[1]


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
        member = services.archive.articles.find_by_title_or_former_title("w", "Low tide")
        assert member
        services.archive.articles.record_failure(member, services.now(), "the <wiki> is away")
    row = f'<a href="/article/w/{member.page_id}"><bdi>Low tide</bdi></a>'
    failing = admin.get("/operations").text.partition("trouble-title")[2]
    assert (row in failing, "1 in a row: the &lt;wiki&gt; is away" in failing, "in lists" in failing) == (1, 1, 0)
    page = admin.get("/watches").text
    assert f"{row}: <bdi>the &lt;wiki&gt; is away" in page
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in page.partition("lists-title")[2].split("<tr>")]
    assert "file:list.txt" in rows[2]
    assert " 2 " in rows[2]
    assert "&lt;none&gt;.txt: cannot be read" in rows[3]
    world.path.write_text(before)


def test_who_may_not_change_sees_no_form(site: FastAPI):
    nobody = WebClient(site, base_url="http://127.0.0.1", follow_redirects=False)
    page = nobody.get("/watches").text
    assert "Sign in" in page
    assert 'method="post"' not in page
    assert nobody.get("/watches/edit?wiki=w&title=Tide").status_code == 303
    reviewer = sign_in(nobody, Scope.REVIEW)
    for path in ("", "/check", "/edit", "/pause", "/check-now", "/remove"):
        assert reviewer.post(f"/watches{path}", data={"article": "Tide"}).status_code == 403
