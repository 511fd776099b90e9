from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.cases import for_each
from tests.simulators import FakeWikiServer, WikiStore

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def wiki() -> Iterator[FakeWikiServer]:
    with FakeWikiServer(WikiStore(now=lambda: NOW)) as served:
        yield served


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def test_the_link_of_an_alert_shows_the_difference_but_no_hidden_text(wiki: FakeWikiServer) -> None:
    old = wiki.store.edit("P", "Same.\n21 million <b>victims</b>")
    new = wiki.store.edit("P", "Same.\n25 million <b>victims</b>")
    shown = get(f"{wiki.url}/w/index.php?title=P&diff={new}&oldid={old}")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    assert "-21 million <b>victims</b>\n+25 million" in shown.text
    wiki.store.hide(old, "content")
    assert "21 million" not in get(f"{wiki.url}/w/index.php?diff={new}&oldid={old}").text


def test_a_page_shows_its_text_on_loopback_only(wiki: FakeWikiServer) -> None:
    wiki.store.edit("Café life", "Text.")
    assert get(f"{wiki.url}/wiki/Caf%C3%A9_life").text == "Text."
    assert get(f"{wiki.url}/w/index.php?title=Café_life").text == "Text."
    assert wiki.url.startswith("http://127.0.0.1:")


@for_each("path", ["/wiki/Nope", "/w/index.php?diff=8&oldid=9", "/w/index.php?diff=new&oldid=x", "/etc", "/"])
def test_what_is_not_there_is_404(wiki: FakeWikiServer, path: str) -> None:
    assert get(wiki.url + path).status_code == 404


def test_an_older_time_goes_into_the_middle_with_a_new_id() -> None:
    store = WikiStore(now=lambda: NOW)
    times = [NOW, NOW + timedelta(days=2), NOW + timedelta(days=1)]
    made = [store.edit("P", f"Text {number}", at=at) for number, at in enumerate(times)]
    assert [saved.id for saved in store.by_title["P"].revisions] == [made[0], made[2], made[1]]


def test_edits_from_many_threads_lose_nothing() -> None:
    store = WikiStore(now=lambda: NOW)

    def write(name: int) -> None:
        for number in range(50):
            store.edit("P", f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [saved.id for saved in store.by_title["P"].revisions] == list(range(1, 201))
