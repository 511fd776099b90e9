"""What the check of one article came to, as a value and as a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flows.terminal import printable
from watcher.config import Watch
from watcher.model import Comparison


class State(StrEnum):
    """How the check of one article ended."""

    BASELINE = "baseline"
    UNCHANGED = "unchanged"
    SETTLING = "settling"
    QUIET = "quiet"
    ALERT = "alert"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the check of one watch came to; `text` may quote titles and errors, `line` is safe to show.

    `until` is when an edit will have stood long enough to be judged.
    """

    watch: Watch
    state: State
    text: str
    comparison: Comparison | None = None
    revisions: int = 0
    error: Exception | None = None
    until: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether something could not be fetched or judged."""
        return self.state is State.FAILED

    @property
    def line(self) -> str:
        """The article and what came of it in one line, without control characters."""
        return printable(f"{self.watch.title}: {self.text}")

    @property
    def findings(self) -> tuple[str, ...]:
        """A line for each finding that reaches the watch's threshold: severity, place, summary."""
        if self.comparison is None:
            return ()
        return tuple(
            f"{one.severity.label:8} {printable(' › '.join(one.change.place.section) or 'lead')}: "
            f"{printable(one.summary)}"
            for one in self.comparison.at_least(self.watch.threshold)
        )
