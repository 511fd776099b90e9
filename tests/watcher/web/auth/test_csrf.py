"""Test the check that tells whether another site made a browser send a request."""

from starlette.datastructures import Headers

from tests.cases import for_each
from watcher.web.auth.authentication import Scope, user_with_scope
from watcher.web.auth.middleware import CROSS_SITE, STALE_TOKEN, csrf_problem, is_same_origin


@for_each(
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
    assert is_same_origin(Headers(headers)) is own


@for_each(
    ("via", "origin", "token", "problem"),
    [
        ("session", "http://localhost", "right", None),
        ("session", "http://localhost", "wrong", STALE_TOKEN),
        ("session", "http://evil.example", "right", CROSS_SITE),
        ("token", "http://localhost", "", None),
        ("token", "http://evil.example", "", CROSS_SITE),
    ],
)
def test_origin_and_token_are_judged_together(via: str, origin: str, token: str, problem: str | None):
    user = user_with_scope(Scope.REVIEW, "ada", token="right", via=via)
    assert csrf_problem(Headers({"host": "localhost", "origin": origin}), token, user) == problem
