"""Test that credentials are sent only in headers and bodies, and that a refused login is not repeated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.cases import parametrize_each
from tests.watcher.fetch.conftest import NOW, Wiki
from watcher.errors import Refused
from watcher.fetch.lists import PageList, parse_titles
from watcher.fetch.login import Login

RIGHTS: dict[str, Any] = {"batchcomplete": True, "query": {"userinfo": {"id": 7, "rights": ["read", "apihighlimits"]}}}
TOKEN: dict[str, Any] = {"batchcomplete": True, "query": {"tokens": {"logintoken": "abc+\\"}}}
SUCCESS = {"login": {"result": "Success"}}
REFUSAL = {"login": {"result": "Failed", "reason": "Incorrect username or password: pass-word-pass."}}
NOBODY = {"error": {"code": "assertuserfailed", "info": "You are no longer logged in."}}
TIME = {"curtimestamp": "2026-03-01T12:00:00Z"}
BOT = Login(username="Ann@watcher", password="pass-word-pass")


def test_a_token_of_oauth_goes_with_each_request_and_nobody_else_is_taken_for_us():
    wiki = Wiki(RIGHTS, TIME)
    wiki.client(login=Login(oauth_token="t0ken")).time()
    assert [request.headers["Authorization"] for request in wiki.requests] == ["Bearer t0ken"] * 2
    assert [question["assert"] for question in wiki.questions] == ["user"] * 2
    wiki = Wiki(NOBODY)
    with pytest.raises(Refused, match=r"does not accept it; check oauth_token of its \[\[wiki\]\]"):
        wiki.client(login=Login(oauth_token="t0ken")).time()


def test_a_password_for_the_server_in_front_is_sent_without_signing_in():
    wiki = Wiki(TIME)
    wiki.client(login=Login(basic_auth="ann:secret")).time()
    (request,) = wiki.requests
    assert request.headers["Authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "assert" not in request.url.params


def test_a_password_is_in_no_address_and_its_cookies_stay_few():
    cookies = [("Set-Cookie", f"c{number}=1; Path=/") for number in range(40)]
    signed_in = httpx.Response(
        200, headers=[("Content-Type", "application/json"), *cookies], json={"login": {"result": "Success"}}
    )
    wiki = Wiki(TOKEN, signed_in, RIGHTS, TIME)
    client = wiki.client(login=BOT)
    client.time()
    login = wiki.requests[1]
    assert (login.method, login.url.query) == ("POST", b"")
    assert dict(parse_qsl(login.content.decode()))["lgpassword"] == "pass-word-pass"
    assert len(wiki.requests[3].headers["Cookie"].split(";")) == 40
    client.time()
    assert [request.method for request in wiki.requests] == ["GET", "POST", "GET", "GET", "GET"]


def test_a_refused_password_is_not_sent_again_for_a_while_and_never_shown():
    time = [NOW]
    wiki = Wiki(TOKEN, REFUSAL, TOKEN, REFUSAL)
    client = wiki.client(login=BOT, now=lambda: time[0])
    for minutes, requests in ((0, 2), (5, 2), (16, 4)):
        time[0] = NOW + timedelta(minutes=minutes)
        with pytest.raises(Refused) as refused:
            client.time()
        assert str(refused.value) == (
            "the sign-in of 'Ann@watcher' on example: the wiki refuses it (Incorrect username or password: ***); "
            "check username and password of its [[wiki]]"
        )
        assert len(wiki.requests) == requests
    assert "pass-word" not in repr(BOT)


def test_a_session_that_ends_is_renewed_once_for_a_request():
    wiki = Wiki(TOKEN, SUCCESS, RIGHTS, NOBODY, TOKEN, SUCCESS, RIGHTS, TIME)
    assert wiki.client(login=BOT).time()
    wiki = Wiki(TOKEN, SUCCESS, RIGHTS, NOBODY)
    with pytest.raises(Refused):
        wiki.client(login=BOT).time()
    assert len(wiki.requests) <= 8


def test_a_watchlist_token_is_in_no_address():
    wiki = Wiki({"batchcomplete": True, "query": {"pages": [{"ns": 0, "pageid": 3, "title": "Tide", "lastrevid": 5}]}})
    assert list(wiki.client().members(PageList(kind="watchlist", name="Ann", token="t0ken")))
    (request,) = wiki.requests
    assert (request.method, request.url.query) == ("POST", b"")


@parametrize_each(("body", "expected"))
def test_titles_are_read_from_lines_and_from_the_json_of_tools(body: str, expected: tuple[str, ...]):
    assert parse_titles("list", body) == expected


@pytest.mark.parametrize("body", ["", "# nothing\n", "{", '{"pages": []}', "[[[[1]]]]"])
def test_what_has_no_titles_is_refused(body: str):
    with pytest.raises(Exception, match=r"^list: "):
        parse_titles("list", body)
