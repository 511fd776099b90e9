"""Define the result of checking a cited source: which values of a change it states, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from watcher.text import single_line


class SourceOutcome(StrEnum):
    """Which values a source states; `unclear` if it has a value that may be about something else.

    If a finding has several checks, the one whose outcome is listed first here is reported.
    """

    OLD = "old"
    NEW = "new"
    BOTH = "both"
    UNCLEAR = "unclear"
    NEITHER = "neither"
    UNREAD = "unread"


class Problem(StrEnum):
    """The reason why a page could not be read, as worded for users."""

    GONE = "it is no longer there"
    UNREACHABLE = "its server does not answer"
    LATE = "it did not answer in time"
    FAILING = "its server reports an error"
    FORBIDDEN = "its server refuses"
    ROBOTS = "its robots.txt does not allow it"
    ADDRESS = "its address is not on the public web"
    REDIRECTS = "it redirects without end"
    TOO_LARGE = "it is too large"
    FORMAT = "it is neither a web page nor a PDF"
    PAYWALL = "it asks for a subscription"
    LOGIN = "it asks to sign in"
    COOKIES = "it asks for consent to cookies"
    SCRIPT = "it shows nothing without JavaScript"
    EMPTY = "it has no text"
    IMAGES = "a PDF of images"
    LOCKED = "a PDF with a password"
    BROKEN = "its content is damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """What a source states, as a clause (`text`), with the address and time at which it was read.

    `quotes` are the words around the values found. A check says what was found, never that a value is true.
    """

    outcome: SourceOutcome
    text: str
    url: str
    at: datetime
    quotes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the clause and its time on one line."""
        return f"{single_line(self.text, 800)} (read {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON."""
        return asdict(self) | {"outcome": self.outcome.value, "at": self.at.isoformat(), "quotes": list(self.quotes)}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> SourceCheck:
        """Return the check that `to_dict` wrote."""
        at, quotes = datetime.fromisoformat(written["at"]), tuple(written["quotes"])
        return cls(**{**written, "outcome": SourceOutcome(written["outcome"]), "at": at, "quotes": quotes})


def stored_check(finding: Mapping[str, Any]) -> SourceCheck | None:
    """Return the check in the JSON of a finding; None if it has none."""
    written = finding.get("source_check")
    return SourceCheck.from_dict(written) if written else None
