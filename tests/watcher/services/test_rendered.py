"""Test checks of facts that change through templates and excerpts, without an edit of the article."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from snapshots.retention import apply_retention
from tests.flows.harness import SOURCE, WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.services.test_grouping import GROUPED, bodies, send
from watcher.model import AlertTopic, Comparison, Dialect, Kind, Snapshot
from watcher.parse.rendered import facts_text
from watcher.services.check import check
from watcher.services.outcome import CheckState

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


def test_an_edit_of_a_template_in_a_template_is_told_with_the_template_its_editor_and_its_diff(
    either_world: WikiHarness,
):
    world = either_world
    rendered(world)
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


def test_a_second_edit_of_the_template_is_told_as_well_and_its_revert_resolves_both(world: WikiHarness):
    rendered(world)
    with WebhookReceiver() as box:
        world.receiver = box.url
        world.watch("Tide", rendered=True)
        for value in ("25 million", "21 million"):
            edit_count(world, value)
            assert world.check_state() == "alert"
            send(world, minutes=1)
    assert [delivery.alert.topic for delivery in world.alerts()] == [AlertTopic.CHANGE, AlertTopic.RESOLVED]


def test_without_the_setting_nothing_is_rendered(world: WikiHarness):
    rendered(world, rendered=False)
    edit_count(world)
    assert world.check_state() == "unchanged"
    assert world.wiki.renderings == 0
    assert not any("touched" in str(asked) for asked in world.wiki.requests)


def test_an_idle_page_costs_no_request_and_a_purged_one_is_rendered_once(world: WikiHarness):
    rendered(world)
    before, rendering = len(world.wiki.requests), world.wiki.renderings
    for _ in range(3):
        assert world.check_state() == "unchanged"
    assert len(world.wiki.requests) - before == 3, "the poll that any watch costs"
    for _ in range(3):
        world.store.purge("Tide")
        assert [world.check_state(), world.check_state()] == ["unchanged"] * 2
    assert (world.wiki.renderings - rendering, world.alerts()) == (3, [])


def test_what_the_time_changes_is_no_news_even_when_a_template_is_edited_meanwhile(world: WikiHarness):
    rendered(world, PAGE + "\nAt {{CURRENTTIMESTAMP}} there were 17 gulls.\n")
    world.store.purge("Tide")
    world.check()
    world.edit_and_check(BOATS.replace("all harbours", "all  harbours"), "Template:Boats")
    assert world.alerts() == []
    edit_count(world)
    world.check()
    assert reported(world) == [COUNTED]


def test_a_number_of_the_time_that_an_edit_happens_to_have_is_not_its_work(world: WikiHarness):
    world.store.data |= {"Age": "70"}
    rendered(world, f"{PAGE}\nMade at {{{{CURRENTTIMESTAMP}}}}.\n\nThe pier is {{{{Age}}}} years old.\n")
    world.store.data |= {"Age": "71"}
    edit_count(world, "71 million")
    world.check()
    assert [(old, new) for old, new, _ in reported(world)] == [("21 million boats", "71 million boats")]


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
    monkeypatch.setattr("watcher.services.rendered._FACTS_TEXT", 2)
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


def test_an_edit_of_the_article_is_told_by_its_text_alone(world: WikiHarness):
    rendered(world)
    world.edit_and_check(PAGE.replace("300 lighthouses", "350 lighthouses"), editor="Eve")
    assert [(old, new) for old, new, _ in reported(world)] == [("300 lighthouses", "350 lighthouses")]
    edit_count(world)
    world.check()
    assert reported(world)[1:] == [COUNTED]


ADDED = PAGE.replace("300 lighthouses", "{{Clear}}300 lighthouses")
SEEN_ONLY = ("300 lighthouses", "3300 lighthouses")


def of_its_own(world: WikiHarness, text: str = PAGE, **settings: object) -> None:
    """An article of a wiki where a template with a common name shows something of its own."""
    world.store.edit("Template:Clear", "3", editor="Ada")
    rendered(world, text, **settings)  # type: ignore[arg-type]


def test_an_edit_of_the_article_that_only_readers_see_is_told(either_world: WikiHarness):
    world = either_world
    of_its_own(world)
    number = world.edit(ADDED, editor="Eve")
    (outcome,) = world.check()
    assert outcome.state is CheckState.ALERT
    assert reported(world) == [(*SEEN_ONLY, "through Tide, edited by Eve")]
    (delivery,) = world.alerts()
    assert f"diff={number}" in delivery.alert.notices[0].diff_url
    assert world.check_state() == "unchanged"
    assert len(world.alerts()) == 1


def test_a_revert_resolves_what_only_readers_saw(world: WikiHarness):
    of_its_own(world)
    with WebhookReceiver() as box:
        world.receiver = box.url
        world.watch("Tide", rendered=True)
        for text in (ADDED, PAGE):
            world.edit_and_check(text, editor="Eve")
            send(world, minutes=1)
    assert [delivery.alert.topic for delivery in world.alerts()] == [AlertTopic.CHANGE, AlertTopic.RESOLVED]


def test_what_only_readers_see_of_several_edits_is_told_on_a_page_of_the_time_too(world: WikiHarness):
    clock = "\nMade at {{CURRENTTIMESTAMP}}.\n"
    of_its_own(world, PAGE + clock)
    world.edit(ADDED + clock, editor="Eve")
    world.edit_and_check(ADDED.replace("rise and fall", "fall and rise") + clock, editor="Ann")
    assert reported(world) == [(*SEEN_ONLY, "through Tide, edited by Ann or edited by Eve")]


def test_what_the_wikitext_tells_with_a_new_source_is_not_told_again(world: WikiHarness):
    census = "<ref>{{cite web |title=Census of 2013 |url=https://census.example/2013}}</ref>"
    of_its_own(world)
    world.edit(
        PAGE.replace("2012, the survey counted 300 lighthouses.", f"2013, the census counted 310 lighthouses.{census}")
    )
    world.check()
    assert world.alerts() == []


def test_an_article_and_its_template_that_are_edited_at_once_are_told_once_each_in_one_message(world: WikiHarness):
    with WebhookReceiver() as box:
        world.receiver, world.grouping = box.url, GROUPED
        rendered(world)
        edit_count(world)
        world.edit_and_check(PAGE.replace("300 lighthouses", "350 lighthouses"), editor="Eve")
        assert [(old, new) for old, new, _ in reported(world)] == [("300 lighthouses", "350 lighthouses"), COUNTED[:2]]
        send(world, minutes=1)
        assert len(bodies(box)) == 1
    assert world.check_state() == "unchanged"


def test_of_several_edits_the_one_with_the_new_value_is_named(world: WikiHarness):
    rendered(world, PAGE + "\n{{:Lights}}\n")
    world.edit_and_check("In 2012, the survey counted 12 lightships.", "Lights", editor="Ada")
    world.edit(BOATS.replace("all", "all the"), "Template:Boats", editor="Cosmo")
    edit_count(world)
    edit_count(world, "25 million<!-- checked -->", "Dora")
    world.edit("In 2012, the survey counted 14 lightships.", "Lights", editor="Eve")
    world.clock.advance(seconds=5)
    world.check()
    changes = {(old, new): why for old, new, why in reported(world)}
    assert changes[COUNTED[:2]] == "through {{Boat count}}, edited by Bob"
    assert changes["12 lightships", "14 lightships"] == "through Lights, edited by Eve"


def test_an_edit_of_a_template_settles_and_its_editor_may_be_ignored(world: WikiHarness):
    rendered(world, settle="10m")
    edit_count(world)
    assert world.check_state() == "settling"
    world.clock.advance(minutes=10)
    world.watch("Tide", rendered=True, ignore={"editors": ["B*"]})
    (outcome,) = world.check()
    assert outcome.comparison
    assert (outcome.state, outcome.comparison.findings[0].filtered) == (CheckState.QUIET, "edit by Bob")


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_a_template_of_many_articles_is_one_message_and_is_asked_for_once(world: WikiHarness, count: int):
    titles = tuple(f"Harbour {number}" for number in range(count))
    with WebhookReceiver() as box:
        world.receiver, world.grouping = box.url, GROUPED
        rendered(world, titles=titles)
        edit_count(world)
        asked, rendering = len(world.wiki.requests), world.wiki.renderings
        assert {outcome.state for outcome in world.check()} == {CheckState.ALERT}
        assert world.wiki.renderings - rendering == len(titles)
        polls = -(-count // 50)
        assert len(world.wiki.requests) - asked <= polls + 4, "the templates, their edits, and the editor"
        send(world, minutes=1)
        (body,) = bodies(box)
    assert f"{len(titles)} articles changed by Bob" in body


def test_a_worker_that_lost_the_page_meanwhile_writes_nothing_and_the_next_check_tells_it(either_world: WikiHarness):
    world = either_world
    rendered(world)
    edit_count(world)
    with world.services() as services:
        before, compare = services.archive.renderings.newest(world.article()), services.compare

        def lose_the_page(*sides: Snapshot, **more: Any) -> Comparison:
            services.archive.leases.release_all(services.owner)
            return compare(*sides, **more)

        services.compare = lose_the_page
        (outcome,) = check(services, services.watchlist.watches)
        assert outcome.state is CheckState.BUSY
        assert services.archive.renderings.newest(world.article()) == before
    assert world.alerts() == []
    world.check()
    assert reported(world) == [COUNTED]


def test_old_renderings_are_removed_but_the_newest(either_world: WikiHarness):
    world = either_world
    rendered(world)
    edit_count(world)
    world.check()
    later = world.clock() + timedelta(days=1)
    with world.archive() as archive:
        removed = apply_retention(archive, findings=None, texts=later, apply=True).removed
        facts = archive.renderings.newest(world.article())
    assert removed["rendering"] == 1
    assert facts
    assert "25 million boats" in facts.text
    assert facts.sources["Template:Boat count"] > 0
