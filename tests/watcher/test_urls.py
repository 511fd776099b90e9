"""Test which addresses are safe to follow."""

import pytest

from tests.cases import for_each
from watcher.urls import index_php_url, is_loopback, is_loopback_url, web_link


@for_each(("host", "is_loopback_host"))
def test_loopback_is_known_by_name_or_number(host: str, *, is_loopback_host: bool) -> None:
    assert is_loopback(host) is is_loopback_host


@for_each(("address", "is_loopback_host"))
def test_an_address_stays_on_this_machine_by_its_host(address: str, *, is_loopback_host: bool) -> None:
    assert is_loopback_url(address) is is_loopback_host


def test_the_index_is_beside_the_api() -> None:
    assert index_php_url("https://w.example.org/w/api.php") == "https://w.example.org/w/index.php"


@for_each("url")
def test_only_a_plain_web_address_becomes_a_link(url: str):
    assert web_link(url) is None
    assert web_link(None) is None
    assert web_link(f"https://example.org/{'a' * 3000}") is None


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=c&d=é#f", "HTTP://Example.org", "http://[::1]:8080/x", "https://例え.jp/"]
)
def test_a_web_address_is_a_link(url: str):
    assert web_link(url) == url
