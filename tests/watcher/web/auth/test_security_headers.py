import pytest

from tests.cases import for_each
from watcher.web.auth.middleware import SecurityHeadersMiddleware


async def inner(*_: object) -> None:
    raise AssertionError("must not be reached")


@for_each(
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
