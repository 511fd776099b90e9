"""Test resolutions: an undone change is reported once to its recipients, an unsent alert is replaced."""

from __future__ import annotations

import re

import pytest

from snapshots import DeliveryState
from tests.flows.harness import CHANGED, COPY_EDITED, SOURCE, TEXT, WikiHarness
from watcher.errors import DeliveryError
from watcher.model import Alert
from watcher.notify import Receiver, compose

FURTHER = TEXT.replace("21 million", "30 million")
REWORDED = TEXT.replace(
    "the survey counted 21 million boats in all harbours", "in all harbours, the survey counted 21 million boats"
)
OTHER = "\nIn 2014, the census found 17 million sailors in all towns.<ref>{{cite web |title=Census}}</ref>\n"
MORE_SAILORS = OTHER.replace("17 million", "18 million")
NEW_SOURCE = "<ref>{{cite web |title=Harbour count |url=https://count.example.org/9}}</ref>"
LATER = CHANGED.replace("2012", "2014")  # another year, as a new figure has
MORE = "\nMore words here.\n"
DEBTS = """
== Debt ==
{{| class="wikitable"
! Year !! Debt (million USD)
|-
| 2020 || {}
|-
| 2022 || {}
|}}
""".format
PAID = f"In 2012, the harbour paid {{}} million to the town.{SOURCE}\n".format
COUNTED = f"In 2012, the survey counted {{}} million boats in all harbours.{SOURCE}"
TWO = '\n[[destination]]\nname = "second"\nurl = "json://127.0.0.1:9/2"\n'


class Sent(list[tuple[str, Alert]]):
    """What was sent: destination's address and alert."""

    def __call__(self, alert: Alert, receiver: Receiver, key: str) -> None:
        assert key
        self.append((receiver.url, alert))

    @property
    def texts(self) -> list[str]:
        return [f"{alert.topic.value}: {re.split(r' [(]|, ', alert.notices[0].summary)[0]}" for _, alert in self]


def send(world: WikiHarness, sent: Sent) -> list[str]:
    """Deliver all that is due a minute later; what was said by now."""
    world.clock.advance(minutes=1)
    world.deliver(send=sent)
    return sent.texts


def step(world: WikiHarness, text: str, sent: Sent | None = None) -> str:
    """An edit and its check, and its delivery where that is asked for; how the check ended."""
    world.edit(text)
    state = world.check_state()
    if sent is not None:
        send(world, sent)
    return state


def states(world: WikiHarness) -> list[tuple[str, int, str]]:
    return [(delivery.alert.topic.value, delivery.alert.after.id, delivery.state.value) for delivery in world.alerts()]


def test_a_figure_put_back_is_reported_as_resolved_once(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    assert step(world, CHANGED, sent) == "alert"
    assert step(world, COPY_EDITED, sent) == "alert"
    assert sent.texts == ["change: 21 million → 25 million boats", "resolved: back to 21 million boats"]
    assert step(world, TEXT, sent) == "quiet"
    assert len(sent) == 2


def test_what_an_earlier_release_stored_without_section_and_unit_is_resolved_too(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    step(world, CHANGED, sent)
    with world.archive() as archive, archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE sent_fact SET label = '', section = '', unit = '', since = 0")
    step(world, f"{TEXT}\nThe harbour master reports to the council.\n", sent)
    assert sent.texts[1:] == ["resolved: back to 21 million boats"]


class Held(str):
    """A text whose alert is not delivered before the next edit."""

    __slots__ = ()


def in_sections(first: int, second: int, heading: str = "North") -> str:
    return f"== {heading} ==\n{COUNTED.format(first)}\n\n== South ==\n{COUNTED.format(second)}\n"


ACCEPTED = TEXT.replace("21 million", "30 million").replace("2012", "2015").replace(SOURCE, NEW_SOURCE)
PORTS = CHANGED.replace("Harbours", "Ports")
MOVED, BACK = "change: 21 million → 25 million boats", "resolved: back to 21 million boats"
# The text that the first check sees, those of the edits after it, and how the messages begin.
STORIES: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "a change in two steps is resolved by one message": (
        TEXT, (CHANGED, FURTHER, COPY_EDITED), [MOVED, "update: 25 million → 30 million boats", BACK]
    ),
    "an update that was not sent yet is replaced by one about both edits": (
        TEXT,
        (CHANGED, Held(FURTHER), FURTHER.replace("30 million", "40 million")),
        [MOVED, "update: 25 million → 40 million boats"],
    ),
    "an alert that was not sent yet is replaced by one about both edits": (
        TEXT, (Held(CHANGED), FURTHER), ["change: 21 million → 30 million boats"]
    ),
    "what is undone before it was sent is not sent": (TEXT, (Held(CHANGED), COPY_EDITED), []),
    "an edit without weight leaves the waiting alert as good as it was": (
        TEXT, (Held(CHANGED), CHANGED.replace("own on the wall", "own on a wall")), [MOVED]
    ),
    "of two changes the one that is put back is resolved": (
        TEXT + OTHER,
        (
            CHANGED + MORE_SAILORS,
            TEXT + MORE_SAILORS,
            TEXT + OTHER,
        ),
        [MOVED, BACK, "resolved: back to 17 million sailors"],
    ),
    "the old value in other words resolves too": (TEXT, (CHANGED, REWORDED), [MOVED, BACK]),
    "a step back resolves the last step only": (
        TEXT, (CHANGED, FURTHER, CHANGED + MORE, REWORDED), [MOVED, "update", "resolved: back to 25", BACK]
    ),
    "a change that comes once more after it was resolved is news": (
        TEXT, (CHANGED, TEXT, CHANGED), ["change", "resolved", "change"]
    ),
    "a revert of the whole text is a resolution, whatever differed": (
        TEXT, ("Nothing but one sentence.", TEXT), ["change", "resolved"]
    ),
    "what stands is not reported again by a category": (TEXT, (CHANGED, CHANGED + "\n[[Category:Seas]]"), [MOVED]),
    "what stands is not reported again by a copy edit": (
        TEXT, (CHANGED, COPY_EDITED.replace("21 million", "25 million")), [MOVED]
    ),
    "the same numbers in another cell are another fact": (
        TEXT + DEBTS("19.1", "19.1"),
        (TEXT + DEBTS("21.1", "19.1"), TEXT + DEBTS("21.1", "21.1"), TEXT + DEBTS("21.1", "19.1") + MORE),
        ["change: 2020 × ", "change: 2022 × ", "resolved: 2022 × "],
    ),
    "the same sentence in another section is another fact, also under a new heading": (
        in_sections(21, 25),
        (in_sections(25, 25), in_sections(25, 21), in_sections(25, 21, "The north"), in_sections(21, 21, "The north")),
        ["change: 21 million", "change: 25 million", BACK],
    ),
    "a value is known with its unit": (PAID("$21"), (PAID("$25"), PAID("€21")), ["change", ""]),
    "a figure that has its source still is taken back with an alert": (
        TEXT,
        (LATER.replace(SOURCE, NEW_SOURCE), TEXT.replace(SOURCE, NEW_SOURCE) + MORE),
        ["change: 25 million → 21 million boats"],
    ),
    "a value from before one that was accepted is not back but new": (
        TEXT,
        (CHANGED, ACCEPTED, ACCEPTED.replace("30 million", "21 million").replace("2015", "2012")),
        ["change", "change"],
    ),
    "what came with an alert is no harmless restoration after another edit": (
        TEXT, (Held(CHANGED), Held(PORTS), Held(TEXT.replace("Harbours", "Ports")), PORTS), [MOVED]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "texts", "begins"), STORIES.values(), ids=STORIES)
def test_what_is_sent_of_one_edit_after_the_other(
    world: WikiHarness, first: str, texts: tuple[str, ...], begins: list[str]
):
    sent = Sent()
    world.edit_and_check(first)
    for text in texts:
        step(world, text, None if isinstance(text, Held) else sent)
    assert len(sent) == len(begins), sent.texts
    assert [text[: len(begin)] for text, begin in zip(sent.texts, begins, strict=True)] == begins


def threads(sent: Sent) -> list[tuple[str, bool]]:
    """The topic of each message, and whether it follows the first one."""
    first = f"{sent[0][1].key}-inbox"
    return [(alert.topic.value, alert.thread == first) for _, alert in sent]


@pytest.mark.parametrize(
    ("texts", "days", "expected"),
    [
        (
            (TEXT, CHANGED, FURTHER, FURTHER.replace("30 million", "40 million"), COPY_EDITED),
            0,
            [("change", False), ("update", True), ("update", True), ("resolved", True)],
        ),
        ((TEXT, CHANGED, FURTHER), 30, [("change", False), ("update", True)]),
        ((TEXT + OTHER, CHANGED + OTHER, CHANGED + MORE_SAILORS), 0, [("change", False), ("change", True)]),
        ((TEXT + OTHER, CHANGED + OTHER, CHANGED + MORE_SAILORS), 3, [("change", False), ("change", False)]),
    ],
    ids=["of the same figure, to its end", "of it, however late", "another one within a day", "another one later"],
)
def test_what_follows_an_alert_is_in_its_thread(
    either_world: WikiHarness, texts: tuple[str, ...], days: int, expected: list[tuple[str, bool]]
):
    world, sent = either_world, Sent()
    world.edit_and_check(texts[0])
    step(world, texts[1], sent)
    world.clock.advance(days=days)
    for text in texts[2:]:
        step(world, text, sent)
    assert threads(sent) == expected


def test_what_is_resolved_says_what_it_is_back_to_by_whom_and_after_how_long(world: WikiHarness):
    sent = Sent()
    world.check()
    world.edit_and_check(CHANGED, editor="Vandal")
    send(world, sent)
    world.clock.advance(minutes=7)
    world.edit_and_check(COPY_EDITED, editor="Alice")
    send(world, sent)
    assert [notice.summary for notice in sent[-1][1].notices] == [
        "back to 21 million boats (was 25 million boats), undone by Alice, stood 10 minutes"
    ]
    assert "high" not in compose(sent[-1][1]).text


def test_for_a_destination_that_got_no_alert_before_it_is_no_update(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    world.watch("Tide", extra_settings=TWO)
    step(world, FURTHER, sent)
    assert [(url == world.receiver, alert.topic.value, bool(alert.thread)) for url, alert in sent[1:]] == [
        (True, "update", True),
        (False, "change", False),
    ]


@pytest.mark.parametrize("days", [0, 1])
def test_what_went_into_a_digest_is_resolved_once_and_what_waits_for_one_is_forgotten(
    either_world: WikiHarness, days: int
):
    world, sent = either_world, list[tuple[str, ...]]()
    world.watch("Tide", extra_settings='digest = "daily 08:00"\n').check()

    def digest(_days: int) -> None:
        world.clock.advance(days=_days)
        world.deliver(
            send_digest=lambda alerts, _url, _key, **_: sent.append(tuple(alert.topic.value for alert in alerts))
        )

    step(world, CHANGED)
    digest(days)
    step(world, COPY_EDITED)
    digest(1)
    step(world, COPY_EDITED + "More words.")
    digest(1)
    assert sent == ([("change",), ("resolved",)] if days else [])


def test_a_source_that_is_defined_again_ends_the_alert_about_its_broken_uses(world: WikiHarness):
    sent = Sent()
    source = "{{cite web |title=Quay report |url=https://quays.example.org/report}}"
    named, used = f'<ref name="quays">{source}</ref>', '<ref name="quays" />'
    whole = f"{TEXT}\nThe old quay is closed.{named}\n\nThe new quay is open.{used}\n"
    broken = whole.replace(named, "")
    world.edit_and_check(whole)
    step(world, broken, sent)
    # Where the definition stands now is another place, and the text is not what it was.
    step(world, broken.replace(used, named), sent)
    assert [line.partition(",")[0] for line in sent.texts] == [
        "change: broken reference: Quay report",
        "resolved: cited again: Quay report",
    ]


def test_a_replacement_is_due_when_the_first_one_was(world: WikiHarness):
    world.watch("Tide", extra_settings='digest = "daily 08:00"\n').check()
    step(world, CHANGED)
    world.clock.advance(days=1)
    step(world, FURTHER)
    first, second = world.alerts()
    assert (first.state, second.state) == (DeliveryState.SUPERSEDED, DeliveryState.QUEUED)
    assert second.not_before == first.not_before < world.clock()


def test_a_message_that_was_tried_is_not_taken_back_and_arrives_first(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED)
    tried(world)
    step(world, FURTHER)
    assert states(world) == [("change", 2, "queued"), ("update", 3, "queued")]
    assert [line.partition(":")[0] for line in send(world, sent)] == ["change", "update"]


def tried(world: WikiHarness) -> None:
    """An attempt that failed: the receiver may have taken the message all the same."""

    def refuse(_alert: Alert, _receiver: Receiver, _key: str) -> None:
        raise DeliveryError("answered 503")

    world.deliver(send=refuse)
