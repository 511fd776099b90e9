from __future__ import annotations

import json

import pytest

from watcher.web.error_responses import error_response, problem, unauthenticated


def test_a_problem_has_the_form_of_rfc_9457():
    answer = problem(409, "was changed meanwhile", more=[1])
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "was changed meanwhile",
        "more": [1],
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/findings", "application/problem+json"), ("/atom.xml", "text/plain"), ("/watches", "text/html")],
)
def test_each_asker_is_refused_in_their_own_language(path: str, kind: str):
    answer = error_response(path, 404, "not <here>")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(kind)
    assert ("&lt;here&gt;" in bytes(answer.body).decode()) == (kind == "text/html")


@pytest.mark.parametrize(
    ("path", "method", "status", "header", "value"),
    [
        ("/watches", "GET", 303, "location", "/sign-in?next=%2Fwatches%3Fa%3D1%26b%3D2"),
        ("/watches", "POST", 401, "content-type", "text/html; charset=utf-8"),
        ("/api/v1/findings", "GET", 401, "www-authenticate", "Bearer"),
        ("/article/en/7/atom.xml", "GET", 401, "www-authenticate", 'Basic realm="Article Watcher", charset="UTF-8"'),
    ],
)
def test_who_did_not_say_who_they_are_learns_how_to(path: str, method: str, status: int, header: str, value: str):
    answer = unauthenticated(path, "a=1&b=2", method)
    assert (answer.status_code, answer.headers[header]) == (status, value)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/finding/7/mute", "/finding/7"),
        ("/article/en/7/pin", "/article/en/7"),
        ("/watches/pause", "/watches"),
        ("/decide", "/"),
    ],
)
def test_a_refused_form_leads_back_to_its_page(path: str, page: str):
    refused = bytes(unauthenticated(path, "", "POST").body).decode()
    assert f'<a href="/sign-in?next={page}">Sign in</a>' in refused
    stale = bytes(error_response(path, 403, "old").body).decode()
    assert f'<a href="{page}">Back to the' in stale
