"""`watcher backup`, `restore`, `verify` and `tidy`: the memory → a file, back again, proven sound, and kept small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watch import ListFile

if TYPE_CHECKING:
    from snapshots import Archive
    from snapshots.dump import Contents

_DEFAULT = Path("watchlist.toml")
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile, watchlist: ListFile = _DEFAULT) -> None:
    """Write everything that is stored into one file, while the service goes on; its owner alone may read it.

    Example: watcher backup /var/backups/article-watcher/monday.backup
    """
    from flows.backups import back_up
    from flows.services import clock

    with _archive(watchlist) as archive:
        held = back_up(archive, file, clock())
    typer.echo(f"{file}: {_described(held)}, {file.stat().st_size:,} bytes, sha256 {held.seal[:16]}")


def restore(
    file: BackupFile,
    force: Annotated[bool, typer.Option("--force", help="Replace what the database holds.")] = False,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Into an empty database: tokens too; none was revoked since.")
    ] = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Put a backup into the watchlist's database, SQLite or PostgreSQL, all or nothing; stop the service first.

    Nobody is signed in afterwards, and what was removed or revoked since the backup stays so.

    Example: watcher restore /var/backups/article-watcher/monday.backup
    """
    from flows.backups import put_back
    from flows.terminal import printable
    from snapshots import Accounts

    with _archive(watchlist) as archive:
        held = put_back(archive, file, force=force, keep_tokens=keep_tokens)
        users = Accounts(archive).users()
    typer.echo(f"{file}: restored {_described(held)}; now run `watcher verify`")
    if held.left_out:
        typer.echo(printable(f"left out, for they were or may have been revoked since: {', '.join(held.left_out)}"))
    if users:
        names = ", ".join(f"{user.name} ({user.scope})" for user in users)
        typer.echo(printable(f"may sign in: {names}; remove who must not: watcher user remove NAME"))


def verify(watchlist: ListFile = _DEFAULT) -> None:
    """Read every stored text and compare its digest; exit 3 when one is damaged.

    Example: watcher verify
    """
    from flows.terminal import printable
    from watcher.cli.entry import UNDONE

    with _archive(watchlist) as archive:
        found = archive.verify()
    for line in found:
        typer.echo(f"✗ {printable(line)}")
    typer.echo(
        f"{len(found)} texts are damaged; restore a backup" if found else "every stored text is as it was stored"
    )
    raise typer.Exit(UNDONE if found else 0)


def migrate(watchlist: ListFile = _DEFAULT) -> None:
    """Bring the database up to this release, or make it; every other command that opens it does so too.

    Example: watcher migrate
    """
    with _archive(watchlist) as archive:
        before = archive.revision_of_schema()
        archive.upgrade()
        after = archive.revision_of_schema()
    typer.echo(f"schema {after}: nothing to do" if before == after else f"schema {before or 'none'} → {after}")


def tidy(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, only show it.")] = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Show what is older than the watchlist's [keep] says, and remove it with --apply.

    Example: watcher tidy --apply
    """
    from flows.services import open_services
    from flows.tidying import tidy_up

    with open_services(watchlist) as services:
        report = tidy_up(services, apply=apply)
    for line in report.lines:
        typer.echo(line)


@contextmanager
def _archive(watchlist: Path) -> Iterator[Archive]:
    """The watchlist's database as it is: not upgraded, no lease touched."""
    from flows.services import read_watchlist
    from snapshots import Archive

    archive = Archive(read_watchlist(watchlist, thorough=False).database.reveal())
    try:
        yield archive
    finally:
        archive.close()


def _described(held: Contents) -> str:
    count = sum(held.rows.values())
    articles, revisions = held.rows.get("article", 0), held.rows.get("revision", 0)
    return (
        f"{count:,} rows ({articles:,} articles, {revisions:,} revisions) of {held.at:%Y-%m-%d %H:%M} UTC, "
        f"schema {held.schema}"
    )
