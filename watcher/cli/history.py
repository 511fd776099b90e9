"""`watcher history` and `watcher blame`: a watched title → the lives of its figures, and who gave each what it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watch import ListFile

if TYPE_CHECKING:
    from flows.services import Services
    from watcher.config import Watch
    from watcher.model import Article
    from watcher.model.timelines import Timeline

_DEFAULT = Path("watchlist.toml")
_LINE_EVERY = 50  # revisions, where no bar can be shown
Told = Callable[[int, int], None]


class HistoryFormat(StrEnum):
    """How a history is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    SVG = "svg"


class BlameFormat(StrEnum):
    """How a blame is written."""

    TEXT = "text"
    JSON = "json"


Offline = Annotated[bool, typer.Option("--offline", help="Ask no wiki: show what is stored.")]


def history(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    statistic: Annotated[
        str | None, typer.Option("--statistic", metavar="WORDS", help="Only statistics about these words.")
    ] = None,
    claim: Annotated[str | None, typer.Option("--claim", metavar="WORDS", help="Only claims with these words.")] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="WORDS", help="Only sources with these words.")
    ] = None,
    figure: Annotated[
        str | None, typer.Option("--figure", metavar="WORDS", help="Only pictures with these words.")
    ] = None,
    form: Annotated[HistoryFormat, typer.Option("--format", help="How to write it.")] = HistoryFormat.TEXT,
    offline: Offline = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Fetch an article's whole history and show the life of its statistics, claims, sources and figures.

    Example: watcher history "Human trafficking" --statistic victims --format svg > victims.svg
    """
    from watcher.report import timelines as report

    read = _lives(watchlist, title, offline=offline)
    asked = {"statistic": statistic, "claim": claim, "reference": reference, "figure": figure}
    wanted = {subject: words for subject, words in asked.items() if words is not None}
    chosen = _chosen(read, wanted)
    if form is HistoryFormat.JSON:
        sys.stdout.write(report.history_json(chosen))
    elif form is HistoryFormat.CSV:
        sys.stdout.write(report.history_csv(chosen))
    elif form is HistoryFormat.SVG:
        sys.stdout.write(_drawn(read, chosen))
    else:
        for line in report.history_text(chosen, all_lives=bool(wanted)):
            typer.echo(line)
    if not read.lives:
        typer.echo(f"{title}: no text", err=True)
    raise typer.Exit(read.code)


def _chosen(read: _Read, wanted: dict[str, str]) -> tuple[Timeline, ...]:
    """The lives asked for, all where nothing is; what nothing is about is told with what may have been meant."""
    from flows.terminal import printable
    from watcher.report.naming import meant, named

    if not wanted:
        return read.lives
    chosen: list[Timeline] = []
    for subject, words in wanted.items():
        found = named(read.lives, words, subject)
        chosen += found
        if not found:
            close = ", ".join(repr(name) for name in meant(read.lives, words, subject))
            hint = f"; did you mean {close}?" if close else ""
            typer.echo(printable(f"{read.title}: no {subject} is about {words!r}{hint}"), err=True)
    return tuple(sorted(chosen, key=lambda one: one.number))


def blame(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    form: Annotated[BlameFormat, typer.Option("--format", help="How to write it.")] = BlameFormat.TEXT,
    offline: Offline = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """List today's statistics with the edits that gave each its value and its source.

    Example: watcher blame "Human trafficking"
    """
    from watcher.report import timelines as report

    read = _lives(watchlist, title, offline=offline)
    standing = report.standing(read.lives)
    if form is BlameFormat.JSON:
        sys.stdout.write(report.blame_json(standing, read.now))
    else:
        for line in report.blame_text(standing, read.now):
            typer.echo(line)
    if not standing:
        typer.echo(f"{read.title}: the newest text states no statistic", err=True)
    raise typer.Exit(read.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """All timelines of a watched article, when its newest revision was saved, and the exit code.

    The code is 3 where the wiki could not be asked; `index_url` is its index.php.
    """

    lives: tuple[Timeline, ...]
    now: datetime
    end: datetime | None
    index_url: str
    title: str
    code: int


def _drawn(read: _Read, chosen: Sequence[Timeline]) -> str:
    """A chart for each statistic that ever changed; for each at all where none did."""
    from watcher.report.charts import courses, statistics_file, steps

    drawn = courses(chosen, read.end, read.index_url, named_in=read.lives) if read.end else ()
    return statistics_file([one for one in drawn if steps(one)] or drawn, f"{read.title}: statistics over time")


def _lives(path: Path, title: str, *, offline: bool) -> _Read:
    from flows.alerts import index_url
    from flows.following import follow
    from flows.services import open_services
    from watcher.cli.checking import chosen

    with open_services(path) as services:
        watch = chosen(services, [title])[0]
        article, code = (_known(services, watch), 0) if offline else _fetched(services, watch)
        if offline or code:
            services.speak_by_default(article.wiki)
        with _progress("Reading") as told:
            follow(services, article, told)
        newest = services.archive.newest(article)
        return _Read(
            lives=services.archive.timelines(article),
            now=services.now(),
            end=newest.at if newest else None,
            index_url=index_url(services.watchlist.wiki(article.wiki).api),
            title=article.title,
            code=code,
        )


def _known(services: Services, watch: Watch) -> Article:
    """The article as it is stored; Missing where nothing of it is."""
    from watcher.errors import Missing

    known = services.archive.known_as(watch.wiki, watch.title)
    if known is None or services.archive.newest(known) is None:
        raise Missing(f"{watch.title}: nothing of it is stored; run the command without --offline first")
    return known


def _fetched(services: Services, watch: Watch) -> tuple[Article, int]:
    """The article with its history stored; where the wiki does not answer, what is stored already must do."""
    from flows.backfill import backfill
    from flows.terminal import printable
    from watcher.cli.entry import UNDONE
    from watcher.errors import Missing, Refused, Unavailable

    try:
        with _progress("Fetching") as told:
            return backfill(services, watch, told).article, 0
    except (Missing, Refused, Unavailable) as error:
        try:
            known = _known(services, watch)
        except Missing:
            raise error from None
        typer.echo(f"{printable(str(error))}; showing what is stored", err=True)
        return known, UNDONE


@contextmanager
def _progress(what: str) -> Iterator[Told]:
    """A bar on a terminal, a line each tenth elsewhere, both on standard error."""
    if not sys.stderr.isatty():
        yield _in_lines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as Left
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} a second")

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Rate(), Left(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _in_lines(what: str) -> Told:
    last = 0

    def line(done: int, total: int) -> None:
        nonlocal last
        if done == total or done - last >= max(_LINE_EVERY, total // 10):
            last = done
            typer.echo(f"{what}: {done:,} of {total:,} revisions", err=True)

    return line
