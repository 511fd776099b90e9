"""Say of a finding to whom it was sent and when, and why not to the others."""

from __future__ import annotations

from collections.abc import Iterator

from snapshots import Delivery, DeliveryState
from watcher.config import Destination, Watch, accepts_finding, serves
from watcher.model import Article, Finding
from watcher.services.alerts import is_same_thing, sent_facts_of
from watcher.services.context import AppContext
from watcher.services.mutes import active_for, matches


def describe_deliveries(services: AppContext, watch: Watch, article: Article | None, finding: Finding) -> Iterator[str]:
    """Yield a line for each destination of a watch: what was sent there of a finding, or why nothing was.

    Raises StoreError.
    """
    fact = next(iter(sent_facts_of(finding)), None)
    stated = services.archive.sent_facts.deliveries_of(article, fact) if article and fact else ()
    # Under another heading it may be the same: of two equal sentences, it is better to name both.
    own = [each for each in stated if fact and is_same_thing(each[0], fact)] or stated
    muted = [mute.id for mute in active_for(services, watch, services.now()) if matches(mute, watch, finding)]
    for destination in services.watchlist.destinations:
        if latest := next((each for _, each in own if each.destination == destination.name), None):
            yield f"{destination.name}: {_state(latest)}"
        elif serves(destination, watch):
            yield f"{destination.name}: not sent: {_reason(destination, watch, finding, muted)}"


def _state(delivery: Delivery) -> str:
    at = delivery.done_at or delivery.not_before
    match delivery.state:
        case DeliveryState.SENT:
            words = f"sent {at:%Y-%m-%d %H:%M} UTC"
        case DeliveryState.QUEUED:
            tried = f", tried {delivery.attempts} times" if delivery.attempts else ""
            words = f"queued, due {at:%Y-%m-%d %H:%M} UTC{tried}"
        case DeliveryState.DEAD:
            words = f"given up {at:%Y-%m-%d %H:%M} UTC after {delivery.attempts} attempts; `watcher status` says why"
        case DeliveryState.SUPERSEDED:
            words = f"not sent: undone or replaced by a later alert {at:%Y-%m-%d %H:%M} UTC, before it was due"
    return words


def _reason(destination: Destination, watch: Watch, finding: Finding, muted: list[int]) -> str:
    if not accepts_finding(destination, watch, finding):
        return "its threshold, kinds or filters leave it out"
    if muted:
        return f"mute {muted[0]} keeps it back; the summary at its end has it"
    return "no check has found it, or it restored what was known there"
