"""`watcher backup`, `restore`, `verify`, `migrate` and `tidy`: maintain the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.app import (
    DEFAULT_WATCHLIST,
    EXIT_RETRY,
    WatchlistOption,
    open_context,
    print_line,
    print_lines,
    utc,
)

if TYPE_CHECKING:
    from snapshots import Archive
    from snapshots.backup import BackupManifest

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile, watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
    """Write the whole database into one file that only its owner may read; the service need not stop.

    Example: watcher backup /var/backups/article-watcher/monday.backup
    """
    from watcher.services.context import clock
    from watcher.services.maintenance import create_backup

    with _archive(watchlist) as archive:
        manifest = create_backup(archive, file, clock())
    typer.echo(f"{file}: {_format_manifest(manifest)}, {file.stat().st_size:,} bytes, sha256 {manifest.checksum[:16]}")


def restore(
    file: BackupFile,
    force: Annotated[bool, typer.Option("--force", help="Replace the contents of the database.")] = False,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Into an empty database: keep tokens too; none was revoked since.")
    ] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Restore a backup into the watchlist's database, SQLite or PostgreSQL, all or nothing; stop the service first.

    Nobody is signed in afterwards, and accounts removed or tokens revoked since the backup stay so.

    Example: watcher restore /var/backups/article-watcher/monday.backup
    """
    from watcher.services.context import clock
    from watcher.services.maintenance import restore_backup

    with _archive(watchlist) as archive:
        manifest = restore_backup(archive, file, clock(), force=force, keep_tokens=keep_tokens)
        users = archive.accounts.users()
    typer.echo(f"{file}: restored {_format_manifest(manifest)}; now run `watcher verify`")
    if manifest.moved:
        print_line(f"the database was damaged and is kept as {manifest.moved}")
    if manifest.left_out:
        print_line(f"left out, because they were or may have been revoked since: {', '.join(manifest.left_out)}")
    if users:
        names = ", ".join(f"{user.name} ({user.scope})" for user in users)
        print_line(f"may sign in: {names}; remove others with: watcher user remove NAME")


def verify(watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
    """Read every stored text and compare its digest; exit 3 when one is damaged.

    Example: watcher verify
    """
    with _archive(watchlist) as archive:
        result = archive.revisions.find_corrupt_texts()
    print_lines(f"✗ {line}" for line in result)
    typer.echo(f"{len(result)} texts are damaged; restore a backup" if result else "every stored text is intact")
    raise typer.Exit(EXIT_RETRY if result else 0)


def migrate(
    new_database: Annotated[
        bool, typer.Option("--new-database", help="Begin anew where the database that was there is gone.")
    ] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Create the database or upgrade it to this release; every command that opens it does so too.

    Example: watcher migrate
    """
    from watcher.services.startup import load_watchlist, remember_database

    with _archive(watchlist) as archive:
        remember_database(archive, load_watchlist(watchlist, validate_urls=False), replaced=new_database)
        before = archive.schema_version()
        archive.upgrade()
        after = archive.schema_version()
    typer.echo(f"schema {after}: nothing to do" if before == after else f"schema {before or 'none'} → {after}")


def tidy(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, it is only listed.")] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """List what is older than the [keep] periods of the watchlist, and remove it with --apply.

    Example: watcher tidy --apply
    """
    from watcher.services.maintenance import apply_retention_periods

    with open_context(watchlist) as services:
        report = apply_retention_periods(services, apply=apply)
    print_lines(report.lines)


@contextmanager
def _archive(watchlist: Path) -> Iterator[Archive]:
    """Provide the watchlist's database as it is: not upgraded, no lease touched."""
    from snapshots import Archive
    from watcher.services.startup import load_watchlist

    archive = Archive(load_watchlist(watchlist, validate_urls=False).database.get_secret_value())
    try:
        yield archive
    finally:
        archive.close()


def _format_manifest(manifest: BackupManifest) -> str:
    count = sum(manifest.rows.values())
    articles, revisions = manifest.rows.get("article", 0), manifest.rows.get("revision", 0)
    return (
        f"{count:,} rows ({articles:,} articles, {revisions:,} revisions) of {utc(manifest.at)}, "
        f"schema {manifest.schema}"
    )
