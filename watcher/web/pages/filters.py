"""Parse the queue's query string into a query, and build the links that change one part of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi.responses import RedirectResponse

from snapshots import EditPosition, FindingFilter, ReviewState, SortOrder
from watcher.model import Kind, Severity
from watcher.web.auth.authentication import CurrentUser

ALL: Final = "all"
NOBODY: Final = "nobody"
_LONGEST: Final = 300
_SEVERITIES: Final = {level.label: level for level in Severity}
_KINDS: Final = frozenset(kind.value for kind in Kind) | {kind.subject for kind in Kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The parts of the queue's address; unknown values are ignored, so that no address is an error.

    `minimum_severity` holds where no severity is named; `new` asks for findings since the user last looked; the days
    are in UTC; `article` is `wiki/page id`; a page begins after a position in the queue, or ends before one.
    """

    state: str = ReviewState.OPEN.value
    severity: tuple[str, ...] = ()
    minimum_severity: str = ""
    kind: tuple[str, ...] = ()
    article: str = ""
    section: str | None = None
    editor: str = ""
    not_editor: str = ""
    assignee: str = ""
    new: bool = False
    first_day: str = ""
    last_day: str = ""
    q: str = ""
    order: str = SortOrder.WORST.value
    after: str = ""
    before: str = ""

    @classmethod
    def read(cls, query: str) -> Filters:
        """Return the filters that a query string asks for."""
        given: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
        except ValueError:  # more fields than any link of ours has
            return cls()
        for name, value in pairs:
            given.setdefault(name, []).append(value[:_LONGEST])
        last = {name: values[-1] for name, values in given.items()}
        return cls(
            state=_known_value(last, "state", (*ReviewState, ALL)) or ReviewState.OPEN.value,
            severity=_known_values(given, "severity", _SEVERITIES),
            minimum_severity=_known_value(last, "minimum_severity", _SEVERITIES),
            kind=_known_values(given, "kind", _KINDS),
            article=last["article"] if parse_article_key(last.get("article", "")) else "",
            section=last.get("section"),
            editor=last.get("editor", ""),
            not_editor=last.get("not_editor", ""),
            assignee=last.get("assignee", ""),
            new=last.get("new") == "1",
            first_day=_day(last.get("first_day", "")),
            last_day=_day(last.get("last_day", "")),
            q=_search_words(last.get("q", "")),
            order=_known_value(last, "order", SortOrder) or SortOrder.WORST.value,
            after=last["after"] if position_of(last.get("after", "")) else "",
            before=last["before"] if position_of(last.get("before", "")) else "",
        )

    def to_query(self, user: CurrentUser, seen: datetime | None, default: Severity) -> FindingFilter:
        """Return the query for the archive; `seen` is when the user last looked, `default` the lowest severity."""
        return FindingFilter(
            states=() if self.state == ALL else (ReviewState(self.state),),
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
        """Return the queue's address with some parts changed; of its first page, unless a position is given."""
        other = replace(self, **{"after": "", "before": "", **changes})  # type: ignore[arg-type]
        pairs = [(name, value) for name, value in other.pairs() if value]
        if other.section is not None:
            pairs.append(("section", other.section))
        return f"/?{urlencode(pairs, errors='replace')}" if pairs else "/"

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Yield the parts of the address but the section, which may be empty; parts that are not given are empty."""
        if self.state != ReviewState.OPEN:
            yield "state", self.state
        yield from (("severity", name) for name in self.severity)
        yield from (("kind", name) for name in self.kind)
        for name in ("minimum_severity", "article", "editor", "not_editor", "assignee", "first_day", "last_day", "q"):
            yield name, getattr(self, name)
        yield "new", "1" if self.new else ""
        if self.order != SortOrder.WORST:
            yield "order", self.order
        yield "after", self.after
        yield "before", self.before

    def fields(self, *without: str) -> tuple[tuple[str, str], ...]:
        """Return the hidden fields of a form: all parts but the page and those `without`."""
        pairs = [(name, value) for name, value in self.pairs() if value and name not in ("after", "before", *without)]
        return (*pairs, ("section", self.section)) if self.section is not None else tuple(pairs)

    @property
    def query(self) -> str:
        """The query string of this page."""
        return self.url(after=self.after, before=self.before).partition("?")[2]

    def toggle_url(self, name: str, value: str) -> str:
        """Return the address with a value of `severity` or `kind` added, or removed where it is chosen."""
        values: tuple[str, ...] = getattr(self, name)
        left = tuple(item for item in values if item != value) if value in values else (*values, value)
        return self.url(**{name: left})

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the state and the order is chosen."""
        return self.url(state=ReviewState.OPEN.value, order=SortOrder.WORST.value) != "/"


def finding_page(number: int, filters: Filters, fragment: str = "", **parameters: object) -> RedirectResponse:
    """Lead to the page of a finding under the filters that it was reached by."""
    query = "&".join(part for part in (filters.query, urlencode(parameters)) if part)
    return RedirectResponse(f"/finding/{number}?{query}{fragment}", 303)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def address_of(position: EditPosition) -> str:
    """Write a position in the queue as a part of an address: rank, microseconds since 1970, id."""
    return f"{position.rank}.{(position.at - _EPOCH) // timedelta(microseconds=1)}.{position.id}"


def position_of(text: str) -> EditPosition | None:
    """Read a position in the queue; None where it is none."""
    parts = [parse_number(part, least=0) for part in text.split(".")]
    try:
        rank, microseconds, number = (-1 if part is None else part for part in parts)
        at = _EPOCH + timedelta(microseconds=microseconds)
        known = 0 <= rank <= max(Severity).highest_rank and microseconds >= 0 and number > 0
        return EditPosition(rank=rank, at=at, id=number) if known else None
    except (ValueError, OverflowError):
        return None


def _search_words(text: str) -> str:
    """Return what to search for: of the address of a difference or of a revision on a wiki, the number."""
    words = text.strip()
    named = dict(parse_qsl(urlsplit(words).query)) if "diff=" in words or "oldid=" in words else {}
    number = next((named[name] for name in ("diff", "oldid") if named.get(name, "").isdigit()), None)
    return number or words


def _day(text: str) -> str:
    """Return a day as it is written in an address (`2026-11-03`); "" where it is none."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _since(day: str, days: int = 0) -> datetime | None:
    """Return the last moment before a day in UTC, or after so many `days` more its end."""
    if not day or day >= "9999":
        return None
    start = datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(days=days)
    return start if days else start - timedelta(microseconds=1)


def _known_value(given: Mapping[str, str], name: str, known: Iterable[str]) -> str:
    value = given.get(name, "")
    return value if value in set(known) else ""


def _known_values(given: Mapping[str, list[str]], name: str, known: Iterable[str]) -> tuple[str, ...]:
    allowed = set(known)
    return tuple(dict.fromkeys(value for value in given.get(name, []) if value in allowed))


def parse_number(text: str, least: int = 1) -> int | None:
    """Return a number in an address, such as the id of a finding; None where it is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1  # noqa: PLR2004  64 bits
    return number if number >= least else None


def parse_article_key(text: str) -> tuple[str, int] | None:
    """Return wiki and page id of an article's key (`view_models.article_key`); None where it is none."""
    wiki, _, page_id = text.rpartition("/")
    number = parse_number(page_id)
    return (wiki, number) if wiki and number else None
