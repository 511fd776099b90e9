"""Put the contract's names, times and numbers into words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from watcher.model import (
    Claim,
    Element,
    Figure,
    Kind,
    Measure,
    Quantity,
    Reference,
    Section,
    Sentence,
    Severity,
    Statistic,
    Tag,
    TextKind,
    percent,
)
from watcher.text import shorten, single_line

NOUNS = {
    "section": "section",
    "figure": "image",  # "figure" would be read as "number" here
    "reference": "source",
    "statistic": "statistic",
    "claim": "claim",
    "tag": "maintenance tag",
    "prose": "text",
}
VERBS = {"broken": "broken: cited, no longer defined", "unused": "no longer cited", "moved": "moved"}
SEVERITIES = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
    Severity.INFO: "Info",
}
TEXT_KINDS = {
    TextKind.PROSE: "",
    TextKind.LIST: "list",
    TextKind.QUOTE: "quotation",
    TextKind.TABLE: "table",
    TextKind.INFOBOX: "infobox",
    TextKind.CAPTION: "caption",
}
FIELDS = {
    "url": "Address",
    "archive_url": "Archived copy",
    "access_date": "Accessed",
    "doi": "DOI",
    "isbn": "ISBN",
    "as_of": "As of",
    "alt": "Alternative text",
    "options": "Layout options",
    "text": "Text",
    "path": "Place",
    "low": "At least",
    "high": "At most",
    "references": "Sources",
}
LEAD = "Lead"
_LONGEST_LABEL = 40  # of a label in the summary of a statistic (`judge.statistics`)
_WORDS_AROUND = re.compile(r" \(“[^”]{0,400}”\)$")  # the words around a number that end such a summary
_QUALIFYING = re.compile(r"\b([A-Z]{2,}) ([A-Z]{2,})\b")


def section_label(section: Iterable[str]) -> str:
    """Return a heading path on one line; the lead has a name of its own."""
    return single_line(" › ".join(section), 200) or LEAD


def editor_name(editor: str | None, limit: int = 120) -> str:
    """Return an editor's name, or that the wiki hides it."""
    return "(hidden by the wiki)" if editor is None else single_line(editor, limit)


def timestamp(at: datetime) -> str:
    """`3 November 2026, 14:44 UTC`."""
    return f"{utc(at):%-d %B %Y, %H:%M} UTC"


def utc(at: datetime) -> datetime:
    """Return a time in UTC; one without a zone is in UTC already."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit: "3 minutes", "2 days"."""
    seconds = int(length.total_seconds())
    units = (("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    name, size = next(((name, size) for name, size in units if seconds >= size), units[-1])
    return counted(seconds // size, name)


def kind_label(kind: Kind) -> str:
    """`Statistic changed` of `statistic.changed`."""
    noun = NOUNS[kind.subject]
    return f"{noun[0].upper()}{noun[1:]} {VERBS.get(kind.verb, kind.verb)}"


def field_label(name: str) -> str:
    """Return the heading of an element's field; names that are not listed are split at underscores."""
    return FIELDS.get(name) or name.replace("_", " ").strip().capitalize()


def thing_label(label: str, where: TextKind, values: Collection[str] = ()) -> str:
    """Name what a cell or an infobox parameter belongs to, in words; a header that only repeats a value names nothing.

    An abbreviation after an abbreviation qualifies it.

    >>> thing_label("GDP_PPP_per_capita", TextKind.INFOBOX)
    'GDP (PPP) per capita (infobox)'
    >>> thing_label("10,908 × Residents", TextKind.TABLE, ["10,908"])
    'Residents (table)'
    """
    headers = [_QUALIFYING.sub(r"\1 (\2)", " ".join(part.replace("_", " ").split())) for part in label.split(" × ")]
    name = " × ".join(header for header in headers if header and header not in values)
    return f"{name[0].upper()}{name[1:]} ({TEXT_KINDS[where]})" if name and TEXT_KINDS[where] else name


def headline_of(summary: str, label: str, where: TextKind, values: Collection[str] = ()) -> str:
    """Return a summary as a heading above its sentence: the thing first, in words, and no quotation of the sentence.

    >>> headline_of("pop_total: 8,232 → 8,967 (+8.9 %), same source", "pop_total", TextKind.INFOBOX)
    'Pop total (infobox): 8,232 → 8,967 (+8.9 %), same source'
    >>> headline_of("38 → 83, no source (“83 of 166 countries”)", "", TextKind.PROSE)
    '38 → 83, no source'
    """
    shown = _WORDS_AROUND.sub("", summary)
    named, thing = f"{shorten(label, _LONGEST_LABEL)}: ", thing_label(label, where, values)
    return shown.replace(named, f"{thing}: " if thing else "", 1) if label else shown


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 source`, `2 sources`; for nouns whose plural ends in “s”, and “text”.

    >>> counted(2, "source")
    '2 sources'
    """
    plural = noun if noun == "text" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_LARGEST_EXPONENT = 24  # a vandal's 1e999999 must not be written out
MINUS = "−"


def difference(old: Quantity, new: Quantity) -> str | None:
    """Return the difference between two single values of the same measure and unit, else None.

    >>> from decimal import Decimal
    >>> million = lambda n: Quantity(text="", start=0, end=0, value=Decimal(n) * 10**6, measure=Measure.COUNT)
    >>> difference(million(21), million(25))
    '+4 million (+19 %)'
    """
    if old.measure != new.measure or old.unit != new.unit:
        return None
    before, after = _usable(old.value), _usable(new.value)
    if before is None or after is None or before == after:
        return None
    with localcontext() as context:
        context.prec = 50
        step = after - before
        if old.measure is Measure.PERCENT:
            return f"{_signed(step)} {'point' if abs(step) == 1 else 'points'}"
        if not before:
            return _signed(step)
        return f"{_signed(step)} ({percent(step / abs(before))})"


def _usable(value: Decimal | None) -> Decimal | None:
    if value is None or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    small = isinstance(exponent, int) and abs(value.adjusted()) <= _LARGEST_EXPONENT and exponent >= -_LARGEST_EXPONENT
    return value if small else None


def _signed(number: Decimal) -> str:
    return f"{MINUS if number < 0 else '+'}{plain_number(abs(number))}"


def plain_number(number: Decimal) -> str:
    """`21.5 million`, `12,500`, `0.25`."""
    for size, name in SCALES:
        if number >= size:
            return f"{_rounded(number / size, 2)} {name}"
    return _rounded(number, 4)


def _rounded(number: Decimal, digits: int) -> str:
    text = f"{number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def headline(element: Element | None, *, qualified: bool = False) -> str | None:
    """Return the words that name an element; `qualified` adds the qualifier of a statistic ("more than")."""
    name: str | None = None
    match element:
        case Statistic(quantity=quantity):
            unit, qualifier = quantity.unit or "", quantity.qualifier or ""
            has_unit = unit.casefold() in quantity.text.casefold() or unit == "%" or unit.isupper()
            name = quantity.text if has_unit else f"{quantity.text} {unit}"
            if qualified and qualifier.casefold() not in name.casefold():
                name = f"{qualifier} {name}"
        case Section(path=headings):
            name = " › ".join(headings) or LEAD
        case Reference():
            name = element.title or element.text or element.url or element.key
        case Figure(file=text) | Tag(name=text) | Claim(text=text) | Sentence(text=text):
            name = text
        case None:
            pass
    return name


def same_unit(old: Statistic, new: Statistic) -> bool:
    """Whether the two have one unit."""
    return (old.quantity.unit, old.quantity.measure) == (new.quantity.unit, new.quantity.measure)
