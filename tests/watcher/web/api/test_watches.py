from __future__ import annotations

from fastapi import FastAPI

from snapshots import Scope
from tests.cases import for_each
from tests.flows.harness import WikiHarness
from tests.watcher.web.conftest import Visit, WebClient
from watcher.config import load

NEW = {"article": "Low tide"}


def test_an_article_is_looked_for_added_and_changed(bot: WebClient, world: WikiHarness):
    before = world.path.read_text()
    result = bot.post("/api/v1/watches/check", json=NEW).json()
    assert result == {"wiki": "w", "title": "Low tide", "page_id": 2, "revision": 2, "watched": False}
    assert world.path.read_text() == before
    assert bot.post("/api/v1/watches", json=NEW).status_code == 201
    request = {"wiki": "w", "title": "Low tide", "threshold": "high", "every": "1h", "tags": ["sea"], "paused": True}
    changed = bot.patch("/api/v1/watches", json=request).json()
    assert (changed["threshold"], changed["every"], changed["tags"], changed["paused"]) == ("high", 3600, ["sea"], True)
    assert (
        bot.patch("/api/v1/watches", json={"wiki": "w", "title": "Low tide", "paused": None}).json()["paused"] is False
    )
    assert [item["title"] for item in bot.get("/api/v1/watches").json()["watches"]] == ["Tide", "Low tide"]
    assert [watch.every.total_seconds() for watch in load(world.path, environ={}).watches] == [900, 3600]


def test_filters_and_named_statistics_are_written_as_in_the_file(bot: WebClient, world: WikiHarness):
    request = {
        "wiki": "w", "title": "Tide", "ignore": {"bots": True, "editors": ["*Bot"]},
        "statistic": [{"label": "boats", "low": "20 million", "change": "10 %", "severity": "critical"}],
    }  # fmt: skip
    changed = bot.patch("/api/v1/watches", json=request).json()
    assert (changed["ignore"]["bots"], changed["ignore"]["editors"]) == (True, ["*Bot"])
    assert changed["statistic"] == [
        {"label": "boats", "low": "20000000", "high": None, "change": "0.1", "severity": "critical"}
    ]
    (watch,) = load(world.path, environ={}).watches
    assert watch.statistic[0].change is not None
    refused = bot.patch("/api/v1/watches", json={"wiki": "w", "title": "Tide", "ignore": {"bots": False}})
    assert (refused.status_code, "matches no edit" in refused.json()["detail"]) == (422, True)


def test_a_change_of_somebody_else_is_not_written_over(bot: WebClient, world: WikiHarness):
    version = bot.get("/api/v1/watches").json()["version"]
    world.path.write_text(world.path.read_text() + "# mine\n")
    for answer in (
        bot.patch("/api/v1/watches", json={"wiki": "w", "title": "Tide", "paused": True, "version": version}),
        bot.post("/api/v1/watches", json=NEW | {"version": version}),
    ):
        assert answer.status_code == 409
        assert "changed meanwhile" in answer.json()["detail"]
    assert world.path.read_text().endswith("# mine\n")


@for_each(("body", "status", "expected"))
def test_a_setting_that_cannot_be_is_reported(
    bot: WebClient, world: WikiHarness, body: dict, status: int, expected: str
):
    before = world.path.read_text()
    answer = bot.patch("/api/v1/watches", json={"wiki": "w"} | body)
    assert (answer.status_code, expected in answer.json()["detail"]) == (status, True)
    assert world.path.read_text() == before


# Addresses by which others are made to ask machines that only they can reach.


@for_each("address")
def test_no_host_but_those_of_the_watchlist_is_asked(bot: WebClient, world: WikiHarness, address: str):
    world.wiki.requests.clear()
    answer = bot.post("/api/v1/watches/check", json={"article": address.replace("{port}", str(world.wiki.port))})
    if answer.status_code == 200:  # what is not the address itself is thrown away: only the listed wiki was asked
        assert address.startswith("gopher://")
    else:
        assert answer.status_code == 422
        assert list(world.wiki.requests) == []
    assert "root:" not in answer.text


@for_each("path", ["watches/check", "watches"])
def test_an_answer_of_the_wiki_that_cannot_be_trusted_is_no_fault_of_ours(
    bot: WebClient, world: WikiHarness, path: str
):
    world.wiki.refuse(20, status=200)  # a page of a proxy where JSON should be
    before = world.path.read_text()
    answer = bot.post(f"/api/v1/{path}", json=NEW)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    assert world.path.read_text() == before
    world.wiki.refuse(20, status=302)  # to another host
    assert bot.post(f"/api/v1/{path}", json=NEW).status_code in (422, 503)
    assert world.path.read_text() == before


def test_the_state_is_that_of_the_command(bot: WebClient):
    reported = bot.get("/api/v1/status").json()
    assert (reported["shape"], reported["watches"][0]["title"], reported["watches"][0]["state"]) == (1, "Tide", "ok")
    assert reported["outbox"] == {"queued": 1, "due": 1, "dead": 0, "oldest_queued_at": "2026-03-04T05:15:00+00:00"}


def test_a_mute_is_made_listed_and_lifted(bot: WebClient):
    made = bot.post("/api/v1/mutes", json={"wiki": "w", "title": "Tide", "rule": "statistic.*"})
    assert made.status_code == 201
    assert bot.get("/api/v1/mutes").json() == [made.json()]
    assert bot.delete(f"/api/v1/mutes/{made.json()['id']}").json() == {"summaries": 0}
    assert bot.get("/api/v1/mutes").json() == []
    assert bot.delete("/api/v1/mutes/1").status_code == 404


@for_each("body")
def test_a_mute_of_nothing_or_of_the_past_is_refused(bot: WebClient, body: dict[str, str]):
    assert bot.post("/api/v1/mutes", json=body).status_code in (404, 422)
    assert bot.get("/api/v1/mutes").json() == []


def test_who_asks_is_known(asking: Visit):
    assert asking(Scope.REVIEW).get("/api/v1/me").json() == {
        "name": "bot-review",
        "signed_in": True,
        "scopes": ["read", "review"],
    }
    assert asking(None).get("/api/v1/me").json() == {"name": "", "signed_in": False, "scopes": ["read"]}


def test_what_was_given_up_is_queued_once_more_by_admins(asking: Visit, site: FastAPI):
    archive, now = site.state.services.archive, site.state.services.now()
    (delivery,) = archive.outbox.claim(now, limit=1, owner="test")
    archive.outbox.mark_failed(delivery, now, "the receiver is away", None)
    (dead,) = asking(Scope.READ).get("/api/v1/deliveries?state=dead").json()
    assert (dead["destination"], dead["log"][0]["error"]) == ("inbox", "the receiver is away")
    assert asking(Scope.REVIEW).post("/api/v1/deliveries/retry").status_code == 403
    assert asking(Scope.ADMIN).post("/api/v1/deliveries/retry").json() == {"queued": 1}
    assert asking(Scope.READ).get("/api/v1/deliveries?state=dead").json() == []
