"""Play what people and programs do with the pages and the API, from the tables of cases.toml.

A step asks (`get`, `post`, `patch`, `delete`) and says the `status` of the answer, where it leads (`to`), what it `has`
and has not (`hasnt`), the headlines of its `rows` and values of its `json`. It may `keep` a part of an answer under a
name for the steps after it, say what somebody else has `decided` meanwhile and the `states` of findings, or what is
`written` into the file of the watchlist and what this has in the end, what other `files` hold, and which text of a page
was `edited` so many hours ago.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from snapshots import Archive, Dismissal, ReviewAction, ReviewDecision, Scope
from tests.cases import table
from tests.flows.harness import WikiHarness
from tests.watcher.web.conftest import NOW, Visit, WebClient, sign_in

REVIEWS, WATCHES, CALLS = (table(__file__, name) for name in ("reviews", "watches", "calls"))
METHODS = {"get": 200, "post": 303, "patch": 200, "delete": 200}


@pytest.mark.parametrize("story", REVIEWS.values(), ids=REVIEWS)
def test_a_story_of_reviews(visit: Visit, archive: Archive, story: list[dict[str, Any]]):
    texts, *steps = story
    client, known = visit(*texts["texts"]), dict[str, str]()
    for step in steps:
        decide(archive, **step.get("decided", {}))
        ask(client, step, known)
        for number, state in step.get("states", {}).items():
            assert archive.findings.get(int(number)).state.value == state, step


@pytest.mark.parametrize("story", WATCHES.values(), ids=WATCHES)
def test_a_story_of_the_watchlist(site: FastAPI, world: WikiHarness, story: list[dict[str, Any]]):
    admin = sign_in(WebClient(site, base_url="http://127.0.0.1", follow_redirects=False), Scope.ADMIN)
    play_on_watchlist(admin, world, story)


@pytest.mark.parametrize("story", CALLS.values(), ids=CALLS)
def test_a_story_of_calls(bot: WebClient, world: WikiHarness, story: list[dict[str, Any]]):
    play_on_watchlist(bot, world, story)


def play_on_watchlist(client: WebClient, world: WikiHarness, story: list[dict[str, Any]]) -> None:
    known: dict[str, str] = {}
    for step in story:
        if "edited" in step:
            title, text, hours = step["edited"]
            world.clock.advance(minutes=1)
            world.store.edit(title, text, at=world.clock.time - timedelta(hours=hours))
        for name, content in step.get("files", {}).items():
            (world.folder / name).write_text(content, encoding="utf-8")
        if "written" in step:
            world.path.write_text(world.path.read_text() + step["written"])
        if "decided" in step:
            with world.archive() as archive:
                decide(archive, **step["decided"])
        before = world.path.read_text()
        ask(client, step, known)
        after = world.path.read_text()
        assert [part for part in step.get("file_has", ()) if part not in after] == [], step
        assert [part for part in step.get("file_hasnt", ()) if part in after] == [], step
        assert not step.get("file_stays") or after == before, step


def decide(archive: Archive, ids: Sequence[int] = (), by: str = "", action: str = "", **given: Any) -> None:
    """Decide as somebody else, if a step names findings."""
    given |= {"reason": Dismissal(given["reason"])} if "reason" in given else {}
    if ids:
        archive.reviews.decide(ids, ReviewDecision(action=ReviewAction(action), **given), by, NOW)


def ask(client: WebClient, step: dict[str, Any], known: dict[str, str]) -> None:
    """Ask what a step asks, if anything, and compare the answer."""

    def filled(value: Any) -> Any:
        return re.sub(r"{(\w+)}", lambda part: known[part[1]], value) if isinstance(value, str) else value

    (method, *_) = [name for name in METHODS if name in step] or [""]
    if not method:
        return
    form = {name: filled(value) for name, value in step.get("form", {}).items()}
    sent = {"json": step["body"]} if "body" in step else {"data": form} if form else {}
    answer = client.request(method, filled(step[method]), headers=step.get("headers"), **sent)
    expected = 200 if "json" in step else METHODS[method]
    assert answer.status_code == step.get("status", expected), (step, answer.text)
    assert answer.headers.get("location") == filled(step.get("to", answer.headers.get("location"))), step
    assert [part for part in step.get("has", ()) if filled(part) not in answer.text] == [], (step, answer.text)
    assert [part for part in step.get("hasnt", ()) if filled(part) in answer.text] == [], (step, answer.text)
    if "rows" in step:
        assert re.findall(r'<h3><a class="open"[^>]*><bdi>(.*?)</bdi>', answer.text) == step["rows"], step
    for path, value in step.get("json", {}).items():
        assert value_at(answer.json(), path) == value, (step, answer.text)
    for name, pattern in step.get("keep", {}).items():
        match = re.search(pattern, answer.headers.get("location", "") if name == "location" else answer.text)
        assert match, (step, answer.text)
        known[name] = match[1]


def value_at(content: Any, path: str) -> Any:
    """Return a value by its way from the outside: `items.0.id`; `#` is how many there are."""
    for key in path.split("."):
        content = len(content) if key == "#" else content[int(key)] if isinstance(content, list) else content[key]
    return content
