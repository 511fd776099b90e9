"""Check the images of judged articles for new uploads, and report them like any other change."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from snapshots import ImageDigests
from watcher.config import Watch, policy_of
from watcher.errors import StoreError, WatcherError
from watcher.fetch import FileVersion
from watcher.model import Article, Comparison, Figure, Snapshot
from watcher.parse import parse
from watcher.pipeline import compare_images
from watcher.services.alerting import commit_comparison
from watcher.services.context import AppContext
from watcher.services.outcome import CheckOutcome, CheckState

# A pass over few pages looks at their pictures each time; over many, each page's once in a while: ten thousand
# pages have a hundred thousand pictures, and fifty of them cost a request.
_FEW: Final = 50
_EVERY: Final = timedelta(hours=1)

_LOG = logging.getLogger("watcher")

Digests = Mapping[str, str | None]


def poll_images(services: AppContext, wiki: str, articles: Iterable[Article]) -> tuple[Digests, frozenset[Article]]:
    """File → SHA-1 now, for the known pictures of all articles whose turn it is, and those with other pictures now.

    50 files a request. A wiki that cannot tell is asked again at the next pass: its pages are checked nevertheless.
    """
    known = {article.page_id: article for article in articles}
    watched = sum(watch.wiki == wiki for watch in services.watchlist.watches)
    now = services.now()
    late = now - _EVERY if watched > _FEW else now + timedelta(days=1)
    shown = services.archive.images.recorded(wiki, [*known], late)
    files = dict.fromkeys(file for digests in shown.values() for file in digests)
    try:
        seen = services.client(wiki).image_digests([*files]) if files else {}
    except StoreError:
        raise
    except WatcherError as error:
        _LOG.warning("pictures on %s were not looked at (%s); the next check does", wiki, error)
        return {}, frozenset()
    other = {
        number
        for number, digests in shown.items()
        if any(seen.get(file) and seen[file] != sha1 for file, sha1 in digests.items())
    }
    services.archive.images.mark_checked([known[number] for number in shown if number not in other], now)
    return seen, frozenset(known[number] for number in other)


def check_images(
    services: AppContext, watch: Watch, article: Article, seen: Digests, outcome: CheckOutcome
) -> CheckOutcome:
    """What the check of an article came to, with what became of its pictures; their digests are kept.

    `seen` is what `poll_images` found. Raises WatcherError.
    """
    if outcome.state in (CheckState.BUSY, CheckState.FAILED):
        return outcome
    known = services.archive.images.digests(article)
    if outcome.state is CheckState.UNCHANGED and known.revision_id and not known.digests.keys() & seen.keys():
        return outcome
    cursor = services.archive.revisions.cursor(article)
    if cursor is None:
        return outcome
    snapshot = services.archive.revisions.snapshot(article.wiki, cursor.id)
    if snapshot.wikitext is None:
        return outcome
    case = _ImageCheck.of(services, watch, snapshot, known, seen)
    if case.changed and outcome.comparison is None:
        return _report_changes(services, case, outcome)
    # What is told of the edit comes first: a picture that changed as well is told by the next check.
    services.archive.images.save(article, case.digests_to_save(case.changed))
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _ImageCheck:
    """The pictures of one text: as they were known, as they are now, and which of them are others."""

    watch: Watch
    snapshot: Snapshot
    known: ImageDigests
    now: Digests
    changed: tuple[str, ...]
    at: datetime

    @classmethod
    def of(
        cls, services: AppContext, watch: Watch, snapshot: Snapshot, known: ImageDigests, seen: Digests
    ) -> _ImageCheck:
        files: Sequence[str] = [*known.digests]
        if known.revision_id != snapshot.revision.id:
            files = [*dict.fromkeys(figure.file for figure in _figures(services, watch, snapshot))]
        unseen = [file for file in files if file not in seen]
        fetched = services.client(watch.wiki).image_digests(unseen) if unseen else {}
        now = {file: seen[file] if file in seen else fetched.get(file) for file in files}
        changed = tuple(
            file for file, sha1 in now.items() if sha1 and known.digests.get(file, sha1) not in (None, sha1)
        )
        return cls(watch=watch, snapshot=snapshot, known=known, now=now, changed=changed, at=services.now())

    def digests_to_save(self, withheld: Iterable[str] = ()) -> ImageDigests:
        """What to remember: the old digest of a file that is gone for now, and of those withheld, stays."""
        old = self.known.digests
        digests = {
            file: old.get(file) if file in {*withheld} or sha1 is None else sha1 for file, sha1 in self.now.items()
        }
        return ImageDigests(revision_id=self.snapshot.revision.id, seen_at=self.at, digests=digests)


def _figures(services: AppContext, watch: Watch, snapshot: Snapshot) -> tuple[Figure, ...]:
    return parse(snapshot.wikitext or "", services.dialect(watch.wiki)).figures


def _report_changes(services: AppContext, case: _ImageCheck, outcome: CheckOutcome) -> CheckOutcome:
    """Tell of the files that have been other ones for as long as an edit has to stand."""
    article = case.snapshot.revision.article
    if not services.leases.acquire_page(article):
        return outcome
    try:
        if services.archive.images.digests(article) != case.known:  # another worker has looked meanwhile
            return outcome
        uploads = {file: services.client(case.watch.wiki).versions(file) for file in case.changed}
        young = [file for file in case.changed if _is_unsettled(case, uploads[file])]
        settled = {file: versions for file, versions in uploads.items() if file not in young}
        if not settled:
            services.archive.images.save(article, case.digests_to_save(young))
            return outcome
        comparison = _compared(services, case, settled)
        before = replace(case.snapshot, revision=comparison.before or case.snapshot.revision)
        after = replace(case.snapshot, revision=comparison.after or case.snapshot.revision)
        return commit_comparison(services, case.watch, comparison, before, after, case.digests_to_save(young))
    finally:
        services.leases.release_page(article)


def _is_unsettled(case: _ImageCheck, versions: Sequence[FileVersion]) -> bool:
    return bool(versions) and case.at - versions[0].at < case.watch.settle


def _compared(services: AppContext, case: _ImageCheck, uploads: Mapping[str, Sequence[FileVersion]]) -> Comparison:
    """The comparison of one revision with itself, which shows other pictures now; it is by who uploaded the last."""
    watch, revision = case.watch, case.snapshot.revision
    # Without its digest, so that no later edit back to this text passes for an undoing of the upload.
    before = replace(revision, sha1=None)
    newest = max(
        (versions[0] for versions in uploads.values() if versions),
        key=lambda file_version: file_version.at,
        default=None,
    )
    after = before
    if newest is not None:
        after = replace(before, at=newest.at, editor=newest.editor, comment=newest.comment, minor=False, tags=())
    return compare_images(
        replace(case.snapshot, revision=before),
        replace(case.snapshot, revision=after),
        {file: _with_url(case.known.digests[file], versions) for file, versions in uploads.items()},
        {file: _with_url(case.now[file], versions) for file, versions in uploads.items()},
        policy=policy_of(watch),
        dialect=services.dialect(watch.wiki),
    )


def _with_url(sha1: str | None, versions: Sequence[FileVersion]) -> tuple[str | None, str | None]:
    """A digest with the address under which the wiki serves that version."""
    return sha1, next((file_version.url for file_version in versions if file_version.sha1 == sha1), None)
