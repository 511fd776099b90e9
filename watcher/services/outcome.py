"""Define the outcome of one article's check, as a value and as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from watcher.config import Watch
from watcher.text import escape_control_characters

if TYPE_CHECKING:
    from snapshots import ImageDigests, OutgoingAlert, RenderedFacts
    from watcher.model import Comparison, Revision, Snapshot

FAILED_COMPARISON: Final = "comparison-failed"
"""The event of a page whose edit could not be compared."""


class CheckState(StrEnum):
    """How the check of an article ended."""

    BASELINE = "baseline"  # the first check: later edits are compared with this text
    UNCHANGED = "unchanged"
    SETTLING = "settling"  # the newest edit may still be reverted
    QUIET = "quiet"  # judged, without an alert
    ALERT = "alert"
    BUSY = "busy"  # another worker has the page
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The outcome of a watch's check; `text` may quote titles and errors, `line` is safe to print.

    `until` is when the settle period of the next edit ends; `compared` are the two texts, for the check's own use.
    """

    watch: Watch
    state: CheckState
    text: str
    comparison: Comparison | None = None
    revisions: int = 0
    error: Exception | None = None
    until: datetime | None = None
    compared: tuple[Snapshot, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something could not be fetched or judged."""
        return self.state is CheckState.FAILED

    @property
    def line(self) -> str:
        """The article and its outcome on one line, without control characters."""
        return escape_control_characters(f"{self.watch.title}: {self.text}")

    @property
    def findings(self) -> tuple[str, ...]:
        """A line for each finding that reaches the watch's threshold: severity, section, summary."""
        if self.comparison is None:
            return ()
        return tuple(
            f"{finding.severity.label:8} "
            f"{escape_control_characters(' › '.join(finding.change.location.section) or 'lead')}: "
            f"{escape_control_characters(finding.summary)}"
            for finding in self.comparison.at_least(self.watch.threshold)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two states of a page, compared and still to be judged: of its text, its images, or what readers see of it.

    `images` are the digests to store with a comparison of images, `rendered` the facts with one of what readers see.
    """

    comparison: Comparison
    before: Snapshot
    after: Snapshot
    images: ImageDigests | None = None
    rendered: RenderedFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """The alerts that follow from a comparison, and what they replace, resolve and leave out."""

    alerts: tuple[OutgoingAlert, ...] = ()
    superseded: tuple[int, ...] = ()
    outdated: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    has_recipients: bool = True

    @property
    def summary(self) -> str:
        """Describe the plan in the line about the check."""
        parts = (
            ("no destination accepts it", not self.has_recipients),
            ("partly muted", bool(self.muted)),
            ("an earlier alert is resolved", any(each.resolves for item in self.alerts for each in item.deliveries)),
            ("replaces an alert that was not sent yet", bool(self.superseded)),
        )
        return "".join(f"; {words}" for words, holds in parts if holds)


_MAX_SETTLE_PERIODS: Final = 6  # after which a page that is edited all the time is judged nevertheless


def settles_at(watch: Watch, pending: Sequence[Revision]) -> datetime:
    """Return when the newest edit is past the settle period, or the oldest has waited for too many of them."""
    newest, oldest = max(revision.at for revision in pending), min(revision.at for revision in pending)
    return min(newest + watch.settle, oldest + watch.settle * _MAX_SETTLE_PERIODS)


def is_settled(watch: Watch, pending: Sequence[Revision], now: datetime) -> bool:
    """Return whether pending edits are to be judged now."""
    # Without a settle period there is no waiting, however the wiki's clock differs from ours.
    return watch.settle <= timedelta() or now >= settles_at(watch, pending)


def latest_settled(watch: Watch, pending: Sequence[Revision], now: datetime) -> Revision | None:
    """Return the newest of the pending edits that has stood for the settle period; None where none has."""
    old = [revision for revision in pending if now >= revision.at + watch.settle]
    return max(old, key=lambda revision: (revision.at, revision.id), default=None)


def next_settles_at(watch: Watch, pending: Sequence[Revision], now: datetime) -> datetime:
    """Return when the next of the pending edits will have stood for the settle period, or they are judged anyway."""
    times = [settles_at(watch, pending), *(revision.at + watch.settle for revision in pending)]
    return min((at for at in times if at > now), default=max(times))


def settling_outcome(watch: Watch, pending: Sequence[Revision], now: datetime) -> CheckOutcome:
    """Return the outcome while edits settle, of the page or of what it transcludes; times are those of the wiki."""
    newest = max(pending, key=lambda revision: revision.at)
    text = f"revision {newest.id} settles until {newest.at + watch.settle:%H:%M:%S} UTC"
    return CheckOutcome(watch, CheckState.SETTLING, text, until=next_settles_at(watch, pending, now))
