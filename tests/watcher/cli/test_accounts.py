"""Test the commands for users and tokens."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest

from snapshots import AccountRepository, Archive, Scope, User
from tests.cases import for_each
from tests.watcher.cli.conftest import Watcher
from watcher.services.context import clock
from watcher.web.auth.access import Passwords


@pytest.fixture
def home(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    watcher("init")
    monkeypatch.setenv("SECRET_WORDS", "correct horse battery")
    return watcher


@pytest.fixture
def accounts(home: Watcher) -> Iterator[AccountRepository]:  # noqa: ARG001  the database is in its folder
    with Archive("sqlite:///watcher.db") as archive:
        yield archive.accounts


def test_a_user_is_added_listed_and_removed(home: Watcher, accounts: AccountRepository):
    added = home("user", "add", "ada", "--scope", "admin", "--password", "env:SECRET_WORDS")
    assert (added.code, added.out) == (0, "ada: may sign in now, with the scope admin\n")
    known = accounts.user("ada")
    assert known.scope is Scope.ADMIN
    assert home("user", "list").out.startswith("ada: admin, since ")
    assert home("user", "remove", "ada").code == 0
    assert accounts.has_users() is False


def test_a_password_can_come_from_standard_input_and_has_a_length(
    home: Watcher, accounts: AccountRepository, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert home("user", "add", "bob").refuses("8 to 1024 characters")
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple\n"))
    assert home("user", "add", "bob", "--password", "-").code == 0
    assert Passwords().verify("battery staple", accounts.user("bob").password)


@for_each(("words", "expected"))
def test_what_cannot_be_done_is_said_in_a_line(home: Watcher, words: list[str], expected: str):
    assert home("user", *words).refuses(expected)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(home: Watcher, accounts: AccountRepository):
    made = home("token", "add", "feed", "--scope", "review")
    secret = made.out.strip()
    assert secret.startswith("aw_")
    assert len(secret) > 40
    known = accounts.token(secret)
    assert (known.name, known.scope) == ("feed", Scope.REVIEW)
    listed = home("token", "list").out
    assert listed.startswith("feed: review, since ")
    assert secret not in listed
    assert home("token", "revoke", "feed").code == 0
    assert accounts.token(secret) is None


def test_sessions_are_listed_and_ended(home: Watcher, accounts: AccountRepository):
    assert home("user", "sessions").out == "nobody is signed in\n"
    for name in ("ada", "bob"):
        accounts.add_user(User(name=name, scope=Scope.READ, at=clock(), password="!"))
        for number in range(2):
            accounts.open_session(f"{name} {number}", name, clock(), clock() + timedelta(days=1))
    listed = home("user", "sessions", "bob").out.splitlines()
    assert [line.split(",")[0] for line in listed] == ["3: bob", "4: bob"]
    assert len(home("user", "sessions").out.splitlines()) == 4
    assert home("user", "sign-out", "--session", "3").out == "session 3: signed out (1)\n"
    assert accounts.session("bob 0", clock()) is None
    assert home("user", "sign-out", "ada").out == "ada: signed out (2)\n"
    assert home("user", "sessions", "ada").out == "ada: is not signed in\n"
    assert home("user", "sign-out", "--all").out == "everybody: signed out (1)\n"
