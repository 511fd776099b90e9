"""A heading that a watch names and an edit renamed is an alert for operators, once, and so is its return."""

from __future__ import annotations

from tests.flows.harness import WikiHarness
from watcher.services.operator_alerts import queue_operator_alerts

TEXT = "The port has piers.\n\n== Boats ==\nThe survey counted {} boats in 2012.\n"


def summaries(world: WikiHarness) -> list[str]:
    with world.services() as services:
        queue_operator_alerts(services)
    operator = [delivery.alert for delivery in world.alerts() if delivery.alert.topic.value == "operator"]
    return [notice.summary for alert in operator for notice in alert.notices]


def test_operators_hear_once_that_a_heading_is_gone_and_that_it_is_back(world: WikiHarness) -> None:
    world.watch("Tide", sections=["boats"])
    for text in (TEXT.format(20), TEXT.format(30)):
        world.edit(text)
        world.check_state()
    assert world.events() == []
    for count in (30, 40):
        world.edit(TEXT.format(count).replace("== Boats ==", "== Boats seen =="))
        world.check_state()
    assert world.events() == ["sections-missing"]
    (summary,) = summaries(world)
    assert "the article has no heading “boats”, as its `sections` name it; did you mean “Boats seen”?" in summary
    world.edit(TEXT.format(50))
    world.check_state()
    assert world.events() == ["sections-missing", "sections-found"]
    assert summaries(world)[1:] == ["all headings of its `sections` are there again"]
