"""Test that a browser is recognised by its cookie for one user, until the password changes or half a year passes."""

from __future__ import annotations

from datetime import timedelta

from tests.cases import for_each
from tests.watcher.web.conftest import NOW
from watcher.web.auth.sign_in import device_cookie, known_device

COOKIE = device_cookie("ada", "hash", "secret", NOW)


def test_the_cookie_of_a_browser_is_recognised():
    assert known_device(COOKIE, "ada", "hash", NOW + timedelta(days=179)) == "secret"


def test_it_is_worth_nothing_for_another_user_password_or_time():
    assert known_device(COOKIE, "bob", "hash", NOW) == ""
    assert known_device(COOKIE, "ada", "new hash", NOW) == ""
    assert known_device(COOKIE, "ada", "hash", NOW + timedelta(days=180)) == ""


@for_each(
    "value",
    [
        None,
        "",
        "..",
        "a.b.c",
        COOKIE[:-1],
        COOKIE + "0",
        COOKIE.replace("secret", "another"),
        "9" * 999,
        "é.é.é",
        COOKIE + ".a",
    ],
)
def test_what_was_not_signed_here_is_not_recognised(value: str | None):
    assert known_device(value, "ada", "hash", NOW) == ""
