"""Test the subjects and bodies that maintainers get in situations that were once hard to read."""

from snapshots import DeliveryState
from tests.flows.harness import SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import composed, story_test

GROUPED = 'base_url = "http://127.0.0.1:8765"\n'
TABLE = """'''Estonia''' is a country on the coast.

== Economy ==
{| class="wikitable"
! Year !! Government debt (% of GDP)
|-
| 2019 || 8.4
|-
| 2020 || 5
|}
"""
CHOLERA = f"'''Cholera''' is an infection. With treatment, the risk of death is less than 5% of cases.{SOURCE}\n"


test_what_maintainers_read = story_test(__file__, {"TABLE": TABLE, "CHOLERA": CHOLERA})


def test_a_digest_has_neither_what_was_undone_nor_a_page_twice_that_was_moved(world: WikiHarness):
    ebb = TEXT.replace("'''Tide'''", "'''Ebb'''")
    world.grouping, world.extra_settings = GROUPED, 'digest = "daily 08:00"\n'
    world.edit(ebb, "Ebb")
    world.watch("Tide", "Ebb").check()
    world.edit_and_check(TEXT.replace("21 million", "91 million"), editor="Vandal")
    world.store.move("Tide", "Tides", editor="Mover")
    world.check()
    world.alert_operators()
    for text in (ebb.replace("21 million", "97 million"), ebb):
        world.edit_and_check(text, "Ebb", editor="Ann")
        assert composed(world) == []
    ((_, message),) = composed(world, days=1)
    assert message.subject == "High digest: 2 findings in Tides"
    assert "Ebb" not in message.text
    assert "97 million" not in message.text
    assert "the page was moved: Tide → Tides, by Mover: “Better title”, 2026-03-04 05:" in message.text
    assert {row.state for row in world.alerts()} <= {DeliveryState.SENT, DeliveryState.SUPERSEDED}
