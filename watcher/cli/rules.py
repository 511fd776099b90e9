"""`watcher rules`, `mute`, `unmute`, `rejudge` and `contradictions`: what rules find, suppress or judge anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from inspect import getdoc
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.app import (
    DEFAULT_WATCHLIST,
    MAX_ID,
    FormatOption,
    WatchlistOption,
    duration_option,
    open_context,
    print_line,
    print_lines,
    progress,
    utc,
)
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from snapshots import Mute


def mute(
    title: Annotated[str | None, typer.Argument(help="A watched article (default: all of them).")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help='A rule as `watcher explain` names it, or kinds ("reference.*").')
    ] = None,
    figure: Annotated[str | None, typer.Option("--figure", help="One statistic: words of its sentence.")] = None,
    wiki: Annotated[str | None, typer.Option("--wiki", help="The wiki's name, where several have the title.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help='A date ("2026-04-01") or how long ("7d"); default: permanently.')
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Suppress findings until a date or permanently; without arguments, list the mutes.

    Example: watcher mute "Human trafficking" --figure "victims of forced labour" --until 7d
    """
    from watcher.services.mutes import begin_mute

    with open_context(watchlist) as services:
        now = services.now()
        if title is None and rule is None and figure is None:
            if until is not None:
                raise ConfigError("--until: name an article, a --rule or a --figure to mute until then")
            print_lines(map(format_mute, services.archive.mutes.list_open()), "nothing is muted")
            return
        ends = None
        if until:
            try:
                ends = (
                    now + duration_option("--until", until) if until[-1:].isalpha() else datetime.fromisoformat(until)
                )
                ends = ends.replace(tzinfo=UTC) if ends.tzinfo is None else ends.astimezone(UTC)
            except (ValueError, OverflowError):  # an offset can lead out of the years that there are
                text = f'--until {until}: is no date; write "2026-04-01", or how long, "7d"'
                raise ConfigError(text) from None
            if ends <= now:
                raise ConfigError(f"--until {until}: is in the past; give a later time")
        made = begin_mute(services, title=title or "", wiki=wiki, rule=rule or "", words=figure or "", until=ends)
    print_line(f"muted {format_mute(made)}; end it with `watcher unmute {made.id}`")


def unmute(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, max=MAX_ID, help="The mute's number, as `watcher mute` lists it.")
    ],
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """End a mute; a summary of the suppressed findings that are still current is queued.

    Example: watcher unmute 3
    """
    from watcher.services.check import end_mute
    from watcher.services.mutes import open_mute

    with open_context(watchlist) as services:
        mute = open_mute(services, number)
        count = end_mute(services, mute)
    summary = (
        f"{count} summar{'y' if count == 1 else 'ies'} queued" if count else "no suppressed finding is still current"
    )
    print_line(f"ended: {format_mute(mute)}; {summary}")


def format_mute(mute: Mute) -> str:
    """Return a mute in a line: number, what it covers, how long."""
    parts = [mute.title or "all articles"]
    if mute.rule:
        parts.append(f"rule {mute.rule}")
    if mute.words:
        parts.append(f"“{mute.words}”")
    until = f"until {utc(mute.until)}" if mute.until else "permanently"
    return f"{mute.id}: {', '.join(parts)}, {until}"


def rules(
    report: Annotated[
        bool, typer.Option("--report", help="Count what reviewers decided about the findings of each rule.")
    ] = False,
    form: FormatOption = "text",
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """List the rules, each in a line, or with --report the precision of each by what reviewers of this wiki decided.

    Example: watcher rules --report
    """
    from watcher.judge.engine import RULES

    if not report:
        names = [rule.__name__ for rule in RULES]
        about = ((rule.__name__, (getdoc(rule) or "").partition("\n")[0]) for rule in RULES)
        lines = (f"{name:25} {first.removeprefix('Judge ')}" for name, first in about)
        typer.echo(json.dumps(names) if form == "json" else "\n".join(lines))
        return

    with open_context(watchlist) as services:
        outcomes = services.archive.reviews.outcomes_by_rule()
    if form == "json":
        typer.echo(json.dumps([asdict(item) | {"precision": item.precision} for item in outcomes], indent=2))
        return
    typer.echo(f"{'rule':28} precision  factual  (wrong)  not factual  other  undecided")
    for item in outcomes:
        share = "–" if item.precision is None else f"{item.precision:.0%}"
        print_line(
            f"{item.rule:28} {share:>9}  {item.factual:7}  {item.harmful:7}  {item.not_factual:11}  {item.other:5}  "
            f"{item.open:9}"
        )
    if not outcomes:
        typer.echo("nothing was found yet")


def rejudge(
    since: Annotated[str, typer.Option("--since", help="How far back, as in 90d.")] = "90d",
    write: Annotated[
        bool, typer.Option("--write", help="Store the new judgements; otherwise only say what they would be.")
    ] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Judge the stored edits by the rules of this release; nothing is sent, and decisions of reviewers stay.

    Without --write nothing is changed.

    Example: watcher rejudge --since 90d
    """
    from watcher.services.rejudge import rejudge as judge_again

    length = duration_option("--since", since)
    with open_context(watchlist) as services, progress("Judging", "edits") as reported:
        done = judge_again(services, services.now() - length, reported, write=write)
    for heading, edits in (("would alert now", done.more), ("would not alert any more", done.fewer)):
        for edit in edits:
            ids = f"{edit.before_id} → {edit.after_id}"
            print_line(f"{edit.article.title}, {ids}, {heading}: {edit.now or edit.was}")
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
    form: FormatOption = "text",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many of the newest.")] = 50,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """List the numbers of one source that watched articles state differently; --format json for programs.

    Example: watcher contradictions
    """
    from watcher.services.contradictions import disputed_json, disputed_numbers

    with open_context(watchlist) as services:
        numbers, following = disputed_numbers(services, limit=limit)
        if form == "json":
            typer.echo(json.dumps([disputed_json(services, number) for number in numbers], indent=2))
            return
    for number in numbers:
        counted = ", ".join(part for part in (number.unit, number.year) if part)
        print_line(f"{number.source or number.works[0]}{f' ({counted})' if counted else ''}:")
        for item in number.stated:
            section = item.statistic.section or "lead"
            print_line(
                f"  {item.statistic.quantity.text} in {item.article.title}, {section}: {item.statistic.sentence}"
            )
    if not numbers:
        typer.echo("no two watched articles are known to give a number of one source differently")
    elif following:
        typer.echo(f"and older ones; raise --limit {limit}")
