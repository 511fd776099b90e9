import json
import re
from dataclasses import replace
from inspect import iscoroutinefunction

import pytest
from starlette.responses import PlainTextResponse

from snapshots import Archive
from tests.cases import for_each
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import Visit, WebClient
from watcher.config import Watchlist
from watcher.errors import ConfigError
from watcher.web import serve
from watcher.web.app import ROUTES, server_config
from watcher.web.auth.access import route_permissions
from watcher.web.auth.middleware import SecurityHeadersMiddleware
from watcher.web.rendering import content, error_response, problem, static_url, unauthenticated


@pytest.fixture
def client(visit: Visit) -> WebClient:
    return visit("one", "two")


@for_each("path")
def test_what_is_not_there_is_not_found(client: WebClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text


@for_each("path", ["/", "/comparison/1", "/finding/1", "/healthz", "/nowhere", "/comparison/99"])
def test_every_answer_has_the_strict_headers(client: WebClient, path: str):
    headers = client.get(path).headers
    assert re.fullmatch(
        r"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        r"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        r"|default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; base-uri 'none'; form-action 'none'; "
        r"frame-ancestors 'none'",
        headers["content-security-policy"],
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@for_each(("host", "status"))
def test_only_the_names_of_this_machine_are_answered(client: WebClient, host: str, status: int):
    answer = client.get("/", headers={"host": host})
    assert (answer.status_code, "Bridge tolls" in answer.text) == (status, status == 200)


@pytest.mark.parametrize("host", ["watcher.example.org", "[2001:db8::7]"])
def test_the_host_of_the_base_address_is_answered(visit: Visit, host: str):
    client = visit("one", base_url=f"https://{host}/", scope=None, host=host)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")
    assert client.get("/sign-in").status_code == 200


@for_each("own, host, allowed")
def test_a_server_on_all_addresses_is_asked_by_each_and_by_no_name(own: str, host: str, *, allowed: bool):
    assert SecurityHeadersMiddleware(PlainTextResponse(), [own]).is_allowed_host([host]) is allowed


def test_a_host_that_others_can_reach_is_refused_while_nobody_can_sign_in(archive: Archive, watchlist: Watchlist):
    with pytest.raises(ConfigError, match=r"host 0\.0\.0\.0.*watcher user add"):
        serve(a_site(archive, watchlist), host="0.0.0.0")


def test_forwarded_headers_are_believed_of_named_proxies_alone(archive: Archive, watchlist: Watchlist):
    plain = server_config(a_site(archive, watchlist))
    assert not plain.proxy_headers
    proxied = replace(watchlist, trusted_proxies=("10.0.0.0/8",))
    config = server_config(a_site(archive, proxied))
    assert (config.proxy_headers, config.forwarded_allow_ips) == (True, ["10.0.0.0/8"])
    assert not a_site(archive, proxied).state.authenticator.allows_anonymous_read(
        {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": [(b"host", b"127.0.0.1")]}
    )


def test_a_file_is_answered_under_the_address_that_pages_give_and_nothing_else(client: WebClient):
    for name, kind in (("watcher.css", "text/css"), ("review.js", "text/javascript")):
        answer = client.get(static_url(name))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "max-age=86400"
        assert answer.content == content(name)
    for name in ("nothing.css", "..%2Fserver.py", "watcher.css/x", "%2e%2e/guard.py"):
        assert client.get(f"/static/{name}").status_code == 404


def test_a_problem_has_the_form_of_rfc_9457():
    answer = problem(409, "was changed meanwhile", more=[1])
    assert answer.headers["content-type"] == "application/problem+json"
    expected = {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "was changed meanwhile",
        "more": [1],
    }
    assert json.loads(answer.body) == expected


@for_each(
    ("path", "kind"),
    [("/api/v1/findings", "application/problem+json"), ("/atom.xml", "text/plain"), ("/watches", "text/html")],
)
def test_each_asker_is_refused_in_their_own_language(path: str, kind: str):
    answer = error_response(path, 404, "not <here>")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(kind)
    assert ("&lt;here&gt;" in bytes(answer.body).decode()) == (kind == "text/html")


def test_only_signing_in_runs_where_all_others_wait():
    # which gives up its thread while it waits for a password's turn
    waited_for = {rule.path for rule in route_permissions(ROUTES.routes) if iscoroutinefunction(rule.endpoint)}
    assert waited_for == {"/sign-in"}


@for_each(("path", "method", "status", "header", "value"))
def test_who_did_not_say_who_they_are_learns_how_to(path: str, method: str, status: int, header: str, value: str):
    answer = unauthenticated(path, "a=1&b=2", method.removeprefix("hx-"), by_script=method.startswith("hx-"))
    assert (answer.status_code, answer.headers[header]) == (status, value)


@for_each(("path", "page"))
def test_a_refused_form_leads_back_to_its_page(path: str, page: str):
    refused = bytes(unauthenticated(path, "", "POST").body).decode()
    assert f'<a href="/sign-in?next={page}" target="_blank">Sign in</a>' in refused
    stale = bytes(error_response(path, 403, "old").body).decode()
    assert f'<a href="{page}">Back to the' in stale
