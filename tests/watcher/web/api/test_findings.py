import re

from tests.cases import for_each
from tests.watcher.web.conftest import WebClient
from tests.watcher.web.test_stories import value_at


def test_findings_come_in_pages_by_key_and_each_once(bot: WebClient):
    whole = bot.get("/api/v1/findings").json()
    assert whole["next"] is None
    seen, after = [], None
    while True:
        page = bot.get("/api/v1/findings", params={"limit": 1} | ({"after": after} if after else {})).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [item["id"] for item in whole["items"]]
    assert len(seen) == len(set(seen)) >= 3


@for_each(("query", "path", "pattern"))
def test_findings_can_be_asked_for_by_what_they_are(bot: WebClient, query: str, path: str, pattern: str):
    result = bot.get(f"/api/v1/findings?{query}").json()["items"]
    assert result
    assert all(re.search(pattern, str(value_at(item, path))) for item in result)


@for_each("query")
def test_what_cannot_be_asked_is_a_problem_with_its_field(bot: WebClient, query: str):
    answer = bot.get(f"/api/v1/findings?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["where"][0] == "query"


@for_each("path", ["findings/99", "findings/99/history", "comparisons/99", "articles/w/99/facts"])
def test_what_is_not_stored_is_not_found(bot: WebClient, path: str):
    answer = bot.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
