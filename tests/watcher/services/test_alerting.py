"""Test resolutions: an undone change is reported once to its recipients, an unsent alert is replaced."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from snapshots import Archive, CheckResult, DeliveryState
from tests.flows.harness import CHANGED, COPY_EDITED, TEXT, WikiHarness
from watcher.config import Destination
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic
from watcher.notify import Receiver, compose
from watcher.services.delivery import deliver

FURTHER = TEXT.replace("21 million", "30 million")
REWORDED = TEXT.replace(
    "the survey counted 21 million boats in all harbours", "in all harbours, the survey counted 21 million boats"
)
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
    with world.services() as services:
        deliver(services.archive.outbox, services.watchlist.destinations, now=world.clock, owner="one", send=sent)
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


def test_a_revert_of_the_whole_text_is_reported_as_resolved_whatever_differed(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    rewritten = "Nothing but one sentence."
    assert step(world, rewritten, sent) == "alert"
    assert step(world, TEXT, sent) == "alert"
    assert [alert.topic for _, alert in sent] == [AlertTopic.CHANGE, AlertTopic.RESOLVED]


def test_a_change_in_two_steps_is_resolved_by_one_message(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    step(world, FURTHER, sent)
    step(world, COPY_EDITED, sent)
    assert sent.texts == [
        "change: 21 million → 25 million boats",
        "update: 25 million → 30 million boats",
        "resolved: back to 21 million boats",
    ]


def threads(sent: Sent) -> list[tuple[str, bool]]:
    """The topic of each message, and whether it follows the first one."""
    first = f"{sent[0][1].key}-inbox"
    return [(alert.topic.value, alert.thread == first) for _, alert in sent]


def test_what_follows_is_an_update_in_the_thread_of_the_first_alert_and_so_is_its_end(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    for text in (CHANGED, FURTHER, FURTHER.replace("30 million", "40 million"), COPY_EDITED):
        step(world, text, sent)
    assert threads(sent) == [("change", False), ("update", True), ("update", True), ("resolved", True)]


OTHER = "\nIn 2014, the census found 17 million sailors in all towns.<ref>{{cite web |title=Census}}</ref>\n"


@pytest.mark.parametrize(("days", "follows"), [(0, True), (3, False)])
def test_another_change_of_the_page_is_no_update_but_in_the_thread_for_a_day(
    world: WikiHarness, days: int, follows: object
):
    sent = Sent()
    world.edit(TEXT + OTHER)
    world.check()
    step(world, CHANGED + OTHER, sent)
    world.clock.advance(days=days)
    step(world, CHANGED + OTHER.replace("17 million", "18 million"), sent)
    assert threads(sent) == [("change", False), ("change", follows)]


def test_the_same_figure_again_is_an_update_however_late(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    world.clock.advance(days=30)
    step(world, FURTHER, sent)
    assert threads(sent) == [("change", False), ("update", True)]


def test_an_update_that_was_not_sent_yet_is_replaced_by_one_about_both_edits(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    step(world, FURTHER)
    step(world, FURTHER.replace("30 million", "40 million"), sent)
    assert sent.texts == ["change: 21 million → 25 million boats", "update: 25 million → 40 million boats"]


def test_what_is_resolved_says_what_it_is_back_to_by_whom_and_after_how_long(world: WikiHarness):
    sent = Sent()
    world.check()
    world.edit(CHANGED, editor="Vandal")
    world.check()
    send(world, sent)
    world.clock.advance(minutes=7)
    world.edit(COPY_EDITED, editor="Alice")
    world.check()
    send(world, sent)
    assert [notice.summary for notice in sent[-1][1].notices] == [
        "back to 21 million boats (was 25 million boats), undone by Alice, stood 10 minutes"
    ]
    assert "high" not in compose(sent[-1][1]).text


def test_for_a_destination_that_got_no_alert_before_it_is_no_update(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    world.extra_settings = TWO
    world.watch("Tide")
    step(world, FURTHER, sent)
    assert [(url == world.receiver, alert.topic.value, bool(alert.thread)) for url, alert in sent[1:]] == [
        (True, "update", True),
        (False, "change", False),
    ]


def test_when_one_of_two_changes_is_put_back_only_that_one_is_resolved(world: WikiHarness):
    sent = Sent()
    world.edit(TEXT + OTHER)
    world.check()
    both = CHANGED + OTHER.replace("17 million", "18 million")
    step(world, both, sent)
    step(world, both.replace("25 million", "21 million"), sent)
    step(world, TEXT + OTHER, sent)
    assert sent.texts == [
        "change: 21 million → 25 million boats",
        "resolved: back to 21 million boats",
        "resolved: back to 17 million sailors",
    ]


@pytest.mark.parametrize("days", [0, 1])
def test_what_went_into_a_digest_is_resolved_once_and_what_waits_for_one_is_forgotten(
    either_world: WikiHarness, days: int
):
    world, sent = either_world, list[tuple[str, ...]]()
    world.extra_settings = 'digest = "daily 08:00"\n'
    world.watch("Tide")
    world.check()

    def digest(_days: int) -> None:
        world.clock.advance(days=_days)
        with world.services() as services:
            deliver(
                services.archive.outbox,
                services.watchlist.destinations,
                now=world.clock,
                owner="one",
                send_digest=lambda alerts, _url, _key, **_: sent.append(tuple(alert.topic.value for alert in alerts)),
            )

    step(world, CHANGED)
    digest(days)
    step(world, COPY_EDITED)
    digest(1)
    step(world, COPY_EDITED + "More words.")
    digest(1)
    assert sent == ([("change",), ("resolved",)] if days else [])


def test_the_old_value_in_other_words_resolves_too(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    step(world, REWORDED, sent)
    assert sent.texts == ["change: 21 million → 25 million boats", "resolved: back to 21 million boats"]


def test_a_step_back_resolves_the_last_step_only(world: WikiHarness):
    sent = Sent()
    world.check()
    for text in (CHANGED, FURTHER, CHANGED + "\nMore.", REWORDED):
        step(world, text, sent)
    assert sent.texts[2:] == ["resolved: back to 25 million boats", "resolved: back to 21 million boats"]


def test_a_change_reported_once_more_after_it_was_resolved_is_news(world: WikiHarness):
    sent = Sent()
    world.check()
    for text in (CHANGED, TEXT, CHANGED):
        step(world, text, sent)
    assert [line.partition(":")[0] for line in sent.texts] == ["change", "resolved", "change"]


def test_only_those_who_got_the_alert_hear_that_it_is_resolved(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    world.extra_settings = TWO
    world.watch("Tide")
    step(world, TEXT, sent)
    assert [(url, alert.topic) for url, alert in sent] == [
        (world.receiver, AlertTopic.CHANGE),
        (world.receiver, AlertTopic.RESOLVED),
    ]


def test_what_is_undone_before_it_was_sent_is_not_sent(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    assert step(world, CHANGED) == "alert"
    assert step(world, COPY_EDITED) == "quiet"
    assert send(world, sent) == []
    assert states(world) == [("change", 2, "replaced")]


def test_an_alert_whose_article_is_edited_before_it_was_sent_shows_both_edits_at_once(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    step(world, CHANGED)
    step(world, FURTHER)
    assert states(world) == [("change", 2, "replaced"), ("change", 3, "queued")]
    assert send(world, sent) == ["change: 21 million → 30 million boats"]
    assert (sent[0][1].before.id, sent[0][1].after.id) == (1, 3)


def test_an_edit_without_weight_leaves_the_waiting_alert_as_good_as_it_was(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED)
    step(world, CHANGED.replace("a table of its own on the wall", "a table of its own on a wall"))
    assert send(world, sent) == ["change: 21 million → 25 million boats"]


def test_a_replacement_is_due_when_the_first_one_was(world: WikiHarness):
    world.extra_settings = 'digest = "daily 08:00"\n'
    world.watch("Tide")
    world.check()
    step(world, CHANGED)
    world.clock.advance(days=1)
    step(world, FURTHER)
    first, second = world.alerts()
    assert (first.state, second.state) == (DeliveryState.SUPERSEDED, DeliveryState.QUEUED)
    assert second.not_before == first.not_before < world.clock()


def test_each_destination_hears_what_is_new_to_it(world: WikiHarness):
    world.extra_settings = TWO
    world.watch("Tide")
    world.check()
    step(world, CHANGED)
    with world.services() as services:
        item = [destination for destination in services.watchlist.destinations if destination.name == "inbox"]
        send_next(services.archive, item, world)
    step(world, FURTHER)
    waiting = [delivery for delivery in world.alerts() if delivery.state is DeliveryState.QUEUED]
    assert sorted(
        (delivery.destination, delivery.alert.before.id, delivery.alert.after.id) for delivery in waiting
    ) == [
        ("inbox", 2, 3),
        ("second", 1, 3),
    ]


def send_next(archive: Archive, locations: list[Destination], world: WikiHarness) -> None:
    """Deliver to these alone: what is for others stays untouched."""
    claimed = archive.outbox.claim(world.clock(), limit=20, owner="one")
    names = {destination.name for destination in locations}
    for delivery in claimed:
        if delivery.destination in names:
            archive.outbox.mark_sent(delivery, world.clock())
    archive.leases.release_all("one")
    with archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE delivery SET attempts = 0 WHERE state = 'queued'")


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

    with world.services() as services:
        deliver(services.archive.outbox, services.watchlist.destinations, now=world.clock, owner="one", send=refuse)


def test_what_is_tried_again_arrives_before_the_news_that_it_is_over(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED)
    tried(world)
    step(world, COPY_EDITED)
    world.clock.advance(hours=1)
    assert [line.partition(":")[0] for line in send(world, sent)] == ["change", "resolved"]


def test_a_row_that_is_tried_while_the_next_edit_is_judged_undoes_the_whole_decision(either_world: WikiHarness):
    world = either_world
    world.check()
    step(world, CHANGED)
    with world.services() as services:
        article = world.article()
        _, (waiting,) = services.archive.sent_facts.stated(article, world.clock())
        services.archive.outbox.claim(world.clock() + timedelta(minutes=1), owner="deliverer")
        cursor = services.archive.revisions.cursor(article)
        assert cursor
        checked = CheckResult(
            article=article,
            before=cursor,
            after=cursor,
            now=world.clock(),
            superseded=(waiting.id,),
            outdated_facts=(1,),
        )
        assert services.archive.comparisons.commit(checked) is None
    (delivery,) = world.alerts()
    assert delivery.state is DeliveryState.QUEUED


@pytest.mark.parametrize("text", [TEXT + "\n[[Category:Seas]]", COPY_EDITED])
def test_what_stands_is_not_reported_again_by_the_next_edit(world: WikiHarness, text: str):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    step(world, text.replace("21 million", "25 million"), sent)
    assert sent.texts == ["change: 21 million → 25 million boats"]
