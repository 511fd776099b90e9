"""Test the commands for users and tokens."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest

from snapshots import AccountRepository, Archive, Scope
from tests.watcher.cli.conftest import Watcher
from watcher.services.context import clock
from watcher.web.auth.passwords import Passwords


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
    assert "nobody can sign in yet" in home("user", "list").out
    added = home("user", "add", "ada", "--scope", "admin", "--password", "env:SECRET_WORDS")
    assert (added.code, added.out) == (0, "ada: may sign in now, with the scope admin\n")
    known = accounts.user("ada")
    assert known.scope is Scope.ADMIN
    assert Passwords().verify("correct horse battery", known.password)
    assert home("user", "list").out.startswith("ada: admin, since ")
    assert home("user", "remove", "ada").code == 0
    assert accounts.has_users() is False


def test_a_password_can_come_from_standard_input(
    home: Watcher, accounts: AccountRepository, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple\n"))
    assert home("user", "add", "bob", "--password", "-").code == 0
    assert Passwords().verify("battery staple", accounts.user("bob").password)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["add", "ada", "--password", "hunter22"], "seen by others"),
        (["add", "ada", "--password", "env:NOWHERE"], "NOWHERE is not set"),
        (["add"], "Missing argument 'NAME'"),
        (["add", "a b", "--password", "env:SECRET_WORDS"], "is no name"),
        (["remove", "ada"], "there is none"),
        (["add", "ada", "--scope", "all"], "--scope"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(home: Watcher, words: list[str], expected: str):
    done = home("user", *words)
    assert done.code == 2
    assert expected in done.err
    assert "hunter22" not in done.err


def test_a_short_password_is_refused(home: Watcher, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    done = home("user", "add", "bob")
    assert (done.code, "8 to 1024 characters" in done.err) == (2, True)


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
    assert home("token", "add", "feed").code == 2
    assert home("token", "revoke", "feed").code == 0
    assert accounts.token(secret) is None


def test_sessions_are_listed_and_ended(home: Watcher, accounts: AccountRepository):
    assert home("user", "sessions").out == "nobody is signed in\n"
    for name in ("ada", "bob"):
        home("user", "add", name, "--password", "env:SECRET_WORDS")
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sign-out"], "or everybody with --all"),
        (["sign-out", "ada", "--all"], "or everybody with --all"),
        (["sign-out", "eve"], "there is none"),
        (["sign-out", "--session", "99"], "session 99: there is none"),
        (["sessions", "eve"], "there is none"),
    ],
)
def test_who_is_not_signed_in_cannot_be_signed_out(home: Watcher, words: list[str], expected: str):
    assert home("user", *words).refuses(expected)
