from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from snapshots import ApiToken, Archive, Scope
from tests.cases import parametrize_each
from tests.watcher.web.conftest import NOW
from watcher.web.auth.access import (
    ANONYMOUS,
    LOCAL_USER,
    Authenticator,
    CurrentUser,
    csrf_token,
)


@pytest.fixture
def doors(archive: Archive) -> Authenticator:
    made = Authenticator(accounts=archive.accounts, now=lambda: NOW, base_url="https://watch.example.org")
    made.accounts.add_token(ApiToken(name="feed", scope=Scope.REVIEW, at=NOW), "secret")
    made.accounts.open_session("a-session", None, NOW, NOW + timedelta(hours=1))
    return made


def a_request(method: str = "GET", scheme: str = "http", **headers: str) -> dict[str, Any]:
    given = {"host": "127.0.0.1:8765"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    return {"type": "http", "method": method, "scheme": scheme, "path": "/", "headers": raw}


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("request_", "may"),
    [
        (a_request(authorization="Bearer secret"), Scope.REVIEW),
        (a_request("POST", authorization="Bearer secret"), Scope.REVIEW),
        (a_request(authorization="bearer  secret "), Scope.REVIEW),
        (a_request(authorization=basic("secret")), Scope.REVIEW),
        (a_request(cookie="watcher_session=a-session"), Scope.ADMIN),
        (a_request(cookie="watcher_session=another"), "none"),
        (a_request(), "none"),
        (a_request(scheme="https", cookie="watcher_session=a-session"), "none"),
        (a_request(scheme="https", cookie="__Host-watcher_session=a-session"), Scope.ADMIN),
        (a_request(host="watch.example.org", cookie="__Host-watcher_session=a-session"), Scope.ADMIN),
    ],
)
def test_who_asks_is_known_by_a_token_or_a_cookie(doors: Authenticator, request_: dict[str, Any], may: str):
    reader = doors.authenticate(request_)
    assert reader is not None
    assert (reader.scope or "none") == may


@pytest.mark.parametrize(
    "authorization",
    ["Bearer wrong", "Bearer", "Basic !!!", basic("wrong"), "Basic " + base64.b64encode(b"\xff").decode(), "Digest a"],
)
def test_wrong_credentials_are_worse_than_none(doors: Authenticator, authorization: str):
    assert doors.authenticate(a_request(authorization=authorization, cookie="watcher_session=a-session")) is None


def test_a_password_that_a_browser_sends_by_itself_changes_nothing(doors: Authenticator):
    assert doors.authenticate(a_request("POST", authorization=basic("secret"))) is None


@parametrize_each(("at_home", "headers", "is_open"))
def test_reading_is_open_to_this_machine_alone(
    doors: Authenticator,
    at_home: bool,  # noqa: FBT001  a case
    headers: dict[str, str],
    is_open: bool,  # noqa: FBT001
):
    doors.loopback_only, doors.base_url = at_home, None
    assert doors.allows_anonymous_read(a_request(**headers)) is is_open


@pytest.mark.parametrize(
    ("base_url", "behind_proxy", "is_open"),
    [
        (None, False, True),
        ("http://127.0.0.1:8765", False, True),
        ("http://[::1]:8765", False, True),
        ("http://localhost:8765", False, True),
        # nginx sends Host 127.0.0.1 and nothing of its client, unless it is told to
        ("https://watch.example.org", False, False),
        ("http://[", False, False),
        (None, True, False),
        ("http://127.0.0.1:8765", True, False),
    ],
)
def test_where_a_proxy_shows_the_pages_nobody_reads_without_signing_in(
    doors: Authenticator, base_url: str | None, *, behind_proxy: bool, is_open: bool
):
    doors.base_url, doors.behind_proxy = base_url, behind_proxy
    assert doors.allows_anonymous_read(a_request()) is is_open


def test_a_link_opens_once_and_for_a_quarter_of_an_hour(doors: Authenticator):
    key, late = doors.new_link(), doors.new_link()
    assert not doors.use_link("another")
    doors.now = lambda: NOW + timedelta(minutes=14)
    assert doors.use_link(key)
    assert not doors.use_link(key)
    doors.now = lambda: NOW + timedelta(minutes=15)
    assert not doors.use_link(late)


def test_the_token_of_a_form_follows_from_the_cookie_and_does_not_give_it_away():
    assert csrf_token("one") == csrf_token("one") != csrf_token("two")
    assert "one" not in csrf_token("one")


@pytest.mark.parametrize(
    ("user", "count"),
    [(ANONYMOUS, 0), *((CurrentUser(scope=scope), count) for count, scope in enumerate(Scope, 1)), (LOCAL_USER, 3)],
)
def test_a_scope_brings_those_that_it_includes(user: CurrentUser, count: int):
    assert [user.has_scope(scope) for scope in Scope] == [number < count for number in range(3)]
