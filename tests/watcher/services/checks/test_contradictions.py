import pytest

from tests.flows.harness import WikiHarness
from tests.snapshots.builders import each_statement
from tests.watcher.services.stories import Player, story_test
from watcher.errors import Unavailable
from watcher.model import Dialect
from watcher.model.elements import CitedStatistic, Contradiction
from watcher.parse import cited
from watcher.parse.cited import cited_statistics
from watcher.services.checks.contradictions import current_contradictions, disputed_json, disputed_numbers

REPORT = "<ref>{{cite web |title=Boats |url=https://survey.example.org/2012/boats}}</ref>"
OTHER = "<ref>{{cite web |title=Yachts |url=https://survey.example.org/2012/yachts}}</ref>"
BOATS = "In 2012, the survey counted 21 million boats in all harbours.{ref}"
HARBOURS = "A survey found that {number} boats lay in harbours in 2012.{ref}"


def listed(world: WikiHarness) -> list[Contradiction]:
    with world.services() as services:
        return [*current_contradictions(services)]


def values(world: WikiHarness) -> list[set[str]]:
    return [{side.statistic.quantity.text for side in (item.first, item.second)} for item in listed(world)]


def start(world: WikiHarness, other: str) -> None:
    """Two articles with these statements, each checked once."""
    world.watch("Boat", "Harbour")
    world.edit(BOATS.format(ref=REPORT), "Boat")
    world.edit_and_check(HARBOURS.format(number=other, ref=REPORT), "Harbour")


class ContradictionPlayer(Player):
    """Plays stories of two articles that cite one survey."""

    def begin(self, number: str) -> None:
        start(self.world, number)

    def listed(self, *pairs: list[str]) -> None:
        """The values of each contradiction."""
        self.known = listed(self.world)
        assert [sorted(pair) for pair in values(self.world)] == [sorted(pair) for pair in pairs]

    def same_as_before(self) -> None:
        (before,), (now,) = self.known, listed(self.world)
        assert (now.id, now.at, now.second.since) == (before.id, before.at, before.second.since)


TEXTS = {
    "BOAT": BOATS.format(ref=REPORT),
    "HARBOUR": HARBOURS.format(number="24 million", ref=REPORT),
    "NAMED": HARBOURS.format(number="24 million", ref="<ref name=s />")
    + "\n\n== Notes ==\n<references>\n{}\n</references>".format(OTHER.replace("<ref>", '<ref name="s">')),
}
test_what_contradicts = story_test(__file__, TEXTS, ContradictionPlayer)


def test_an_alert_says_which_other_articles_still_state_the_old_value(world: WikiHarness):
    start(world, "21 million")
    world.edit(BOATS.format(ref=REPORT).replace("21 million", "25 million"), "Boat")
    (boat, _) = world.check()
    assert boat.comparison is not None
    (finding,) = boat.comparison.findings
    (reason,) = [reason for reason in finding.reasons if reason.code == "stated-elsewhere"]
    assert reason.text == "“Harbour” still states 21 million from this source"
    (article,) = finding.to_dict()["articles"]
    assert article["url"] == f"http://127.0.0.1:{world.wiki.port}/w/index.php?curid={world.article('Harbour').page_id}"
    with world.archive() as archive:
        (delivery,) = archive.outbox.newest(1)
    assert delivery.alert.notices[0].sources[-1].status == "article"
    world.edit(HARBOURS.format(number="25 million", ref=REPORT), "Harbour")
    (_, harbour) = world.check()
    assert harbour.comparison is not None
    # The other one has changed, too.
    assert "stated-elsewhere" not in harbour.comparison.findings[0].to_dict()["reasons"]
    assert listed(world) == []


def test_a_first_check_of_many_pages_leaves_some_of_their_texts_to_the_next_checks(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("watcher.services.checks.contradictions._MAX_SECONDS", 0.0)
    start(world, "24 million")
    assert listed(world) == []
    world.check()
    assert values(world) == [{"21 million", "24 million"}]


def test_an_article_that_cannot_be_read_for_the_index_keeps_no_other_from_it(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    def fails_on_ferry(text: str, dialect: Dialect, title: str) -> tuple[CitedStatistic, ...]:
        if title == "Ferry":
            raise ValueError("a defect")
        return cited_statistics(text, dialect, title)

    monkeypatch.setattr("watcher.services.checks.contradictions._MAX_SECONDS", 0.0)
    monkeypatch.setattr(cited, "cited_statistics", fails_on_ferry)
    world.edit("Ferries cross.", "Ferry")
    world.watch("Ferry").check()
    start(world, "24 million")
    world.watch("Ferry", "Boat", "Harbour")
    for _ in range(3):
        world.check()
    assert values(world) == [{"21 million", "24 million"}]


def test_a_wiki_that_does_not_answer_leaves_an_article_to_the_next_round(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    def unavailable(*_: object) -> tuple[CitedStatistic, ...]:
        raise Unavailable("the wiki does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(cited, "cited_statistics", unavailable)
        start(world, "24 million")
        assert listed(world) == []
    world.check()
    assert values(world) == [{"21 million", "24 million"}]


def test_articles_that_dispute_one_number_are_listed_together_with_what_each_says(world: WikiHarness):
    world.watch("Boat", "Ferry", "Harbour")
    world.edit(BOATS.format(ref=REPORT), "Boat")
    world.edit(BOATS.format(ref=REPORT).replace("In 2012", "As of 2012"), "Ferry")
    world.edit_and_check(HARBOURS.format(number="24 million", ref=REPORT), "Harbour")
    with world.services() as services:
        (number,), following = disputed_numbers(services, limit=2)
        assert following is None
        assert disputed_numbers(services, limit=1)[1] is not None
        row = disputed_json(services, number)
    assert row["works"] == ["url:survey.example.org/2012/boats"]
    assert (row["source"], row["unit"], row["year"]) == ("Boats", "boats", "2012")
    stated = [(item["article"]["title"], item["value"]) for item in row["stated"]]
    assert stated == [("Boat", "21000000"), ("Ferry", "21000000"), ("Harbour", "24000000")]


def test_the_statistics_of_an_article_are_written_with_one_statement(either_world: WikiHarness):
    statements: list[str] = []
    with each_statement(lambda _connection, statement, _parameters: statements.append(statement)):
        start(either_world, "24 million, not 25 million or 26 million")
    assert sum(text.startswith("INSERT INTO cited_statistic ") for text in statements) == 2
    assert {"21 million", "24 million"} in values(either_world)
