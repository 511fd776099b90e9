"""`watcher backup`, `restore`, `verify`, `migrate` and `tidy`: maintain the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watchlist import WatchlistOption

if TYPE_CHECKING:
    from snapshots import Archive
    from snapshots.backup import BackupManifest

_DEFAULT = Path("watchlist.toml")
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile, watchlist: WatchlistOption = _DEFAULT) -> None:
    """Write everything that is stored into one file, while the service goes on; its owner alone may read it.

    Example: watcher backup /var/backups/article-watcher/monday.backup
    """
    from watcher.services.backup import create_backup
    from watcher.services.context import clock

    with _archive(watchlist) as archive:
        tracked = create_backup(archive, file, clock())
    typer.echo(f"{file}: {_format_manifest(tracked)}, {file.stat().st_size:,} bytes, sha256 {tracked.checksum[:16]}")


def restore(
    file: BackupFile,
    force: Annotated[bool, typer.Option("--force", help="Replace what the database holds.")] = False,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Into an empty database: tokens too; none was revoked since.")
    ] = False,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Put a backup into the watchlist's database, SQLite or PostgreSQL, all or nothing; stop the service first.

    Nobody is signed in afterwards, and what was removed or revoked since the backup stays so.

    Example: watcher restore /var/backups/article-watcher/monday.backup
    """
    from snapshots import Accounts
    from watcher.services.backup import restore_backup
    from watcher.text import escape_control_characters

    with _archive(watchlist) as archive:
        tracked = restore_backup(archive, file, force=force, keep_tokens=keep_tokens)
        users = Accounts(archive).users()
    typer.echo(f"{file}: restored {_format_manifest(tracked)}; now run `watcher verify`")
    if tracked.left_out:
        typer.echo(
            escape_control_characters(
                f"left out, for they were or may have been revoked since: {', '.join(tracked.left_out)}"
            )
        )
    if users:
        names = ", ".join(f"{user.name} ({user.scope})" for user in users)
        typer.echo(escape_control_characters(f"may sign in: {names}; remove who must not: watcher user remove NAME"))


def verify(watchlist: WatchlistOption = _DEFAULT) -> None:
    """Read every stored text and compare its digest; exit 3 when one is damaged.

    Example: watcher verify
    """
    from watcher.cli.entry_point import EXIT_RETRY
    from watcher.text import escape_control_characters

    with _archive(watchlist) as archive:
        result = archive.verify()
    for line in result:
        typer.echo(f"✗ {escape_control_characters(line)}")
    typer.echo(
        f"{len(result)} texts are damaged; restore a backup" if result else "every stored text is as it was stored"
    )
    raise typer.Exit(EXIT_RETRY if result else 0)


def migrate(watchlist: WatchlistOption = _DEFAULT) -> None:
    """Bring the database up to this release, or make it; every other command that opens it does so too.

    Example: watcher migrate
    """
    with _archive(watchlist) as archive:
        before = archive.schema_version()
        archive.upgrade()
        after = archive.schema_version()
    typer.echo(f"schema {after}: nothing to do" if before == after else f"schema {before or 'none'} → {after}")


def tidy(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, only show it.")] = False,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Show what is older than the watchlist's [keep] says, and remove it with --apply.

    Example: watcher tidy --apply
    """
    from watcher.services.context import open_context
    from watcher.services.retention import apply_retention_periods

    with open_context(watchlist) as services:
        report = apply_retention_periods(services, apply=apply)
    for line in report.lines:
        typer.echo(line)


@contextmanager
def _archive(watchlist: Path) -> Iterator[Archive]:
    """The watchlist's database as it is: not upgraded, no lease touched."""
    from snapshots import Archive
    from watcher.services.context import load_watchlist

    archive = Archive(load_watchlist(watchlist, validate_urls=False).database.get_secret_value())
    try:
        yield archive
    finally:
        archive.close()


def _format_manifest(tracked: BackupManifest) -> str:
    count = sum(tracked.rows.values())
    articles, revisions = tracked.rows.get("article", 0), tracked.rows.get("revision", 0)
    return (
        f"{count:,} rows ({articles:,} articles, {revisions:,} revisions) of {tracked.at:%Y-%m-%d %H:%M} UTC, "
        f"schema {tracked.schema}"
    )
