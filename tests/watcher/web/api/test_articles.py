from __future__ import annotations

from tests.watcher.web.conftest import TestClient


def test_the_facts_of_an_article_are_those_of_its_last_judged_revision(bot: TestClient):
    assert bot.get("/api/v1/articles").json() == [{"wiki": "w", "page_id": 1, "title": "Tide"}]
    told = bot.get("/api/v1/articles/w/1/facts").json()
    (boats,) = [one for one in told["statistics"] if one["measure"] == "count"]
    assert (boats["text"], boats["value"], boats["section"]) == ("25 million", "25000000", ["Harbours"])
    assert boats["sentence"].startswith("In 2012, the survey counted 25 million boats")
    assert told["revision"]["id"] == 5
    assert isinstance(told["claims"], list)


def test_the_timelines_of_an_article_come_in_pages(bot: TestClient):
    address = "/api/v1/articles/w/1/timelines"
    told = bot.get(address, params={"statistic": "boats"}).json()
    (life,) = told["lives"]
    assert [one["element"]["text"] for one in life["episodes"]][-1] == "25 million"
    assert told["complete"] is True
    every = bot.get(address, params={"limit": 200}).json()["lives"]
    assert [one["number"] for one in every] == list(range(len(every)))
    first = bot.get(address, params={"limit": 1}).json()
    assert first["lives"] == every[:1]
    second = bot.get(address, params={"limit": 1, "after": first["next"]}).json()
    assert first["lives"][0]["number"] < second["lives"][0]["number"]


def test_comparisons_and_events_are_listed(bot: TestClient):
    listed = bot.get("/api/v1/articles/w/1/comparisons?limit=1").json()
    assert listed[0] == bot.get(f"/api/v1/comparisons/{listed[0]['id']}").json()
    assert (listed[0]["worst"], listed[0]["after"]["id"]) == ("high", 5)
    assert bot.get("/api/v1/articles/w/1/events").json() == []


def test_the_facts_of_an_article_come_in_pages(bot: TestClient):
    address = "/api/v1/articles/w/1/facts"
    whole = bot.get(address).json()
    assert whole["total"] == len(whole["statistics"]) + len(whole["claims"]) > 1
    assert whole["next"] is None
    first = bot.get(address, params={"limit": 1}).json()
    assert (first["statistics"], first["claims"], first["next"]) == (whole["statistics"][:1], [], 1)
    rest = bot.get(address, params={"limit": 200, "after": first["next"]}).json()
    assert rest["statistics"] + rest["claims"] == whole["statistics"][1:] + whole["claims"]
    assert bot.get(address, params={"limit": 201}).status_code == 422
