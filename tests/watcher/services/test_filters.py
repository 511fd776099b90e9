"""Test filters of watches and destinations: what they leave out is stored, listed and counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.harness import CHANGED, COPY_EDITED, CRITICAL, SOURCE, TEXT, WikiHarness
from watcher.model import Alert
from watcher.notify.messages import compose
from watcher.services.check import check

BOT = {"groups": ["*", "user", "bot"], "rights": ["bot", "edit"]}
NEW = {"registration": "2026-03-03T00:00:00Z", "editcount": 3}
HALLS = f"\nSome 4,200 people work in the halls of 1931.{SOURCE}\n"
MORE_HALLS = HALLS.replace("4,200", "4,900")


def watched(world: WikiHarness, text: str = TEXT, **settings: Any) -> None:
    world.store.accounts |= {"Cleaner": BOT, "Newcomer": NEW}
    world.edit(text)
    world.watch("Tide", **settings).check()


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


def test_others_edits_are_alerted_and_the_filtered_findings_are_counted(world: WikiHarness) -> None:
    watched(world, TEXT + HALLS, ignore={"editors": ["Clean*"]})
    world.edit(CHANGED + HALLS, editor="Cleaner")
    world.edit_and_check(CHANGED + MORE_HALLS, editor="Ann")
    (delivery,) = world.alerts()
    assert [notice.edits[0].editor for notice in delivery.alert.notices] == ["Ann"]
    message = compose(delivery.alert)
    assert "1 more finding was filtered" in message.text
    assert "1 more finding was filtered" in message.html
    assert {finding.filtered for finding in world.findings()} == {"edit by Cleaner", ""}


def test_only_changes_in_the_named_sections_are_alerted(world: WikiHarness) -> None:
    watched(world, f"In 2011, it had 3,000 boats.{SOURCE}\n{TEXT}", sections=["harbours"])
    world.edit_and_check(f"In 2011, it had 4,000 boats.{SOURCE}\n{TEXT}")
    assert world.alerts() == []
    assert {finding.filtered for finding in world.findings()} == {"outside the sections of its watch"}
    world.edit_and_check(f"In 2011, it had 4,000 boats.{SOURCE}\n{CHANGED}")
    assert [notice.section for delivery in world.alerts() for notice in delivery.alert.notices] == [("Harbours",)]


ROUTINE = "routine update by a trusted account"


@pytest.mark.parametrize(
    ("trusted", "reason"),
    [
        (["Table*"], ROUTINE),
        (["Somebody", "group:autoreviewer"], ROUTINE),
        (["edits>500"], ROUTINE),
        (["edits>9000"], ""),
        (["group:sysop"], ""),
    ],
)
def test_a_routine_update_by_a_trusted_account_is_no_alert(world: WikiHarness, trusted: list[str], reason: str) -> None:
    world.store.accounts |= {"TableFan": {"groups": ["*", "user", "autoreviewer"], "editcount": 5_000}}
    world.edit(TEXT)
    world.watch("Tide", trusted=trusted, routine=["harbours"]).check()
    world.edit_and_check(CHANGED, editor="TableFan")
    assert [finding.filtered for finding in world.findings()] == [reason]
    assert len(world.alerts()) == (0 if reason else 1)


def test_what_others_or_critical_edits_change_of_a_routine_section_is_alerted(world: WikiHarness) -> None:
    watched(world, trusted=["TableFan"], routine=["Harbours"])
    world.edit_and_check(CHANGED, editor="Newcomer")
    world.edit_and_check(CRITICAL, editor="TableFan")
    assert [record.alert.notices[0].edits[-1].editor for record in world.alerts()] == ["Newcomer", "TableFan"]


def test_only_new_and_unregistered_editors_cause_alerts_where_a_watch_says_so(world: WikiHarness) -> None:
    watched(world, TEXT + HALLS, only={"accounts": ["new", "unregistered"]})
    world.edit(CHANGED + HALLS, editor="Ann")
    world.edit_and_check(CHANGED + MORE_HALLS, editor="Newcomer")
    (delivery,) = world.alerts()
    assert [notice.edits[0].editor for notice in delivery.alert.notices] == ["Newcomer"]
    assert "by Newcomer (new account)" in compose(delivery.alert).text
    assert {finding.filtered for finding in world.findings()} == {"not an edit that `only` names", ""}


def test_a_revert_by_an_ignored_bot_still_resolves_the_alert(world: WikiHarness) -> None:
    world.extra_settings = "ignore = { bots = true }\n"
    watched(world, ignore={"bots": True})
    sent: list[Alert] = []
    for text, editor in ((CHANGED, "Vandal"), (COPY_EDITED, "Cleaner")):
        world.edit_and_check(text, editor=editor)
        world.deliver(send=lambda alert, *_: sent.append(alert))
    assert [alert.topic.value for alert in sent] == ["change", "resolved"]


def test_each_destination_filters_for_itself(world: WikiHarness) -> None:
    world.extra_settings = 'ignore = { minor = true }\n[[destination]]\nname = "all"\nurl = "json://127.0.0.1:9/"\n'
    watched(world)
    world.edit_and_check(CHANGED, editor="Ann", minor=True)
    assert [record.destination for record in world.alerts()] == ["all"]


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


def test_nobody_is_asked_about_accounts_for_changes_that_cause_no_alert(world: WikiHarness) -> None:
    watched(world)
    world.wiki.requests.clear()
    world.edit(TEXT.replace("on the wall", "on a wall"), editor="Ann")
    world.edit_and_check(CHANGED, editor="203.0.113.7")
    assert [request for request in world.wiki.requests if request.get("list") == "users"] == []


def test_what_the_wiki_said_of_an_account_is_stored_with_the_edit(either_world: WikiHarness) -> None:
    world = either_world
    watched(world)
    number = world.edit(CHANGED, editor="Cleaner")
    world.check()
    with world.archive() as archive:
        edit = archive.revisions.snapshot("w", number).revision
    assert (edit.bot, edit.new_account, edit.groups, edit.account) == (True, False, ("bot",), "bot")


def test_what_a_filter_leaves_out_is_not_in_the_summary_after_a_mute(world: WikiHarness) -> None:
    watched(world, TEXT + HALLS, ignore={"bots": True})
    mute = world.begin_mute(title="Tide", wiki="w")
    world.edit(CHANGED + HALLS, editor="Cleaner")
    world.edit_and_check(CHANGED + MORE_HALLS, editor="Ann")
    assert world.end_mute(mute) == 1
    (delivery,) = world.alerts()
    assert [notice.edits[0].editor for notice in delivery.alert.notices] == ["Ann"]
