"""Test resolutions: an undone change is reported once to its recipients, an unsent alert is replaced."""

from snapshots import DeliveryState
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import step, story_test

COUNTED = f"In 2012, the survey counted {{}} million boats in all harbours.{SOURCE}"
QUAYS = '<ref name="quays">{{cite web |title=Quay report |url=https://quays.example.org/report}}</ref>'
TEXTS = {
    "SECTIONS": f"== North ==\n{COUNTED.format(21)}\n\n== South ==\n{COUNTED.format(25)}\n",
    "NORTH": COUNTED.format(21) + "\n\n== South",
    "NORTH 25": COUNTED.format(25) + "\n\n== South",
    "SOUTH": "== South ==\n" + COUNTED.format(25),
    "SOUTH 21": "== South ==\n" + COUNTED.format(21),
    "PAID": f"In 2012, the harbour paid $21 million to the town.{SOURCE}\n",
    "QUAYS": f'{TEXT}\nThe old quay is closed.{QUAYS}\n\nThe new quay is open.<ref name="quays" />\n',
    "DEFINITION": QUAYS,
}
test_what_is_sent_of_one_edit_after_the_other = story_test(__file__, TEXTS)


def test_a_replacement_is_due_when_the_first_one_was(world: WikiHarness):
    world.watch("Tide", extra_settings='digest = "daily 08:00"\n').check()
    step(world, CHANGED)
    world.clock.advance(days=1)
    step(world, TEXT.replace("21 million", "30 million"))
    first, second = world.alerts()
    assert (first.state, second.state) == (DeliveryState.SUPERSEDED, DeliveryState.QUEUED)
    assert second.not_before == first.not_before < world.clock()
