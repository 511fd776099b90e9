"""Judge changed, added and removed statistics."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from watcher.judge.rule import Rule, Verdict, field_of, labelled, relative_change, words_around
from watcher.model import (
    Change,
    Kind,
    Measure,
    Policy,
    Reason,
    Severity,
    SourceChange,
    Statistic,
    TextKind,
    percent,
)
from watcher.model.conversion import is_restated, same_measurement
from watcher.text import shorten
from watcher.text.statement import RANK_LABEL

_NUMBERS = ("value", "low", "high")
_BETWEEN = frozenset("between zwischen entre tra fra tussen między между".split())
# Number words that imply their unit: "twice", "doubled", "half a century"
_NAMES_UNIT = re.compile(r"(?:ice|fold|led|ling|ved|ving|ble|ple|decades?|century|centuries|millenni\w{1,4})$")
_UNDATED = "no year says when it holds"
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]*\d)")
_BOUNDS = {
    **dict.fromkeys(("more than", "at least"), "above"),
    **dict.fromkeys(("less than", "at most", "up to"), "below"),
}
_SOURCE = {
    SourceChange.NONE: Reason(code="source-unchanged", text="no source supports it, before or after"),
    SourceChange.UNCHANGED: Reason(code="source-unchanged", text="the cited source is the same"),
    SourceChange.CHANGED: Reason(code="source-changed", text="another source is cited"),
    SourceChange.ADDED: Reason(code="source-changed", text="a source was added"),
    SourceChange.REMOVED: Reason(code="source-removed", text="its source was removed"),
}
# The source of a whole table may be where the parser does not look, such as below it after an empty line.
_SOURCE_OF_CELL = Reason(code="source-unchanged", text="no source is cited beside it, before or after")
_SOURCES: Final = {
    SourceChange.NONE: "no source",
    SourceChange.UNCHANGED: "same source",
    SourceChange.CHANGED: "new source",
    SourceChange.ADDED: "source added",
    SourceChange.REMOVED: "source removed",
}


def sources_of(change: Change) -> str:
    """Return how the sources of a sentence changed, in a few words."""
    return "another source of the page" if change.known_source else _SOURCES[change.source]


def statistic_value_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge a changed value by whether its source and the year that it holds for changed, too."""
    match change:
        case Change(kind=Kind.STATISTIC_CHANGED, old=Statistic() as old, new=Statistic() as new) if field_of(
            change, *_NUMBERS
        ):
            moved = None if RANK_LABEL.match(change.label) else relative_change(old.quantity, new.quantity)
            if change.source in (SourceChange.CHANGED, SourceChange.ADDED):
                severity = Severity.LOW
            else:
                rolls_on = _dated(change) and change.source is not SourceChange.REMOVED
                severity = Severity.MEDIUM if rolls_on else Severity.HIGH
            summary = _summary(change, old, new, moved)
            return Verdict(severity=severity, summary=summary, reasons=_reasons(change))
        case _:
            return None


def _dated(change: Change) -> bool:
    """Return whether the statistic changed from one year to another."""
    field = field_of(change, "as_of")
    return bool(field and field.old and field.new)


def _reasons(change: Change) -> tuple[Reason, ...]:
    field = field_of(change, "as_of")
    if field is None:
        code, text = "as-of-unchanged", _still_dated(change)
    elif not field.old:
        code, text = "as-of-advanced", f"it now names the year {field.new}"
    elif not field.new:
        code, text = "as-of-unchanged", f"it no longer names the year {field.old}"
    else:
        word = "advanced" if field.new > field.old else "went back"
        code, text = "as-of-advanced", f"the year {word} from {field.old} to {field.new}"
    return source_reason(change), Reason(code=code, text=text)


def source_reason(change: Change) -> Reason:
    """Return the reason about the source of a statistic or claim."""
    is_bare_cell = change.source is SourceChange.NONE and change.where is TextKind.TABLE
    if change.looked_up:
        text = f"the cited source is the same, with the date {shorten(change.looked_up, 40)}"
        return replace(_SOURCE[change.source], text=text)
    if change.known_source:
        text = f"it cites “{shorten(change.known_source, 60)}” now, which the page cited before"
        return replace(_SOURCE[change.source], text=text)
    return _SOURCE_OF_CELL if is_bare_cell else _SOURCE[change.source]


def _still_dated(change: Change) -> str:
    """Return, as text, the year that a value still holds for, else the years named near it, or that there is none."""
    if not isinstance(change.new, Statistic):
        return _UNDATED
    if change.new.quantity.as_of:
        return f"it still holds for {change.new.quantity.as_of.lstrip('0')}"
    sentence = change.new_sentence or ""
    for quantity in [item.quantity for item in (change.new, *change.siblings)]:
        if not quantity.measure.is_context:
            sentence = f"{sentence[: quantity.start]}{'.' * (quantity.end - quantity.start)}{sentence[quantity.end :]}"
    named = (
        ("its sentence", sentence),
        ("its row or column", change.label if change.where is TextKind.TABLE else ""),
        ("its field", change.label if change.where is TextKind.INFOBOX else ""),
        ("the field beside it", change.dated),
        ("its heading", " ".join(change.location.section)),
    )
    years_of = ((holder, list(dict.fromkeys(_YEAR.findall(text)))) for holder, text in named)
    return next((f"{holder} names {' and '.join(years[:3])}" for holder, years in years_of if years), _UNDATED)


def statistic_year_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge an unchanged statistic whose year changed: it may be stale, unless a new source confirms it."""
    match change:
        case Change(kind=Kind.STATISTIC_CHANGED, old=Statistic() as old, new=Statistic() as new) if all(
            field.name == "as_of" for field in change.fields
        ):
            confirmed = change.source in (SourceChange.CHANGED, SourceChange.ADDED)
            severity = Severity.LOW if confirmed or not _dated(change) else Severity.MEDIUM
            years = f"{old.quantity.as_of or 'undated'} → {new.quantity.as_of or 'undated'}"
            summary = f"{labelled(change)}year of {_quantity_text(new)}: {years}, {sources_of(change)}"
            reasons = (source_reason(change), Reason(code="as-of-advanced", text="the figure is the same"))
            return Verdict(severity=severity, summary=summary, reasons=reasons)
        case _:
            return None


def statistic_meaning_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge an unchanged number whose unit, counted noun, currency, period or qualifier changed."""
    match change:
        case Change(kind=Kind.STATISTIC_CHANGED, old=Statistic() as old, new=Statistic() as new):
            fields = {field.name for field in change.fields}
            if is_restated(old.quantity, new.quantity) and fields <= {"qualifier", "unit", "as_of"}:
                severity = Severity.INFO
            elif fields <= {"qualifier", "as_of"}:
                # An upper bound was replaced by a lower one, or the reverse.
                bounds = {_BOUNDS.get(side.quantity.qualifier or "") for side in (old, new)}
                severity = Severity.HIGH if bounds == {"above", "below"} else Severity.MEDIUM
            else:
                sourced = change.source in (SourceChange.CHANGED, SourceChange.ADDED)
                severity = Severity.LOW if sourced else Severity.MEDIUM
            same = ", the same value in another unit" if same_measurement(old.quantity, new.quantity) else ""
            same = ", with the decimal mark of another language" if fields == {"notation"} else same
            values = f"{_quantity_text(old)} → {_quantity_text(new)}"
            summary = f"{labelled(change)}{values}{same}, {sources_of(change)}"
            return Verdict(severity=severity, summary=summary, reasons=_reasons(change))
        case _:
            return None


def statistic_removed(change: Change, _: Policy) -> Verdict | None:
    """Judge a removed statistic: readers lose information."""
    if change.kind is Kind.STATISTIC_REMOVED and isinstance(change.old, Statistic):
        summary = f"{labelled(change)}{_quantity_text(change.old)} is no longer stated{_around(change.old, change)}"
        return Verdict(severity=Severity.MEDIUM, summary=summary)
    return None


def statistic_added(change: Change, _: Policy) -> Verdict | None:
    """Judge a new statistic: low, since adding one is ordinary work; it is noted if no source supports it."""
    if change.kind is Kind.STATISTIC_ADDED and isinstance(change.new, Statistic):
        summary = f"new: {labelled(change)}{_quantity_text(change.new)}{_around(change.new, change)}"
        reasons = () if change.new_references else (Reason(code="unsourced", text="no source supports it"),)
        return Verdict(severity=Severity.LOW, summary=summary, reasons=reasons)
    return None


def _summary(change: Change, old: Statistic, new: Statistic, moved: Decimal | None) -> str:
    size = f" ({percent(moved)})" if moved is not None else ""
    years = field_of(change, "as_of")
    same = ", same year" if new.quantity.as_of else ""
    when = f", {years.old} → {years.new}" if years and years.old and years.new else same
    if all(field.name in (*_NUMBERS, "as_of") for field in change.fields):
        before, after = old.quantity.text, _quantity_text(new, bounded=False)
    else:
        before, after = _quantity_text(old), _quantity_text(new)
    return f"{labelled(change)}{before} → {after}{size}, {sources_of(change)}{when}{_around(new, change)}"


def _quantity_text(stated: Statistic, *, bounded: bool = True) -> str:
    """Return a quantity as text: qualifier, number and unit as written, period."""
    quantity = stated.quantity
    noun = quantity.unit if quantity.measure not in (Measure.PERCENT, Measure.CURRENCY) else None
    if noun and (noun.casefold().removesuffix("s") in quantity.text.casefold() or _NAMES_UNIT.search(quantity.text)):
        noun = None
    elif quantity.unit_end and (written := stated.sentence[quantity.end : quantity.unit_end].strip())[:1].isalpha():
        noun = written  # "acht Monate"
    qualifier = quantity.qualifier if bounded else None
    before = stated.sentence[: quantity.start].split()[-1:]
    if quantity.high is not None and before and before[0].casefold() in _BETWEEN:
        qualifier = before[0]
    period = quantity.period if quantity.period and not (noun or "").endswith(quantity.period) else None
    return " ".join(word for word in (qualifier, quantity.text, noun, period) if word)


def _around(statistic: Statistic, change: Change) -> str:
    """Return the words around a number if nothing else shows what it counts, else ""."""
    quantity = statistic.quantity
    if quantity.unit or quantity.measure is Measure.PERCENT or labelled(change) or statistic.sentence == quantity.text:
        return ""
    return words_around(statistic.sentence, quantity.start, quantity.end)


STATISTIC_RULES: Final[tuple[Rule, ...]] = (
    statistic_value_changed,
    statistic_year_changed,
    statistic_meaning_changed,
    statistic_removed,
    statistic_added,
)
