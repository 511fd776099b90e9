"""Begin mutes, from the watchlist or from a finding, and apply them to findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, Final

from snapshots import Mute, NewMute, ReviewedFinding
from watcher.config import Watch, did_you_mean
from watcher.errors import InputError, Missing
from watcher.model import Article, Change, Comparison, Finding, Kind
from watcher.services.context import AppContext
from watcher.services.pins import judged_text
from watcher.text import shorten

_SHORTEST_WORDS: Final = 3  # letters: fewer stand in every sentence
_LONGEST_RUN: Final = 10  # words that tell a statistic from others
_SHORTEST_RUN: Final = 2
_MOST_SEARCHED: Final = 500  # open findings


def require_rule(pattern: str) -> None:
    """Refuse a pattern that matches no rule and no kind of change: InputError."""
    from watcher.judge import RULES

    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if not matching(known, pattern):
        raise InputError(f"rule {pattern}: names no rule and no kind of change{did_you_mean(pattern, known)}")


def begin_mute(
    services: AppContext,
    *,
    title: str = "",
    wiki: str | None = None,
    rule: str = "",
    words: str = "",
    until: datetime | None = None,
) -> Mute:
    """Begin a mute of an article, a rule, and words of a sentence, each where it is given.

    Raises InputError where nothing is named, or a part cannot be; ConfigError for an article that is not watched.
    """
    words = " ".join(words.split())
    if not (title or rule or words):
        raise InputError("name an article, a rule or words of a sentence to mute")
    if words and len(words) < _SHORTEST_WORDS:
        raise InputError("the words are too short: give some words of the statistic's sentence")
    if rule:
        require_rule(rule)
    if until is not None and until <= services.now():
        raise InputError(f"{until:%Y-%m-%d %H:%M} UTC is in the past; give a later time")
    watches = services.index.find(title, wiki) if title else ()
    if len(watches) > 1:
        known = ", ".join(each.wiki for each in watches)
        raise InputError(f"{title} is watched on {known}: choose one with `watcher mute --wiki`")
    watch = watches[0] if watches else None
    if watch and words:
        _require_words(services, watch, words)
    new_mute = NewMute(
        wiki=watch.wiki if watch else None,
        title=watch.title if watch else None,
        rule=rule or None,
        words=words or None,
        until=until,
    )
    return services.archive.mutes.begin(new_mute, services.now())


def _require_words(services: AppContext, watch: Watch, words: str) -> None:
    """Refuse words that stand in no sentence of the article as it was judged last, nor in an open finding of it."""
    from watcher.pipeline import missing_words

    article, text = services.index.article_of(watch), judged_text(services.archive, services.index, watch)
    if article is None or text is None:
        return
    missing = missing_words(text, [words], services.dialect(watch.wiki))
    open_findings = services.archive.reviews.open_findings(article, _MOST_SEARCHED) if missing else ()
    bodies = (json.dumps(json.loads(finding.body), ensure_ascii=False) for finding in open_findings)
    if any(_normalize(words) in _normalize(body) for body in bodies):
        return
    for _, closest in missing:
        near = f"; the closest sentence is “{shorten(closest)}”" if closest else ""
        raise InputError(f"{watch.title}: no sentence has “{shorten(words)}”, nothing was muted{near}")


def mutes_of_rules(mutes: Iterable[Mute], rules: Iterable[str]) -> dict[str, Mute]:
    """Return for each rule that is off in all articles the mute that lasts longest, which may name it by a pattern."""
    whole = [mute for mute in mutes if mute.is_of_whole_rule]
    off = {rule: [mute for mute in whole if fnmatchcase(rule, mute.rule or "")] for rule in rules}
    forever = datetime.max.replace(tzinfo=UTC)
    return {rule: max(each, key=lambda mute: mute.until or forever) for rule, each in off.items() if each}


def open_mute(services: AppContext, number: int) -> Mute:
    """Return the mute of this number; Missing when it was ended or never begun."""
    mute = next((mute for mute in services.archive.mutes.list_open() if mute.id == number), None)
    if mute is None:
        raise Missing(f"mute {number}: there is none; `watcher mute` lists them")
    return mute


def active_mutes(mutes: Iterable[Mute], now: datetime) -> tuple[Mute, ...]:
    """Return the mutes that have not expired."""
    return tuple(mute for mute in mutes if mute.until is None or mute.until > now)


def active_for(services: AppContext, watch: Watch, now: datetime) -> tuple[Mute, ...]:
    """Return the active mutes, those of the watch's page under the title that the watchlist has.

    A mute has the title of the time when it was set; the page may have been moved and its watch renamed since.
    """
    return tuple(for_watch(services, watch, mute) for mute in active_mutes(services.archive.mutes.list_open(), now))


def for_watch(services: AppContext, watch: Watch, mute: Mute) -> Mute:
    """Return a mute of the watch's page under the title that the watchlist has."""
    # Titles change by moves, page ids do not: only the id tells whether both titles are of one page.
    if mute.title in (None, watch.title) or mute.wiki != watch.wiki:
        return mute
    muted, watched = (
        services.archive.articles.find_by_title_or_former_title(watch.wiki, mute.title or ""),
        services.index.article_of(watch),
    )
    return Mute(**mute.model_dump() | {"title": watch.title}) if muted is not None and muted == watched else mute


def matches(mute: Mute, watch: Watch, finding: Finding) -> bool:
    """Return whether a mute suppresses a finding of this watch: every part that it has must match."""
    if mute.title is not None and (mute.wiki, mute.title) != (watch.wiki, watch.title):
        return False
    # A mute may name a rule or a kind of change, with wildcards: `reference_*` or `reference.*`.
    kinds = {change.kind.value for change in finding.change.cells or (finding.change,)}
    names = (finding.rule, *(kinds if len(kinds) == 1 else ()))
    if mute.rule is not None and not any(fnmatchcase(name, mute.rule) for name in names):
        return False
    if mute.words is None:
        return True
    # What is muted of one row must not hide what happened to the others.
    texts = [f"{cell.label} {_sentences(cell)}" for cell in finding.change.cells]
    texts = texts or [f"{finding.summary} {_sentences(finding.change)}"]
    return all(_normalize(mute.words) in _normalize(text) for text in texts)


def mutes_sentence(mute: Mute, article: Article, sentence: str) -> bool:
    """Return whether a mute covers a sentence of an article, whatever is found in it."""
    if mute.rule is not None or (mute.title is not None and (mute.wiki, mute.title) != (article.wiki, article.title)):
        return False
    return mute.words is None or _normalize(mute.words) in _normalize(sentence)


def _sentences(change: Change) -> str:
    return f"{change.old_sentence or ''} {change.new_sentence or ''}"


def _normalize(text: str) -> str:
    return " ".join(text.casefold().split())


def without_muted(
    comparison: Comparison,
    watch: Watch,
    mutes: Sequence[Mute],
    is_awaited: Callable[[Finding], bool] = lambda _: False,
    is_queued: Callable[[Finding], bool] = lambda _: False,
) -> tuple[Comparison, tuple[int, ...]]:
    """Remove the muted findings; also return the ids of the mutes that keep back what somebody would have got.

    That is what reaches the threshold, and what is awaited: the end of what was alerted before. A mute does not take
    back what is queued already.
    """
    kept: list[Finding] = []
    by: dict[int, None] = {}
    for finding in comparison.findings:
        muted = [mute.id for mute in mutes if matches(mute, watch, finding)]
        if not muted or is_queued(finding):
            kept.append(finding)
        elif finding.severity >= watch.threshold or is_awaited(finding):
            by |= dict.fromkeys(muted)
    return replace(comparison, findings=tuple(kept)), tuple(by)


def muted_findings(comparison: Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[tuple[int, int], ...]:
    """Return the positions of the muted findings, each with the id of its mute: reviewers need not see them."""
    known, findings = tuple(mutes), enumerate(comparison.findings)
    muting = (
        (position, [mute.id for mute in known if matches(mute, watch, finding)]) for position, finding in findings
    )
    return tuple((position, ids[0]) for position, ids in muting if ids)


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
    shared = [before[at : at + size] for at, _, size in matcher.get_matching_blocks()]
    # Words with digits are what changes.
    runs = [
        [*run]
        for words in shared
        for changes, run in groupby(words, lambda word: any(map(str.isdigit, word)))
        if not changes
    ]
    longest = max(runs, key=lambda run: len(" ".join(run)), default=[])
    return " ".join(longest[:_LONGEST_RUN]).strip(".,;:!?") if len(longest) >= _SHORTEST_RUN else None


def mute_finding(
    services: AppContext, finding: ReviewedFinding, by: str, *, words: str | None, until: timedelta | None
) -> Mute:
    """Mute a statistic in its article by words of its sentence; without words, mute the rule that found it there.

    `until` is for how long, None permanently. Raises ValueError where the words are too short, Missing, StoreError.
    """
    plain = " ".join((words or "").split())
    if plain and len(plain) < _SHORTEST_WORDS:
        raise ValueError("the words are too short: give some words of the statistic's sentence")
    # Mutes have the title that is watched: the article may have moved.
    page = services.index.watch_of(finding.article) or finding.article
    ends = None if until is None else services.now() + until
    muting = NewMute(
        wiki=page.wiki, title=page.title, rule=None if plain else finding.rule, words=plain or None, until=ends
    )
    return services.archive.reviews.mute(finding.id, muting, by, services.now())
