"""Sign in with a password or a one-time link, and sign out."""

from __future__ import annotations

import hmac
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from watcher.errors import InputError, Refused
from watcher.web import rendering
from watcher.web.auth.access import SESSION_LENGTH, Authenticator, Busy, SignInAttempt, csrf_token, public
from watcher.web.rendering import error_response

_LONGEST_NEXT = 2000
_BUSY_SECONDS = 2
_MINUTES_FROM = 120
_WRONG = "The name or the password is wrong."
_USED = "This link was used already, or is older than 15 minutes. Restart the server for another one."

router = APIRouter(include_in_schema=False)


def get_authenticator(request: Request) -> Authenticator:
    """Return the authenticator of the application."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


Auth = Annotated[Authenticator, Depends(get_authenticator)]


def safe_redirect_target(target: str) -> str:
    """Return `target` if it is a path on this server, else `/`, so that nobody is redirected to another site."""
    plain = target.isprintable() and "\\" not in target and len(target) <= _LONGEST_NEXT
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


@router.get("/sign-in", response_model=None)
@public
def sign_in_form(request: Request, auth: Auth, next: str = "/") -> Response:  # noqa: A002  the name in the address
    """Return the sign-in form with a cookie of its own, so that no other site can sign users in as somebody else."""
    return _form(request, auth, safe_redirect_target(next))


@router.post("/sign-in", response_model=None)
@public
async def sign_in(
    request: Request,
    auth: Auth,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=4000)] = "/",  # noqa: A002  the name in the form
) -> Response:
    """Open a session with a new id, or respond that name or password is wrong, without saying which.

    A cookie identifies the browser if this user has signed in there before.
    """
    then, now = safe_redirect_target(next), auth.now()
    user = await run_in_threadpool(auth.accounts.user, name)
    device = known_device(_cookie(request, auth, "device"), name, user.password, now) if user else ""
    address = request.client.host if request.client else ""
    attempt = SignInAttempt(address=address, name=name, device=device)
    seconds = auth.rate_limiter.begin(attempt, now)
    if seconds is not None:
        return _retry_later(429, "Too many attempts", seconds)
    verify = partial(auth.passwords.verify, password, user.password if user else None)
    try:
        matches = await auth.passwords.in_pool(verify, known_browser=bool(device))
    except Busy:
        auth.rate_limiter.withdraw(attempt)
        return _retry_later(503, "Too many people are signing in now", _BUSY_SECONDS)
    if user is None or not matches:
        return await run_in_threadpool(_form, request, auth, then, _WRONG, 401)
    auth.rate_limiter.succeed(attempt)
    current_hash = user.password
    if auth.passwords.needs_rehash(user.password):
        with suppress(Busy, InputError):  # the old hash stays if the server is busy or the password is too short
            current_hash = await auth.passwords.in_pool(partial(auth.passwords.hash, password))
            await run_in_threadpool(auth.accounts.update_password_hash, user.name, current_hash)
    answer = await run_in_threadpool(_session_response, request, auth, user.name, then)
    value = device_cookie(user.name, current_hash, auth.new_token(), now)
    _set_cookie(answer, request, auth, "device", value, max_age=int(DEVICE_LENGTH.total_seconds()))
    return answer


def _cookie(request: Request, auth: Authenticator, kind: str) -> str:
    return request.cookies.get(auth.cookie_name(request.scope, kind), "")


def _retry_later(status: int, reason: str, seconds: int) -> Response:
    wait = f"{seconds} seconds" if seconds < _MINUTES_FROM else f"{math.ceil(seconds / 60)} minutes"
    return error_response("/sign-in", status, f"{reason}: try again in {wait}.", {"retry-after": str(seconds)})


@router.get("/welcome/{key}", response_model=None)
@public
def one_time_sign_in(request: Request, auth: Auth, key: str) -> Response:
    """Follow a one-time link."""
    if not auth.use_link(key):
        return error_response("/welcome", 403, _USED)
    try:
        return _session_response(request, auth, None, "/")
    except Refused as error:
        return error_response("/welcome", 403, str(error))


@router.post("/sign-out", response_model=None)
@public
def sign_out(request: Request, auth: Auth) -> Response:
    """End the session on the server and in the browser."""
    if secret := _cookie(request, auth, "session"):
        auth.accounts.end_sessions(secret=secret)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(auth.cookie_name(request.scope, "session"), path="/", secure=auth.is_https(request.scope))
    return answer


def _form(request: Request, auth: Authenticator, then: str, message: str = "", status: int = 200) -> Response:
    secret = _cookie(request, auth, "form") or auth.new_token()
    # In a session, its CSRF token protects the form.
    token = request.state.user.token if request.state.user.via == "session" else csrf_token(secret)
    anybody = auth.accounts.has_users()
    page = rendering.render("sign-in.html", then=then, message=message, token=token, anybody=anybody)
    answer = HTMLResponse(page, status)
    _set_cookie(answer, request, auth, "form", secret)
    return answer


def _session_response(request: Request, auth: Authenticator, name: str | None, target: str) -> Response:
    """Open a session with a new id; an id that the browser sent is never reused (session fixation)."""
    if old_secret := _cookie(request, auth, "session"):
        auth.accounts.end_sessions(secret=old_secret)
    secret, now = auth.new_token(), auth.now()
    auth.accounts.open_session(secret, name, now, now + SESSION_LENGTH)
    answer = RedirectResponse(target, 303)
    _set_cookie(answer, request, auth, "session", secret, max_age=int(SESSION_LENGTH.total_seconds()))
    answer.delete_cookie(auth.cookie_name(request.scope, "form"), path="/", secure=auth.is_https(request.scope))
    return answer


def _set_cookie(answer: Response, request: Request, auth: Authenticator, kind: str, secret: str, **more: Any) -> None:
    answer.set_cookie(
        auth.cookie_name(request.scope, kind),
        secret,
        path="/",
        secure=auth.is_https(request.scope),
        httponly=True,
        samesite="lax",
        **more,
    )


DEVICE_LENGTH: Final = timedelta(days=180)


def device_cookie(name: str, password_hash: str, secret: str, now: datetime) -> str:
    """Return the value of the device cookie; `secret` identifies the browser."""
    issued = str(int(now.timestamp()))
    return f"{issued}.{secret}.{_signature(name, password_hash, issued, secret)}"


def known_device(value: str, name: str, password_hash: str, now: datetime) -> str:
    """Return the identifier of the browser, or "" if the cookie is not this user's or is too old."""
    issued, _, signed = value.partition(".")
    secret, _, signature = signed.rpartition(".")
    expected = _signature(name, password_hash, issued, secret)
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        return ""
    age = now - datetime.fromtimestamp(int(issued), UTC)  # the signature guarantees that this is our number
    return secret if age < DEVICE_LENGTH else ""


def _signature(name: str, password_hash: str, issued: str, secret: str) -> str:
    text = f"device\0{name}\0{issued}\0{secret}"
    return hmac.new(password_hash.encode(), text.encode("utf-8", "replace"), sha256).hexdigest()
