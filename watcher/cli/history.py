"""`watcher history`, `blame`, `explain`, `preview`, `rules`, `rejudge` and `contradictions`: query what is stored."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from watcher.cli import app
from watcher.errors import ConfigError, Missing, Refused, Unavailable
from watcher.text import to_json

if TYPE_CHECKING:
    from watcher.judge import RuleTrace
    from watcher.model import Change, Finding, Snapshot
    from watcher.model.ledger import Timeline
    from watcher.services.context import AppContext


Offline = Annotated[bool, Option("--offline", help="Use what is stored without asking the wiki.")]
Dump = Annotated[
    Path | None, Option(metavar="FILE", help="Read the revisions of this MediaWiki XML export (gz, bz2, xz, lzma).")
]


def history(  # noqa: PLR0913, PLR0917  each is an option of the command
    title: Annotated[str, Argument(help="A watched article.")],
    statistic: Annotated[str | None, Option(metavar="WORDS", help="Only statistics about these words.")] = None,
    claim: Annotated[str | None, Option(metavar="WORDS", help="Only claims with these words.")] = None,
    reference: Annotated[str | None, Option(metavar="WORDS", help="Only sources with these words.")] = None,
    figure: Annotated[str | None, Option(metavar="WORDS", help="Only images with these words.")] = None,
    form: Annotated[
        Literal["text", "json", "csv", "svg"], Option("--format", help="The format of the output.")
    ] = "text",
    offline: Offline = False,
    dump: Dump = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Fetch an article's whole history and show how its statistics, claims, sources and images changed.

    Example: watcher history "Human trafficking" --statistic victims --format svg > victims.svg
    """
    from watcher.report import history as report

    timelines, known_as, index_url, now, code = _load_history(watchlist, title, offline=offline, dump=dump)
    asked = {"statistic": statistic, "claim": claim, "reference": reference, "figure": figure}
    requested = {subject: words for subject, words in asked.items() if words is not None}
    chosen = timelines
    if requested:  # if nothing matches, suggest similar names
        selected: list[Timeline] = []
        for subject, words in requested.items():
            result = report.find_timelines(timelines, words, subject)
            selected += result
            if not result:
                close = ", ".join(map(repr, report.suggestions(timelines, words, subject)))
                hint = f"; did you mean {close}?" if close else ""
                app.print_line(f"{known_as}: no {subject} is about {words!r}{hint}", err=True)
        chosen = tuple(sorted(selected, key=lambda timeline: timeline.number))
    if form == "json":
        typer.echo(to_json(report.history_data(chosen)))
    elif form == "csv":
        sys.stdout.write(report.history_csv(chosen))
    elif form == "svg":
        from watcher.report.charts import build_series, statistics_file

        drawn = build_series(chosen, index_url)
        changed = [series for series in drawn if series.steps]  # if none ever changed, draw all
        sys.stdout.write(statistics_file(changed or drawn, f"{known_as}: statistics over time", now))
    else:
        for line in report.history_text(chosen, include_unchanged=bool(requested)):
            typer.echo(line)
    if not timelines:
        typer.echo(f"{title}: no text", err=True)
    raise typer.Exit(code)


def blame(
    title: Annotated[str, Argument(help="A watched article.")],
    form: app.FormatOption = "text",
    offline: Offline = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """List today's statistics with the edits that gave each its value and its source.

    Example: watcher blame "Human trafficking"
    """
    from watcher.report import history as report

    timelines, known_as, _, now, code = _load_history(watchlist, title, offline=offline)
    active = report.current_statistics(timelines)
    if form == "json":
        typer.echo(to_json(report.blame_data(active, now)))
    else:
        for line in report.blame_text(active, now):
            typer.echo(line)
    if not active:
        typer.echo(f"{known_as}: the newest text states no statistic", err=True)
    raise typer.Exit(code)


def _load_history(
    path: Path, title: str, *, offline: bool, dump: Path | None = None
) -> tuple[tuple[Timeline, ...], str, str, datetime, int]:
    """Return all timelines of a watched article, its title, the index.php of its wiki, the time, and the exit code."""
    from watcher.services.history.ledger import read_timelines, record_history
    from watcher.services.history.past import backfill, import_dump

    with app.open_context(path) as services:
        watch = services.index.find(title)[0]
        if dump is not None:
            with app.progress("Importing") as reported:
                done = import_dump(services, watch, dump, reported)
            revisions = f"{done.revisions:,} revisions in {dump}, {done.fetched:,} of them new"
            app.print_line(f"{done.article.title}: {revisions}", err=True)
        article, problem = None, None
        try:
            if not offline:
                with app.progress("Fetching") as reported:
                    article = backfill(services, watch, reported).article
        except (Missing, Refused, Unavailable) as error:
            problem = error
        if article is None:  # use the stored revisions
            article = services.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
            if article is None or services.archive.revisions.newest(article) is None:
                missing = f"{watch.title}: nothing of it is stored; run the command without --offline first"
                raise problem or Missing(missing)
            if problem is not None:
                app.print_line(f"{problem}; showing what is stored", err=True)
            services.use_builtin_dialect(article.wiki)
        with app.progress("Reading") as reported:
            dialect = services.dialect(article.wiki)
            record_history(services.archive, article, dialect, services.now(), reported)
        index_url = services.watchlist.index_urls[article.wiki]
        timelines = read_timelines(services.archive, article, dialect)
        return timelines, article.title, index_url, services.now(), app.EXIT_RETRY if problem else 0


def explain(
    title: Annotated[str, Argument(help="A watched article.")],
    old_rev: Annotated[int, Argument(metavar="OLD_REV", min=1, max=app.MAX_ID, help="Revision id before.")],
    new_rev: Annotated[int, Argument(metavar="NEW_REV", min=1, max=app.MAX_ID, help="Revision id after.")],
    every: Annotated[bool, Option("--all", help="Also show the rules that did not apply.")] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Show every change between two revisions, which rules judged it and how, and to whom it was sent and when.

    Example: watcher explain "Human trafficking" 1290000001 1290000002
    """
    from watcher.config import policy_of
    from watcher.judge import EditCounts
    from watcher.judge import explain as explain_rules
    from watcher.report.labels import counted
    from watcher.services.alerting.delivery import describe_deliveries
    from watcher.services.checks.judgement import judge_past

    # Without an answer of the wiki, the edit is judged with what is stored.
    with app.open_context(watchlist, attempts=2) as services:
        watch = services.index.find(title)[0]
        before, after = (_snapshot(services, watch.wiki, number) for number in (old_rev, new_rev))
        if before.revision.article.page_id != after.revision.article.page_id:
            titles = (f"{each.revision.id} is of “{each.revision.article.title}”" for each in (before, after))
            raise Missing(f"{title}: has not both revisions, as {' and '.join(titles)}; name two of one page")
        policy, article = policy_of(watch), services.index.article_of(watch)
        try:
            comparison = judge_past(services, watch, before, after)
        except Missing:  # no check has reached the page: only the rules judge
            comparison = services.compare_for(watch, before, after)
        changes = [change for finding in comparison.findings for change in _parts(finding)]
        number = counted(len(changes), "change")
        typer.echo(f"{title}: revision {old_rev} → {new_rev}, {number}, alerts from {policy.threshold.label} on")
        app.print_lines(f"not read: {unread.reason}" for unread in comparison.unread)
        counts = EditCounts(changes)
        for finding in comparison.findings:
            for change in _parts(finding):
                _print_change(change, explain_rules(change, policy, counts), every=every)
            app.print_lines(f"    {reason.text}" for reason in finding.reasons)
            excluded = f"below {watch.threshold.label}" if finding.severity < watch.threshold else ""
            if not excluded and finding.filtered:
                excluded = f"filtered, {finding.filtered}"
            app.print_line(f"  → {finding.severity.label}, {f'not alerted: {excluded}' if excluded else 'for alerts'}")
            if not excluded:
                app.print_lines(f"    {line}" for line in describe_deliveries(services, watch, article, finding))


def _parts(finding: Finding) -> tuple[Change, ...]:
    """Return the changes that a finding is about: those of the cells for a table edit."""
    return finding.change.cells or (finding.change,)


def _print_change(change: Change, traces: Sequence[RuleTrace], *, every: bool) -> None:
    typer.echo()
    app.print_line(f"{change.kind.value} in {' › '.join(change.location.section) or 'lead'}")
    for name, text in (("old", change.old_sentence), ("new", change.new_sentence)):
        if text:
            app.print_line(f"  {name}: {text[:300]}")
    shown = [trace for trace in traces if every or trace.fired]
    for trace in shown:
        severity = trace.severity.label.upper() if trace.severity is not None else ""
        app.print_line(f"    {trace.rule:24} {severity:8} {trace.note}")
    if hidden := len(traces) - len(shown):
        app.print_line(f"    {hidden} more did not apply; --all shows them")


def _snapshot(services: AppContext, wiki: str, revision_id: int) -> Snapshot:
    try:
        snapshot = services.archive.revisions.snapshot(wiki, revision_id)
    except Missing:
        snapshot = services.client(wiki).revision(revision_id)
    if snapshot.wikitext is None:
        raise Missing(f"revision {revision_id} of {wiki}: its text is hidden by the wiki; choose another")
    return snapshot


def preview(  # noqa: PLR0913, PLR0917  each is an option of the command
    title: Annotated[str, Argument(help="An article, watched or not, or a watched list of pages.")],
    wiki: Annotated[str | None, Option(help="The name of its [[wiki]], if there are several.")] = None,
    since: Annotated[str, Option(metavar="LENGTH", help="How far to go back.")] = "90d",
    settle: Annotated[str | None, Option(metavar="LENGTH", help="Settle period instead of the watch's.")] = None,
    threshold: Annotated[str | None, Option(metavar="SEVERITY", help="Threshold instead of the watch's.")] = None,
    members: Annotated[int, Option(min=1, max=100, help="How many pages of a list to use.")] = 5,
    dump: Dump = None,
    offline: Offline = False,
    form: Annotated[Literal["text", "html", "json"], Option("--format", help="The format of the output.")] = "text",
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Run the checks over the past of an article, and show which messages they would have sent.

    Nothing is sent, and the installation is not changed.

    Example: watcher preview "Human trafficking" --since 90d --settle 1h
    """
    from watcher.report.preview import WRITERS
    from watcher.services.history.past import choose_watch, fetch_history, offline_history
    from watcher.services.history.preview import open_preview, preview_list
    from watcher.services.history.preview import preview as play
    from watcher.services.operations.startup import load_watchlist

    length = app.duration_option("--since", since, app.SECOND)
    settings = load_watchlist(watchlist, validate_urls=False)
    watch = choose_watch(settings, title, wiki, {"settle": settle, "threshold": threshold})
    with ExitStack() as opened:
        if dump is not None or offline:
            history = offline_history(settings, watch, dump, length)
        else:
            cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
            try:
                cache = cache if cache.is_absolute() else Path.home() / ".cache"  # as the XDG specification demands
            except RuntimeError:
                raise ConfigError("this user has no home folder to cache in; set XDG_CACHE_HOME to a folder") from None
            services = opened.enter_context(open_preview(watchlist, settings, cache / "article-watcher"))
            if watch.source:
                with app.progress("Playing", "pages") as report:
                    shown = preview_list(services, services.archive, watch, length, members, progress=report)
                sys.stdout.write(WRITERS[form](shown))
                return
            client, until = services.client(watch.wiki), services.now()
            with app.progress("Fetching") as report:
                history = fetch_history(
                    client, services.archive, watch.title, since=until - length, until=until, progress=report
                )
        with app.progress("Playing", "edits") as report:
            shown = play(settings, watch, history, progress=report)
    sys.stdout.write(WRITERS[form](shown))


def rules(
    report: Annotated[
        bool, Option("--report", help="Count what reviewers decided about the findings of each rule.")
    ] = False,
    form: app.FormatOption = "text",
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """List the rules, or with --report the precision of each according to the decisions of reviewers.

    Example: watcher rules --report
    """
    from watcher.judge.engine import RULES

    if not report:
        names = [rule.__name__ for rule in RULES]
        about = ((rule.__name__, (getdoc(rule) or "").partition("\n")[0]) for rule in RULES)
        lines = (f"{name:25} {first.removeprefix('Judge ')}" for name, first in about)
        typer.echo(json.dumps(names) if form == "json" else "\n".join(lines))
        return

    with app.open_context(watchlist) as services:
        outcomes = services.archive.reviews.outcomes_by_rule()
    if form == "json":
        typer.echo(json.dumps([asdict(item) | {"precision": item.precision} for item in outcomes], indent=2))
        return
    typer.echo(f"{'rule':28} precision  factual  (wrong)  not factual  other  undecided")
    for item in outcomes:
        share = "–" if item.precision is None else f"{item.precision:.0%}"
        app.print_line(
            f"{item.rule:28} {share:>9}  {item.factual:7}  {item.harmful:7}  {item.not_factual:11}  {item.other:5}  "
            f"{item.open:9}"
        )
    if not outcomes:
        typer.echo("there are no findings yet")


def rejudge(
    since: Annotated[str, Option(help="How far back, as in 90d.")] = "90d",
    write: Annotated[
        bool, Option("--write", help="Store the new judgements; without this, they are only shown.")
    ] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Judge stored edits again by the rules of this release; nothing is sent, and reviewers' decisions are kept.

    Without --write, nothing is changed.

    Example: watcher rejudge --since 90d
    """
    from watcher.services.history.rejudge import rejudge as judge_again

    length = app.duration_option("--since", since, app.SECOND)
    with app.open_context(watchlist) as services, app.progress("Judging", "edits") as reported:
        done = judge_again(services, services.now() - length, reported, write=write)
    for heading, edits in (("would alert now", done.more), ("would not alert any more", done.fewer)):
        for edit in edits:
            record, worst = edit.record, edit.new_worst or edit.old_worst
            ids = f"{record.before.id} → {record.after.id}"
            app.print_line(f"{record.article.title}, {ids}, {heading}: {worst}")
    for count, what in (
        (done.unreadable, "a text is not stored"),
        (done.failed, "the comparison failed"),
        (done.unwatched, "not watched any more"),
    ):
        if count:
            typer.echo(f"{count:,} not judged again: {what}")
    next_step = ", stored" if write else "; store that with --write"
    typer.echo(
        f"{done.judged:,} edits since {since}: this release would have alerted {len(done.more):,} more and "
        f"{len(done.fewer):,} fewer; {done.findings:,} findings differ{next_step if done.findings else ''}"
    )


def contradictions(
    form: app.FormatOption = "text",
    limit: Annotated[int, Option(min=1, max=100_000, help="How many of the newest.")] = 50,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """List the numbers of one source that watched articles state differently; --format json for programs.

    Example: watcher contradictions
    """
    from watcher.services.checks.contradictions import disputed_json, disputed_numbers

    with app.open_context(watchlist) as services:
        numbers, following = disputed_numbers(services, limit=limit)
        if form == "json":
            typer.echo(json.dumps([disputed_json(services, number) for number in numbers], indent=2))
            return
    for number in numbers:
        counted = ", ".join(part for part in (number.unit, number.year) if part)
        app.print_line(f"{number.source or number.works[0]}{f' ({counted})' if counted else ''}:")
        for item in number.stated:
            section = item.statistic.section or "lead"
            app.print_line(
                f"  {item.statistic.quantity.text} in {item.article.title}, {section}: {item.statistic.sentence}"
            )
    if not numbers:
        typer.echo("no two watched articles are known to give different numbers from one source")
    elif following:
        typer.echo(f"and older ones; raise --limit {limit}")
