"""Test that other hosts and sites, and what is too large or broken, are refused, whatever session they carry."""

import asyncio

import pytest
from fastapi import FastAPI, Request
from starlette.datastructures import Headers

from snapshots import ApiToken, Archive, Scope
from tests.cases import for_each
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW, Visit
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.web.auth.access import CurrentUser, require
from watcher.web.auth.middleware import (
    CROSS_SITE,
    MAX_BODY,
    MAX_FORM_FIELDS,
    STALE_TOKEN,
    SecurityHeadersMiddleware,
    csrf_problem,
    is_same_origin,
)


def with_a_form(client: WebClient) -> WebClient:
    """An endpoint that tells what it was sent."""

    async def reported(request: Request) -> dict[str, str]:
        return {"sent": (await request.body()).decode(), "by": request.state.user.name}

    site = client.app
    assert isinstance(site, FastAPI)
    site.post("/told")(require(Scope.REVIEW, reported))
    site.get("/seen")(require(Scope.READ, lambda: ""))
    return client


@pytest.fixture
def client(visit: Visit) -> WebClient:
    return with_a_form(visit("one", scope=Scope.REVIEW))


def test_a_form_with_the_token_of_its_session_is_taken_and_arrives_whole(client: WebClient):
    token = client.headers.pop("x-csrf-token")
    answer = client.post("/told", data={"token": token, "note": "é" * 1000})
    assert answer.status_code == 200
    assert answer.json()["by"] == "reviewer"
    assert answer.json()["sent"].startswith(f"token={token}&note=%C3%A9")
    assert client.post("/told", json={"a": 1}, headers={"x-csrf-token": token}).json()["sent"] == '{"a":1}'


@for_each("token", ["", "wrong", "é", "A" * 43])
def test_a_form_without_the_token_of_its_session_is_refused(client: WebClient, token: str):
    client.headers.pop("x-csrf-token", None)
    for answer in (
        client.post("/told", data={"token": token, "note": "hello"}),
        client.post("/told", data={"note": "hello"}),
        client.post("/told", files={"note": b"hello"}),
        client.post("/told", json={"token": token}),
        client.post("/told", content=b"token=" + token.encode(), headers={"content-type": "text/plain"}),
    ):
        assert answer.status_code == 403
        assert "not from this page" in answer.text


def test_a_program_with_a_token_needs_no_form(client: WebClient):
    client.app.state.authenticator.accounts.add_token(ApiToken(name="bot", scope=Scope.REVIEW, at=NOW), "secret")
    client.cookies.clear()
    del client.headers["x-csrf-token"]
    assert client.post("/told", headers={"authorization": "Bearer secret"}).json()["by"] == "bot"
    client.app.state.authenticator.accounts.revoke("bot")
    revoked = client.post("/told", headers={"authorization": "Bearer secret"})
    assert (revoked.status_code, revoked.headers["www-authenticate"]) == (401, "Bearer")


def test_a_scope_that_is_too_small_is_reported(visit: Visit):
    client = with_a_form(visit("one", scope=Scope.READ))
    assert client.get("/seen").status_code == 200
    answer = client.post("/told")
    assert answer.status_code == 403
    assert "needs the scope review; yours is read" in answer.text


@for_each("body", [b"a" * (MAX_BODY + 1), b"&".join([b"a=1"] * (MAX_FORM_FIELDS + 1)), b"token=\xff"])
def test_a_form_that_is_too_large_or_broken_is_refused(client: WebClient, body: bytes):
    client.headers.pop("x-csrf-token", None)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/told", content=body, headers=headers).status_code == (413 if len(body) > MAX_BODY else 400)


def test_a_body_without_a_length_is_cut_off_as_well(client: WebClient):
    assert client.post("/told", content=iter([b"a" * 100_000] * 3)).status_code == 413
    assert client.post("/told", content=iter([b"a", b"b"])).json()["sent"] == "ab"
    assert client.post("/told", headers={"content-length": "-1"}).status_code == 413


def test_a_database_that_cannot_be_asked_is_reported(visit: Visit, watchlist: Watchlist):
    with Archive(f"sqlite:///{watchlist.path.with_name('empty.db')}") as empty:
        client = WebClient(a_site(empty, watchlist), base_url="http://localhost", follow_redirects=False)
        answer = client.get("/", headers={"authorization": "Bearer secret"})
        assert answer.status_code == 503
        assert visit("one").get("/").status_code == 200


@for_each(("headers", "own"))
def test_what_changes_something_comes_from_a_page_of_this_server_or_from_none(headers: dict[str, str], own: bool):  # noqa: FBT001  a case
    assert is_same_origin(Headers(headers)) is own


@for_each(("via", "origin", "token", "problem"))
def test_origin_and_token_are_judged_together(via: str, origin: str, token: str, problem: str):
    user = CurrentUser(scope=Scope.REVIEW, name="ada", token="right", via=via)
    assert (
        csrf_problem(Headers({"host": "localhost", "origin": origin}), token, user)
        == {"": None, "cross-site": CROSS_SITE, "stale": STALE_TOKEN}[problem]
    )


async def inner(*_: object) -> None:
    raise AssertionError("must not be reached")


@for_each(
    "given", [[], [""], ["localhost", "localhost"], ["localhost:"], ["localhost:123456"], ["localhost/"], ["::1"]]
)
def test_a_host_header_that_is_missing_doubled_or_malformed_is_not_admitted(given: list[str]):
    assert not SecurityHeadersMiddleware(inner, []).is_allowed_host(given)
    assert SecurityHeadersMiddleware(inner, ["Watcher.Example.org"]).is_allowed_host(["WATCHER.example.ORG:443"])
    asyncio.run(SecurityHeadersMiddleware(inner, [])({"type": "websocket"}, inner, inner))  # is left unanswered
