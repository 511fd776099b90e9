"""Apply review decisions that begin or end a mute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

from snapshots import Mute, NewMute, ReviewAction, ReviewedFinding, ReviewEvent
from watcher.services.catch_up import end_mute
from watcher.services.context import AppContext

_LONGEST_RUN = 10  # words that tell a statistic from others
_SHORTEST_RUN = 2
_SHORTEST_WORDS = 3  # letters: fewer stand in every sentence


def suggest_mute_words(body: dict[str, Any]) -> str | None:
    """Suggest words of a finding's sentence by which later changes of the same statistic are recognized.

    They are the longest run without digits that the sentence has before and after; None where there is none.
    """
    reported = body.get("sentence") or {}
    before, after = (str(reported.get(side) or "").split()[:400] for side in ("old", "new"))
    if not before or not after:
        before = after = before or after
    # Without autojunk, which drops words that occur often in long texts.
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    runs = [run for at, _, size in matcher.get_matching_blocks() for run in _runs(before[at : at + size])]
    longest = max(runs, key=lambda run: len(" ".join(run)), default=[])
    return " ".join(longest[:_LONGEST_RUN]).strip(".,;:!?") if len(longest) >= _SHORTEST_RUN else None


def _runs(words: Sequence[str]) -> list[list[str]]:
    """Split words into the runs between those with digits, which are what changes."""
    runs: list[list[str]] = [[]]
    for word in words:
        if any(letter.isdigit() for letter in word):
            runs.append([])
        else:
            runs[-1].append(word)
    return runs


def mute_finding(
    services: AppContext, finding: ReviewedFinding, by: str, *, words: str | None, until: timedelta | None
) -> Mute:
    """Mute a statistic in its article by words of its sentence; without words, mute the rule that found it there.

    `until` is for how long, None permanently. Raises ValueError where the words are too short, Missing, StoreError.
    """
    now = services.now()
    plain = " ".join((words or "").split())
    if plain and len(plain) < _SHORTEST_WORDS:
        raise ValueError("the words are too short: give some words of the statistic's sentence")
    wiki, title = _watched_title(services, finding)
    ends: datetime | None = None if until is None else now + until
    muting = NewMute(wiki=wiki, title=title, rule=None if plain else finding.rule, words=plain or None, until=ends)
    return services.archive.reviews.mute(finding.id, muting, by, now)


def _watched_title(services: AppContext, finding: ReviewedFinding) -> tuple[str, str]:
    """Return the title under which the article is watched: mutes have that, and the article may have moved."""
    watch = services.index.watch_of(finding.article)
    return (watch.wiki, watch.title) if watch else (finding.article.wiki, finding.article.title)


def undo_decisions(services: AppContext, events: Sequence[ReviewEvent], by: str) -> int:
    """Undo actions of reviewers, and end the mutes that they began, with a summary of what those suppressed.

    Returns the number of the batch, 0 when all was undone before. Raises StoreError.
    """
    mute_ids = {event.mute_id for event in events if event.action is ReviewAction.MUTE and not event.undone}
    for mute in services.archive.mutes.list_open():
        if mute.id in mute_ids:
            end_mute(services, mute)
    return services.archive.reviews.undo(events, by, services.now())
