"""Describe findings, render the pages and error responses, and serve the style sheet and scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException

from snapshots import Dismissal, ReviewAction, ReviewedFinding, ReviewEvent, ReviewState
from watcher import errors
from watcher.model import Article, Kind, TextKind
from watcher.report.as_html import hardened_environment, page_values
from watcher.report.labels import counted, headline_of, kind_label, thing_label
from watcher.text import single_line
from watcher.text.word_diff import SentenceDiff, diff_sentences
from watcher.web.auth.access import ANONYMOUS, CurrentUser, public


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision about a finding: label, keyboard key, the reason that ends the review (None: it goes on), meaning."""

    label: str
    key: str
    reason: Dismissal | None
    meaning: str

    @property
    def action(self) -> ReviewAction:
        """Return the action as which the decision is stored."""
        return ReviewAction.DISMISS if self.reason else ReviewAction.ACKNOWLEDGE


STATES: Final = {
    ReviewState.OPEN: "Open",
    ReviewState.ACKNOWLEDGED: "In discussion",
    ReviewState.DISMISSED: "Decided",
    ReviewState.MUTED: "Muted",
    ReviewState.RESOLVED: "Resolved",
}
REASONS: Final = {
    Dismissal.UPDATE_IS_RIGHT: "Correct",
    Dismissal.WRONG_FIXED: "Wrong, fixed",
    Dismissal.NOT_A_FACT: "Not a factual change",
    Dismissal.VANDALISM_REVERTED: "Vandalism, reverted",
    Dismissal.DUPLICATE: "Duplicate",
    Dismissal.OTHER: "Other",
}
OUTCOMES: Final = {
    "correct": Outcome("Correct", "c", Dismissal.UPDATE_IS_RIGHT, "The new text is right."),
    "fixed": Outcome("Wrong, fixed", "w", Dismissal.WRONG_FIXED, "The edit was wrong, and the article is right again."),
    "discuss": Outcome("Needs discussion", "d", None, "Somebody has to look into it, or it is on the talk page."),
    "not-a-fact": Outcome("Not a factual change", "n", Dismissal.NOT_A_FACT, "What the article states is the same."),
}
"""The decisions about a finding by the values of their buttons."""
_ACTIONS: Final = {
    ReviewAction.ACKNOWLEDGE: "decided: needs discussion",
    ReviewAction.NOTE: "noted",
    ReviewAction.MUTE: "muted this statistic",
    ReviewAction.RESOLVE: "resolved it",
}
_LONGEST_SENTENCE: Final = 300


def finding_title(finding: ReviewedFinding) -> str:
    """Return the change in one line, with the changed thing first and without a quotation of the sentence."""
    return single_line(headline_of(finding.summary, *_named(finding.body)), 300)


def finding_thing(finding: ReviewedFinding) -> str:
    """Return what changed, without its values: the name of a cell or parameter, else the kind of change."""
    return single_line(thing_label(*_named(finding.body)), 120) or kind_name(finding.kind)


def _named(body: Mapping[str, Any]) -> tuple[str, TextKind, list[str]]:
    """Return the label of a finding, its kind of text, and its values, which are no name for it."""
    values = [str(side["text"]) for name in ("old", "new") if (side := body.get(name)) and side.get("text")]
    known = {kind.value for kind in TextKind}
    return body.get("label") or "", TextKind(body["where"]) if body.get("where") in known else TextKind.PROSE, values


def sentence_of(body: Mapping[str, Any], side: str) -> str:
    """Return the sentence of a finding on one side, `old` or `new`; "" if there is none."""
    return str((body.get("sentence") or {}).get(side) or "")


def sentence_words(finding: ReviewedFinding) -> SentenceDiff | None:
    """Return the sentence of a finding with its changed words; None if there is only a value, as in a cell."""
    old, new = sentence_of(finding.body, "old"), sentence_of(finding.body, "new")
    *_, values = _named(finding.body)
    return _diff(old, new, _LONGEST_SENTENCE) if {old, new} - {"", *values} else None


_diff = lru_cache(maxsize=1024)(diff_sentences)  # the same rows of the queue are shown repeatedly


def article_key(article: Article) -> str:
    """Return `wiki/page id`, which identifies an article in URLs and filters."""
    return f"{article.wiki}/{article.page_id}"


def work_url(works: Sequence[str]) -> str | None:
    """Return the URL of a cited work by its DOI, URL or PubMed id, in this order; None for others, such as books."""
    for kind, base in (
        ("doi:", "https://doi.org/"),
        ("url:", "https://"),
        ("pmid:", "https://pubmed.ncbi.nlm.nih.gov/"),
    ):
        for work in works:
            if work.startswith(kind):
                return base + quote(work.removeprefix(kind), safe="/?&=%:;,@+~!$()*'")
    return None


def kind_name(kind: str) -> str:
    """Return a kind in words, such as `Statistic changed`; unknown kinds of other versions are returned unchanged."""
    return kind_label(Kind(kind)) if kind in {kind.value for kind in Kind} else single_line(kind, 60)


def reason_name(reason: str | None) -> str:
    """Return the name of a reason, such as `Not a factual change` for `not-a-fact`; "" for unknown reasons or None."""
    known = {dismissal.value: name for dismissal, name in REASONS.items()}
    return known.get(reason or "", "")


def state_label(finding: ReviewedFinding) -> str:
    """Return the outcome of a decided finding (`Wrong, fixed`), else its state (`Open`)."""
    return reason_name(finding.reason) or STATES[finding.state]


def audit_trail(events: Iterable[ReviewEvent]) -> tuple[tuple[ReviewEvent, str, tuple[ReviewEvent, ...]], ...]:
    """Return the events of a finding, newest first, each as text and with the answers to its note, oldest first."""
    known = {event.id: event for event in events}
    answers: dict[int, list[ReviewEvent]] = {}
    for event in known.values():
        if event.answers in known:
            answers.setdefault(event.answers or 0, []).append(event)
    return tuple(
        (event, _event_message(event, known.get(event.undoes or 0)), tuple(answers.get(event.id, ())))
        for event in reversed(known.values())
        if event.answers not in known
    )


def _event_message(event: ReviewEvent, undone: ReviewEvent | None) -> str:
    match event.action:
        case ReviewAction.UNDO:
            return f"undid: {undone.by} {_event_message(undone, None)}" if undone else "undid a decision"
        case ReviewAction.ASSIGN:
            return f"assigned it to {single_line(event.assignee, 64)}" if event.assignee else "removed the assignment"
        case ReviewAction.DISMISS:
            return f"decided: {reason_name(event.reason).lower()}"
        case _:
            return _ACTIONS[event.action]


def decision_summary(events: tuple[ReviewEvent, ...]) -> str:
    """Return a summary of a decision about several findings: `3 findings decided: not a factual change`."""
    if not events:
        return ""
    first, findings = events[0], counted(len(events), "finding")
    if first.action is ReviewAction.UNDO:
        return f"The decision about {findings} is undone"
    done = {
        ReviewAction.DISMISS: f"decided: {reason_name(first.reason).lower()}",
        ReviewAction.ASSIGN: f"assigned to {single_line(first.assignee or 'nobody', 64)}",
        ReviewAction.MUTE: "muted",
        ReviewAction.RESOLVE: "resolved",
    }
    return f"{findings} {done.get(first.action) or _ACTIONS[first.action]}"


def age(at: datetime, now: datetime) -> str:
    """Return an age in one unit, for quick reading in lists: `2 hours ago`, `9 months ago`."""
    seconds = max(0, int((now - at).total_seconds()))
    units = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
    return next((f"{counted(seconds // size, name)} ago" for name, size in units if seconds >= size), "just now")


def render(template: str, **values: Any) -> str:
    """Return a rendered template, with the same escaping and guards as reports; the frame shows a given `user`."""
    return _environment().get_template(template).render(**values, **page_values())


@cache
def _environment() -> Environment:
    made = hardened_environment(PackageLoader("watcher.web"), PackageLoader("watcher.report"))
    endings = (("watcher", "css"), ("review", "js"), ("htmx", "min.js"))
    made.globals.update(
        static={name: static_url(f"{name}.{ending}") for name, ending in endings},
        state_names=STATES,
        outcomes=OUTCOMES,
    )
    made.filters.update(
        kind=kind_name,
        reason=reason_name,
        title=finding_title,
        thing=finding_thing,
        key=article_key,
        words=sentence_words,
        state=state_label,
        work_url=work_url,
        age=age,
    )
    return made


router = APIRouter()
_TYPES = {"watcher.css": "text/css", "review.js": "text/javascript", "htmx.min.js": "text/javascript"}


@cache
def content(name: str) -> bytes:
    """Return a static file by name; the style sheet is that of reports plus the rules for the pages."""
    own = files("watcher.web").joinpath("static", name).read_bytes()
    if name != "watcher.css":
        return own
    reports = files("watcher.report").joinpath("templates")
    return b"".join(reports.joinpath(sheet).read_bytes() for sheet in ("style.css", "charts.css")) + own


@cache
def static_url(name: str) -> str:
    """Return the URL of a static file; it changes with the content, so that browsers may cache it."""
    return f"/static/{name}?v={sha256(content(name)).hexdigest()[:12]}"


@router.api_route("/static/{name}", methods=["GET", "HEAD"], response_model=None)
@public
def static(name: str) -> Response:
    """Return a static file; these are open to everybody, since they contain no data."""
    if name not in _TYPES:
        raise HTTPException(404)
    return Response(content(name), media_type=_TYPES[name], headers={"cache-control": "max-age=86400"})


API = "/api/"
FEED = "/atom.xml"
_REALM = 'realm="Article Watcher", charset="UTF-8"'


def _user(request: Request) -> CurrentUser:
    user: CurrentUser = getattr(request.state, "user", ANONYMOUS)
    return user


def error_response(
    path: str, status: int, message: str, headers: Mapping[str, str] | None = None, user: CurrentUser = ANONYMOUS
) -> Response:
    """Return the response to a refused request for `path`: a problem document, plain text for feeds, or a page."""
    if path.startswith(API):
        return problem(status, message, headers)
    if path.endswith(FEED):
        return PlainTextResponse(f"{message}\n", status, headers)
    # Link back to the page of the form that was sent to this URL.
    page = path.rpartition("/")[0] if path.endswith(("/mute", "/undo", "/pin")) else path
    back = page if page.startswith(("/finding/", "/article/")) else "/watches" if page.startswith("/watches") else "/"
    values = {"status": status, "message": message, "user": user, "back": back}
    return HTMLResponse(render("trouble.html", **values), status, headers)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return a problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def unauthenticated(path: str, query: str, method: str, *, by_script: bool = False) -> Response:
    """Return the response to an anonymous request: pages redirect to the sign-in page, other clients get a challenge.

    Requests `by_script` are not redirected, since the script would replace a row by the sign-in page.
    """
    if path.startswith(API):
        return problem(401, "Sign in, or send a token: Authorization: Bearer …", {"www-authenticate": "Bearer"})
    if path.endswith(FEED):
        return error_response(path, 401, "Give a token as the password.", {"www-authenticate": f"Basic {_REALM}"})
    if method in ("GET", "HEAD") and not by_script:
        current = path + (f"?{query}" if query else "")
        return RedirectResponse(f"/sign-in?next={quote(current, safe='')}", 303)
    return error_response(path, 401, "Sign in first.")


_STATUS: tuple[tuple[type[errors.WatcherError], int], ...] = (
    (errors.Missing, 404),
    (errors.Conflict, 409),
    (errors.ConfigError, 422),
    (errors.InputError, 422),
    (errors.Refused, 422),
    (errors.StoreError, 503),
    (errors.Unavailable, 503),
    (errors.Corrupt, 502),
)


def handle_app_error(request: Request, error: Exception) -> Response:
    """Return the response to an error of this application."""
    return error_response(request.url.path, status_of(error), str(error), user=_user(request))


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error, by what the client can do next."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


_MESSAGES = {
    403: "You do not have permission to do this.",
    404: "There is no page at this address.",
    413: "This is too large.",
}


def handle_http_error(request: Request, error: Exception) -> Response:
    """Return the response to a request that no route matches, or that a route refuses."""
    assert isinstance(error, HTTPException)
    message = _MESSAGES.get(error.status_code, "This request was refused.")
    if error.status_code == HTTPStatus.BAD_REQUEST:  # raised by our own routes, with an explanation
        message = str(error.detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        error.headers = {"allow": request.state.allowed}
        message = f"This address takes {request.state.allowed} requests only."
    return error_response(request.url.path, error.status_code, message, error.headers, _user(request))


def handle_validation_error(request: Request, error: Exception) -> Response:
    """Return the response to an invalid request; it does not repeat what was sent."""
    assert isinstance(error, RequestValidationError)
    wrong = [{"where": [str(part) for part in item["loc"]], "what": str(item["msg"])} for item in error.errors()]
    path = request.url.path
    if path.startswith(API):
        return problem(422, "This does not match the description at /api/v1/openapi.json.", errors=wrong)
    if any(item["where"][:1] == ["path"] for item in wrong):
        return error_response(path, 404, _MESSAGES[404], user=_user(request))  # an invalid id
    message = "; ".join(f"{item['where'][-1]}: {item['what']}" for item in wrong[:5])
    return error_response(path, 400, f"A field of the form is invalid: {message}", user=_user(request))
