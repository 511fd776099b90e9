"""All commands in one Typer application; each imports what is slow only when it runs."""

from __future__ import annotations

import typer

from watcher.cli import (
    accounts,
    compare,
    demo,
    doctor,
    exchange,
    history,
    keeping,
    muting,
    notifying,
    reaping,
    reviewing,
    streaming,
    watch,
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
    demo.demo,
    watch.init,
    watch.add,
    watch.check,
    compare.diff,
    compare.facts,
    watch.explain,
    history.history,
    history.blame,
    watch.status,
    watch.deliver,
    notifying.notify,
    muting.mute,
    muting.unmute,
    watch.serve,
    streaming.stream,
    reviewing.web,
    accounts.user,
    accounts.token,
    keeping.migrate,
    keeping.backup,
    keeping.restore,
    keeping.verify,
    keeping.tidy,
    exchange.export,
    doctor.doctor,
    reaping.reap,
):
    app.command()(command)
app.command("import")(exchange.import_list)  # no function can have that name
