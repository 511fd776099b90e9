"""The outbox and its log → lines: what is given up, retried or muted for `watcher status`, all attempts for `--log`."""

from __future__ import annotations

from collections.abc import Iterator

from flows.services import Services
from flows.terminal import printable
from snapshots import Posting, State
from watcher.cli.muting import described

LOGGED = 100  # messages
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


def log_lines(services: Services, limit: int = LOGGED) -> Iterator[str]:
    """A line for each attempt at the last messages, the newest last, then those that wait for their first."""
    rows = services.archive.deliveries(limit=limit)[::-1]
    tries = sorted(((line, one) for one in rows for line in one.log), key=lambda pair: pair[0].at)
    for line, one in tries:
        error = f": {line.error}" if line.error else ""
        yield printable(f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {line.outcome:7} {_what(one)}, attempt {line.number}{error}")
    for one in rows:
        if one.state is State.QUEUED and not one.attempts:
            digest = ", in a digest" if one.batch is not None else ""
            yield printable(f"{one.not_before:%Y-%m-%d %H:%M:%S} UTC  due     {_what(one)}{digest}")


def _what(one: Posting) -> str:
    return f"{one.destination}: {one.alert.article.title} ({one.alert.topic.value}), key {one.sent_as}"


def _line(sign: str, posting: Posting, what: str) -> str:
    last = posting.log[-1] if posting.log else None
    error = f": {last.error}" if last and last.error else ""
    return printable(f"{sign} {posting.destination}: {posting.alert.article.title}: {what}{error}")
