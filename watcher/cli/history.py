"""`watcher history`, `blame`, `explain`, `preview`: how facts changed, by which edit, and what would have been sent."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import (
    DEFAULT_WATCHLIST,
    MAX_ID,
    FormatOption,
    TextOrJson,
    WatchlistOption,
    duration_option,
    print_line,
    progress,
)
from watcher.errors import ConfigError, Missing

if TYPE_CHECKING:
    from watcher.config import Watch, Watchlist
    from watcher.model import Article, Snapshot
    from watcher.model.ledger import Timeline
    from watcher.report.preview import Preview
    from watcher.services.context import AppContext
    from watcher.services.past import Past


class HistoryFormat(StrEnum):
    """The formats of a history."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    SVG = "svg"


Offline = Annotated[bool, typer.Option("--offline", help="Show what is stored without asking the wiki.")]


def history(  # noqa: PLR0913, PLR0917  each is an option of the command
    title: Annotated[str, typer.Argument(help="A watched article.")],
    statistic: Annotated[
        str | None, typer.Option("--statistic", metavar="WORDS", help="Only statistics about these words.")
    ] = None,
    claim: Annotated[str | None, typer.Option("--claim", metavar="WORDS", help="Only claims with these words.")] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="WORDS", help="Only sources with these words.")
    ] = None,
    figure: Annotated[
        str | None, typer.Option("--figure", metavar="WORDS", help="Only images with these words.")
    ] = None,
    form: Annotated[HistoryFormat, typer.Option("--format", help="The format of the output.")] = HistoryFormat.TEXT,
    offline: Offline = False,
    dump: Annotated[
        Path | None,
        typer.Option(
            "--dump", metavar="FILE", help="Take the revisions of this MediaWiki XML export first (gz, bz2, xz, lzma)."
        ),
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Fetch an article's whole history and show how its statistics, claims, sources and images changed.

    Example: watcher history "Human trafficking" --statistic victims --format svg > victims.svg
    """
    from watcher.report import history as report

    read = _load_history(watchlist, title, offline=offline, dump=dump)
    asked = {"statistic": statistic, "claim": claim, "reference": reference, "figure": figure}
    requested = {subject: words for subject, words in asked.items() if words is not None}
    chosen = _select(read, requested)
    if form is HistoryFormat.JSON:
        sys.stdout.write(report.history_json(chosen))
    elif form is HistoryFormat.CSV:
        sys.stdout.write(report.history_csv(chosen))
    elif form is HistoryFormat.SVG:
        from watcher.report.charts import build_series, statistics_file

        drawn = build_series(chosen, read.index_url)
        changed = [series for series in drawn if series.steps]  # where none ever changed, all are drawn
        sys.stdout.write(statistics_file(changed or drawn, f"{read.title}: statistics over time", read.now))
    else:
        for line in report.history_text(chosen, include_unchanged=bool(requested)):
            typer.echo(line)
    if not read.timelines:
        typer.echo(f"{title}: no text", err=True)
    raise typer.Exit(read.code)


def _select(read: _LoadedHistory, requested: dict[str, str]) -> tuple[Timeline, ...]:
    """Return the timelines asked for, or all; where nothing matches, suggest what may have been meant."""
    from watcher.report.history import find_timelines, suggestions

    if not requested:
        return read.timelines
    chosen: list[Timeline] = []
    for subject, words in requested.items():
        result = find_timelines(read.timelines, words, subject)
        chosen += result
        if not result:
            close = ", ".join(repr(name) for name in suggestions(read.timelines, words, subject))
            hint = f"; did you mean {close}?" if close else ""
            print_line(f"{read.title}: no {subject} is about {words!r}{hint}", err=True)
    return tuple(sorted(chosen, key=lambda timeline: timeline.number))


def blame(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    form: FormatOption = TextOrJson.TEXT,
    offline: Offline = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """List today's statistics with the edits that gave each its value and its source.

    Example: watcher blame "Human trafficking"
    """
    from watcher.report import history as report

    read = _load_history(watchlist, title, offline=offline)
    active = report.current_statistics(read.timelines)
    if form is TextOrJson.JSON:
        sys.stdout.write(report.blame_json(active, read.now))
    else:
        for line in report.blame_text(active, read.now):
            typer.echo(line)
    if not active:
        typer.echo(f"{read.title}: the newest text states no statistic", err=True)
    raise typer.Exit(read.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LoadedHistory:
    """All timelines of a watched article, and the exit code.

    The code is 3 where the wiki could not be asked; `index_url` is its index.php.
    """

    timelines: tuple[Timeline, ...]
    now: datetime
    index_url: str
    title: str
    code: int


def _load_history(path: Path, title: str, *, offline: bool, dump: Path | None = None) -> _LoadedHistory:
    from watcher.services.backfill import import_dump
    from watcher.services.ledger import read_timelines, record_history
    from watcher.services.startup import open_context
    from watcher.urls import index_php_url

    with open_context(path) as services:
        watch = services.index.find(title)[0]
        if dump is not None:
            with progress("Importing") as reported:
                done = import_dump(services, watch, dump, reported)
            revisions = f"{done.revisions:,} revisions in {dump}, {done.fetched:,} of them new"
            print_line(f"{done.article.title}: {revisions}", err=True)
        article, code = (_stored_article(services, watch), 0) if offline else _fetch_history(services, watch)
        if offline or code:
            services.use_builtin_dialect(article.wiki)
        with progress("Reading") as reported:
            dialect = services.dialect(article.wiki)
            record_history(services.archive, article, dialect, services.now(), reported)
        return _LoadedHistory(
            timelines=read_timelines(services.archive, article, dialect),
            now=services.now(),
            index_url=index_php_url(services.watchlist.wiki(article.wiki).api),
            title=article.title,
            code=code,
        )


def _stored_article(services: AppContext, watch: Watch) -> Article:
    """Return the article as it is stored; Missing where nothing of it is."""
    known = services.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
    if known is None or services.archive.revisions.newest(known) is None:
        raise Missing(f"{watch.title}: nothing of it is stored; run the command without --offline first")
    return known


def _fetch_history(services: AppContext, watch: Watch) -> tuple[Article, int]:
    """Return the article with its history stored; where the wiki does not answer, what is stored already must do."""
    from watcher.cli.options import EXIT_RETRY
    from watcher.errors import Refused, Unavailable
    from watcher.services.backfill import backfill

    try:
        with progress("Fetching") as reported:
            return backfill(services, watch, reported).article, 0
    except (Missing, Refused, Unavailable) as error:
        try:
            known = _stored_article(services, watch)
        except Missing:
            raise error from None
        print_line(f"{error}; showing what is stored", err=True)
        return known, EXIT_RETRY


def explain(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    old_rev: Annotated[int, typer.Argument(metavar="OLD_REV", min=1, max=MAX_ID, help="Revision id before.")],
    new_rev: Annotated[int, typer.Argument(metavar="NEW_REV", min=1, max=MAX_ID, help="Revision id after.")],
    every: Annotated[bool, typer.Option("--all", help="Also show the rules that had nothing to say.")] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Show every change between two revisions, which rules judged it and how, and to whom it was sent and when.

    Example: watcher explain "Human trafficking" 1290000001 1290000002
    """
    from watcher.config import finding_reason, policy_of
    from watcher.judge import Surroundings, judge
    from watcher.judge import explain as explain_rules
    from watcher.pipeline import changes_between
    from watcher.report.labels import counted
    from watcher.services.delivery import describe_deliveries
    from watcher.services.startup import open_context

    with open_context(watchlist) as services:
        watch = services.index.find(title)[0]
        before, after = (_snapshot(services, watch.wiki, number) for number in (old_rev, new_rev))
        policy = policy_of(watch)
        changes, _ = changes_between(
            before.wikitext or "", after.wikitext or "", policy=policy, dialect=services.dialect(watch.wiki)
        )
        number = counted(len(changes), "change")
        typer.echo(f"{title}: revision {old_rev} → {new_rev}, {number}, alerts from {policy.threshold.label} on")
        edits = (
            (after.revision,) if after.revision.parent_id == before.revision.id else ()
        )  # of several, any may be meant
        findings = {id(finding.change): finding for finding in judge(changes, policy)}
        around = Surroundings(changes)
        for change in changes:
            typer.echo()
            print_line(f"{change.kind.value} in {' › '.join(change.location.section) or 'lead'}")
            for name, text in (("old", change.old_sentence), ("new", change.new_sentence)):
                if text:
                    print_line(f"  {name}: {text[:300]}")
            traces = explain_rules(change, policy, around)
            fired = [trace for trace in traces if every or trace.fired]
            for trace in fired:
                severity = trace.severity.label.upper() if trace.severity is not None else ""
                print_line(f"    {trace.rule:24} {severity:8} {trace.note}")
            if silent := len(traces) - len(fired):
                print_line(f"    {silent} more had nothing to say; --all shows them")
            finding = findings.get(id(change))
            if finding is None:
                continue
            against = f"below {watch.threshold.label}" if finding.severity < watch.threshold else ""
            if not against and (reason := finding_reason(watch, finding, edits)):
                against = f"filtered, {reason}"
            print_line(f"  → {finding.severity.label}, {f'not alerted: {against}' if against else 'for alerts'}")
            if not against:
                for line in describe_deliveries(services, watch, services.index.article_of(watch), finding):
                    print_line(f"    {line}")


def _snapshot(services: AppContext, wiki: str, revision_id: int) -> Snapshot:
    try:
        snapshot = services.archive.revisions.snapshot(wiki, revision_id)
    except Missing:
        snapshot = services.client(wiki).revision(revision_id)
    if snapshot.wikitext is None:
        raise Missing(f"revision {revision_id} of {wiki}: its text is hidden by the wiki; choose another")
    return snapshot


class PreviewFormat(StrEnum):
    """The formats of a preview."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


def preview(  # noqa: PLR0913, PLR0917  each is an option of the command
    title: Annotated[str, typer.Argument(help="An article, watched or not, or a watched list of pages.")],
    wiki: Annotated[
        str | None, typer.Option("--wiki", help="The name of its [[wiki]], where there are several.")
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="LENGTH", help="How far to go back.")] = "90d",
    settle: Annotated[
        str | None, typer.Option("--settle", metavar="LENGTH", help="In place of the settle of the watch.")
    ] = None,
    threshold: Annotated[
        str | None, typer.Option("--threshold", metavar="SEVERITY", help="In place of the threshold of the watch.")
    ] = None,
    members: Annotated[int, typer.Option("--members", min=1, max=100, help="Pages of a list that are played.")] = 5,
    dump: Annotated[
        Path | None, typer.Option("--dump", metavar="FILE", help="Take the revisions of this MediaWiki XML export.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Take the revisions that are stored already.")] = False,
    form: Annotated[PreviewFormat, typer.Option("--format", help="The format of the output.")] = PreviewFormat.TEXT,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Play the past of an article to the real checks, and show which messages they would have made.

    Nothing is sent, and nothing of the installation changes.

    Example: watcher preview "Human trafficking" --since 90d --settle 1h
    """
    from watcher.report.preview import WRITERS
    from watcher.services.past import choose_watch, offline_past
    from watcher.services.startup import load_watchlist

    length = duration_option("--since", since)
    if length <= timedelta():
        raise ConfigError(f"--since {since}: is no time at all; write for example 90d")
    settings = load_watchlist(watchlist, validate_urls=False)
    watch = choose_watch(settings, title, wiki, {"settle": settle, "threshold": threshold})
    if dump is not None or offline:
        shown = _play(settings, watch, offline_past(settings, watch, dump, length))
    else:
        shown = _fetched(watchlist, settings, watch, length, members)
    sys.stdout.write(WRITERS[form.value](shown))


def _play(watchlist: Watchlist, watch: Watch, past: Past) -> Preview:
    from watcher.services.preview import preview as play

    with progress("Playing", "edits") as report:
        return play(watchlist, watch, past, progress=report)


def _fetched(path: Path, watchlist: Watchlist, watch: Watch, length: timedelta, members: int) -> Preview:
    from watcher.services.past import fetch_past
    from watcher.services.preview import open_preview, preview_list

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "article-watcher"
    with open_preview(path, watchlist, cache) as services:
        if watch.source:
            with progress("Playing", "pages") as report:
                return preview_list(services, services.archive, watch, length, members, progress=report)
        client, now = services.client(watch.wiki), services.now()
        with progress("Fetching") as report:
            past = fetch_past(client, services.archive, watch.title, since=now - length, until=now, progress=report)
        return _play(watchlist, watch, past)
