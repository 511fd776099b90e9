"""Test sessions from sign-in to their end, and attacks on them."""

import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from itertools import islice
from threading import Event

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from snapshots import Archive, Scope, User
from tests.cases import for_each, table
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.web import bootstrap_link
from watcher.web.auth.access import Authenticator, Passwords, SignInRateLimiter
from watcher.web.auth.sign_in import device_cookie, known_device, safe_redirect_target

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "correct horse battery"


class Slow(PasswordHasher):
    """A hasher on a machine that is busy until `gate` opens."""

    gate = Event()

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)

    def verify(self, *arguments: str | bytes) -> bool:
        self.gate.wait(60)
        return super().verify(*arguments)


@pytest.fixture
def site(archive: Archive, watchlist: Watchlist) -> FastAPI:
    doors = Authenticator(
        accounts=archive.accounts, now=lambda: NOW, passwords=CHEAP, base_url="https://watch.example.org"
    )
    doors.accounts.add_user(User(name="ada", scope=Scope.ADMIN, at=NOW, password=CHEAP.hash(PASSWORD)))
    return a_site(archive, watchlist, now=lambda: NOW, authenticator=doors)


@pytest.fixture
def client(site: FastAPI) -> WebClient:
    return browser(site)


def browser(site: FastAPI, host: str = "http://127.0.0.1:8765") -> WebClient:
    return WebClient(site, base_url=host, follow_redirects=False)


def csrf(page: str) -> str:
    match = re.search(r'name="token" value="([^"]+)"', page)
    assert match
    return match[1]


def sign_in(client: WebClient, name: str = "ada", password: str = PASSWORD, then: str = "/"):
    form = client.get("/sign-in", params={"next": then}).text
    return client.post("/sign-in", data={"token": csrf(form), "name": name, "password": password, "next": then})


def token(client: WebClient) -> str:
    return csrf(client.get("/sign-in").text)


def test_who_signs_in_gets_a_session_that_ends_with_signing_out(client: WebClient):
    answer = sign_in(client, then="/comparison/1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/comparison/1")
    cookie = next(item for item in answer.headers.get_list("set-cookie") if item.startswith("watcher_session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=604800"} <= set(cookie.split("; "))
    kept = client.cookies["watcher_session"]
    client.app.state.authenticator.loopback_only = False
    assert client.get("/").status_code == 200
    assert client.post("/sign-out").status_code == 403
    assert client.get("/sign-out").status_code == 405
    out = client.post("/sign-out", data={"token": token(client)})
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert "watcher_session" not in client.cookies
    client.cookies.set("watcher_session", kept)
    assert client.get("/").headers["location"].startswith("/sign-in")


def test_over_https_the_cookie_is_secure_and_of_this_host_alone(site: FastAPI):
    for host in ("https://127.0.0.1", "http://watch.example.org"):  # the latter is what a proxy hands on
        client = browser(site, host)
        site.state.hosts.add("watch.example.org")
        cookies = client.get("/sign-in").headers.get_list("set-cookie")
        assert all(cooky.startswith("__Host-watcher_") and "Secure" in cooky.split("; ") for cooky in cookies)
        assert cookies


@for_each(("name", "password"), [("ada", "wrong password"), ("eve", PASSWORD), ("", ""), ("ada", "")])
def test_what_was_wrong_is_not_reported(client: WebClient, name: str, password: str):
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert "watcher_session" not in client.cookies


def test_a_session_that_was_known_before_is_worth_nothing_after_signing_in(client: WebClient, site: FastAPI):
    planted = "an-id-that-somebody-else-knows"
    client.cookies.set("watcher_session", planted)
    sign_in(client)
    assert client.cookies.get("watcher_session", domain="127.0.0.1") != planted
    assert site.state.authenticator.accounts.session(planted, NOW) is None
    first = client.cookies.get("watcher_session", domain="127.0.0.1")
    sign_in(client)  # each sign-in has an id of its own and ends the one before
    assert client.cookies.get("watcher_session", domain="127.0.0.1") != first
    assert site.state.authenticator.accounts.session(first, NOW) is None


def test_a_session_runs_out_and_who_is_removed_is_out_at_once(client: WebClient, site: FastAPI):
    sign_in(client)
    site.state.authenticator.loopback_only = False
    site.state.authenticator.now = lambda: NOW + timedelta(days=7)
    assert client.get("/").headers["location"] == "/sign-in?next=%2F"
    site.state.authenticator.now = lambda: NOW
    assert client.get("/").status_code == 200
    site.state.authenticator.accounts.remove_user("ada")
    assert client.get("/").status_code == 303


def test_another_site_cannot_sign_somebody_in(client: WebClient, site: FastAPI):
    data = {"name": "ada", "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 403
    foreign = csrf(browser(site).get("/sign-in").text)
    client.get("/sign-in")
    assert client.post("/sign-in", data=data | {"token": foreign}).status_code == 403
    assert "watcher_session" not in client.cookies


def test_too_many_attempts_have_to_wait(client: WebClient, site: FastAPI):
    site.state.authenticator.rate_limiter = SignInRateLimiter(per_address=3)
    answers = [sign_in(client, "ada", "wrong password").status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]
    late = sign_in(client)
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    assert "watcher_session" not in client.cookies
    site.state.authenticator.now = lambda: NOW + timedelta(seconds=1)
    assert sign_in(client).status_code == 303


def fail_from(site: FastAPI, addresses: int, times: int) -> None:
    """Wrong passwords for ada from many addresses."""
    for number in range(addresses):
        stranger = WebClient(site, base_url="http://127.0.0.1:8765", client=(f"203.0.113.{number}", 5000))
        for _ in range(times):
            sign_in(stranger, "ada", "wrong password")


def test_strangers_do_not_lock_out_a_browser_that_is_known(client: WebClient, site: FastAPI):
    sign_in(client)
    fail_from(site, 8, 5)
    elsewhere = WebClient(site, base_url="http://127.0.0.1:8765", follow_redirects=False, client=("203.0.113.1", 1))
    assert sign_in(elsewhere).status_code == 429
    elsewhere.cookies.set("watcher_device", client.cookies["watcher_device"])
    assert sign_in(elsewhere).status_code == 303


def test_an_address_is_that_of_the_socket_whatever_a_header_claims(client: WebClient, site: FastAPI):
    site.state.authenticator.rate_limiter = SignInRateLimiter(per_address=3, per_name=100)
    answers = []
    for number in range(5):
        client.headers["x-forwarded-for"] = f"198.51.100.{number}"
        answers.append(sign_in(client, f"name {number}", "wrong password").status_code)
    assert answers == [401, 401, 401, 429, 429]


def test_other_pages_answer_while_a_crowd_signs_in_and_the_crowd_is_sent_away(site: FastAPI):
    site.state.authenticator.passwords = Passwords(Slow())
    site.state.authenticator.rate_limiter = SignInRateLimiter(999, 999)
    with (
        WebClient(site, base_url="http://127.0.0.1:8765", follow_redirects=False) as client,
        ThreadPoolExecutor(60) as crowd,
    ):
        client.get("/sign-in")
        form = {"token": token(client), "name": "ada", "password": "wrong password"}
        answers = [crowd.submit(client.post, "/sign-in", data=form) for _ in range(60)]
        try:
            refused = [answer.result() for answer in islice(as_completed(answers), 48)]  # at most 10 of 60 wait
            assert client.get("/healthz").status_code == 200
        finally:
            Slow.gate.set()
        codes = [answer.result().status_code for answer in answers]
    assert {answer.status_code for answer in refused} == {503}
    assert refused[0].headers["retry-after"] == "2"
    assert set(codes) == {401, 503}
    assert codes.count(401) <= 12


def test_a_hash_by_weaker_parameters_is_made_again(client: WebClient, site: FastAPI):
    doors = site.state.authenticator
    doors.passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    before = doors.accounts.user("ada").password
    sign_in(client)
    assert doors.accounts.user("ada").password != before
    assert doors.passwords.verify(PASSWORD, doors.accounts.user("ada").password)


def test_the_first_link_opens_the_pages_once(archive: Archive, watchlist: Watchlist):
    site = a_site(archive, watchlist, now=lambda: NOW)
    link = bootstrap_link(site, "127.0.0.1", 8765)
    assert link is not None
    client = browser(site)
    assert client.head(link).status_code == 405
    assert client.get("/welcome/wrong").status_code == 403
    answer = client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    session = client.cookies["watcher_session"]
    assert site.state.authenticator.accounts.session(session, NOW).scope is Scope.ADMIN
    again = browser(site).get(link)
    assert again.status_code == 403
    assert "used already" in again.text
    assert "set-cookie" not in again.headers


def test_the_first_link_and_its_session_end_when_somebody_can_sign_in(archive: Archive, watchlist: Watchlist):
    site = a_site(archive, watchlist, now=lambda: NOW)
    used, unused = bootstrap_link(site, "127.0.0.1", 8765), bootstrap_link(site, "127.0.0.1", 8765)
    client = browser(site)
    client.get(used)
    assert client.get("/watches").status_code == 200
    site.state.authenticator.accounts.add_user(User(name="ada", scope=Scope.ADMIN, at=NOW, password="!"))
    site.state.authenticator.loopback_only = False
    assert client.get("/watches").headers["location"].startswith("/sign-in")
    late = browser(site).get(unused)
    assert (late.status_code, "set-cookie" in late.headers) == (403, False)


def test_there_is_no_first_link_where_somebody_can_sign_in_or_others_can_reach(
    site: FastAPI, archive: Archive, watchlist: Watchlist
):
    assert bootstrap_link(site, "127.0.0.1", 8765) is None
    site.state.authenticator.accounts.remove_user("ada")
    assert bootstrap_link(site, "0.0.0.0", 8765) is None
    assert "watcher user add" in browser(site).get("/sign-in").text
    assert bootstrap_link(a_site(archive, watchlist), "::1", 1).startswith("http://[::1]:1/welcome/")


@for_each("path", ["/", "/watches?page=2&a=b", "/finding/7#finding-1", "/article/en/Ågren", "/a:b//c"])
def test_a_path_of_this_server_is_followed(path: str):
    assert safe_redirect_target(path) == path


@for_each("target", [*table(__file__, "nobody_is_sent_to_another_site"), "/" + "a" * 2000])
def test_nobody_is_sent_to_another_site(client: WebClient, target: str):
    assert safe_redirect_target(target) == "/"
    assert sign_in(client, then=target).headers["location"] == "/"


@given(st.text(max_size=60) | st.from_regex(r"[/\\ \t]{0,4}[a-z.:@]{0,20}", fullmatch=True))
def test_whatever_is_requested_the_answer_stays_here(target: str):
    path = safe_redirect_target(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


COOKIE = device_cookie("ada", "hash", "secret", NOW)
BROKEN = ["", "..", "a.b.c", COOKIE[:-1], COOKIE + "0", "9" * 999, "é.é.é", COOKIE + ".a"]


def test_the_cookie_of_a_browser_is_recognised_for_its_user_password_and_time():
    assert known_device(COOKIE, "ada", "hash", NOW + timedelta(days=179)) == "secret"
    assert known_device(COOKIE, "bob", "hash", NOW) == ""
    assert known_device(COOKIE, "ada", "new hash", NOW) == ""
    assert known_device(COOKIE, "ada", "hash", NOW + timedelta(days=180)) == ""


@for_each("value", [*BROKEN, COOKIE.replace("secret", "another")])
def test_what_was_not_signed_here_is_not_recognised(value: str):
    assert known_device(value, "ada", "hash", NOW) == ""
