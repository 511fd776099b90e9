"""The outbox and its log → lines for `watcher status`: what was given up, what is being retried, what is muted."""

from __future__ import annotations

from collections.abc import Iterator

from flows.services import Services
from flows.terminal import printable
from snapshots import Posting, State
from watcher.cli.muting import described

_MOST = 20


def postal_lines(services: Services) -> Iterator[str]:
    """A line for each dead delivery, each one that waits for another attempt, and each mute, newest trouble last."""
    archive = services.archive
    for one in archive.deliveries(limit=_MOST, state=State.DEAD):
        yield _line("✗", one, f"given up after {one.attempts} attempt{'s' * (one.attempts != 1)}")
    for one in archive.troubled(limit=_MOST):
        yield _line("…", one, f"attempt {one.attempts} failed, next after {one.not_before:%Y-%m-%d %H:%M} UTC")
    for mute in archive.mutes():
        yield f"Muted {described(mute)}"


def _line(sign: str, posting: Posting, what: str) -> str:
    last = posting.log[-1] if posting.log else None
    error = f": {last.error}" if last and last.error else ""
    return printable(f"{sign} {posting.destination}: {posting.alert.article.title}: {what}{error}")
