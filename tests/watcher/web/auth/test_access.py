import base64
import re
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import PlainTextResponse

from snapshots import ApiToken, Archive, Scope
from tests.cases import for_each
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.web.auth.access import (
    ANONYMOUS,
    LOCAL_USER,
    Authenticator,
    CurrentUser,
    RoutePermission,
    permission_for,
    public,
    require,
    route_permissions,
)
from watcher.web.dependencies import needs


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


@for_each(("headers", "scope"))
def test_who_asks_is_known_by_a_token_or_a_cookie(doors: Authenticator, headers: dict[str, str], scope: str):
    reader = doors.authenticate(a_request(**headers))
    assert reader is not None
    assert str(reader.scope or "") == scope


@for_each(
    "authorization",
    ["Bearer wrong", "Bearer", "Basic !!!", basic("wrong"), "Basic " + base64.b64encode(b"\xff").decode(), "Digest a"],
)
def test_wrong_credentials_are_worse_than_none(doors: Authenticator, authorization: str):
    assert doors.authenticate(a_request(authorization=authorization, cookie="watcher_session=a-session")) is None
    # nor does a password that a browser sends by itself change anything
    assert doors.authenticate(a_request("POST", authorization=basic("secret"))) is None
    reader = doors.authenticate(a_request(authorization=basic("secret")))
    assert reader is not None
    assert reader.scope is Scope.REVIEW


@for_each(("at_home", "headers", "is_open"))
def test_reading_is_open_to_this_machine_alone(
    doors: Authenticator,
    at_home: bool,  # noqa: FBT001  a case
    headers: dict[str, str],
    is_open: bool,  # noqa: FBT001
):
    doors.loopback_only, doors.base_url = at_home, None
    assert doors.allows_anonymous_read(a_request(**headers)) is is_open


@for_each(("base_url", "behind_proxy", "is_open"))
def test_where_a_proxy_shows_the_pages_nobody_reads_without_signing_in(
    doors: Authenticator, base_url: str, *, behind_proxy: bool, is_open: bool
):
    doors.base_url, doors.behind_proxy = base_url or None, behind_proxy
    assert doors.allows_anonymous_read(a_request()) is is_open


def test_a_link_opens_once_and_for_a_quarter_of_an_hour(doors: Authenticator):
    key, late = doors.new_link(), doors.new_link()
    assert not doors.use_link("another")
    doors.now = lambda: NOW + timedelta(minutes=14)
    assert doors.use_link(key)
    assert not doors.use_link(key)
    doors.now = lambda: NOW + timedelta(minutes=15)
    assert not doors.use_link(late)


@for_each(
    ("user", "count"),
    [(ANONYMOUS, 0), *((CurrentUser(scope=scope), count) for count, scope in enumerate(Scope, 1)), (LOCAL_USER, 3)],
)
def test_a_scope_brings_those_that_it_includes(user: CurrentUser, count: int):
    assert [user.has_scope(scope) for scope in Scope] == [number < count for number in range(3)]


ASKERS = ("nobody", *(f"{via} {scope}" for via in ("session", "token") for scope in Scope))
BRIEFLY = ("nobody", "session read", "session review", "token admin")
OWN_REASONS = {"/sign-in", "/sign-out", "/welcome/{key}"}  # to refuse: test_session.py has them
PUBLIC = {"/livez", "/healthz", "/static/{name}", "/sign-in", "/sign-out", "/welcome/{key}", "/readyz"}


def endpoint() -> str:
    return "here"


def both(_reader: Annotated[None, needs(Scope.READ)], _two: Annotated[None, needs(Scope.ADMIN)]) -> str:
    return ""


def nested(_both: Annotated[str, Depends(both)]) -> str:
    return ""


def test_a_route_needs_the_most_that_it_or_its_dependencies_declare():
    site = FastAPI(openapi_url=None)
    inner = APIRouter(prefix="/inner")

    inner.get("/both")(both)
    inner.get("/nested")(nested)
    inner.get("/open")(public(lambda: ""))
    inner.get("/unsaid")(endpoint)
    inner.post("/own")(require(Scope.REVIEW, lambda: ""))
    site.include_router(inner, prefix="/outer")
    site.mount("/mounted", PlainTextResponse("open to all"))
    result = {rule.path: (rule.declared, rule.needs) for rule in route_permissions(site.routes)}
    assert result == {
        "/outer/inner/both": (True, Scope.ADMIN),
        "/outer/inner/nested": (True, Scope.ADMIN),
        "/outer/inner/open": (True, None),
        "/outer/inner/unsaid": (False, None),
        "/outer/inner/own": (True, Scope.REVIEW),
        "/mounted": (False, None),
    }
    rules = route_permissions(site.routes)
    assert permission_for(rules, "/outer/inner/own", "GET") is None
    assert permission_for(rules, "/nowhere", "GET") is None
    mounted = permission_for(rules, "/mounted/anything", "DELETE")
    assert mounted is not None
    assert mounted.declared is False


def test_what_declares_nothing_is_refused_to_everybody(archive: Archive, watchlist: Watchlist):
    site = a_site(archive, watchlist)
    site.get("/unsaid")(endpoint)
    site.mount("/mounted", PlainTextResponse("open to all"))
    client = asking(site, "token admin")
    for path in ("/unsaid", "/mounted/anything"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Nobody may use this address" in answer.text


@pytest.fixture
def site(archive: Archive, watchlist: Watchlist) -> FastAPI:
    return a_site(archive, watchlist)


def asking(site: FastAPI, asker: str) -> WebClient:
    """A client that shows what this asker has."""
    from tests.watcher.web.conftest import NOW, sign_in

    client = WebClient(site, base_url="http://127.0.0.1", follow_redirects=False, raise_server_exceptions=False)
    via, _, scope = asker.partition(" ")
    if via == "session":
        sign_in(client, Scope(scope), name=f"user-{scope}")
    if via == "token":
        accounts = site.state.authenticator.accounts
        if accounts.token(f"secret-{scope}") is None:
            accounts.add_token(ApiToken(name=scope, scope=Scope(scope), at=NOW), f"secret-{scope}")
        client.headers["authorization"] = f"Bearer secret-{scope}"
    return client


def address(rule: RoutePermission) -> str:
    return re.sub(r"{[^}]+}", "7", rule.path)


# Loopback lets in nobody's reader; to whoever signs in it makes no difference, which one of them shows.
# Sessions and tokens differ in how a user is recognised: in the short form each scope comes by one of the two.
@pytest.mark.parametrize(
    ("asker", "at_home"),
    [
        *((asker, False) for asker in BRIEFLY),
        *(pytest.param(asker, False, marks=pytest.mark.slow) for asker in ASKERS if asker not in BRIEFLY),
        ("nobody", True),
        pytest.param("session read", True, marks=pytest.mark.slow),
    ],
)
def test_every_route_lets_in_whom_it_declares_and_nobody_else(site: FastAPI, asker: str, at_home: bool):  # noqa: FBT001  a case
    site.state.authenticator.loopback_only = at_home
    client = asking(site, asker)
    scope = Scope(asker.partition(" ")[2]) if " " in asker else Scope.READ if at_home else None
    rules = route_permissions(site.routes)
    assert len(rules) > 8
    for rule in rules:
        assert rule.declared, f"{rule.path} declares nothing"
        assert (rule.needs is None) == (rule.path in PUBLIC), rule.path
        may = rule.needs is None or (scope is not None and scope.includes(rule.needs))
        for method in () if rule.path in OWN_REASONS else sorted(rule.methods):
            answer = client.request(method, address(rule))
            turned_away = answer.status_code in (401, 403) or answer.headers.get("location", "").startswith("/sign-in")
            may_now = may and (method in ("GET", "HEAD") or asker != "nobody" or rule.needs is None)
            assert turned_away == (not may_now), f"{asker} {method} {rule.path}: {answer.status_code}"


def test_who_only_reads_changes_nothing_but_what_is_their_own(site: FastAPI):
    open_to_readers = {
        rule.path
        for rule in route_permissions(site.routes)
        if rule.methods - {"GET", "HEAD"} and rule.needs not in (Scope.REVIEW, Scope.ADMIN)
    }
    assert open_to_readers == {"/filters", "/seen", "/sign-in", "/sign-out"}
