"""`watcher user` and `watcher token`: manage who may sign in, and the tokens of programs."""

from __future__ import annotations

import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watchlist import MAX_ID, WatchlistOption
from watcher.errors import ConfigError, InputError, Missing

if TYPE_CHECKING:
    from datetime import datetime

    from snapshots import Accounts, Scope

_DEFAULT = Path("watchlist.toml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class UserAct(StrEnum):
    """What to do with a user."""

    ADD = "add"
    LIST = "list"
    REMOVE = "remove"
    SESSIONS = "sessions"
    SIGN_OUT = "sign-out"


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
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Whom; not for list, everybody for sessions without it.")
    ] = None,
    scope: Scoped = ScopeName.REVIEW,
    password: Annotated[
        str | None,
        typer.Option("--password", metavar="env:NAME|-", help="Where the password is; default: it is asked for."),
    ] = None,
    session: Annotated[
        int | None,
        typer.Option("--session", metavar="NUMBER", min=1, max=MAX_ID, help="With sign-out: this one session alone."),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="With sign-out: every session of everybody.")] = False,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Let somebody sign in to the review pages, list who may and who is signed in, sign them out, or remove them.

    Example: watcher user add ada --scope admin
    """
    from snapshots import Accounts
    from watcher.services.context import open_context

    if act is UserAct.SIGN_OUT and [name is not None, session is not None, everybody].count(True) != 1:
        raise InputError("sign-out: name a user, or one session with --session NUMBER, or everybody with --all")
    optional = act in (UserAct.LIST, UserAct.SESSIONS, UserAct.SIGN_OUT) and name is None
    who = None if optional else _name(act, name)
    words = _password(password) if act is UserAct.ADD else ""
    with open_context(watchlist) as services:
        accounts, now = Accounts(services.archive), services.now()
        match act:
            case UserAct.LIST:
                lines = _users(accounts)
            case UserAct.SESSIONS:
                lines = _sessions(accounts, now, who)
            case UserAct.SIGN_OUT:
                lines = [_sign_out(accounts, who, session)]
            case UserAct.ADD:
                lines = [_add_user(accounts, who or "", _scope(scope), words, now)]
            case UserAct.REMOVE:
                accounts.remove_user(who or "")
                lines = [f"{who}: removed, and signed out everywhere"]
    for line in lines:
        typer.echo(line)


def _users(accounts: Accounts) -> list[str]:
    users = accounts.users()
    return [f"{user.name}: {user.scope}, since {user.at:%Y-%m-%d}" for user in users] or [
        "nobody can sign in yet; let somebody: watcher user add NAME --scope admin"
    ]


def _add_user(accounts: Accounts, name: str, scope: Scope, password: str, now: datetime) -> str:
    from snapshots import User
    from watcher.web.auth.passwords import Passwords

    accounts.add_user(User(name=name, scope=scope, at=now, password=Passwords().hash(password)))
    return f"{name}: may sign in now, with the scope {scope}"


def _sessions(accounts: Accounts, now: datetime, name: str | None) -> list[str]:
    if name is not None and accounts.user(name) is None:
        raise Missing(f"user {name}: there is none; `watcher user list` names them")
    return [
        f"{session.id}: {session.name or 'the one-time link'}, signed in {session.at:%Y-%m-%d %H:%M} UTC, "
        f"until {session.expires_at:%Y-%m-%d %H:%M} UTC"
        for session in accounts.open_sessions(now, name)
    ] or ["nobody is signed in" if name is None else f"{name}: is not signed in"]


def _sign_out(accounts: Accounts, name: str | None, number: int | None) -> str:
    ended = accounts.end_sessions(name=name, number=number)
    if number is not None and not ended:
        raise Missing(f"session {number}: there is none; `watcher user sessions` lists them")
    return f"{'everybody' if name is None and number is None else name or f'session {number}'}: signed out ({ended})"


def token(
    act: Annotated[TokenAct, typer.Argument(help="What to do.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The token's name; not for list.")] = None,
    scope: Scoped = ScopeName.READ,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Make a token for a program or a feed reader and show it once, list the names, or revoke one.

    Example: watcher token add feed-reader --scope read
    """
    from snapshots import Accounts, Token
    from watcher.services.context import open_context
    from watcher.web.auth.authentication import new_token

    who = _name(act, name) if act is not TokenAct.LIST else ""
    with open_context(watchlist) as services:
        accounts = Accounts(services.archive)
        if act is TokenAct.LIST:
            for token in accounts.tokens():
                typer.echo(f"{token.name}: {token.scope}, since {token.at:%Y-%m-%d}")
        elif act is TokenAct.ADD:
            secret = f"aw_{new_token()}"
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


def _password(source: str | None) -> str:
    """The password: asked for on a terminal, else a line of standard input, or the environment's."""
    if source is None and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if source in (None, "-"):
        return sys.stdin.readline().rstrip("\r\n")
    variable = (source or "").removeprefix("env:")
    if not (source or "").startswith("env:"):
        raise ConfigError("--password: a password in a command line is seen by others; write env:NAME, or - for stdin")
    if not os.environ.get(variable):
        raise ConfigError(f"--password: the environment variable {variable} is not set; export it")
    return os.environ[variable]
