"""A comparison → its report written, then cursor, findings and queued alerts committed at once."""

from __future__ import annotations

from flows.alerts import links_of
from flows.failing import with_failures
from flows.muting import active_for, silent
from flows.news import news_of
from flows.outcome import Outcome, State
from flows.services import Services
from snapshots import Checked, Pictures
from watcher.config import Watch
from watcher.errors import WatcherError
from watcher.model import Comparison, Snapshot
from watcher.private_files import make_folder, write_text
from watcher.report import report

PARSER = RULES = "1"  # raised when the same two texts would be found to differ otherwise


def decide(
    services: Services,
    watch: Watch,
    comparison: Comparison,
    before: Snapshot,
    after: Snapshot,
    pictures: Pictures | None = None,
) -> Outcome:
    """Write all that follows from a comparison, or nothing when another worker was faster.

    `pictures` are to be remembered of a comparison that is about them.

    Raises WatcherError when the report cannot be written: no alert may point to nothing.
    """
    now = services.now()
    news = news_of(services, watch, comparison, after, now)
    if comparison.findings:
        _write_report(services, watch, comparison, before, after)
    checked = Checked(
        article=after.revision.article,
        before=before.revision,
        after=after.revision,
        now=now,
        comparison=comparison,
        parser=PARSER,
        rules=RULES,
        silent=silent(comparison, watch, active_for(services, watch, now)),
        pictures=pictures,
        owner=services.owner,
    )
    checked = with_failures(services, watch, news.joined(checked), comparison)
    if services.archive.commit(checked) is None:
        return Outcome(watch=watch, state=State.BUSY, text="another worker judged it meanwhile")
    place = f"revisions {before.revision.id} → {after.revision.id}"
    if comparison.of_pictures:
        place = f"pictures of revision {after.revision.id}"
    said = f"{place}: {_counted(comparison)}{news.remark}"
    state = State.ALERT if news.tellings or not news.wanted else State.QUIET
    return Outcome(watch=watch, state=state, text=said, comparison=comparison)


def _counted(comparison: Comparison) -> str:
    count = len(comparison.findings)
    if not count or comparison.worst is None:
        return "no change"
    return f"{count} finding{'s' * (count > 1)}, worst {comparison.worst.label}"


def report_name(comparison: Comparison) -> str:
    """The file name of a comparison's report: from ids, never from a title."""
    assert comparison.article
    assert comparison.before
    assert comparison.after
    article = comparison.article
    return f"{article.wiki}-{article.page_id}-{comparison.before.id}-{comparison.after.id}.html"


def _write_report(services: Services, watch: Watch, comparison: Comparison, before: Snapshot, after: Snapshot) -> None:
    """Write the page before the alert is queued, so that no alert points to nothing."""
    folder = services.watchlist.reports
    page = report(
        comparison,
        "html",
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=links_of(services.watchlist, comparison),
        threshold=watch.threshold,
    )
    try:
        make_folder(folder)
        write_text(folder / report_name(comparison), page)
    except OSError as error:
        raise WatcherError(
            f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
        ) from error
