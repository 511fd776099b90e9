from tests.flows.harness import CHANGED, WikiHarness
from tests.watcher.web.conftest import WebClient


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
