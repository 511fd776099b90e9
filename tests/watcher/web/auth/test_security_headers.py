import pytest
from starlette.datastructures import Headers

from watcher.web.auth.security_headers import SecurityHeadersMiddleware


async def inner(*_: object) -> None:
    raise AssertionError("must not be reached")


@pytest.mark.parametrize(
    "given", [[], [""], ["localhost", "localhost"], ["localhost:"], ["localhost:123456"], ["localhost/"], ["::1"]]
)
def test_a_host_header_that_is_missing_doubled_or_malformed_is_not_admitted(given: list[str]):
    assert not SecurityHeadersMiddleware(inner, []).is_allowed_host(given)


def test_names_are_compared_without_case():
    assert SecurityHeadersMiddleware(inner, ["Watcher.Example.org"]).is_allowed_host(["WATCHER.example.ORG:443"])


@pytest.mark.anyio
async def test_a_web_socket_is_left_unanswered():
    await SecurityHeadersMiddleware(inner, [])({"type": "websocket"}, inner, inner)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "localhost:8080", "origin": "http://localhost:8080"}, True),
        ({"host": "localhost:8080", "origin": "http://localhost:9090"}, False),
        ({"host": "localhost:8080", "origin": "https://evil.example"}, False),
        ({"host": "localhost:8080", "origin": "null"}, True),  # its token must speak for it
        ({"host": "localhost:8080", "sec-fetch-site": "same-origin", "origin": "http://localhost:8080"}, True),
        ({"host": "localhost:8080", "sec-fetch-site": "cross-site"}, False),
        ({"host": "localhost:8080", "sec-fetch-site": "same-site", "origin": "http://localhost:8080"}, False),
        ({"host": "localhost:8080", "sec-fetch-site": "none"}, True),
        ({"host": "localhost:8080"}, True),
        ({"host": "localhost:8080", "origin": "http://["}, False),
        ({"host": "localhost:8080", "origin": ""}, False),
    ],
)
def test_what_changes_something_comes_from_a_page_of_this_server_or_from_none(headers: dict[str, str], own: bool):  # noqa: FBT001  a case
    assert SecurityHeadersMiddleware(inner, []).is_same_origin(Headers(headers)) is own
