from collections.abc import Callable

import pytest

from tests.web_client import WebClient
from watcher.web.rendering import address, content

Visit = Callable[..., WebClient]


@pytest.mark.parametrize(("name", "kind"), [("watcher.css", "text/css"), ("review.js", "text/javascript")])
def test_a_file_is_answered_under_the_address_that_pages_give(visit: Visit, name: str, kind: str):
    answer = visit("one").get(address(name))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "max-age=86400"
    assert answer.content == content(name)


def test_the_pages_look_like_the_reports():
    assert b"--critical" in content("watcher.css")


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fserver.py", "watcher.css/x", "%2e%2e/guard.py"])
def test_nothing_else_is_answered(visit: Visit, name: str):
    assert visit("one").get(f"/static/{name}").status_code == 404
