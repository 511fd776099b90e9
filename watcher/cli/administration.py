"""`watcher backup`, `restore`, `verify`, `migrate`, `tidy`, `user` and `token`: maintain the database and accounts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from typer import Argument, Option

from watcher.cli import app
from watcher.errors import ConfigError, InputError, Missing

if TYPE_CHECKING:
    from snapshots import AccountRepository, Archive
    from snapshots.backup import BackupManifest

BackupFile = Annotated[Path, Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile, watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Write the whole database into one file that only its owner may read; the service need not stop.

    Example: watcher backup /var/backups/article-watcher/monday.backup
    """
    from watcher.services.context import clock
    from watcher.services.operations.maintenance import create_backup

    with _archive(watchlist) as archive:
        manifest = create_backup(archive, file, clock())
    typer.echo(f"{file}: {_format_manifest(manifest)}, {file.stat().st_size:,} bytes, sha256 {manifest.checksum[:16]}")


def restore(
    file: BackupFile,
    force: Annotated[bool, Option("--force", help="Replace the contents of the database.")] = False,
    keep_tokens: Annotated[
        bool, Option("--keep-tokens", help="Keep tokens in an empty database; none was revoked since.")
    ] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Restore a backup into the watchlist's database, SQLite or PostgreSQL, all or nothing; stop the service first.

    Nobody is signed in afterwards, and accounts removed or tokens revoked since the backup stay so.

    Example: watcher restore /var/backups/article-watcher/monday.backup
    """
    from watcher.services.context import clock
    from watcher.services.operations.maintenance import restore_backup

    with _archive(watchlist) as archive:
        manifest = restore_backup(archive, file, clock(), force=force, keep_tokens=keep_tokens)
        users = archive.accounts.users()
    typer.echo(f"{file}: restored {_format_manifest(manifest)}; now run `watcher verify`")
    if manifest.moved:
        app.print_line(f"the database was damaged and is kept as {manifest.moved}")
    if manifest.left_out:
        app.print_line(f"left out, because they were or may have been revoked since: {', '.join(manifest.left_out)}")
    if users:
        names = ", ".join(f"{user.name} ({user.scope})" for user in users)
        app.print_line(f"may sign in: {names}; remove others with: watcher user remove NAME")


def verify(watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Read every stored text and compare its digest; exit 3 if one is damaged.

    Example: watcher verify
    """
    with _archive(watchlist) as archive:
        result = archive.revisions.find_corrupt_texts()
    app.print_lines(f"✗ {line}" for line in result)
    typer.echo(f"{len(result)} texts are damaged; restore a backup" if result else "every stored text is intact")
    raise typer.Exit(app.EXIT_RETRY if result else 0)


def migrate(
    new_database: Annotated[
        bool, Option("--new-database", help="Start with a new database if the former one is gone.")
    ] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Create the database or upgrade it to this release; every command that opens it does so too.

    Example: watcher migrate
    """
    from watcher.services.operations.startup import load_watchlist, remember_database

    with _archive(watchlist) as archive:
        remember_database(archive, load_watchlist(watchlist, validate_urls=False), replaced=new_database)
        before = archive.schema_version()
        archive.upgrade()
        after = archive.schema_version()
    typer.echo(f"schema {after}: nothing to do" if before == after else f"schema {before or 'none'} → {after}")


def tidy(
    apply: Annotated[bool, Option("--apply", help="Remove it; without this option, it is only listed.")] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """List what is older than the [keep] periods of the watchlist, and remove it with --apply.

    Example: watcher tidy --apply
    """
    from watcher.services.operations.maintenance import apply_retention_periods

    with app.open_context(watchlist) as services:
        report = apply_retention_periods(services, apply=apply)
    app.print_lines(report.lines)


def _archive(watchlist: Path) -> Archive:
    """Open the watchlist's database without upgrading it or changing leases."""
    from snapshots import Archive
    from watcher.services.operations.startup import load_watchlist

    return Archive(load_watchlist(watchlist, validate_urls=False).database.get_secret_value())


def _format_manifest(manifest: BackupManifest) -> str:
    count = sum(manifest.rows.values())
    articles, revisions = manifest.rows.get("article", 0), manifest.rows.get("revision", 0)
    return (
        f"{count:,} rows ({articles:,} articles, {revisions:,} revisions) of {app.utc(manifest.at)}, "
        f"schema {manifest.schema}"
    )


_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_GROUP: Final[dict[str, Any]] = {"no_args_is_help": True, "add_completion": False, "rich_markup_mode": None}
users = typer.Typer(name="user", help="Manage who may sign in to the review pages.", **_GROUP)
tokens = typer.Typer(name="token", help="Manage the tokens of programs and feed readers.", **_GROUP)


def _checked_name(name: str | None) -> str | None:
    if name is not None and not _NAME.fullmatch(name):
        raise InputError(f"{name!r}: is not a valid name; write 1 to 64 letters, digits, '.', '-', '_' or '@'")
    return name


UserName = Annotated[str, Argument(metavar="NAME", callback=_checked_name, help="The user's name.")]
TokenName = Annotated[str, Argument(metavar="NAME", callback=_checked_name, help="The token's name.")]
OptionalName = Annotated[str | None, Argument(metavar="[NAME]", callback=_checked_name, help="Only this user.")]
# Strings, not `Scope`: importing that would load the storage, which `watcher --help` does not need.
ScopeOption = Annotated[
    Literal["read", "review", "admin"], Option("--scope", help="The permissions; each includes those before it.")
]


@users.command("add")
def add_user(
    name: UserName,
    scope: ScopeOption = "review",
    password: Annotated[
        str | None,
        Option(metavar="env:NAME|-", help="Where to read the password from; default: ask for it."),
    ] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Let a user sign in to the review pages.

    Example: watcher user add ada --scope admin
    """
    from snapshots import Scope, User
    from watcher.web.auth.access import Passwords

    if password is None and sys.stdin.isatty():
        secret = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    elif password in (None, "-"):
        secret = sys.stdin.readline().rstrip("\r\n")
    elif not (password or "").startswith("env:"):
        raise ConfigError("--password: others can see a password on a command line; write env:NAME, or - for stdin")
    elif not (secret := os.environ.get(variable := (password or "").removeprefix("env:"), "")):
        raise ConfigError(f"--password: the environment variable {variable} is not set; export it")
    with _accounts(watchlist) as (accounts, now):
        accounts.add_user(User(name=name, scope=Scope(scope), at=now, password=Passwords().hash(secret)))
    typer.echo(f"{name}: may sign in now, with the scope {scope}")


@users.command("list")
def list_users(watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """List who may sign in.

    Example: watcher user list
    """
    with _accounts(watchlist) as (accounts, _):
        lines = [f"{user.name}: {user.scope}, since {user.at:%Y-%m-%d}" for user in accounts.users()]
    app.print_lines(lines, "nobody can sign in yet; add a user: watcher user add NAME --scope admin")


@users.command("remove")
def remove_user(name: UserName, watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Remove a user and end all sessions of the user.

    Example: watcher user remove ada
    """
    with _accounts(watchlist) as (accounts, _):
        accounts.remove_user(name)
    typer.echo(f"{name}: removed, and signed out everywhere")


@users.command("sessions")
def list_sessions(name: OptionalName = None, watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """List who is signed in.

    Example: watcher user sessions
    """
    with _accounts(watchlist) as (accounts, now):
        if name is not None and accounts.user(name) is None:
            raise Missing(f"user {name}: does not exist; `watcher user list` lists them")
        lines = [
            f"{session.id}: {user or 'the one-time link'}, signed in {app.utc(session.at)}, "
            f"until {app.utc(session.expires_at)}"
            for session, user in accounts.open_sessions(now, name)
        ]
    app.print_lines(lines, "nobody is signed in" if name is None else f"{name}: is not signed in")


@users.command("sign-out")
def sign_out(
    name: OptionalName = None,
    session: Annotated[int | None, Option(metavar="NUMBER", min=1, max=app.MAX_ID, help="Only this session.")] = None,
    everybody: Annotated[bool, Option("--all", help="All sessions of all users.")] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """End the sessions of a user, one session, or all sessions.

    Example: watcher user sign-out ada
    """
    if [name is not None, session is not None, everybody].count(True) != 1:
        raise InputError("sign-out: name a user, or one session with --session NUMBER, or everybody with --all")
    with _accounts(watchlist) as (accounts, _):
        ended = accounts.end_sessions(name=name, number=session)
    if session is not None and not ended:
        raise Missing(f"session {session}: does not exist; `watcher user sessions` lists them")
    typer.echo(f"{name or (f'session {session}' if session else 'everybody')}: signed out ({ended})")


@tokens.command("add")
def add_token(
    name: TokenName, scope: ScopeOption = "read", watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST
) -> None:
    """Create a token for a program or a feed reader, and show it once.

    Example: watcher token add feed-reader --scope read
    """
    from snapshots import ApiToken, Scope
    from watcher.web.auth.access import new_token

    secret = f"aw_{new_token()}"
    with _accounts(watchlist) as (accounts, now):
        accounts.add_token(ApiToken(name=name, scope=Scope(scope), at=now), secret)
    # Only the token goes to standard output, so that scripts can capture it.
    typer.echo(f"{name}: a token with the scope {scope}; it is not shown again", err=True)
    typer.echo(secret)


@tokens.command("list")
def list_tokens(watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """List the names of the tokens.

    Example: watcher token list
    """
    with _accounts(watchlist) as (accounts, _):
        lines = [f"{token.name}: {token.scope}, since {token.at:%Y-%m-%d}" for token in accounts.tokens()]
    app.print_lines(lines, "there are no tokens; add one: watcher token add NAME")


@tokens.command("revoke")
def revoke_token(name: TokenName, watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Revoke a token.

    Example: watcher token revoke feed-reader
    """
    with _accounts(watchlist) as (accounts, _):
        accounts.revoke(name)
    typer.echo(f"{name}: revoked")


@contextmanager
def _accounts(watchlist: Path) -> Iterator[tuple[AccountRepository, datetime]]:
    with app.open_context(watchlist) as services:
        yield services.archive.accounts, services.now()
