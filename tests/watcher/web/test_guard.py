import pytest

from watcher.web.guard import Guard


async def inner(*_: object) -> None:
    raise AssertionError("must not be reached")


@pytest.mark.parametrize(
    "given", [[], [""], ["localhost", "localhost"], ["localhost:"], ["localhost:123456"], ["localhost/"], ["::1"]]
)
def test_a_host_header_that_is_missing_doubled_or_malformed_is_not_admitted(given: list[str]):
    assert not Guard(inner, [], "").admits(given)


def test_names_are_compared_without_case():
    assert Guard(inner, ["Watcher.Example.org"], "").admits(["WATCHER.example.ORG:443"])


@pytest.mark.anyio
async def test_a_web_socket_is_left_unanswered():
    await Guard(inner, [], "")({"type": "websocket"}, inner, inner)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
