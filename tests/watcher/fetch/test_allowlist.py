from __future__ import annotations

import httpx
import pytest

from tests.cases import for_each
from watcher.errors import Refused
from watcher.fetch.transport import require_allowed, same_origin

HOSTS = ("en.wikipedia.org", "127.0.0.1", "[::1]:8080", "only.example.org:8443", "bücher.example")


@for_each(
    "url",
    [
        "https://en.wikipedia.org/w/api.php",
        "https://EN.Wikipedia.org/w/api.php",
        "https://en.wikipedia.org.:443/w/api.php",
        "https://en.wikipedia.org:8443/w/api.php",
        "http://127.0.0.1:8901/w/api.php",
        "http://[::1]:8080/w/api.php",
        "https://only.example.org:8443/w/api.php",
        "https://xn--bcher-kva.example/w/api.php",
    ],
)
def test_a_listed_host_is_let_through(url: str) -> None:
    assert str(require_allowed(url, HOSTS)).endswith("/w/api.php")


@for_each(
    ("url", "expected"),
    [
        ("https://evil.example/w/api.php", "not on the allow-list"),
        ("https://en.wikipedia.org.evil.example/w/api.php", "not on the allow-list"),
        ("https://evil-en.wikipedia.org/w/api.php", "not on the allow-list"),
        ("https://en.wikipedia.org@evil.example/w/api.php", "user name"),
        ("https://me:secret@en.wikipedia.org/w/api.php", "user name"),
        ("http://en.wikipedia.org/w/api.php", "not encrypted"),
        ("http://169.254.169.254/latest/meta-data", "not on the allow-list"),
        ("http://[::1]:22/w/api.php", "not on the allow-list"),
        ("https://only.example.org/w/api.php", "not on the allow-list"),
        ("https://2130706433/w/api.php", "not on the allow-list"),
        ("file:///etc/passwd", "not a web address"),
        ("gopher://127.0.0.1/", "not a web address"),
        ("/w/api.php", "not a web address"),
        ("https://", "not a web address"),
        ("", "not a web address"),
        ("https://[::1/", "not a URL"),
        ("https://en.wikipedia.org:port/", "not a URL"),
        ("https://en.wikipedia.org/\x00", "not a URL"),
    ],
)
def test_any_other_address_is_refused_with_the_reason(url: str, expected: str) -> None:
    with pytest.raises(Refused, match=expected):
        require_allowed(url, HOSTS)


def test_a_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(Refused) as refusal:
        require_allowed("https://me:hunter2@en.wikipedia.org/w/api.php", HOSTS)
    assert "hunter2" not in str(refusal.value)


@for_each("entry", ["", " ", "https://en.wikipedia.org", "*", "[::1", "wikipedia.org"])
def test_an_entry_that_is_no_host_name_allows_nothing(entry: str) -> None:
    with pytest.raises(Refused):
        require_allowed("https://en.wikipedia.org/w/api.php", [entry])


@for_each(
    ("target", "same"),
    [
        ("http://a.example/other", True),
        ("http://A.example:80/other", True),
        ("https://a.example/other", True),
        ("https://a.example:8443/other", False),
        ("http://a.example:8080/other", False),
        ("http://b.example/other", False),
    ],
)
def test_a_redirect_may_only_step_up_to_https_on_the_same_host(target: str, *, same: bool) -> None:
    assert same_origin(httpx.URL("http://a.example/w/api.php"), httpx.URL(target)) is same


def test_a_redirect_never_steps_down_from_https() -> None:
    assert not same_origin(httpx.URL("https://a.example/"), httpx.URL("http://a.example/"))
