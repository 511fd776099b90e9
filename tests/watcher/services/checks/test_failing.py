"""Test that a failing comparison is recorded, alerted once with its revisions and passed."""

from dataclasses import replace

from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.errors import Unavailable
from watcher.model import Comparison, Dialect, Policy, Snapshot, Unread
from watcher.model.elements import FAILED
from watcher.pipeline import compare
from watcher.services.alerting.operator_alerts import queue_operator_alerts
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome
from watcher.services.context import Compare
from watcher.services.operations.health import recent_failures, status_json, watch_health

_POISONED = TEXT.replace("21 million", "23 million") + "\nPoison.\n"


def _fails_on_poison(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    if "Poison" in (after.wikitext or "") and "Poison" not in (before.wikitext or ""):
        raise ZeroDivisionError("planted")
    return compare(before, after, policy=policy, dialect=dialect)


def _reads_in_part(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    comparison = compare(before, after, policy=policy, dialect=dialect)
    return replace(comparison, unread=(Unread(reason=f"{FAILED}a reference: ValueError"),))


def _checked(world: WikiHarness, planted: Compare) -> CheckOutcome:
    world.clock.advance(minutes=1)
    with world.services() as services:
        services.compare = planted
        outcome, *_ = check(services, services.watchlist.watches)
        queue_operator_alerts(services)
    return outcome


def _is_unavailable(*_: object, **__: object) -> Comparison:
    raise Unavailable("the wiki is busy; it is asked again")


PLANTED: dict[str, Compare] = {
    "fails": _fails_on_poison,
    "reads in part": _reads_in_part,
    "is unavailable": _is_unavailable,
    "is right": compare,
}


class FailingPlayer(Player):
    """Plays stories of a comparison that fails."""

    def compared(self, how: str, *states: str) -> None:
        """A check for each of these states, in which the comparison does this."""
        outcomes = [_checked(self.world, PLANTED[how]) for _ in states]
        assert [outcome.state.value for outcome in outcomes] == [*states]
        self.outcomes = outcomes

    def kinds(self, *kinds: str) -> None:
        """The kinds and the severities of all notices."""
        notices = [notice for row in self.world.alerts() for notice in row.alert.notices]
        assert sorted(f"{notice.severity.label} {notice.kind.value}" for notice in notices) == sorted(kinds)


test_what_becomes_of_it = story_test(
    __file__,
    {
        "POISONED": _POISONED,
        "OF OTHERS": 'operator = false\n[[destination]]\nname = "other"\nurl = "json://127.0.0.1:9/o"\n'
        'operator = false\narticles = ["Moon"]\n',
    },
    FailingPlayer,
)


def test_the_status_for_programs_lists_a_failed_comparison(world: WikiHarness):
    world.check()
    world.edit(_POISONED)
    _checked(world, _fails_on_poison)
    with world.services() as services:
        now = services.now()
        status = services.archive.metrics.outbox(now)
        reported = status_json(watch_health(services.index, now), status, now, recent_failures(services.archive, now))
    (failure,) = reported["failed_comparisons"]  # type: ignore[misc]
    assert (failure["wiki"], failure["page"], failure["revision"]) == ("w", "Tide", 2)
    assert failure["detail"]
