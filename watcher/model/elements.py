"""Define the elements of a text (sections, figures, references, statistics, claims), the Document, and cited works."""

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
    """Heading path (`()` is the lead) and the span in the wikitext, in characters."""

    section: tuple[str, ...] = ()
    start: int = 0
    end: int = 0


NO_LOCATION = Location()
LINK: Final = "external link"
"""In place of a citation template: a reference that is a link in the running text."""
TABLE_CAPTION: Final = "caption of a table"
"""Label of the sentences of a table's caption."""
_PAGE_CHROME = frozenset({"category", "navigation", "interwiki", "interlanguage", "hatnote", "section heading"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and how deep it stands (`==` is level 2); `body` is its wikitext without subsections.

    `wikitext` begins with the heading line, which `body` follows; the lead has level 0 and none.
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
    """An image with its caption; `sha1` and `url` are known where another file was uploaded under its name."""

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
    """A citation: what it cites, under standard field names whatever template wrote it.

    `key` is its name in the text, `source` what it cites: two keys may cite one source. `parts` are the works that a
    joint note cites beside its first one.
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
    """A number as a sentence gives it; start and end are characters of that sentence, as is where its unit ends.

    A percent is as written (68), a ratio its decimal (2/3 is 0.666…), a range or bound has
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


_AS_MULTIPLE: Final = 1_000  # times: past it nobody sees from a percentage how many times more it is


def percent(share: Decimal) -> str:
    """`+19 %`, `−0.7 %`: two digits tell enough, the same ones in summaries, reports and messages.

    >>> percent(Decimal("0.1904"))
    '+19 %'
    """
    if abs(share) >= _AS_MULTIPLE:
        return f"×{share + 1:,.0f}"
    size = abs(share) * 100
    step = Decimal("0.1") if size < 10 else Decimal(1)  # noqa: PLR2004  two digits
    shown = size.quantize(step, ROUND_HALF_UP)
    if size < 100 and shown == 100:  # noqa: PLR2004  what is left is not nothing
        shown = min(size.quantize(Decimal("0.1"), ROUND_HALF_UP), Decimal("99.9"))
    return f"{'−' if share < 0 else '+'}{f'{shown:,}'.removesuffix('.0')} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A quantity in its sentence, with what supports it."""

    quantity: Quantity
    sentence: str = field(compare=False)
    references: tuple[str, ...] = field(default=(), compare=False)
    where: TextKind = TextKind.PROSE
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CueMatch:
    """A cue found in a sentence: its sort, the words as written and what they say normalised."""

    cue: Cue
    text: str
    normalized: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that asserts more than a description: it has cues, or a user pinned it."""

    text: str
    marks: tuple[CueMatch, ...] = ()
    references: tuple[str, ...] = field(default=(), compare=False)
    pinned: str | None = None
    where: TextKind = TextKind.PROSE
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)

    @property
    def cues(self) -> tuple[str, ...]:
        """Return the names of the cues, each once, in order."""
        names = [mark.cue.value for mark in self.marks] + (["pinned"] if self.pinned else [])
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A maintenance tag (citation needed, dubious …) and the sentence it stands on."""

    name: str
    sentence: str = ""
    location: Location = field(default=NO_LOCATION, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, cell, item or other smallest piece of rendered text.

    `label` names its context: a table cell's headers ("Year × Victims"), an infobox parameter. `cites` are the keys of
    references on the sentence itself, `references` those that support it (its own, else those that close the next
    sentence of the paragraph that has one). A cell without any rests on `support`: those of its row, column and
    caption, and of the sentence that introduces the table. A cell that spans rows has the labels that it has in those
    below its own in `spanned`.
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
        """Return whether it is about the subject and no page chrome: categories, hatnotes, navigation."""
        return self.label not in _PAGE_CHROME


def cell_names(sentences: Iterable[Sentence]) -> dict[tuple[Location, str], str]:
    """Return what each cell of a table or field of a box is the value of, by its place and text.

    That is the caption of the table, its row and its column: "Towns in 2020: Ardal × People".
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
    """A stretch of wikitext that the parser gave up on, and why."""

    reason: str
    location: Location = NO_LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """All elements of one text, flat and in document order.

    Of a pair of texts, each Document holds what differs, and of the rest what is needed to read the difference:
    `defined` and `used` are the keys of named references in the whole text, `still_cited` the identities of sources
    that unchanged text cites.
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
    """Write an exact decimal without exponent: `21000000`, `0.5`."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") or "0" if "." in plain else plain


# What the contract lists for each kind, in its order; of a statistic, what its quantity has.
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
    """Return the JSON of an element that the contract lists for its kind; None for None."""
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
    """Return the words by which a user can name an element: its own, and its context: sentence, headings, label."""
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
    """Whether all words that a user typed are in a searchable text: `victim` is in `victims`."""
    return all(word in text for word in words.casefold().split())


T = TypeVar("T")
U = TypeVar("U")

LIMIT: Final = "more than "
"""How the reason begins of what was left out of a comparison because there is so much of it."""
FAILED: Final = "failed to read "
"""How the reason of an element begins that a defect, and no limit of the parser, kept from being read."""
_MOST: Final = 100  # failures that are named; a text of one poisoned word repeated has as many as it has words


class Guard:
    """Runs steps that read, compare or check one thing each, and records those that fail; `error` is of the last."""

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
        """Return what `read` returns; where it raises, record `element` as unread and return `otherwise`."""
        try:
            return read()
        except (MemoryError, WatcherError):  # of the whole process, of the database or of the wiki, not of one element
            raise
        except Exception as error:  # noqa: BLE001  strangers write the text: whatever it triggers concerns one element
            self.error = error
            if len(self.unread) < _MOST:
                where = location if isinstance(location, Location) else location()
                self.unread.append(Unread(reason=f"{FAILED}{element}: {type(error).__name__}", location=where))
            return otherwise


def failures(unread: Iterable[Unread]) -> tuple[Unread, ...]:
    """Return those unread elements that a defect, and no limit of the parser, left unread."""
    return tuple(unread for unread in unread if unread.reason.startswith(FAILED))


# Raised when the same text would give other statistics; every article is then read again. Here, so that a check that
# reads no text need not load the parser.
CITED_VERSION: Final = 6


class Work(NamedTuple):
    """What a reference cites, by one of its identities (`doi:10.1000/x`), and the year of its edition, or nothing."""

    identity: str
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedStatistic:
    """A statistic with the works that its sentence cites.

    `year` is the one that it holds for, None where neither it nor its sentence names one. `names` are the proper names
    by which its sentence says what it is about, else those of a title that is one, folded to their beginnings. `source`
    is what a reader calls the first work.
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
    """A cited statistic of an article, stated `since` a revision; `id` is its row's, `language` that of its wiki."""

    id: int
    article: Article
    statistic: CitedStatistic
    language: str = field(default="en", compare=False)
    since: datetime | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        """Hash by the id alone: its words are looked up for each pair that it is part of."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two articles that give a number of one work differently, found at a time."""

    id: int
    first: ArticleStatistic
    second: ArticleStatistic
    at: datetime
