from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.simulators import FakeWikiServer, WikiStore
from watcher.errors import Unavailable
from watcher.fetch import WikiClient

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def wiki() -> Iterator[FakeWikiServer]:
    with FakeWikiServer(WikiStore(now=lambda: NOW)) as served:
        yield served


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(wiki: FakeWikiServer, waits: list[float]) -> Iterator[WikiClient]:
    with WikiClient(
        wiki.api_url, wiki="replay", contact="ops@example.org", allowed_hosts=["127.0.0.1"], now=lambda: NOW,
        sleep=waits.append, jitter=lambda: 0.0, attempts=3,
    ) as made:  # fmt: skip
        yield made


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def test_the_client_walks_a_history_that_grows_while_it_is_served(wiki: FakeWikiServer, client: WikiClient) -> None:
    wiki.store.edit("P", "One.")
    (page,) = client.latest(["p"])
    assert page.article is not None
    last = client.newest(page.article).revision
    made = [wiki.store.edit("P", text) for text in ("Two.", "Three.")]
    got = list(client.revisions_since(page.article, last))
    assert [snapshot.revision.id for snapshot in got] == made
    assert [snapshot.wikitext for snapshot in got] == ["Two.", "Three."]
    assert wiki.most_at_once == 1
    assert all(agent.endswith("(ops@example.org)") for agent in wiki.user_agents)


def test_it_lags_until_it_recovers(wiki: FakeWikiServer, client: WikiClient, waits: list[float]) -> None:
    wiki.lag = 12.5
    with pytest.raises(Unavailable, match=r"12\.5 seconds lagged"):
        client.latest(["P"])
    assert waits == [5.0, 5.0]
    wiki.recover()
    assert client.latest(["P"])[0].state == "missing"


def test_it_cuts_answers_short_as_set(wiki: FakeWikiServer, client: WikiClient) -> None:
    for number in range(5):
        wiki.store.edit("P", f"{number} " + "word " * 50)
    wiki.largest = 600
    (page,) = client.latest(["P"])
    assert page.article is not None
    assert len(list(client.history(page.article))) == 5
    assert any("rvcontinue" in request for request in wiki.requests)


def test_the_link_of_an_alert_shows_the_difference(wiki: FakeWikiServer) -> None:
    old = wiki.store.edit("P", "Same.\n21 million <b>victims</b>")
    new = wiki.store.edit("P", "Same.\n25 million <b>victims</b>")
    shown = get(f"{wiki.url}/w/index.php?title=P&diff={new}&oldid={old}")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    assert "-21 million <b>victims</b>\n+25 million" in shown.text


def test_the_difference_to_a_hidden_text_does_not_show_it(wiki: FakeWikiServer) -> None:
    old = wiki.store.edit("P", "Private.")
    new = wiki.store.edit("P", "Public.")
    wiki.store.hide(old, "content")
    assert "Private" not in get(f"{wiki.url}/w/index.php?diff={new}&oldid={old}").text


def test_a_page_shows_its_text(wiki: FakeWikiServer) -> None:
    wiki.store.edit("Café life", "Text.")
    assert get(f"{wiki.url}/wiki/Caf%C3%A9_life").text == "Text."
    assert get(f"{wiki.url}/w/index.php?title=Café_life").text == "Text."


@pytest.mark.parametrize(
    "path", ["/wiki/Nope", "/w/index.php?diff=8&oldid=9", "/w/index.php?diff=new&oldid=x", "/etc", "/"]
)
def test_what_is_not_there_is_404(wiki: FakeWikiServer, path: str) -> None:
    assert get(wiki.url + path).status_code == 404


def test_it_listens_on_loopback_only(wiki: FakeWikiServer) -> None:
    assert wiki.url.startswith("http://127.0.0.1:")


def test_a_closed_one_answers_no_more() -> None:
    with FakeWikiServer(WikiStore(now=lambda: NOW)) as wiki:
        url = wiki.api_url
    with pytest.raises(httpx.ConnectError):
        get(url)
