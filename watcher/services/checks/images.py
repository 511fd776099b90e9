"""Check the images of judged articles for new uploads, and report them like any other change."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final

from snapshots import ImageDigests
from snapshots.articles import Digests
from watcher.config import Watch, policy_of
from watcher.errors import FETCH_ERRORS
from watcher.model import Article, Figure, Revision, Snapshot
from watcher.model.changes import uploaded_file
from watcher.services.checks.outcome import CheckOutcome, CheckState, Difference, settles_at
from watcher.services.context import AppContext

if TYPE_CHECKING:
    from watcher.fetch import FileVersion
    from watcher.model import Comparison

# With few pages, images are checked each time; with more, once an hour: ten thousand pages have a hundred thousand
# images, and one request covers fifty.
_FEW_PAGES: Final = 50
_EVERY: Final = timedelta(hours=1)

_LOG = logging.getLogger("watcher")


def poll_images(services: AppContext, wiki: str, articles: Iterable[Article]) -> tuple[Digests, frozenset[Article]]:
    """Fetch the current SHA-1 of the known images of all articles that are due; also return articles with new uploads.

    One request covers 50 files. If the wiki does not answer, the pages are checked all the same, the images next time.
    """
    if services.is_replay:  # a wiki does not report the images that it had in the past
        return {}, frozenset()
    known = {article.page_id: article for article in articles}
    watched = len([*islice((watch for watch in services.watchlist.watches if watch.wiki == wiki), _FEW_PAGES + 1)])
    if services.watchlist.sources:
        watched += sum(source.members for source in services.archive.members.sources() if source.wiki == wiki)
    now = services.now()
    late = now - _EVERY if watched > _FEW_PAGES else now + timedelta(days=1)
    shown = services.archive.images.recorded(wiki, [*known], late, now)
    files = dict.fromkeys(file for digests in shown.values() for file in digests)
    try:
        current = services.client(wiki).image_digests([*files]) if files else {}
    except FETCH_ERRORS as error:
        _LOG.warning("images on %s were not checked (%s); the next check tries again", wiki, error)
        return {}, frozenset()
    with_uploads = {
        number
        for number, digests in shown.items()
        if any(current.get(file) and current[file] != sha1 for file, sha1 in digests.items())
    }
    unchanged = [known[number] for number in shown if number not in with_uploads]
    services.archive.articles.update(unchanged, {"images_checked_at": now})
    return current, frozenset(known[number] for number in with_uploads)


def check_images(
    services: AppContext,
    watch: Watch,
    article: Article,
    seen: Digests,
    outcome: CheckOutcome,
    known: ImageDigests | None = None,
) -> tuple[ImageDigests | None, Difference | None]:
    """Check the images of an article after its text; return the digests to store, or what new uploads have changed.

    `seen` comes from `poll_images`; `outcome` is that of the text. `known` are the stored digests, if the caller has
    read them. If something changed, the page is leased. Raises WatcherError.
    """
    if services.is_replay or outcome.state in (CheckState.BUSY, CheckState.FAILED):
        return None, None
    known = known or services.archive.images.digests(article)
    # The digests are stored, and none of these files was polled: there is nothing to compare.
    if outcome.state is CheckState.UNCHANGED and known.revision_id and not known.digests.keys() & seen.keys():
        return None, None
    cursor = None if outcome.compared else services.archive.revisions.cursor(article)
    # If the text was judged before and its files have not changed, nothing has to be read.
    if cursor and cursor.id == known.revision_id and known.digests.items() <= seen.items():
        return replace(known, seen_at=services.now()), None
    snapshot = outcome.compared[-1] if outcome.compared else None
    if cursor:
        snapshot = services.archive.revisions.snapshot(article.wiki, cursor.id)
    if snapshot is None or snapshot.wikitext is None:
        return None, None
    files: Sequence[str] = [*known.digests]
    if known.revision_id != snapshot.revision.id:
        from watcher.parse import files_in, shows_same_files

        text, dialect = snapshot.wikitext, services.dialect(watch.wiki)
        before = next((side.wikitext for side in outcome.compared if side.revision.id == known.revision_id), None)
        # Parsing all blocks that show files is slower than comparing the texts of an edit that touches none.
        if before is None or not shows_same_files(before, text, dialect):
            files = files_in(text, dialect)
    unseen = [file for file in files if file not in seen]
    fetched = services.client(watch.wiki).image_digests(unseen) if unseen else {}
    current = {file: seen[file] if file in seen else fetched.get(file) for file in files}
    # A file without a digest now is deleted or hidden; its old digest stays until it is back.
    changed = [file for file, sha1 in current.items() if sha1 and known.digests.get(file, sha1) not in (None, sha1)]
    at = services.now()

    def digests(unsettled: Sequence[str]) -> ImageDigests:
        """Return the digests to store; missing and unsettled files keep their old ones."""
        old = known.digests
        kept = {file: old.get(file) if file in unsettled or sha1 is None else sha1 for file, sha1 in current.items()}
        return ImageDigests(revision_id=snapshot.revision.id, seen_at=at, digests=kept)

    # The edit is reported first; an image that changed, too, is reported by the next check.
    if not changed or outcome.comparison is not None:
        return digests(changed), None
    # If the stored digests have changed, another worker has checked the images meanwhile.
    if not services.leases.acquire_page(article) or services.archive.images.digests(article) != known:
        return None, None
    client, thumbnails = services.client(watch.wiki), bool(services.watchlist.wiki(watch.wiki).image_hosts)
    uploads = {file: client.versions(file) for file in changed}
    waiting = [file for file, versions in uploads.items() if _is_unsettled(watch, versions, known.digests[file], at)]
    settled = {
        file: client.versions(file, thumbnails=True) if thumbnails else versions  # only these, which are fewer
        for file, versions in uploads.items()
        if file not in waiting
    }
    if not settled:
        services.archive.images.save(article, digests(waiting))
        return None, None
    comparison = _compare_uploads(services, watch, snapshot, settled, (known.digests, current))
    old, new = (replace(snapshot, revision=side or snapshot.revision) for side in (comparison.before, comparison.after))
    return None, Difference(comparison=comparison, before=old, after=new, images=digests(waiting))


def _is_unsettled(watch: Watch, versions: Sequence[FileVersion], known: str | None, now: datetime) -> bool:
    """Return whether the uploads of a file since the `known` digest have not settled and may still be reverted."""
    new = [each.at for each in takewhile(lambda each: each.sha1 != known, versions)]
    if not new:  # reverted meanwhile, or its versions are hidden
        return bool(versions)
    return bool(watch.settle) and now < settles_at(watch, new)


def _compare_uploads(
    services: AppContext,
    watch: Watch,
    snapshot: Snapshot,
    uploads: Mapping[str, Sequence[FileVersion]],
    digests: tuple[Digests, Digests],
) -> Comparison:
    """Compare a revision with the old images and with the new ones; its editor is then the last uploader."""
    from watcher.pipeline import compare_images

    # Without the text's digest: otherwise a later edit back to this text would look like a revert of the upload.
    before = replace(snapshot.revision, sha1=None)
    # Each upload as an edit of the article that shows the file; without a parent, since it has no earlier text.
    made = {
        file: Revision(
            article=before.article,
            id=before.id,
            parent_id=0,
            at=versions[0].at,
            editor=versions[0].editor,
            comment=versions[0].comment,
            size=before.size,
        )
        for file, versions in uploads.items()
        if versions
    }
    # The URL at which the wiki serves each version.
    urls = {file: {each.sha1: each.url for each in reversed(versions)} for file, versions in uploads.items()}
    comparison = compare_images(
        replace(snapshot, revision=before),
        replace(snapshot, revision=max(made.values(), key=lambda edit: edit.at, default=before)),
        *({file: (side[file], known.get(side[file] or "")) for file, known in urls.items()} for side in digests),
        policy=policy_of(watch),
        dialect=services.dialect(watch.wiki),
    )
    findings = list(comparison.findings)
    for number, finding in enumerate(findings):
        if (file := uploaded_file(finding.change)) in made:
            sides = (finding.change.old, finding.change.new)
            shown = [figure.sha1 if isinstance(figure, Figure) else None for figure in sides]
            old, new = (next((each for each in uploads[file] if each.sha1 == sha1), None) for sha1 in shown)
            change = replace(finding.change, uploads=(old, new))
            findings[number] = replace(finding, edits=(made[file],), change=change)
    return replace(comparison, findings=tuple(findings))
