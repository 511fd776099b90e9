"""Test that moves, deletions and protections name actor and reason from the wiki's log."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.flows.harness import CHANGED, WikiHarness
from watcher.notify import compose


def last_text(world: WikiHarness) -> str:
    """One pass; the text of the newest message."""
    world.check()
    world.alert_operators()
    return compose(world.alerts()[-1].alert).text


def test_a_deletion_names_who_deleted_the_page_and_links_the_log(either_world: WikiHarness) -> None:
    either_world.check()
    either_world.store.delete("Tide")
    text = last_text(either_world)
    assert "by Warden: “Not a topic”" in text
    assert "index.php?title=Special%3ALog&logid=1" in text
    assert "Article Watcher" not in text


@pytest.mark.parametrize(
    ("happen", "expected"),
    [
        (lambda world: world.store.move("Tide", "Tides", editor="Ann"), "by Ann: “Better title”"),
        (lambda world: world.store.protect("Tide", edit="sysop"), "by Warden"),
        (lambda world: world.store.hide(world.edit(CHANGED), "content"), "by Warden: “Names a person”"),
    ],
    ids=["moved", "protected", "hidden"],
)
def test_a_page_event_names_its_actor(world: WikiHarness, happen: Callable[[WikiHarness], None], expected: str) -> None:
    world.check()
    happen(world)
    assert expected in last_text(world)


def test_a_redirect_names_the_editor_who_made_it_and_links_the_edit(world: WikiHarness) -> None:
    world.check()
    number = world.store.edit("Tide", "#REDIRECT [[Ebb]]", editor="Merger", comment="merged")
    text = last_text(world)
    assert "a redirect to Ebb now, by Merger: “merged”" in text
    assert re.search(rf"index\.php\?diff={number}\b", text)


def test_the_newest_entry_of_the_action_is_meant(world: WikiHarness) -> None:
    world.check()
    page = world.store.delete("Tide")
    world.store.log[0]["user"] = "First"
    last_text(world)
    world.store.restore(page)
    assert "by Warden" in last_text(world)
    world.store.delete("Tide")
    world.store.log[0]["user"] = "Second"
    assert "by Second: " in last_text(world)


def test_a_hidden_actor_is_named_as_such(world: WikiHarness) -> None:
    world.check()
    world.store.delete("Tide")
    del world.store.log[0]["user"], world.store.log[0]["comment"]
    assert "by a hidden user" in last_text(world)


def test_a_wiki_that_does_not_answer_delays_no_alert(world: WikiHarness) -> None:
    world.check()
    world.store.delete("Tide")
    world.check()
    world.wiki.refuse(1_000)
    world.alert_operators()
    assert "the page is deleted or hidden" in compose(world.alerts()[-1].alert).text


def test_a_redirect_of_a_wiki_that_does_not_answer_links_the_page_itself(world: WikiHarness) -> None:
    world.check()
    world.edit_and_check("#REDIRECT [[Sea]]")
    world.wiki.close()
    world.alert_operators()
    text = compose(world.alerts()[-1].alert).text
    assert "the page is a redirect to Sea now" in text
    assert re.search(r"^Page: .*/index.php\?curid=1&redirect=no$", text, re.MULTILINE)
