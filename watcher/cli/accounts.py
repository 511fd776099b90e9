"""`watcher user` and `watcher token`: names and scopes → who may sign in, and what programs show instead."""

from __future__ import annotations

import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watch import ListFile
from watcher.errors import ConfigError, InputError

if TYPE_CHECKING:
    from snapshots import Scope

_DEFAULT = Path("watchlist.toml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class UserAct(StrEnum):
    """What to do with a user."""

    ADD = "add"
    LIST = "list"
    REMOVE = "remove"


class TokenAct(StrEnum):
    """What to do with a token."""

    ADD = "add"
    LIST = "list"
    REVOKE = "revoke"


class ScopeName(StrEnum):
    """What somebody may do: look; decide about findings too; change what is watched too."""

    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"


Scoped = Annotated[ScopeName, typer.Option("--scope", help="What they may do; each includes those before it.")]


def user(
    act: Annotated[UserAct, typer.Argument(help="What to do.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Whom; not for list.")] = None,
    scope: Scoped = ScopeName.REVIEW,
    password: Annotated[
        str | None,
        typer.Option("--password", metavar="env:NAME|-", help="Where the password is; default: it is asked for."),
    ] = None,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Let somebody sign in to the review pages, list who may, or sign them out for good.

    Example: watcher user add ada --scope admin
    """
    from flows.services import open_services
    from snapshots import Accounts, User
    from watcher.web.passwords import Passwords

    who = _name(act, name) if act is not UserAct.LIST else ""
    words = _password(password) if act is UserAct.ADD else ""
    with open_services(watchlist) as services:
        accounts = Accounts(services.archive)
        if act is UserAct.LIST:
            for one in accounts.users():
                typer.echo(f"{one.name}: {one.scope}, since {one.at:%Y-%m-%d}")
            if not accounts.anybody():
                typer.echo("nobody can sign in yet; let somebody: watcher user add NAME --scope admin")
        elif act is UserAct.ADD:
            hashed = Passwords().hashed(words)
            accounts.add_user(User(name=who, scope=_scope(scope), at=services.now(), password=hashed))
            typer.echo(f"{who}: may sign in now, with the scope {scope}")
        else:
            accounts.remove_user(who)
            typer.echo(f"{who}: removed, and signed out everywhere")


def token(
    act: Annotated[TokenAct, typer.Argument(help="What to do.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The token's name; not for list.")] = None,
    scope: Scoped = ScopeName.READ,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Make a token for a program or a feed reader and show it once, list the names, or revoke one.

    Example: watcher token add feed-reader --scope read
    """
    from flows.services import open_services
    from snapshots import Accounts, Token
    from watcher.web.doors import new_secret

    who = _name(act, name) if act is not TokenAct.LIST else ""
    with open_services(watchlist) as services:
        accounts = Accounts(services.archive)
        if act is TokenAct.LIST:
            for one in accounts.tokens():
                typer.echo(f"{one.name}: {one.scope}, since {one.at:%Y-%m-%d}")
        elif act is TokenAct.ADD:
            secret = f"aw_{new_secret()}"
            accounts.add_token(Token(name=who, scope=_scope(scope), at=services.now()), secret)
            # The token alone on standard output, so that a script can take it from there.
            typer.echo(f"{who}: a token with the scope {scope}; it is not shown again", err=True)
            typer.echo(secret)
        else:
            accounts.revoke(who)
            typer.echo(f"{who}: revoked")


def _name(act: StrEnum, name: str | None) -> str:
    if name is None:
        raise InputError(f"{act}: needs a name; give it after `{act}`")
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r}: is no name; write 1 to 64 letters, digits, '.', '-', '_' or '@'")
    return name


def _scope(name: ScopeName) -> Scope:
    from snapshots import Scope

    return Scope(name.value)


def _password(place: str | None) -> str:
    """The password: asked for on a terminal, else a line of standard input, or the environment's."""
    if place is None and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if place in (None, "-"):
        return sys.stdin.readline().rstrip("\r\n")
    variable = (place or "").removeprefix("env:")
    if not (place or "").startswith("env:"):
        raise ConfigError("--password: a password in a command line is seen by others; write env:NAME, or - for stdin")
    if not os.environ.get(variable):
        raise ConfigError(f"--password: the environment variable {variable} is not set; export it")
    return os.environ[variable]
