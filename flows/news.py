"""A comparison becomes the news in it: what to tell to whom, what replaces what is not sent yet, what is undone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from flows.alerts import alert_of, draft_for, drafts_of, links_of, notice_of, report_url, seed_of
from flows.ledger import repeated, reverted, thread_at, told_of, undone
from flows.muting import active_for, heard
from flows.services import Services
from snapshots import Checked, Draft, Mute, Standing, Telling, Told, Unsent
from watcher.config import Watch, policy_of
from watcher.model import Alert, Comparison, Finding, Severity, Snapshot, Topic

_MAX_REMEMBERED: Final = 500  # findings of one alert


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What follows from a comparison for those who are told."""

    tellings: tuple[Telling, ...] = ()
    replaced: tuple[int, ...] = ()
    resolved: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    wanted: bool = True

    @property
    def remark(self) -> str:
        """What a line about the check says of this."""
        parts = (
            ("no destination wants it", not self.wanted),
            ("muted in part", bool(self.muted)),
            ("what was told is resolved", bool(self.resolved)),
            ("in place of an alert not sent yet", bool(self.replaced)),
        )
        return "".join(f"; {words}" for words, true in parts if true)

    def joined(self, checked: Checked) -> Checked:
        """The check with all this to be committed along with it."""
        return replace(checked, further=self.tellings, replaced=self.replaced, resolved=self.resolved, muted=self.muted)


@dataclass(slots=True)
class _Sifted:
    """A comparison without what is muted, told already or an undoing of what was told."""

    rest: Comparison
    undoing: list[Finding] = field(default_factory=list)
    resolved: dict[int, Standing] = field(default_factory=dict)
    muted: tuple[int, ...] = ()

    def told(self, watch: Watch) -> tuple[Told, ...]:
        """Those entries that a later edit is held against; of a flood the worst, for each is held against each."""
        worst = self.rest.at_least(watch.threshold)[:_MAX_REMEMBERED]
        return tuple(entry for finding in worst if (entry := told_of(finding)))


def news_of(services: Services, watch: Watch, comparison: Comparison, after: Snapshot, now: datetime) -> News:
    """Compare what the archive knows was told with what is found now.

    A destination whose last alert about this page nobody has tried to send gets one about both edits in its
    place. What was told and holds no longer goes, as resolved, to those who were told. Raises StoreError.
    """
    article = after.revision.article
    standing = services.archive.standing(article)
    mutes = active_for(services, watch, now)
    main = _sift(comparison, watch, standing, mutes)
    tellings, replaced, waiting = [], [], set()
    sifted = [main]
    merging = bool(comparison.findings) and not comparison.of_pictures
    for rows in _by_baseline(services.archive.unsent(article, now)) if merging else ():
        both = _since(services, watch, rows[0], after)
        if both is None:
            continue
        sifted.append(_sift(both, watch, standing, mutes))
        names = {row.destination: row.not_before for row in rows}
        tellings += _telling(services, watch, sifted[-1], standing, now, only=names)
        replaced += [row.id for row in rows]
        waiting |= set(names)
    fresh = _telling(services, watch, main, standing, now, without=waiting)
    alert = alert_of(services.watchlist, watch, main.rest)
    resolved = _resolution(services, comparison, sifted, now)
    return News(
        tellings=(*fresh, *tellings, *resolved),
        replaced=tuple(replaced),
        resolved=tuple(number for one in sifted for number in one.resolved),
        muted=tuple(dict.fromkeys(number for one in sifted for number in one.muted)),
        wanted=alert is None or bool(drafts_of(services.watchlist, watch, alert, now)),
    )


def _sift(comparison: Comparison, watch: Watch, standing: Sequence[Standing], mutes: Sequence[Mute]) -> _Sifted:
    audible, muted = heard(comparison, watch, mutes)
    found = _Sifted(audible, muted=muted)
    assert comparison.after
    whole = reverted(comparison.after, standing)
    found.resolved = {one.id: one for one in whole}
    rest = []
    for finding in audible.findings:
        entry = told_of(finding)
        back = whole or (undone(entry, standing) if entry else ())
        if back:
            found.undoing.append(finding)
            found.resolved |= {one.id: one for one in back}
        elif entry is None or not repeated(entry, standing):
            rest.append(finding)
    found.rest = replace(audible, findings=tuple(rest))
    return found


def _by_baseline(unsent: Sequence[Unsent]) -> list[list[Unsent]]:
    """The waiting rows, those together whose destinations have heard nothing since the same revision."""
    baselines: dict[str, int] = {}
    groups: dict[int, list[Unsent]] = {}
    for row in unsent:
        groups.setdefault(baselines.setdefault(row.destination, row.before.id), []).append(row)
    return list(groups.values())


def _since(services: Services, watch: Watch, row: Unsent, after: Snapshot) -> Comparison | None:
    """What became of the page since before a waiting alert; None where not all of it can be read."""
    before = services.archive.snapshot(watch.wiki, row.before.id)
    if before.wikitext is None:
        return None
    found = services.compare(before, after, policy=policy_of(watch), dialect=services.dialect(watch.wiki))
    return None if found.unread else found


def _telling(
    services: Services,
    watch: Watch,
    sifted: _Sifted,
    standing: Sequence[Standing],
    now: datetime,
    *,
    only: dict[str, datetime] | None = None,
    without: set[str] | frozenset[str] = frozenset(),
) -> list[Telling]:
    """The alert for the destinations that want it, for some not later than what it replaces."""
    alert = alert_of(services.watchlist, watch, sifted.rest)
    if alert is None:
        return []
    told, drafts = sifted.told(watch), list[Draft]()
    for draft in drafts_of(services.watchlist, watch, alert, now):
        if only is not None and draft.destination in only:
            drafts.append(replace(draft, not_before=min(draft.not_before, only[draft.destination])))
        elif only is None and draft.destination not in without:
            drafts.append(draft)
    threads = {draft.destination: thread_at(draft.destination, told, standing, now) for draft in drafts}
    return [Telling(alert=alert, drafts=_following(drafts, threads, standing), told=told)] if drafts else []


def _following(drafts: Sequence[Draft], threads: Mapping[str, str], standing: Iterable[Standing]) -> tuple[Draft, ...]:
    """The drafts in their threads; what is still tried there comes first, as news of it makes no sense before it."""
    retried = {name: moment for one in standing for name, moment in one.retried}
    return tuple(
        replace(
            draft, thread=thread, not_before=max(draft.not_before, retried.get(draft.destination, draft.not_before))
        )
        if (thread := threads.get(draft.destination, ""))
        else draft
        for draft in drafts
    )


def _resolution(
    services: Services, comparison: Comparison, sifted: Sequence[_Sifted], now: datetime
) -> tuple[Telling, ...]:
    """The message that what was told holds no longer, for all who were told it."""
    standing = [one for each in sifted for one in each.resolved.values()]
    names = {name for one in standing for name in one.destinations}
    findings = next((each.undoing for each in sifted if each.undoing), list(comparison.at_least(Severity.INFO)))
    article, before, after = comparison.article, comparison.before, comparison.after
    if not names or article is None or before is None or after is None:
        return ()
    seed = f"resolved:{seed_of(comparison)}"
    alert = Alert(
        key=hashlib.sha256(seed.encode()).hexdigest()[:16],
        article=article,
        before=before,
        after=after,
        notices=tuple(notice_of(finding) for finding in findings),
        diff_url=links_of(services.watchlist, comparison).diff_url or "",
        report_url=report_url(services.watchlist, comparison),
        topic=Topic.RESOLVED,
    )
    drafts = [draft_for(place, alert, now) for place in services.watchlist.destinations if place.name in names]
    threads = {name: key for one in standing for name, key, _ in one.threads}
    return (Telling(alert=alert, drafts=_following(drafts, threads, standing)),)
