from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from snapshots import Scope
from tests.cases import for_each
from tests.flows.harness import WikiHarness
from tests.watcher.web.conftest import Visit, WebClient
from watcher.web.api import models
from watcher.web.api.models import UpdateWatchRequest

NEW = {"article": "Low tide"}


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


@for_each("body")
def test_a_mute_of_nothing_or_of_the_past_is_refused(bot: WebClient, body: dict[str, str]):
    assert bot.post("/api/v1/mutes", json=body).status_code in (404, 422)
    assert bot.get("/api/v1/mutes").json() == []


def test_admins_alone_mute_more_than_a_finding(asking: Visit):
    assert asking(Scope.REVIEW).post("/api/v1/mutes", json={"rule": "*"}).status_code == 403


def test_who_asks_is_known(asking: Visit):
    assert asking(Scope.REVIEW).get("/api/v1/me").json() == {
        "name": "bot-review",
        "signed_in": True,
        "scopes": ["read", "review"],
    }
    assert asking(None).get("/api/v1/me").json() == {"name": "", "signed_in": False, "scopes": ["read"]}


def test_what_was_given_up_is_queued_once_more_by_admins(asking: Visit, site: FastAPI):
    archive, now = site.state.services.archive, site.state.services.now()
    delivery = archive.outbox.claim(now, owner="test")
    archive.outbox.mark_failed(delivery, now, "the receiver is away", None)
    (dead,) = asking(Scope.READ).get("/api/v1/deliveries?state=dead").json()
    assert (dead["destination"], dead["log"][0]["error"]) == ("inbox", "the receiver is away")
    assert asking(Scope.REVIEW).post("/api/v1/deliveries/retry").status_code == 403
    assert asking(Scope.ADMIN).post("/api/v1/deliveries/retry").json() == {"queued": 1}
    assert asking(Scope.READ).get("/api/v1/deliveries?state=dead").json() == []


def test_what_is_left_out_of_a_watch_stays_and_null_is_its_default():
    body = UpdateWatchRequest.model_validate({"wiki": "w", "title": "Tide", "paused": None, "tags": []})
    assert body.settings() == {"paused": None, "tags": []}


@for_each(("shape", "sent"))
def test_what_no_setting_can_be_is_refused(shape: str, sent: dict[str, Any]):
    with pytest.raises(ValidationError):
        getattr(models, shape).model_validate(sent)
