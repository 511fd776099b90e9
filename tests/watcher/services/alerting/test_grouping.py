"""Test grouping of alerts: which belong together, when a group is sent, and its message."""

from dataclasses import replace
from datetime import timedelta

import pytest

from snapshots import DeliveryState
from tests.cases import for_each
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_messages import NOTICE, an_alert
from tests.watcher.services.stories import Player, composed, story_test
from watcher.config import Destination
from watcher.config.validators import Secret
from watcher.model import Alert, AlertTopic, Kind, Revision, Severity
from watcher.notify import Message
from watcher.services.alerting.alerts import delivery_for, group_labels
from watcher.services.checks.check import check

SECOND = '[[destination]]\nname = "second"\nurl = "json://127.0.0.1:9/2"\noperator = false\n'
GROUPED = 'group_wait = "30s"\ngroup_interval = "5m"'
BOT, SUMMARY = "ExampleBot", "/* Harbours */ 3 figures of [[Tide]] corrected"
DESTINATION = Destination(name="team", url=Secret("json://127.0.0.1:9/"))


class GroupPlayer(Player):
    """Plays stories of alerts that wait for others."""

    def begin(self, *pages: str, written: str = "TEXT", grouping: str = GROUPED, extra_settings: str = "") -> None:
        self.world.grouping, self.newest = grouping, list[Message]()
        self.world.watch(*pages, extra_settings=f"operator = false\n{self.text(extra_settings)}")
        self.flood(written, *pages)

    def flood(self, written: str, *pages: str, editor: str = BOT, comment: str = SUMMARY) -> None:
        """Edit all pages at once; one check without a minute between."""
        for page in pages:
            self.world.store.edit(page, self.text(written), editor=editor, comment=comment)
        with self.world.services() as services:
            list(check(services, services.watchlist.watches))

    def war(self, turns: int) -> None:
        """So many turns of an edit war, each with its check and the delivery of what is due."""
        for turn in range(turns):
            text, editor = (CHANGED, "Vandal") if turn % 2 else (TEXT, "Alice")
            self.world.clock.advance(seconds=20)
            self.flood(text, "Tide", editor=editor, comment="")
            composed(self.world)

    def sent_groups(self, *titles: str, **later: float) -> None:
        """The pages of each message that is due some time later."""
        messages = composed(self.world, **later)
        assert [name for name, _ in messages] == [*titles]
        self.newest += [message for _, message in messages]

    def last_message(self, *words: str) -> None:
        last = self.newest[-1]
        for each in words:
            assert each in f"{last.subject}\n{last.text}\n{'follows the first' * (last.thread == self.newest[0].key)}"

    def nothing_stated(self) -> None:
        with self.world.archive() as archive:
            assert archive.sent_facts.stated(self.world.article(), self.world.clock()) == ((), ())


test_a_group = story_test(
    __file__,
    {"BERTHS": f"{TEXT} In 2010 the port had 400 berths.", "SECOND BY SOURCE": f'{SECOND}group_by = ["source"]\n'},
    GroupPlayer,
)


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_a_bot_that_changes_many_pages_is_one_message_with_all_of_them(either_world: WikiHarness, count: int):
    world, pages = either_world, [f"Harbour {number}" for number in range(count)]
    with WebhookReceiver() as box:
        world.receiver, world.grouping = box.url, GROUPED
        world.watch(*pages, extra_settings="operator = false\n")
        for first in (21, 30):
            for number, page in enumerate(pages):
                text = TEXT.replace("21 million", f"{first + (first == 30) * number} million")
                world.store.edit(page, text, editor=BOT, comment=SUMMARY.replace("3", str(number)))
            world.check()
        sent = []
        for seconds in (0, 30, 3600):  # it waits for others
            world.clock.advance(seconds=seconds)
            sent.append(world.deliver_due().sent)
        (body,) = (str(letter.json["message"]) for letter in box.accepted)
    assert sent == [0, 1, 0]
    for words in (f"{count} articles changed by ExampleBot", f"All by {BOT}", "21 million → 30 million boats", *pages):
        assert words in body
    assert {row.state for row in world.alerts()} == {DeliveryState.SENT}


def edited(**values: object) -> tuple[Revision, ...]:
    return (replace(an_alert().after, **values),)  # type: ignore[arg-type]


PAIRS = {
    "counts": (edited(editor="B", comment="3 links"), edited(editor="B", comment="17 links"), True),
    "sections": (edited(editor="B", comment="/* A */ fix"), edited(editor="B", comment="/* B */ fix"), True),
    "links": (edited(editor="B", comment="move [[A]]"), edited(editor="B", comment="move [[B|b]]"), True),
    "summaries": (edited(editor="B", comment="fix"), edited(editor="B", comment="add"), False),
    "editors": (edited(editor="B", comment="fix"), edited(editor="C", comment="fix"), False),
    "hidden editors": (edited(editor=None), edited(editor=None), False),
}


@for_each(("first", "other", "same"), PAIRS.values(), ids=PAIRS)
def test_a_summary_is_the_same_whatever_it_says_of_its_page(first: object, other: object, same: object):
    def labels(edits: object, page: int) -> set[str]:
        alert = an_alert(replace(NOTICE, edits=edits, old_sentence=None, new_sentence=None))  # type: ignore[arg-type]
        return set(group_labels(DESTINATION, replace(alert, article=replace(alert.article, page_id=page))))

    assert bool(labels(first, 1) & labels(other, 2)) is same


def test_a_maintenance_tag_groups_as_a_template_and_a_citation_as_a_source():
    tag = replace(NOTICE, kind=Kind.TAG_ADDED, element_name="dubious")
    source = replace(NOTICE, kind=Kind.REFERENCE_REMOVED, element_name="https://a.example/")
    words = {label.partition(":")[0] for label in group_labels(DESTINATION, an_alert(tag, source))}
    assert words == {"article", "article-sentence", "editor_and_summary", "source", "template"}


def test_what_concerns_operators_is_never_grouped():
    assert group_labels(DESTINATION, replace(an_alert(NOTICE), topic=AlertTopic.OPERATOR)) == ()


@for_each(("severity", "seconds"), [(Severity.CRITICAL, 0), (Severity.HIGH, 30), (Severity.LOW, 30)])
def test_only_what_is_critical_is_due_at_once(world: WikiHarness, severity: Severity, seconds: int):
    alert: Alert = an_alert(replace(NOTICE, severity=severity))
    assert delivery_for(DESTINATION, alert, world.clock()).not_before == world.clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize("word", ["editor", "sources"])
def test_an_unknown_word_is_refused_with_the_known_ones(world: WikiHarness, word: str):
    world.grouping = f'group_by = ["{word}"]'
    world.watch("Tide")
    with pytest.raises(Exception, match="cannot be used for grouping"), world.services():
        pass
