"""Test that every URL that Apprise can use is accepted, and that a refusal says what is missing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import apprise
from apprise.manager_plugins import NotificationManager

from tests.cases import for_each
from watcher.config.validators import notification_url
from watcher.notify import url_problem

LENGTHS = (1, 2, 3, 4, 5, 8, 10, 11, 14, 15, 16, 18, 20, 22, 24, 25, 27, 30, 32, 34, 36, 40, 43, 44, 48, 64, 68, 80)
# What the token of some service may look like; its pattern says which of them.
SAMPLES = (
    *("a@example.org", "15551234567", "+15551234567", "us-east-1", "https://example.org/a", "@a:example.org"),
    *("AC" + "1" * 32, "WPUSH" + "a1" * 13 + "a", "ylk_" + "a1" * 16, "hlk_a1", "AT_a", "UID_a", "lpt_a1"),
    *("trgv_" + "a" * 8 + "_" + "a" * 32, "pingram_sk_a1", "xoxb-1234-1234-abcdef", "12345678:" + "a" * 35),
    "00000000-0000-4000-8000-000000000000",
    *(text * (length // len(text)) for length in LENGTHS for text in ("1", "a", "A", "a1") if length >= len(text)),
)
# Their templates do not say what the token has to be.
KNOWN = {
    "threema": f"threema://{'a1' * 4}@a1/15551234567",
    "pagertree": f"pagertree://int_{'a1' * 5}",
    **{schema: f"{schema}://{'a1' * 32}:{'a1' * 32}@127.0.0.1/room" for schema in ("session", "sessions", "sogs")},
}


def values_of(token: Mapping[str, Any], tokens: Mapping[str, Any]) -> list[str]:
    """A few values that a token of a template may have."""
    if token.get("values"):
        return [str(min(map(str, token["values"])))]
    if token["type"].startswith("list"):
        parts = [tokens[name] for name in sorted(token.get("group", ()))] or [{"type": "string"}]
        return [f"{part.get('prefix') or ''}{value}" for part in parts for value in values_of(part, tokens)]
    if token["type"].startswith("int"):
        return [str(max(token.get("min", 1), 1))]
    if token.get("regex"):
        pattern = re.compile(token["regex"][0], re.IGNORECASE if token["regex"][1] == "i" else 0)
        return [sample for sample in SAMPLES if pattern.match(sample)][:6]
    return ["a1" * 5, "a@example.org", "15551234567", "127.0.0.1", "a1" * 16, "05" + "a1" * 32]


def urls_of(schema: str, details: Mapping[str, Any]) -> Iterator[str]:
    """URLs made from a service's templates."""
    tokens = details["tokens"]
    for template in details["templates"]:
        names = re.findall(r"{(\w+)}", template)
        choices = [[schema] if name == "schema" else values_of(tokens[name], tokens) for name in names]
        for values in itertools.islice(itertools.product(*choices), 500):
            url = template
            for name, value in zip(names, values, strict=True):
                quoted = value.replace("#", "%23").replace("/", "%2F")
                url = url.replace(f"{{{name}}}", quoted, 1)
            yield url


def example_of(schema: str, details: Mapping[str, Any]) -> str | None:
    """A URL that Apprise makes a service of."""
    urls = [KNOWN[schema]] if schema in KNOWN else urls_of(schema, details)
    return next((url for url in urls if apprise.Apprise.instantiate(url) is not None), None)


def examples() -> dict[str, str | None]:
    """An example for each scheme that the installed Apprise can use."""
    return {
        schema: example_of(schema, service["details"])
        for service in apprise.Apprise().details()["schemas"]
        for schema in (*(service["protocols"] or ()), *(service["secure_protocols"] or ()))
    }


def refusal(url: str) -> str | None:
    """Why the watchlist does not take a URL."""
    try:
        notification_url(url, {})
    except ValueError as error:
        return str(error)
    return url_problem(url)


def test_an_example_of_every_installed_service_is_accepted():
    made = examples()
    assert len(made) > 150
    assert {schema for schema, url in made.items() if url is None} == set()
    assert {url: refusal(url) for url in made.values() if url and refusal(url)} == {}


@for_each("url")
def test_the_address_that_a_service_shows_is_accepted(url: str):
    assert refusal(url) is None


@for_each(("url", "reason"))
def test_a_refused_url_says_what_to_write_and_not_what_it_holds(url: str, reason: str):
    result = refusal(url) or ""
    assert reason in result
    assert "S3CR3T" not in result
    assert "\n" not in result


def test_a_service_without_its_library_names_it():
    plugins = NotificationManager()
    services = apprise.Apprise().details(show_requirements=True, show_disabled=True)["schemas"]
    disabled = [service for service in services if not service["enabled"]]
    assert disabled, (
        "every service of Apprise is usable here; this test needs an optional library that is not installed"
    )
    for service in disabled:
        for schema in service["protocols"] or ():
            result = refusal(f"{schema}://user:S3CR3T@example.org/a1") or ""
            packages = service["requirements"]["packages_required"]
            expected = packages[0] if packages else str(plugins[schema].requirements["details"])
            assert expected in result
            assert "S3CR3T" not in result
