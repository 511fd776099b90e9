"""Define the elements of a text (sections, figures, references, statistics, claims), documents and cited works."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from watcher.errors import WatcherError
from watcher.model.revisions import Article
from watcher.model.vocabulary import Cue, Measure, TextKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A heading path (`()` is the lead) and a span in the wikitext, in characters."""

    section: tuple[str, ...] = ()
    start: int = 0
    end: int = 0


NO_LOCATION = Location()
LINK: Final = "external link"
"""The `template` of a reference that is a link in the running text."""
TABLE_CAPTION: Final = "caption of a table"
"""The label of the sentences of a table's caption."""
_PAGE_CHROME = frozenset({"category", "navigation", "interwiki", "interlanguage", "hatnote", "section heading"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section with its level (`==` is level 2); `body` is its wikitext without subsections.

    `wikitext` is the heading line and the `body`. The lead has level 0 and no heading line.
    """

    path: tuple[str, ...]
    level: int
    body: str = field(default="", compare=False, repr=False)
    wikitext: str = field(default="", compare=False, repr=False, metadata={"stored": False})
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)

    @property
    def heading(self) -> str:
        """Return the last heading of the path."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An image with its caption; `sha1` and `url` are only set if another file was uploaded under its name."""

    file: str
    caption: str = ""
    alt: str = ""
    options: tuple[str, ...] = field(default=(), compare=False)
    sha1: str | None = None
    url: str | None = field(default=None, compare=False)
    references: tuple[str, ...] = field(default=(), compare=False)
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A citation, with standard field names regardless of its template.

    `key` is its name in the text, `source` identifies what it cites; two keys may cite one source. `parts` are the
    further works that a note with several works cites.
    """

    key: str
    source: str = field(default="", compare=False)
    name: str | None = None
    group: str | None = None
    template: str | None = None
    title: str | None = None
    url: str | None = None
    archive_url: str | None = None
    date: str | None = None
    work: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    access_date: str | None = field(default=None, compare=False)
    doi: str | None = None
    isbn: str | None = None
    pages: str | None = None
    quote: str | None = None
    text: str = ""
    uses: int = field(default=1, compare=False)
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)
    parts: tuple[Reference, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number as a sentence states it; `start`, `end` and `unit_end` are positions in that sentence.

    The value of a percentage is as written (68), that of a ratio is its decimal (2/3 is 0.666…); a range or bound has
    `low` or `high`. `qualifier` and `unit` are normalised words ("more than", "victims", "USD").
    """

    text: str
    start: int
    end: int
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    measure: Measure
    unit: str | None = None
    qualifier: str | None = None
    period: str | None = None
    as_of: str | None = None
    unit_end: int | None = field(default=None, compare=False, repr=False)


_AS_MULTIPLE: Final = 1_000  # times; from here on, a multiple is easier to read than a percentage


def percent(share: Decimal) -> str:
    """Return a share as a percentage with two digits, such as `+19 %` or `−0.7 %`; used in all texts for users.

    >>> percent(Decimal("0.1904"))
    '+19 %'
    """
    if abs(share) >= _AS_MULTIPLE:
        return f"×{share + 1:,.0f}"
    size = abs(share) * 100
    step = Decimal("0.1") if size < 10 else Decimal(1)  # noqa: PLR2004  two digits
    shown = size.quantize(step, ROUND_HALF_UP)
    if size < 100 and shown == 100:  # noqa: PLR2004  not rounded up to everything
        shown = min(size.quantize(Decimal("0.1"), ROUND_HALF_UP), Decimal("99.9"))
    return f"{'−' if share < 0 else '+'}{f'{shown:,}'.removesuffix('.0')} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A quantity in its sentence, with the references that support it."""

    quantity: Quantity
    sentence: str = field(compare=False)
    references: tuple[str, ...] = field(default=(), compare=False)
    where: TextKind = TextKind.PROSE
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CueMatch:
    """A cue found in a sentence: its kind, its words as written, and its normalised meaning."""

    cue: Cue
    text: str
    normalized: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that asserts something: it has cues, or a user has pinned it."""

    text: str
    marks: tuple[CueMatch, ...] = ()
    references: tuple[str, ...] = field(default=(), compare=False)
    pinned: str | None = None
    where: TextKind = TextKind.PROSE
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)

    @property
    def cues(self) -> tuple[str, ...]:
        """Return the names of the cues in order, without duplicates."""
        names = [mark.cue.value for mark in self.marks] + (["pinned"] if self.pinned else [])
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A maintenance tag (citation needed, dubious …) and the sentence to which it is attached."""

    name: str
    sentence: str = ""
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, cell, list item or other smallest piece of rendered text.

    `label` names its context: a table cell's headers ("Year × Victims") or an infobox parameter. `cites` are the keys
    of references on the sentence itself, `references` those that support it: its own, else those of the next sentence
    of the paragraph that has any. A cell without references is supported by `support`: the references of its row,
    column and caption, and of the sentence that introduces the table. `spanned` are the further labels of a cell that
    spans several rows or columns.
    """

    text: str
    where: TextKind = TextKind.PROSE
    label: str = ""
    cites: tuple[str, ...] = field(default=(), compare=False)
    references: tuple[str, ...] = field(default=(), compare=False)
    support: tuple[str, ...] = field(default=(), compare=False, repr=False)
    tags: tuple[str, ...] = field(default=(), compare=False)
    spanned: tuple[str, ...] = field(default=(), compare=False, repr=False)
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)

    @property
    def is_content(self) -> bool:
        """Return whether it is content about the subject, not a category, hatnote, navigation or other page chrome."""
        return self.label not in _PAGE_CHROME


def cell_names(sentences: Iterable[Sentence]) -> dict[tuple[Location, str], str]:
    """Map the location and text of each table cell or infobox field to its name.

    The name of a cell is the table's caption, its row and its column: "Towns in 2020: Ardal × People".
    """
    names: dict[tuple[Location, str], str] = {}
    caption = ""
    for sentence in sentences:
        if sentence.label == TABLE_CAPTION:
            caption = sentence.text
        elif sentence.where is TextKind.TABLE:
            names[sentence.location, sentence.text] = ": ".join(filter(None, (caption, sentence.label)))
        else:
            caption = ""
            if sentence.where is TextKind.INFOBOX:
                names[sentence.location, sentence.text] = sentence.label
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of the wikitext that could not be read, and the reason."""

    reason: str
    location: Location = NO_LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """All elements of one text, flat and in document order.

    If two texts are parsed as a pair, each Document holds the differing elements, and what is needed to interpret them:
    `defined` and `used` are the keys of named references in the whole text, `still_cited` the identities of sources
    that the unchanged text cites.
    """

    sections: tuple[Section, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[Reference, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    claims: tuple[Claim, ...] = ()
    tags: tuple[Tag, ...] = ()
    unread: tuple[Unread, ...] = ()
    defined: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    still_cited: frozenset[str] = frozenset()


Element = Section | Figure | Reference | Statistic | Claim | Tag | Sentence


def decimal_text(number: Decimal | None) -> str | None:
    """Return an exact decimal without exponent, such as `21000000` or `0.5`; None for None."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") or "0" if "." in plain else plain


# The fields in the JSON of each kind, in the order of the API; those of a statistic are fields of its quantity.
_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    Section: ("path", "level"),
    Figure: ("file", "caption", "alt", "options"),
    Reference: (
        "key", "name", "template", "title", "url", "archive_url", "date", "work", "publisher", "text", "uses",
    ),
    Statistic: ("text", "value", "low", "high", "measure", "unit", "qualifier", "period", "as_of"),
    Claim: ("text", "cues"),
    Tag: ("name", "sentence"),
    Sentence: ("text", "label"),
}  # fmt: skip


def element_to_dict(element: Element | None) -> dict[str, Any] | None:
    """Return an element as the JSON of the API; None for None."""
    if element is None:
        return None
    holder = element.quantity if isinstance(element, Statistic) else element
    written: dict[str, Any] = {}
    for name in _FIELDS[type(element)]:
        match getattr(holder, name):
            case Decimal() as number:
                written[name] = decimal_text(number)
            case StrEnum() as member:
                written[name] = member.value
            case tuple() as values:
                written[name] = list(values)
            case value:
                written[name] = value
    if isinstance(element, Section):
        marks = "=" * element.level
        written["heading"] = f"{marks}{element.heading}{marks}"
    if isinstance(element, Figure):
        written |= {name: value for name in ("sha1", "url") if (value := getattr(element, name)) is not None}
    return written


def searchable_text(element: Element | None, *context: str) -> str:
    """Return the words by which a user can find an element: its own, and those of its `context`, in lower case."""
    match element:
        case Statistic(quantity=quantity):
            words: tuple[str | None, ...] = (quantity.qualifier, quantity.text, quantity.unit, quantity.as_of)
        case Reference():
            words = (element.title, element.url, element.text, element.work, element.key, *element.authors)
        case Figure():
            words = (element.file, element.alt)
        case _:
            words = ()
    return " ".join(word for word in (*words, *context) if word).casefold()


def has_words(words: str, text: str) -> bool:
    """Return whether a searchable text contains all words that a user typed, also as parts of words."""
    return all(word in text for word in words.casefold().split())


T = TypeVar("T")
U = TypeVar("U")

LIMIT: Final = "more than "
"""The beginning of the reason if a part was left out of a comparison because it exceeds a limit."""
FAILED: Final = "failed to read "
"""The beginning of the reason if an element was not read because of a defect, not because of a limit."""
_MAX_FAILURES: Final = 100  # recorded failures; a text that repeats one poisoned word may have as many as words


class Guard:
    """A runner of steps that each read, compare or check one element; it records failures, and the last `error`."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self.error: Exception | None = None

    def run(
        self,
        read: Callable[[], T],
        *,
        otherwise: U,
        element: str,
        location: Location | Callable[[], Location] = NO_LOCATION,
    ) -> T | U:
        """Return what `read` returns; if it raises, record `element` as unread and return `otherwise`."""
        try:
            return read()
        except (MemoryError, WatcherError):  # these concern the process, the database or the wiki, not one element
            raise
        except Exception as error:  # noqa: BLE001  strangers write the text: any error it triggers is about one element
            self.error = error
            if len(self.unread) < _MAX_FAILURES:
                where = location if isinstance(location, Location) else location()
                self.unread.append(Unread(reason=f"{FAILED}{element}: {type(error).__name__}", location=where))
            return otherwise


def failures(unread: Iterable[Unread]) -> tuple[Unread, ...]:
    """Return the elements that were not read because of a defect, not because of a limit of the parser."""
    return tuple(unread for unread in unread if unread.reason.startswith(FAILED))


# To be increased if the same text gives other statistics; every article is then indexed again. It is defined here so
# that a check that reads no text need not load the parser.
CITED_VERSION: Final = 6


class Work(NamedTuple):
    """A cited work: one of its identities (`doi:10.1000/x`), and the year of its edition ("" if unknown)."""

    identity: str
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedStatistic:
    """A statistic with the works that its sentence cites.

    `year` is the year for which it holds; None if neither it nor its sentence names one. `names` are the proper names
    that say what its sentence is about, else those of a title that is a name, folded to their beginnings. `source` is
    the name of the first work for readers.
    """

    quantity: Quantity
    year: str | None
    sentence: str
    label: str = ""
    section: str = ""
    names: tuple[str, ...] = ()
    works: tuple[Work, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleStatistic:
    """A cited statistic of an article, stated `since` a time; `id` is that of its row, `language` that of its wiki."""

    id: int
    article: Article
    statistic: CitedStatistic
    language: str = field(default="en", compare=False)
    since: datetime | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        """Return the id as hash, which is fast: the statistic is looked up for each pair that it is part of."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two articles that give different values for a number of one work; found at `at`."""

    id: int
    first: ArticleStatistic
    second: ArticleStatistic
    at: datetime
