"""Test filters of watches and destinations: what they leave out is stored, listed and counted."""

from typing import Any

from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.services.checks.check import check

BOT = {"groups": ["*", "user", "bot"], "rights": ["bot", "edit"]}
FAN = {"groups": ["*", "user", "autoreviewer"], "editcount": 5_000}
NEW = {"registration": "2026-03-03T00:00:00Z", "editcount": 3}
CLUBS = ("Ardal", "Borvik", "Camar", "Dunmor")
FIRST, SECOND = (
    "{|\n! Club !! Played\n" + "".join(f"|-\n| {club} || {number + at}\n" for at, club in enumerate(CLUBS)) + "|}"
    for number in (20, 21)
)
HALLS = f"\nSome 4,200 people work in the halls of 1931.{SOURCE}\n"
TEXTS = {
    "HALLS": HALLS,
    "ABOVE": f"In 2011, it had 3,000 boats.{SOURCE}\n{TEXT}",
    "FIRST ROUND": FIRST,
    "SECOND ROUND": SECOND,
    "ALL": '[[destination]]\nname = "all"\nurl = "json://127.0.0.1:9/all"\n',
}


class FilterPlayer(Player):
    """Plays stories of a page that is edited by a bot, a newcomer, somebody whom a watch trusts and others."""

    def begin(self, written: str = "TEXT", **settings: Any) -> None:
        watched(self.world, self.text(written), **settings)
        self.world.wiki.requests.clear()

    def filtered(self, *reasons: str) -> None:
        """Why findings from low on were filtered, or not."""
        assert sorted(item.filtered for item in self.world.findings() if item.severity > 1) == sorted(reasons)

    def sections(self, *names: str) -> None:
        assert [notice.section for row in self.world.alerts() for notice in row.alert.notices] == [(n,) for n in names]

    def accounts_asked(self, *names: str) -> None:
        asked = [request for request in self.world.wiki.requests if request.get("list") == "users"]
        assert [request["ususers"] for request in asked] == [*names]


def watched(world: WikiHarness, text: str = TEXT, **settings: Any) -> None:
    world.store.accounts |= {"Cleaner": BOT, "Newcomer": NEW, "TableFan": FAN}
    world.edit(text)
    world.watch("Tide", **settings).check()


test_of_edits_that_a_watch_leaves_out = story_test(__file__, TEXTS, FilterPlayer)


def test_an_edit_of_an_ignored_bot_causes_no_alert_and_is_listed_as_filtered(either_world: WikiHarness) -> None:
    world = either_world
    watched(world, ignore={"bots": True})
    (outcome,) = world.edit_and_check(CHANGED, editor="Cleaner")
    assert world.alerts() == []
    assert outcome.text.endswith("1 finding, worst high, 1 filtered")
    (finding,) = world.findings()
    assert (finding.filtered, finding.body["filtered"]) == ("bot edit", "bot edit")
    assert (finding.body["revision"]["bot"], finding.body["revision"]["account"]) == (True, "bot")
    (page,) = (world.folder / "reports").iterdir()
    assert "Filtered: <bdi>bot edit</bdi>" in page.read_text(encoding="utf-8")


def test_an_editor_of_many_pages_is_asked_about_once(world: WikiHarness) -> None:
    titles = [f"Tide {number}" for number in range(5)]
    for title in titles:
        world.edit(TEXT, title)
    world.watch(*titles).check()
    world.store.accounts["Cleaner"] = BOT
    for title in titles:
        world.edit(CHANGED, title, editor="Cleaner")
    world.wiki.requests.clear()
    world.clock.advance(minutes=1)
    with world.services() as services:
        assert len(list(check(services, services.watchlist.watches))) == 5
    assert [request["ususers"] for request in world.wiki.requests if request.get("list") == "users"] == ["Cleaner"]
    assert all(record.alert.notices[0].edits[0].bot for record in world.alerts())


def test_what_the_wiki_said_of_an_account_is_stored_with_the_edit(either_world: WikiHarness) -> None:
    world = either_world
    watched(world)
    number = world.edit(CHANGED, editor="Cleaner")
    world.check()
    with world.archive() as archive:
        edit = archive.revisions.snapshot("w", number).revision
    assert (edit.bot, edit.new_account, edit.groups, edit.account) == (True, False, ("bot",), "bot")
