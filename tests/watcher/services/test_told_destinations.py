"""Test that what is told is known for each destination: nothing is lost between several, nothing told twice."""

from __future__ import annotations

from collections.abc import Sequence

from snapshots import DeliveryState
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.test_alerting import DEBTS, LATER, MORE, NEW_SOURCE, Sent, send, step
from watcher.model import Alert
from watcher.notify import Receiver

DAILY = 'digest = "daily 08:00"\n\n[[destination]]\nname = "now"\nurl = "json://127.0.0.1:9/now"\n'


def digests(world: WikiHarness, **later: float) -> list[str]:
    """What is in the digests and messages that are due some time later."""
    texts: list[str] = []

    def read(alerts: Sequence[Alert], receiver: Receiver) -> None:
        name = "now" if receiver.url.endswith("now") else "digest"
        texts.extend(f"{name}: {notice.summary.partition(' (')[0]}" for alert in alerts for notice in alert.notices)

    world.clock.advance(**later)
    world.deliver(
        send=lambda alert, receiver, _: read([alert], receiver),
        send_digest=lambda alerts, receiver, _, **__: read(alerts, receiver),
    )
    return texts


def test_a_digest_has_what_another_destination_got_at_once(either_world: WikiHarness):
    world = either_world
    world.watch("Tide", extra_settings=DAILY).check()
    step(world, CHANGED)
    assert digests(world) == ["now: 21 million → 25 million boats"]
    step(world, CHANGED.replace("== Harbours ==", "== Ports =="))
    assert digests(world, days=1) == ["digest: 21 million → 25 million boats"]


def test_a_digest_has_the_last_of_several_figures_once(world: WikiHarness):
    world.watch("Tide", extra_settings=DAILY).check()
    for value in ("25", "30", "25", "35"):
        step(world, TEXT.replace("21 million", f"{value} million"))
        digests(world)
    assert digests(world, days=1) == ["digest: 21 million → 35 million boats"]


def test_what_is_alerted_is_said_although_a_later_edit_gives_it_a_source(world: WikiHarness):
    world.watch("Tide", extra_settings=DAILY).check()
    step(world, LATER)
    digests(world)
    step(world, LATER.replace(SOURCE, NEW_SOURCE))
    assert "digest: 21 million → 25 million boats" in digests(world, days=1)


def test_what_restores_a_value_whose_successor_lost_its_source_is_a_resolution_and_vandalism_after_it_an_alert(
    either_world: WikiHarness,
):
    world, sent = either_world, Sent()
    world.check()
    assert step(world, LATER.replace(SOURCE, NEW_SOURCE), sent) == "quiet"  # a new figure with its source
    step(world, LATER, sent)  # the source is taken away again
    sent.clear()
    for text in (TEXT + MORE, LATER + MORE, TEXT + MORE + MORE):
        assert step(world, text, sent) == "alert"
    back = "resolved: back to 21 million boats"
    assert sent.texts == [back, "change: 21 million → 25 million boats", back]


def test_what_is_undone_while_it_is_muted_is_told_as_over_only_to_those_who_were_told_of_it(world: WikiHarness):
    world.watch("Tide", extra_settings=DAILY).check()
    step(world, CHANGED)
    digests(world)
    mute = world.begin_mute(wiki="w", title="Tide")
    step(world, TEXT)
    assert digests(world, days=1) == []
    world.end_mute(mute)
    assert [line.partition(",")[0] for line in digests(world, days=1)] == ["now: back to 21 million boats"]


def test_what_is_undone_and_done_again_while_it_is_muted_is_told_when_the_mute_ends(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    step(world, CHANGED)
    mute = world.begin_mute(wiki="w", title="Tide")
    for text in (TEXT + MORE, CHANGED + MORE):
        step(world, text)
    assert send(world, sent) == []
    world.end_mute(mute)
    assert send(world, sent) == ["catch-up: 21 million → 25 million boats"]


def test_what_was_queued_before_a_mute_is_told_although_something_else_is_undone(world: WikiHarness):
    world.watch("Tide", extra_settings=DAILY).check()
    step(world, CHANGED + MORE)
    digests(world)
    world.begin_mute(wiki="w", title="Tide")
    step(world, CHANGED)
    assert digests(world, days=1) == ["digest: 21 million → 25 million boats"]


def test_what_was_undone_before_it_was_sent_is_told_when_that_text_is_restored(either_world: WikiHarness):
    world = either_world
    world.extra_settings = DAILY.partition("\n")[0]
    world.watch("Tide")
    step(world, TEXT + DEBTS("19.1", "19.1"))
    first, second = CHANGED + DEBTS("19.1", "19.1"), TEXT + DEBTS("25.1", "19.1")
    for text in (first, TEXT + DEBTS("19.1", "19.1") + MORE, first, second, first):
        step(world, text)
    step(world, CHANGED + DEBTS("19.1", "30.1"))
    assert digests(world, days=1) == ["digest: 21 million → 25 million boats", "digest: 2022 × Debt"]
    step(world, second)
    assert [line.partition(",")[0] for line in digests(world, days=1)] == [
        "digest: 2020 × Debt",  # replaced by the second edit after it, and never sent
        "digest: back to 21 million boats",
        "digest: 2022 × Debt",
    ]


def test_what_was_muted_is_in_the_summary_although_an_edit_after_it_was_undone(world: WikiHarness):
    sent = Sent()
    world.watch("Tide")
    step(world, TEXT + DEBTS("19.1", "19.1"))
    mute = world.begin_mute(wiki="w", title="Tide", words="boats")
    for debt in ("19.1", "25.1"):
        step(world, CHANGED + DEBTS(debt, "19.1"))
        send(world, sent)
    step(world, CHANGED + DEBTS("19.1", "19.1"))
    world.end_mute(mute)
    assert "catch-up: 21 million → 25 million boats" in send(world, sent)


def test_the_summary_of_a_mute_has_nothing_that_it_did_not_hold_back(world: WikiHarness):
    sent, debts = Sent(), DEBTS
    world.watch("Tide")
    step(world, TEXT + debts("19.1", "19.1"))
    step(world, TEXT + debts("21.1", "19.1"), sent)
    mute = world.begin_mute(wiki="w", title="Tide", words="boats")
    for text in (TEXT + debts("25.1", "19.1"), TEXT + debts("21.1", "19.1"), CHANGED + debts("19.1", "19.1")):
        step(world, text)
    send(world, sent)
    world.end_mute(mute)
    assert send(world, sent)[-1:] == ["catch-up: 21 million → 25 million boats"]


def test_a_destination_is_told_of_an_end_only_where_it_was_told_of_the_beginning(world: WikiHarness):
    world.watch(
        "Tide",
        extra_settings='threshold = "critical"\n\n[[destination]]\nname = "now"\nurl = "json://127.0.0.1:9/now"\n',
    ).check()
    step(world, CHANGED)
    digests(world)
    step(world, TEXT + MORE)
    assert [line.partition(",")[0] for line in digests(world)] == ["now: back to 21 million boats"]
    assert {delivery.state for delivery in world.alerts()} == {DeliveryState.SENT}
