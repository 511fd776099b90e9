"""Test that every URL that Apprise can use is accepted, and that a refusal says what is missing."""

import apprise
from apprise.manager_plugins import NotificationManager

from tests.cases import for_each
from watcher.config.validators import notification_url
from watcher.notify import url_problem


def refusal(url: str) -> str | None:
    """Why the watchlist does not take a URL."""
    try:
        notification_url(url, {})
    except ValueError as error:
        return str(error)
    return url_problem(url)


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
