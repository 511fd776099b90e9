from __future__ import annotations

import httpx
import pytest

from tests.cases import for_each
from watcher.errors import Refused
from watcher.fetch.transport import require_allowed, same_origin

HOSTS = ("en.wikipedia.org", "127.0.0.1", "[::1]:8080", "only.example.org:8443", "bücher.example")


@for_each("url")
def test_a_listed_host_is_let_through(url: str) -> None:
    assert str(require_allowed(url, HOSTS)).endswith("/w/api.php")


@for_each(("url", "expected"))
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


@for_each(("target", "same"))
def test_a_redirect_may_only_step_up_to_https_on_the_same_host(target: str, *, same: bool) -> None:
    assert same_origin(httpx.URL("http://a.example/w/api.php"), httpx.URL(target)) is same


def test_a_redirect_never_steps_down_from_https() -> None:
    assert not same_origin(httpx.URL("https://a.example/"), httpx.URL("http://a.example/"))
