"""Collect all commands in one Typer application; each imports slow libraries only when it runs."""

from __future__ import annotations

import typer

from watcher.cli import (
    accounts,
    check,
    database,
    diff,
    explain,
    history,
    mute,
    notify,
    operate,
    serve,
    status,
    stream,
    watchlist,
)

app = typer.Typer(
    name="watcher",
    help="Learn within minutes that a figure or a key claim in a wiki article has quietly changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(version("article-watcher"))
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    pass


for command in (
    operate.demo,
    watchlist.init,
    watchlist.add,
    check.check,
    diff.diff,
    diff.facts,
    explain.explain,
    history.history,
    history.blame,
    status.status,
    check.deliver,
    notify.notify,
    mute.mute,
    mute.unmute,
    serve.serve,
    stream.stream,
    serve.web,
    database.migrate,
    database.backup,
    database.restore,
    database.verify,
    database.tidy,
    watchlist.export,
    operate.doctor,
    operate.reap,
):
    app.command()(command)
app.command("import")(watchlist.import_list)  # no function can have that name
app.add_typer(accounts.users)
app.add_typer(accounts.tokens)
