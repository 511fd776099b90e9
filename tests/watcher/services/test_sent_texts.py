"""Test the subjects and bodies that maintainers get in situations that were once hard to read."""

from __future__ import annotations

from snapshots import DeliveryState
from tests.flows.harness import SOURCE, TEXT, WikiHarness
from watcher.notify import Message, MessageRenderer
from watcher.services.check import check
from watcher.services.operator_alerts import queue_operator_alerts

GROUPED = 'base_url = "http://127.0.0.1:8765"\n'
TABLE = """'''Estonia''' is a country on the coast.

== Economy ==
{{| class="wikitable"
! Year !! Government debt (% of GDP)
|-
| 2019 || 8.4
|-
| 2020 || {}
|}}
"""
CHOLERA = f"'''Cholera''' is an infection. With treatment, the risk of death is less than 5% of cases.{SOURCE}\n"


class Inbox(list[Message]):
    """The messages that a destination got, composed as they are sent."""

    def pass_over(self, world: WikiHarness, **later: float) -> None:
        """Check and send some time later."""
        world.clock.advance(**later or {"minutes": 15})
        renderer = MessageRenderer(None)
        with world.services() as services:
            list(check(services, services.watchlist.watches))
            queue_operator_alerts(services)
        world.deliver(
            send=lambda alert, _, key: self.append(renderer.compose(alert, key)),
            send_digest=lambda alerts, _, key, **more: self.append(renderer.compose_digest(alerts, key, **more)),
        )

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self]


def watching(world: WikiHarness, texts: dict[str, str], **more: object) -> Inbox:
    """Watch these pages as a first watchlist does; they have been checked once."""
    inbox, world.grouping = Inbox(), GROUPED
    world.watch(*texts, **more)
    for title, text in texts.items():
        world.edit(text, title)
    inbox.pass_over(world)
    return inbox


def edited(world: WikiHarness, inbox: Inbox, title: str, text: str, editor: str, comment: str = "") -> None:
    world.edit(text, title, editor=editor, comment=comment)
    inbox.pass_over(world, minutes=1)
    inbox.pass_over(world)


def test_an_undo_that_brings_in_something_else_is_told_by_what_it_did(world: WikiHarness):
    inbox = watching(world, {"Tide": TEXT})
    summary = "Undid revision 203 by [[Special:Contributions/Ann|Ann]]"
    edited(world, inbox, "Tide", TEXT.replace("21 million", "91 million"), "WikiGnome", summary)
    (message,) = inbox
    assert message.subject == "High: Tide: 21 million → 91 million boats (Harbours), same source"
    assert "Before: “In 2012, the survey counted 21 million boats in all harbours.”" in message.text
    assert "by WikiGnome, 2026-03-04 05:24 UTC: “Undid revision 203 by Ann”" in message.text


def test_a_cell_that_is_put_back_is_named_with_both_values_and_not_quoted(world: WikiHarness):
    inbox = watching(world, {"Estonia": TABLE.format("5")})
    edited(world, inbox, "Estonia", TABLE.format("50"), "Vandal")
    edited(world, inbox, "Estonia", TABLE.format("5"), "TableFan")
    assert inbox.subjects[-1] == (
        "Resolved: Estonia: 2020 × Government debt (% of GDP): back to 5 (was 50), undone by TableFan, "
        "stood 17 minutes (Economy)"
    )
    assert "“" not in inbox[-1].text


def test_a_limit_that_is_put_back_is_named_with_its_words(world: WikiHarness):
    inbox = watching(world, {"Cholera": CHOLERA})
    edited(world, inbox, "Cholera", CHOLERA.replace("less than", "more than"), "Vandal")
    edited(world, inbox, "Cholera", CHOLERA, "Ann")
    assert inbox.subjects == [
        "High: Cholera: less than 5% → more than 5% (lead), same source",
        "Resolved: Cholera: back to less than 5% (was more than 5%), undone by Ann, stood 17 minutes (lead)",
    ]


def test_a_digest_has_neither_what_was_undone_nor_a_page_twice_that_was_moved(world: WikiHarness):
    world.extra_settings = 'digest = "daily 08:00"\n'
    inbox = watching(world, {"Tide": TEXT, "Ebb": TEXT.replace("'''Tide'''", "'''Ebb'''")})
    edited(world, inbox, "Tide", TEXT.replace("21 million", "91 million"), "Vandal")
    world.store.move("Tide", "Tides", editor="Mover")
    inbox.pass_over(world)
    for text in (TEXT.replace("21 million", "97 million"), TEXT):
        edited(world, inbox, "Ebb", text.replace("'''Tide'''", "'''Ebb'''"), "Ann")
    inbox.pass_over(world, days=1)
    (message,) = inbox
    assert message.subject == "High digest: 2 findings in Tides"
    assert "Ebb" not in message.text
    assert "97 million" not in message.text
    assert "the page was moved: Tide → Tides, by Mover: “Better title”, 2026-03-04 05:" in message.text
    assert {row.state for row in world.alerts()} <= {DeliveryState.SENT, DeliveryState.SUPERSEDED}


def test_operators_read_who_did_it_when_and_where_the_log_says_so(world: WikiHarness):
    inbox = watching(world, {"Tide": TEXT})
    world.store.move("Tide", "Tides", editor="Mover")
    inbox.pass_over(world)
    (message,) = inbox
    assert message.subject == (
        "Medium: Tides: the page was moved: Tide → Tides, by Mover: “Better title”, 2026-03-04 05:23 UTC"
    )
    assert "noticed 2026-03-04 05:38 UTC\nLog: http://127.0.0.1:" in message.text
