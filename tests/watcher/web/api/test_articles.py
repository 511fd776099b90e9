import re

from tests.cases import for_each
from tests.flows.harness import CHANGED, WikiHarness
from tests.watcher.web.conftest import WebClient
from tests.watcher.web.test_stories import value_at


def test_the_facts_of_an_article_are_those_of_its_last_judged_revision_in_pages(bot: WebClient):
    address = "/api/v1/articles/w/1/facts"
    whole = bot.get(address).json()
    (boats,) = [item for item in whole["statistics"] if item["measure"] == "count"]
    assert (boats["text"], boats["value"], boats["section"]) == ("25 million", "25000000", ["Harbours"])
    assert boats["sentence"].startswith("In 2012, the survey counted 25 million boats")
    assert whole["revision"]["id"] == 5
    assert whole["total"] == len(whole["statistics"]) + len(whole["claims"]) > 1
    assert whole["next"] is None
    first = bot.get(address, params={"limit": 1}).json()
    assert (first["statistics"], first["claims"], first["next"]) == (whole["statistics"][:1], [], 1)
    rest = bot.get(address, params={"limit": 200, "after": first["next"]}).json()
    assert rest["statistics"] + rest["claims"] == whole["statistics"][1:] + whole["claims"]
    assert bot.get(address, params={"limit": 201}).status_code == 422


def test_the_timelines_of_an_article_come_in_pages(bot: WebClient, world: WikiHarness):
    world.edit(f"{CHANGED}\nThe quays have 40 lamps and 50 bells.\n")
    world.check()
    address = "/api/v1/articles/w/1/timelines"
    reported = bot.get(address, params={"statistic": "boats"}).json()
    (timeline,) = reported["timelines"]
    assert [item["element"]["text"] for item in timeline["episodes"]][-1] == "25 million"
    assert reported["complete"] is True
    every = bot.get(address, params={"limit": 200}).json()["timelines"]
    assert [item["number"] for item in every] == list(range(1, len(every) + 1))
    assert len(every) >= 3
    first = bot.get(address, params={"limit": 1}).json()
    assert first["timelines"] == every[:1]
    second = bot.get(address, params={"limit": 1, "after": first["next"]}).json()
    assert first["timelines"][0]["number"] < second["timelines"][0]["number"]


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
