"""Test the subjects and bodies that maintainers get in situations that were once hard to read."""

from __future__ import annotations

from snapshots import DeliveryState
from tests.flows.harness import SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import story_test
from watcher.notify import Message, MessageRenderer
from watcher.services.check import check
from watcher.services.operator_alerts import queue_operator_alerts

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
