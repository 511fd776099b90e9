"""Begin mutes of articles, rules or findings, and find settings of watches that match nothing in their articles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, Final

from snapshots import Mute, NewMute, PageEvent, ReviewedFinding
from watcher.config import Watch, Watchlist, did_you_mean
from watcher.errors import Corrupt, InputError, Missing
from watcher.model import Kind, Snapshot
from watcher.services.alerting.alerts import normalize
from watcher.services.context import AppContext, WatchIndex
from watcher.text import shorten

_MIN_LETTERS: Final = 3  # letters, as fewer occur in every sentence
_MAX_RUN: Final = 10  # words, which are enough to recognize a statistic
_MIN_RUN: Final = 2
_MAX_SEARCHED: Final = 500  # open findings


def begin_mute(
    services: AppContext,
    *,
    title: str = "",
    wiki: str | None = None,
    rule: str = "",
    words: str = "",
    until: datetime | None = None,
) -> Mute:
    """Begin a mute of an article, a rule or words of a sentence, or of a combination of them.

    Raises InputError if none is given or one is invalid, and ConfigError for an article that is not watched.
    """
    words = _plain_words(words)
    if not (title or rule or words):
        raise InputError("name an article, a rule or words of a sentence to mute")
    if rule:
        from watcher.judge import RULES

        known_names = [each.__name__ for each in RULES] + [kind.value for kind in Kind]
        if not matching(known_names, rule):
            raise InputError(f"rule {rule}: names no rule and no kind of change{did_you_mean(rule, known_names)}")
    if until is not None and until <= services.now():
        raise InputError(f"{until:%Y-%m-%d %H:%M} UTC is in the past; give a later time")
    watches = services.index.find(title, wiki) if title else ()
    if len(watches) > 1:
        wikis = ", ".join(each.wiki for each in watches)
        raise InputError(f"{title} is watched on {wikis}: choose one with `watcher mute --wiki`")
    watch = watches[0] if watches else None
    if watch and words:  # they must occur in the last judged text or in an open finding
        from watcher.pipeline import missing_words

        article, text = services.index.article_of(watch), judged_text(services.index, watch)
        missing = missing_words(text, [words], services.dialect(watch.wiki)) if article and text is not None else ()
        found_in = services.archive.reviews.open_findings(article, _MAX_SEARCHED) if article and missing else ()
        bodies = (json.dumps(json.loads(each.body), ensure_ascii=False) for each in found_in)
        if missing and not any(normalize(words) in normalize(body) for body in bodies):
            hint = f"; the closest sentence is “{shorten(missing[0][1])}”" if missing[0][1] else ""
            raise InputError(f"{watch.title}: no sentence has “{shorten(words)}”, nothing was muted{hint}")
    new_mute = NewMute(
        wiki=watch.wiki if watch else None,
        title=watch.title if watch else None,
        rule=rule or None,
        words=words or None,
        until=until,
    )
    return services.archive.mutes.begin(new_mute, services.now())


def _plain_words(words: str | None) -> str:
    """Return words with single spaces. Raises InputError if they are too short."""
    plain = " ".join((words or "").split())
    if words and len(plain) < _MIN_LETTERS:  # also if they are blank: without words, more would be muted
        raise InputError("the words are too short: give some words of the statistic's sentence")
    return plain


def mutes_of_rules(mutes: Iterable[Mute], rules: Iterable[str]) -> dict[str, Mute]:
    """Return for each rule that is muted in all articles the longest mute, which may name the rule by a pattern."""
    rule_mutes = [mute for mute in mutes if mute.is_of_whole_rule]
    off = {rule: [mute for mute in rule_mutes if fnmatchcase(rule, mute.rule or "")] for rule in rules}
    forever = datetime.max.replace(tzinfo=UTC)
    return {rule: max(each, key=lambda mute: mute.until or forever) for rule, each in off.items() if each}


def open_mute(services: AppContext, number: int) -> Mute:
    """Return the open mute with this id. Raises Missing if it has ended or never existed."""
    mute = next((mute for mute in services.archive.mutes.list_open() if mute.id == number), None)
    if mute is None:
        raise Missing(f"mute {number}: does not exist; `watcher mute` lists them")
    return mute


def suggest_mute_words(body: dict[str, Any]) -> str | None:
    """Suggest words of a finding's sentence that will match later changes of the same statistic.

    They are the longest run of words without digits that the old and the new sentence share; None if there is none.
    """
    reported = body.get("sentence") or {}
    before, after = (str(reported.get(side) or "").split()[:400] for side in ("old", "new"))
    if not before or not after:
        before = after = before or after
    # Without autojunk, which would ignore frequent words in long texts.
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    shared = [before[at : at + size] for at, _, size in matcher.get_matching_blocks()]
    # Words with digits are left out, since they are what changes.
    runs = [
        [*run]
        for words in shared
        for changes, run in groupby(words, lambda word: any(map(str.isdigit, word)))
        if not changes
    ]
    longest = max(runs, key=lambda run: len(" ".join(run)), default=[])
    return " ".join(longest[:_MAX_RUN]).strip(".,;:!?") if len(longest) >= _MIN_RUN else None


def mute_finding(
    services: AppContext, finding: ReviewedFinding, by: str, *, words: str | None, until: timedelta | None
) -> Mute:
    """Mute a statistic in its article by words of its sentence; without words, mute the finding's rule there.

    `until` is the duration, None for a permanent mute. Raises InputError if the words are too short, Missing,
    StoreError.
    """
    plain = _plain_words(words)
    # Mutes use the watchlist's title, since the article may have been moved.
    page = services.index.watch_of(finding.article) or finding.article
    ends = None if until is None else services.now() + until
    muting = NewMute(
        wiki=page.wiki, title=page.title, rule=None if plain else finding.rule, words=plain or None, until=ends
    )
    return services.archive.reviews.mute(finding.id, muting, by, services.now())


SHOWN: Final = 300
"""How many characters of a sentence a message shows."""
# Setting of a watch → message that the article has nothing of the kind, and the addition with the closest match.
_MESSAGES: Final = {
    "claims": ("the pinned sentence “{}” is not in the article", "; the closest sentence is “{}”"),
    "statistic": ("no statistic of the article has the words “{}”", "; did you mean “{}”?"),
    "sections": ("the article has no heading “{}”, which its `sections` name", "; did you mean “{}”?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedSetting:
    """Words in a setting of a watch that its article, as last judged, does not have, and the closest match there.

    `setting` is `claims` (a pinned sentence), `statistic` (a label of a threshold) or `sections` (a heading).
    """

    watch: Watch
    setting: str
    words: str
    closest: str | None

    @property
    def message(self) -> str:
        """Describe what is missing, with the closest match."""
        missing, suggestion = _MESSAGES[self.setting]
        more = suggestion.format(shorten(self.closest, SHOWN)) if self.closest else ""
        return missing.format(shorten(self.words, SHOWN)) + more


def find_missing(index: WatchIndex, watches: Iterable[Watch]) -> Iterator[UnmatchedSetting]:
    """Yield the settings of some watches that match nothing in their articles; skip articles without a judged text."""
    for watch in watches:
        named = watch.claims or watch.statistic or watch.sections
        text = judged_text(index, watch) if named else None
        if text is not None:
            yield from _missing_in(text, index.watchlist, watch)


def _missing_in(text: str, watchlist: Watchlist, watch: Watch) -> Iterator[UnmatchedSetting]:
    from watcher.parse import dialect_for
    from watcher.pipeline import missing_headings, missing_pins, missing_statistics

    # The built-in dialect is enough: the wiki's own only distinguishes files and categories, which are no sentences.
    dialect = dialect_for(watchlist.wiki(watch.wiki).language)
    labels = [threshold.label for threshold in watch.statistic]
    for setting, missing in (
        ("claims", missing_pins(text, watch.claims, dialect) if watch.claims else ()),
        ("statistic", missing_statistics(text, labels, dialect) if labels else ()),
        ("sections", missing_headings(text, watch.sections, dialect) if watch.sections else ()),
    ):
        for words, closest in missing:
            yield UnmatchedSetting(watch=watch, setting=setting, words=words, closest=closest)


def section_events(services: AppContext, watch: Watch, snapshot: Snapshot) -> tuple[PageEvent, ...]:
    """Return the event that a text lacks headings of the watch's `sections`, or has all of them; () without any."""
    if not watch.sections or snapshot.wikitext is None:
        return ()
    sections_only = watch.model_copy(update={"claims": (), "statistic": ()})
    missing = [each.message for each in _missing_in(snapshot.wikitext, services.watchlist, sections_only)]
    kind = "sections-missing" if missing else "sections-found"
    return (PageEvent(kind=kind, detail="; ".join(missing), at=services.now(), revision_id=None),)


def judged_text(index: WatchIndex, watch: Watch) -> str | None:
    """Return the last judged text of a page; None if there is none, or if it is damaged."""
    article, revisions = index.article_of(watch), index.archive.revisions
    # Not the newest text, which may still settle: the next edit is compared with the last judged one.
    cursor = revisions.cursor(article) if article else None
    try:
        return revisions.snapshot(watch.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return None
