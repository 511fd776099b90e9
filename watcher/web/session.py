"""A name and a password, or a one-time link, become a session; signing out ends it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from snapshots import User
from watcher.errors import InputError, Refused
from watcher.web import pages
from watcher.web.access import public
from watcher.web.devices import DEVICE_LENGTH, device_cookie, known_device
from watcher.web.doors import SESSION_LENGTH, Doors, csrf_token
from watcher.web.passwords import Busy
from watcher.web.refusals import refusal
from watcher.web.throttle import Attempt

_LONGEST_NEXT = 2000
_BUSY_SECONDS = 2
_MINUTES_FROM = 120
_WRONG = "The name or the password is wrong."
_USED = "This link was used already, or is older than 15 minutes. Start the server anew for another one."

router = APIRouter(include_in_schema=False)


def doors_of(request: Request) -> Doors:
    """The doors that the application was made with."""
    doors: Doors = request.app.state.doors
    return doors


Entrance = Annotated[Doors, Depends(doors_of)]


def local_path(wish: str) -> str:
    """`wish` when it is a path on this server, else `/`: nobody is sent to another site."""
    plain = wish.isprintable() and "\\" not in wish and len(wish) <= _LONGEST_NEXT
    if not plain or not wish.startswith("/") or wish.startswith("//"):
        return "/"
    try:
        parts = urlsplit(wish)
    except ValueError:
        return "/"
    return wish if not parts.scheme and not parts.netloc else "/"


@router.get("/sign-in", response_model=None)
@public
def sign_in_form(request: Request, doors: Entrance, next: str = "/") -> Response:  # noqa: A002  the name in the address
    """The form, with a cookie of its own: another site cannot sign a reader in as somebody else."""
    return _form(request, doors, local_path(next))


@router.post("/sign-in", response_model=None)
@public
async def sign_in(
    request: Request,
    doors: Entrance,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=4000)] = "/",  # noqa: A002  the name in the form
) -> Response:
    """Open a session under a new id, or say that name or password is wrong, not which."""
    then = local_path(next)
    user = await run_in_threadpool(doors.accounts.user, name)
    attempt = Attempt(
        address=request.client.host if request.client else "", name=name, device=_device(request, doors, name, user)
    )
    seconds = doors.throttle.begin(attempt, doors.now())
    if seconds is not None:
        return _refuse_for_now(429, "Too many attempts", seconds)
    check = doors.passwords.in_pool_for_known if doors.throttle.knows(attempt) else doors.passwords.in_pool
    try:
        matches = await check(doors.passwords.match, password, user.password if user else None)
    except Busy:
        doors.throttle.withdraw(attempt)
        return _refuse_for_now(503, "Too many people are signing in at this moment", _BUSY_SECONDS)
    if user is None or not matches:
        return await run_in_threadpool(_form, request, doors, then, _WRONG, 401)
    doors.throttle.succeed(attempt)
    return await run_in_threadpool(_signed_in, request, doors, await _up_to_date(doors, user, password), then)


async def _up_to_date(doors: Doors, user: User, password: str) -> User:
    """The user with a hash by today's parameters; with the one that there is while the server is busy."""
    if not doors.passwords.stale(user.password):
        return user
    try:
        stronger = await doors.passwords.in_pool(doors.passwords.hashed, password)
    except (Busy, InputError):  # a password from before it had to have a length
        return user
    await run_in_threadpool(doors.accounts.rehash, user.name, stronger)
    return replace(user, password=stronger)


def _device(request: Request, doors: Doors, name: str, user: User | None) -> str:
    """What this browser is known by if this user has signed in from it before: by its session, or its own cookie."""
    reader = request.state.reader
    if reader.via == "session" and reader.name == name:
        return request.cookies.get(doors.cookie(request.scope, "session"), "")
    if user is None:
        return ""
    cookie = request.cookies.get(doors.cookie(request.scope, "device"))
    return known_device(cookie, name, user.password, doors.now())


def _signed_in(request: Request, doors: Doors, user: User, then: str) -> Response:
    answer = _opened(request, doors, user.name, then)
    value = device_cookie(user.name, user.password, doors.make_secret(), doors.now())
    _set(answer, request, doors, "device", value, max_age=int(DEVICE_LENGTH.total_seconds()))
    return answer


def _refuse_for_now(status: int, reason: str, seconds: int) -> Response:
    wait = f"{seconds} seconds" if seconds < _MINUTES_FROM else f"{math.ceil(seconds / 60)} minutes"
    return refusal("/sign-in", status, f"{reason}: try again in {wait}.", {"retry-after": str(seconds)})


@router.get("/welcome/{key}", response_model=None)
@public
def welcome(request: Request, doors: Entrance, key: str) -> Response:
    """Follow a one-time link."""
    if not doors.links.use(key, doors.now()):
        return refusal("/welcome", 403, _USED)
    try:
        return _opened(request, doors, None, "/")
    except Refused as error:
        return refusal("/welcome", 403, str(error))


@router.post("/sign-out", response_model=None)
@public
def sign_out(request: Request, doors: Entrance) -> Response:
    """End the session here and in the browser."""
    _close(request, doors)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(doors.cookie(request.scope, "session"), path="/", secure=doors.secure(request.scope))
    return answer


def _form(request: Request, doors: Doors, then: str, says: str = "", status: int = 200) -> Response:
    name = doors.cookie(request.scope, "form")
    secret = request.cookies.get(name) or doors.make_secret()
    # Who has a session already proves the form by that.
    token = request.state.reader.token if request.state.reader.via == "session" else csrf_token(secret)
    shown = pages.render("sign-in.html", then=then, says=says, token=token, anybody=doors.accounts.anybody())
    answer = HTMLResponse(shown, status)
    _set(answer, request, doors, "form", secret)
    return answer


def _opened(request: Request, doors: Doors, name: str | None, then: str) -> Response:
    """A session under a new id, whatever the browser brought along: an id known before is worth nothing."""
    _close(request, doors)
    secret, now = doors.make_secret(), doors.now()
    doors.accounts.open_session(secret, name, now, now + SESSION_LENGTH)
    answer = RedirectResponse(then, 303)
    _set(answer, request, doors, "session", secret, max_age=int(SESSION_LENGTH.total_seconds()))
    answer.delete_cookie(doors.cookie(request.scope, "form"), path="/", secure=doors.secure(request.scope))
    return answer


def _close(request: Request, doors: Doors) -> None:
    old = request.cookies.get(doors.cookie(request.scope, "session"))
    if old:
        doors.accounts.close_session(old)


def _set(answer: Response, request: Request, doors: Doors, sort: str, secret: str, **more: Any) -> None:
    answer.set_cookie(
        doors.cookie(request.scope, sort),
        secret,
        path="/",
        secure=doors.secure(request.scope),
        httponly=True,
        samesite="lax",
        **more,
    )
