"""Parse the query string of the queue, with its facets and links, and the form of a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Form
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

import snapshots
from snapshots.reviews import DECIDING, overwritten_by
from watcher.model import Article, Kind, Severity
from watcher.report.labels import LEAD, SEVERITIES
from watcher.text import single_line
from watcher.web.api.models import DecisionRequest
from watcher.web.auth.access import CurrentUser
from watcher.web.dependencies import Context, WebContext
from watcher.web.rendering import OUTCOMES, STATES, article_key, decision_summary, kind_name

ALL: Final = "all"
NOBODY: Final = "nobody"
_MAX_VALUE_LENGTH: Final = 1000  # characters of a value, such as a heading path
_SEVERITIES: Final = {level.label: level for level in Severity}
_KINDS: Final = frozenset(kind.value for kind in Kind) | {kind.subject for kind in Kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filters in the queue's URL; unknown values are ignored, so that no URL is an error.

    `minimum_severity` applies if `severity` is empty. `new` selects findings since the user last looked. Days are in
    UTC. `article` is `wiki/page id`. A page begins after a position in the queue, or ends before one.
    """

    # In the order in which they are written to URLs.
    state: str = snapshots.ReviewState.OPEN.value
    severity: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    minimum_severity: str = ""
    article: str = ""
    editor: str = ""
    not_editor: str = ""
    assignee: str = ""
    first_day: str = ""
    last_day: str = ""
    q: str = ""
    new: bool = False
    order: str = snapshots.SortOrder.WORST.value
    after: str = ""
    before: str = ""
    section: str | None = None

    @classmethod
    def read(cls, query: str) -> Filters:
        """Return the filters in a query string."""
        given: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
        except ValueError:  # more fields than any of our links has
            return cls()
        for name, value in pairs:
            given.setdefault(name, []).append(value[:_MAX_VALUE_LENGTH])
        last = {name: values[-1] for name, values in given.items()}
        parts: dict[str, Any] = {name: last.get(name, "") for name in ("editor", "not_editor", "assignee")}
        parts |= {name: clean(last.get(name, "")) for name, clean in _CLEAN.items()}
        for name, known in (("severity", _SEVERITIES), ("kind", _KINDS)):
            parts[name] = tuple(dict.fromkeys(value for value in given.get(name, ()) if value in known))
        for name, values in (
            ("state", {*snapshots.ReviewState, ALL}),
            ("order", {*snapshots.SortOrder}),
            ("minimum_severity", _SEVERITIES),
        ):
            parts |= {name: last[name]} if last.get(name) in values else {}
        return cls(**parts, new=last.get("new") == "1", section=last.get("section"))

    def to_query(self, user: CurrentUser, seen: datetime | None, default: Severity) -> snapshots.FindingFilter:
        """Return the query for the archive; `seen` is when the user last looked, `default` the minimum severity."""
        return snapshots.FindingFilter(
            states=() if self.state == ALL else (snapshots.ReviewState(self.state),),
            severities=tuple(_SEVERITIES[name] for name in self.severity),
            minimum_severity=None if self.severity else _SEVERITIES.get(self.minimum_severity, default),
            kinds=self.kind,
            article=parse_article_key(self.article),
            section=self.section,
            editor=self.editor or None,
            not_editor=self.not_editor or None,
            assignee={"": None, NOBODY: "", "me": user.name}.get(self.assignee, self.assignee),
            since=max((at for at in (seen if self.new else None, _since(self.first_day)) if at), default=None),
            until=_since(self.last_day, days=1),
            search=self.q,
        )

    def url(self, **changes: object) -> str:
        """Return the queue's URL with some filters changed, and of the first page unless a position is given."""
        pairs = replace(self, **{"after": "", "before": "", **changes}).pairs()  # type: ignore[arg-type]
        return f"/?{urlencode(pairs, errors='replace')}" if pairs else "/"

    def pairs(self, *without: str) -> list[tuple[str, str]]:
        """Return the query parameters of the filters that differ from the defaults, except those in `without`."""
        return [
            (name, "1" if value is True else value)
            for name, usual in _USUAL.items()
            if (values := getattr(self, name)) != usual and name not in without
            for value in (values if isinstance(values, tuple) else (values,))
        ]

    def fields(self, *without: str) -> list[tuple[str, str]]:
        """Return the hidden fields of a form: all filters except the position and those in `without`."""
        return self.pairs("after", "before", *without)

    @property
    def query(self) -> str:
        """Return the query string of this page."""
        return self.url(after=self.after, before=self.before).partition("?")[2]

    def toggle_url(self, name: str, value: str) -> str:
        """Return the URL with a value of `severity` or `kind` added, or removed if it is already chosen."""
        values: tuple[str, ...] = getattr(self, name)
        left = tuple(item for item in values if item != value) if value in values else (*values, value)
        return self.url(**{name: left})

    @property
    def is_filtered(self) -> bool:
        """Return whether any filter other than the state and the order is set."""
        return self.url(state=snapshots.ReviewState.OPEN.value, order=snapshots.SortOrder.WORST.value) != "/"


_USUAL: Final[Mapping[str, Any]] = {part.name: part.default for part in fields(Filters)}


def finding_page(number: int, filters: Filters, fragment: str = "", **parameters: object) -> RedirectResponse:
    """Redirect to the page of a finding, with the filters in the URL."""
    query = "&".join(part for part in (filters.query, urlencode(parameters)) if part)
    return RedirectResponse(f"/finding/{number}?{query}{fragment}", 303)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_of(position: snapshots.EditPosition) -> str:
    """Return a position in the queue as a URL parameter: rank, microseconds since 1970, id."""
    return f"{position.rank}.{(position.at - _EPOCH) // timedelta(microseconds=1)}.{position.id}"


def parse_cursor(text: str) -> snapshots.EditPosition | None:
    """Return the position in the queue from a URL parameter, None if it is invalid."""
    parts = [parse_number(part, least=0) for part in text.split(".")]
    try:
        rank, microseconds, number = (-1 if part is None else part for part in parts)
        at = _EPOCH + timedelta(microseconds=microseconds)
        known = 0 <= rank <= max(Severity).highest_rank and microseconds >= 0 and number > 0
        return snapshots.EditPosition(rank=rank, at=at, id=number) if known else None
    except (ValueError, OverflowError):
        return None


def _search_words(text: str) -> str:
    """Return the words to search for; from the URL of a diff or revision on a wiki, only the revision id."""
    words = text.strip()
    named = dict(parse_qsl(words.partition("#")[0].partition("?")[2]))
    return next((named[name] for name in ("diff", "oldid") if named.get(name, "").isdigit()), words)


def _day(text: str) -> str:
    """Return a day as in a URL (`2026-11-03`), "" if it is invalid or in the first or last year of the calendar."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return ""
    return day.isoformat() if date.min.year < day.year < date.max.year else ""


def _since(day: str, days: int = 0) -> datetime | None:
    """Return the last microsecond before a day in UTC, or the start of the day that is `days` later; None for ""."""
    if not day:
        return None
    start = datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(days=days)
    return start if days else start - timedelta(microseconds=1)


def parse_number(text: str, least: int = 1) -> int | None:
    """Return a number in a URL, such as the id of a finding, None if it is invalid."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1  # noqa: PLR2004  64 bits
    return number if number >= least else None


def parse_article_key(text: str) -> tuple[str, int] | None:
    """Return wiki and page id from an article's key (`rendering.article_key`), None if it is invalid."""
    wiki, _, page_id = text.rpartition("/")
    number = parse_number(page_id)
    return (wiki, number) if wiki and number else None


# Invalid values are replaced by "".
_CLEAN: Final[Mapping[str, Callable[[str], str]]] = {
    "article": lambda text: text if parse_article_key(text) else "",
    "first_day": _day,
    "last_day": _day,
    "q": _search_words,
    "after": lambda text: text if parse_cursor(text) else "",
    "before": lambda text: text if parse_cursor(text) else "",
}
_MOST_SHOWN: Final = 8
"""The number of values of a facet beside the list; the others are on a page of their own."""


@dataclass(frozen=True, slots=True)
class FacetOption:
    """A value of a facet, with its number of findings, its link, and whether it is chosen."""

    label: str
    count: int
    href: str
    chosen: bool
    value: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter with its values; `more_url` is the page with all of them, None if there are no more."""

    name: str
    heading: str
    options: tuple[FacetOption, ...]
    more_url: str | None = None


def facets_of(filters: Filters, counts: snapshots.FacetCounts, user: CurrentUser) -> tuple[Facet, ...]:
    """Return the facets that have values, each with its most frequent and its chosen ones, and a link to the others."""
    shown = []
    for name in FACETS:
        whole = Facet(name, FACETS[name], options_of(filters, counts, user, name))
        first = tuple(option for number, option in enumerate(whole.options) if number < _MOST_SHOWN or option.chosen)
        more = f"/filter/{name}?{filters.query}" if len(whole.options) > _MOST_SHOWN else None
        shown += [replace(whole, options=first, more_url=more)] if first else []
    return tuple(shown)


def options_of(
    filters: Filters, counts: snapshots.FacetCounts, user: CurrentUser, name: str
) -> tuple[FacetOption, ...]:
    """Return the options of a facet, of `severity`, or of `state`, which always has one chosen option."""
    current, without = getattr(filters, name), {"section": None} if name in ("article", "section") else {}
    options = []
    for value, (label, count) in _counted(filters, counts, user, name).items():
        chosen = value in current if isinstance(current, tuple) else current == value
        if isinstance(current, tuple):
            href = filters.toggle_url(name, value)
        elif chosen and name != "state":
            href = filters.url(**{name: ""} | without)
        else:
            href = filters.url(**without | {name: value})
        options.append(FacetOption(label, count, href, chosen, value))
    return tuple(options)


def _counted(
    filters: Filters, counts: snapshots.FacetCounts, user: CurrentUser, name: str
) -> dict[str, tuple[str, int]]:
    """Map each value of a facet to its label and its number of findings."""
    match name:
        case "state":
            known = {state.value: (STATES[state], counts.states.get(state, 0)) for state in snapshots.ReviewState}
            return known | {ALL: ("All", sum(count for _, count in known.values()))}
        case "severity":
            return {level.label: (label, counts.severities.get(level, 0)) for level, label in SEVERITIES.items()}
        case "kind":
            kinds = dict.fromkeys((*filters.kind, *counts.kinds))
            return {kind: (kind_name(kind), counts.kinds.get(kind, 0)) for kind in kinds}
        case "article":
            return {article_key(each): (single_line(each.title, 120), count) for each, count in counts.articles}
        case "section":
            return {each: (single_line(each, 120) or LEAD, count) for each, count in counts.sections.items()}
        case "editor":
            return {each: (single_line(each, 120), count) for each, count in counts.editors.items()}
        case _:
            pass
    named = {each: (single_line(each, 64), count) for each, count in counts.assignees.items()}
    own = named.pop(user.name, ("", 0))
    if user.signed_in:
        named = {"me": ("To me", own[1]), **named}
    if counts.assignees or filters.assignee:
        named[NOBODY] = ("To nobody", counts.unassigned)
    return named


FACETS: Final = {
    "article": "Article",
    "kind": "Kind",
    "section": "Section",
    "editor": "Editor",
    "assignee": "Assigned",
}


def active_filters(
    filters: Filters, counts: snapshots.FacetCounts, article: Article | None
) -> tuple[tuple[str, str], ...]:
    """Return the active filters, each as text and with the URL without it; `article` is the filtered article."""
    known = [*(each for each, _ in counts.articles), *([article] if article else [])]
    titles = {article_key(each): each.title for each in known}
    chosen = [(SEVERITIES[Severity[name.upper()]], filters.toggle_url("severity", name)) for name in filters.severity]
    chosen += [(kind_name(kind), filters.toggle_url("kind", kind)) for kind in filters.kind]
    parts = (
        (filters.article, titles.get(filters.article, filters.article), {"article": "", "section": None}),
        (filters.section is not None, f"in {filters.section or LEAD}", {"section": None}),
        (filters.editor, f"by {filters.editor}", {"editor": ""}),
        (filters.not_editor, f"not by {filters.not_editor}", {"not_editor": ""}),
        (filters.assignee, f"assigned to {filters.assignee}", {"assignee": ""}),
        (filters.minimum_severity, f"{filters.minimum_severity} or more severe", {"minimum_severity": ""}),
        (filters.new, "new to you", {"new": False}),
        (filters.first_day, f"from {filters.first_day}", {"first_day": ""}),
        (filters.last_day, f"until {filters.last_day}", {"last_day": ""}),
        (filters.q, f"“{filters.q}”", {"q": ""}),
    )
    chosen += [(words, filters.url(**without)) for active, words, without in parts if active]
    return tuple((single_line(words, 120), href) for words, href in chosen)


Text = Annotated[str, Form(max_length=20_000)]
Conflicts = tuple[tuple[snapshots.ReviewedFinding, snapshots.ReviewEvent], ...]
"""Findings that somebody else has decided, each with the last decision about it."""
_MOST_CONFLICTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedDecision:
    """The content of a review form, as it was sent; if there is no `decision`, `problem` says what is missing.

    `target` is the finding (`f12`) or edit (`e12`) whose own button was pressed, "" for the checked ones. `as_of` is
    the newest event when the page was rendered, None if decisions of others may be overwritten. `words` and `until`
    belong to a mute.
    """

    button: str
    target: str = ""
    note: str = ""
    words: str = ""
    until: str = ""
    assignee: str = ""
    as_of: int | None = None
    answers: int | None = None
    decision: snapshots.ReviewDecision | None = None
    problem: str = ""
    field: str = "decision"
    """The form field beside which the problem is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormNotice:
    """The result of a form as text, with the `batch` for undoing it (0 if it cannot be undone).

    After an undo, `batch` is the user's previous decision (`undoes_earlier`). `conflicts` are findings that somebody
    else has decided meanwhile, with that decision; `retry` is the form that overwrites these decisions.
    """

    message: str
    batch: int = 0
    conflicts: Conflicts = ()
    retry: SubmittedDecision | None = None
    is_problem: bool = False
    undoes_earlier: bool = False


def reviewers(context: WebContext) -> tuple[str, ...]:
    """Return the names of everybody who may decide, to whom a finding can be assigned."""
    user = context.user
    names = [
        account.name for account in context.archive.accounts.users() if account.scope.includes(snapshots.Scope.REVIEW)
    ]
    return tuple(dict.fromkeys([*names, *([user.name] if user.has_scope(snapshots.Scope.REVIEW) else [])]))


_PROBLEMS: Final[Mapping[tuple[int | str, ...], str]] = {
    ("action",): "choose what to do with the finding",
    ("reason",): "choose a reason to dismiss the finding for",
}


def parse_decision(
    context: Context,
    decision: Text = "",
    assignee: Text = "",
    note: Text = "",
    as_of: Annotated[int | None, Form(ge=0, lt=2**63)] = None,
    answers: Annotated[int | None, Form(gt=0, lt=2**63)] = None,
) -> SubmittedDecision:
    """Return the decision in the fields of a form, or the problem with it."""
    button, _, target = decision.partition(".")
    name = context.user.name if button == "assign-me" else assignee.strip()
    form = SubmittedDecision(button=button, target=target, note=note, assignee=name, as_of=as_of, answers=answers)
    outcome = OUTCOMES.get(button)
    action = outcome.action.value if outcome else button.removesuffix("-me")
    if action == snapshots.ReviewAction.ASSIGN and name and name not in reviewers(context):
        return replace(form, problem=f"No user who may decide is named {name}.", field="assignee")
    fields = {"action": action, "reason": outcome.reason if outcome else None, "assignee": name, "note": note.strip()}
    try:
        return replace(form, decision=DecisionRequest.model_validate(fields | {"answers": answers}).decision())
    except ValidationError as error:
        wrong = error.errors()[0]
        message = _PROBLEMS.get(wrong["loc"][:1], str(wrong["msg"]).removeprefix("Value error, "))
    field = "decision" if button != "note" else f"answer-{answers}" if answers else "note"
    return replace(form, problem=f"{message[0].upper()}{message[1:]}.", field=field)


DecisionForm = Annotated[SubmittedDecision, Depends(parse_decision)]


def last_decision_notice(context: WebContext) -> FormNotice | None:
    """Return the notice about the last form, from the query of the URL that it redirected to; None if there is none."""
    batch = parse_number(context.request.query_params.get("done", ""), least=0)
    return None if batch is None else notice_of(context, batch)


def notice_of(
    context: WebContext,
    batch: int,
    conflicts: Conflicts = (),
    retry: SubmittedDecision | None = None,
) -> FormNotice | None:
    """Return the notice about a batch of decisions and its conflicts, None if the batch has no events."""
    steps = context.archive.reviews.events_of_batch(batch) if batch else ()
    if batch and not steps:
        return None
    me = context.user.name
    undoable = any(
        event.action is not snapshots.ReviewAction.UNDO and not event.undone and event.by == me for event in steps
    )
    undone = bool(steps) and all(event.action is snapshots.ReviewAction.UNDO and event.by == me for event in steps)
    earlier = context.archive.reviews.last_batch_of(me) if undone else 0
    if undone:  # what somebody else decided on top of it stays
        since = context.archive.reviews.decided_since([event.finding_id for event in steps], steps[0].undoes or 0, me)
        conflicts = conflicts_of(context, [event.finding_id for event in since])
    nothing = "Nothing was changed" if conflicts else "There was nothing left to undo"
    since_undone = ", and undone since" if steps and all(event.undone for event in steps) else ""
    return FormNotice(
        message=(decision_summary(steps) or nothing) + since_undone,
        batch=batch if undoable else earlier,
        undoes_earlier=bool(earlier),
        conflicts=conflicts,
        retry=retry if conflicts else None,
    )


def conflicts_of(context: WebContext, finding_ids: Sequence[int], form: SubmittedDecision | None = None) -> Conflicts:
    """Return the findings with these ids that have a decision or, if the form assigns, an assignment; the last one."""
    actions = overwritten_by(form.decision.action) if form and form.decision else DECIDING
    findings = context.archive.findings.load(finding_ids[:_MOST_CONFLICTS])
    decisions = ((finding, context.archive.reviews.last_event(finding.id, actions)) for finding in findings)
    return tuple((finding, decision) for finding, decision in decisions if decision)
