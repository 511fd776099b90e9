"""Test checks of facts that change through templates and excerpts, without an edit of the article."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from snapshots.retention import apply_retention
from tests.flows.harness import SOURCE, WikiHarness, end_leases
from tests.watcher.services.alerting.test_grouping import GROUPED
from tests.watcher.services.stories import Player, composed, story_test
from watcher.model import Comparison, Dialect, Kind, Snapshot
from watcher.parse.rendered import facts_text
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckState

BOATS = f"In 2012, the survey counted {{{{Boat count}}}} boats in all harbours.{SOURCE}"
PAGE = """'''Tide''' is the rise and fall of the sea.

== Harbours ==
{{Boats}}

In 2012, the survey counted 300 lighthouses.
"""


def rendered(world: WikiHarness, text: str = PAGE, *, titles: tuple[str, ...] = ("Tide",), **settings: object) -> None:
    """Articles that show a template within a template, of which the rendering is stored."""
    world.store.edit("Template:Boat count", "21 million", editor="Ada")
    world.store.edit("Template:Boats", BOATS, editor="Ada")
    for title in titles:
        world.store.edit(title, text, editor="Ada")
    world.watch(*titles, **({"rendered": True} | settings))  # type: ignore[arg-type]
    world.check()
    world.check()


class RenderedPlayer(Player):
    """Plays stories of a page with templates."""

    def begin(self, written: str = "PAGE", **settings: object) -> None:
        rendered(self.world, self.text(written), **settings)  # type: ignore[arg-type]
        self.before = self.world.wiki.renderings

    def template(self, value: str, editor: str = "Bob") -> None:
        edit_count(self.world, value, editor)

    def common_name(self) -> None:
        """A template with a common name shows something of its own."""
        self.edit("3", "Template:Clear", editor="Ada")

    def renderings(self, count: int) -> None:
        """How many were asked for since the beginning."""
        assert self.world.wiki.renderings - self.before == count

    def not_requested(self, word: str) -> None:
        assert word not in str(self.world.wiki.requests)

    def requests_of(self, count: int) -> None:
        """How many requests a check takes that finds nothing new."""
        before = len(self.world.wiki.requests)
        self.check("unchanged")
        assert len(self.world.wiki.requests) - before == count

    def filtered(self, reason: str) -> None:
        comparison = self.outcomes[-1].comparison
        assert comparison
        assert [finding.filtered for finding in comparison.findings] == [reason]


def edit_count(world: WikiHarness, value: str = "25 million", editor: str = "Bob", comment: str = "New count") -> int:
    number = world.edit(value, "Template:Boat count", editor=editor, comment=comment)
    world.clock.advance(seconds=5)
    return number


def reported(world: WikiHarness) -> list[tuple[str | None, str | None, str]]:
    """What the notices say: the old and the new value, and through what."""
    return [
        (notice.old_text, notice.new_text, notice.explanations[-1])
        for delivery in world.alerts()
        for notice in delivery.alert.notices
    ]


COUNTED = ("21 million boats", "25 million boats", "through {{Boat count}}, edited by Bob")


TEXTS = {
    "PAGE": PAGE,
    "BOATS": BOATS,
    "SEEN ONLY": PAGE.replace("300 lighthouses", "{{Clear}}300 lighthouses"),
    "CENSUS": "<ref>{{cite web |title=Census of 2013 |url=https://census.example/2013}}</ref>",
}
test_what_readers_see = story_test(__file__, TEXTS, RenderedPlayer)


def test_an_edit_of_a_template_in_a_template_is_told_with_the_template_its_editor_and_its_diff(
    either_world: WikiHarness,
):
    rendered(world := either_world)
    number = edit_count(world)
    (outcome,) = world.check()
    assert outcome.state is CheckState.ALERT
    assert outcome.text.startswith("what readers see of revision")
    assert reported(world) == [COUNTED]
    (delivery,) = world.alerts()
    (notice,) = delivery.alert.notices
    assert notice.kind is Kind.STATISTIC_CHANGED
    assert f"diff={number}" in notice.diff_url
    assert (delivery.alert.after.editor, delivery.alert.after.comment) == ("Bob", "New count")
    assert outcome.comparison
    body = outcome.comparison.findings[0].to_dict()
    assert (body["through"], body["revision"]["id"]) == (["Template:Boat count"], number)
    assert world.check_state() == "unchanged"
    assert len(world.alerts()) == 1


def test_a_value_of_a_data_item_on_a_page_of_the_time_stays_a_fact(world: WikiHarness):
    world.store.data |= {"Fleet": "40", "Age": "70"}
    shown = "Made at {{CURRENTTIMESTAMP}}.\n\nThe pier is {{Age}} years old.\n\nThe fleet has {{Fleet}} ships.\n"
    rendered(world, f"{PAGE}\n{shown}")
    world.store.data |= {"Fleet": "44", "Age": "71"}
    world.store.purge("Tide")
    assert world.check_state() == "unchanged"
    with world.archive() as archive:
        facts = archive.renderings.newest(world.article())
    assert facts
    assert [address for address in facts.volatile if "fleet" in address] == []
    assert any("years old" in address for address in facts.volatile)


def test_a_release_that_reads_renderings_in_another_way_begins_anew(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    rendered(world)

    def otherwise(html: str, dialect: Dialect) -> str:
        return facts_text(html, dialect).replace("300", "500")

    # `watcher.parse` names a function, too: what is patched is the module.
    monkeypatch.setattr(import_module("watcher.parse.rendered"), "facts_text", otherwise)
    monkeypatch.setattr("watcher.services.checks.rendered._FACTS_TEXT", 2)
    world.store.purge("Tide")
    assert (world.check_state(), world.alerts()) == ("baseline", [])
    edit_count(world)
    assert (world.check_state(), reported(world)) == ("alert", [COUNTED])


def test_what_changes_without_any_edit_came_from_outside_the_templates(world: WikiHarness):
    world.store.data["Fleet"] = "40"
    rendered(world, PAGE + "\nThe fleet has {{Fleet}} ships.\n")
    world.store.data["Fleet"] = "44"
    world.store.purge("Tide")
    (outcome,) = world.check()
    assert outcome.comparison
    (finding,) = outcome.comparison.findings
    assert finding.reasons[-1].text == "through another source outside the wiki's templates"
    assert (finding.summary.partition(" ships")[0], finding.edits) == ("40 → 44", ())
    (delivery,) = world.alerts()
    assert delivery.alert.diff_url.endswith(f"?oldid={delivery.alert.after.id}")
    with world.services() as services:
        (report,) = services.watchlist.reports.iterdir()
    text = report.read_text()
    assert "As rendered, without an edit of the article: 1 statistic changed" in text
    assert "hidden by the wiki" not in text


def test_an_article_and_its_template_that_are_edited_at_once_are_told_once_each_in_one_message(world: WikiHarness):
    world.grouping = GROUPED
    rendered(world)
    edit_count(world)
    world.edit_and_check(PAGE.replace("300 lighthouses", "350 lighthouses"), editor="Eve")
    assert [(old, new) for old, new, _ in reported(world)] == [("300 lighthouses", "350 lighthouses"), COUNTED[:2]]
    assert len(composed(world, minutes=1)) == 1
    assert world.check_state() == "unchanged"


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_a_template_of_many_articles_is_one_message_and_is_asked_for_once(world: WikiHarness, count: int):
    titles = tuple(f"Harbour {number}" for number in range(count))
    world.grouping = GROUPED
    rendered(world, titles=titles)
    edit_count(world)
    asked, rendering = len(world.wiki.requests), world.wiki.renderings
    assert {outcome.state for outcome in world.check()} == {CheckState.ALERT}
    assert world.wiki.renderings - rendering == len(titles)
    polls = -(-count // 50)
    assert len(world.wiki.requests) - asked <= polls + 4, "the templates, their edits, and the editor"
    ((_, message),) = composed(world, minutes=1)
    assert f"{len(titles)} articles changed by Bob" in message.text


def test_a_worker_that_lost_the_page_meanwhile_writes_nothing_and_the_next_check_tells_it(either_world: WikiHarness):
    world = either_world
    rendered(world)
    edit_count(world)
    with world.services() as services:
        before, compare = services.archive.renderings.newest(world.article()), services.compare

        def lose_the_page(*sides: Snapshot, **more: Any) -> Comparison:
            end_leases(services.archive, services.owner)
            return compare(*sides, **more)

        services.compare = lose_the_page
        (outcome,) = check(services, services.watchlist.watches)
        assert outcome.state is CheckState.BUSY
        assert services.archive.renderings.newest(world.article()) == before
    assert world.alerts() == []
    world.check()
    assert reported(world) == [COUNTED]


def test_a_template_that_is_edited_all_the_time_is_judged_when_its_edits_are_more_than_are_listed(world: WikiHarness):
    rendered(world, settle="1h")
    world.edit(PAGE.replace("300 lighthouses", "350 lighthouses"))
    world.clock.advance(minutes=59)
    for number in range(19):
        edit_count(world, f"{number} million")
    (outcome,) = world.check()
    assert (outcome.state, outcome.until is None) == (CheckState.ALERT, False)
    edit_count(world)
    assert world.check_state() == "alert"


def test_old_renderings_are_removed_but_the_newest(either_world: WikiHarness):
    world = either_world
    rendered(world)
    edit_count(world)
    world.check()
    later = world.clock() + timedelta(days=1)
    with world.archive() as archive:
        removed = apply_retention(archive, findings=None, texts=later, apply=True)[0]
        facts = archive.renderings.newest(world.article())
    assert removed["rendering"] == 1
    assert facts
    assert "25 million boats" in facts.text
    assert facts.sources["Template:Boat count"] > 0
