"""Find other places of the new text that still state the old value of a changed statistic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from os.path import commonprefix

from watcher.model import Change, Dialect, Kind, Measure, Mention, Quantity, Sentence, Statistic
from watcher.parse.document import analyse, statistics_of
from watcher.parse.pair import blank_rows
from watcher.parse.wikitext.sections import blocks, split_sections

# A no-break space has four spellings in wikitext.
_BLANK = r"(?:\s|&nbsp;|&#160;|\{\{nbsp\}\}|\u00a0)+"
_PERCENT = r"(?:%|per ?cent\b)"
_REFERENCE = re.compile(r"<ref\b[^<>]*(?<!/)>[^<]*+(?:<(?!/?ref\b)[^<]*+)*+</ref\s*>", re.IGNORECASE)
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_DISTINCTIVE_COUNT = 1000  # from here on, two counts of the same unit are rarely equal by chance
_MOST_ASKED = 40  # changed statistics that are searched for; an edit with more rewrote the article
_StatisticsOf = Callable[[Sentence], Iterable[Statistic]]


def mentions_of(changes: Iterable[Change], wikitext: str, dialect: Dialect) -> tuple[Change, ...]:
    """Return the changes; each changed value lists up to 20 other places that still state the old value.

    Only blocks that contain the old number as written are parsed.
    """
    result, asked = [], 0
    # A sentence of a megabyte is read only once, even if many statistics are searched for in it.
    stated = cache(lambda sentence: statistics_of(sentence, dialect.language))
    for change in changes:
        old, new = change.old, change.new
        moved = change.kind is Kind.STATISTIC_CHANGED and any(field.name == "value" for field in change.fields)
        if moved and isinstance(old, Statistic) and isinstance(new, Statistic) and asked < _MOST_ASKED:
            asked += 1
            elsewhere = tuple(_mentions(old, new, change.label, wikitext, dialect, stated))
            result.append(replace(change, elsewhere=elsewhere[:20]))
        else:
            result.append(change)
    return tuple(result)


def _mentions(
    old: Statistic, new: Statistic, label: str, wikitext: str, dialect: Dialect, stated: _StatisticsOf
) -> Iterator[Mention]:
    number = _written(old.quantity)
    if number is None:
        return
    # The letters that singular and plural of the counted noun share; a mention needs them if the old sentence has them.
    unit = (old.quantity.unit or "")[:3].casefold() if old.quantity.measure is Measure.COUNT else ""
    unit = unit if unit in old.sentence.casefold() else ""

    def holds(text: str) -> bool:
        """Return whether a text has the unit, and the number outside of references: in one, it describes a source."""
        return bool(number.search(text) and number.search(_REFERENCE.sub("", text)) and unit in text.casefold())

    # Sections are checked first: most have the number only in the date or URL of a source.
    holding = (block for part in split_sections(wikitext) if holds(part.wikitext) for block in blocks(part))
    for block in filter(lambda block: holds(block.text), holding):
        # Only the rows with the number are parsed in a long table.
        short = blank_rows(block, lambda row: number.search(row) is None)
        for sentence in analyse(short.text, dialect).sentences:
            if not number.search(sentence.text):
                continue
            location = block.moved(sentence.location)
            if location == new.location or sentence.text == new.sentence:
                continue
            if _same_subject(old, label, sentence) and any(
                _same(old.quantity, item.quantity) for item in stated(sentence)
            ):
                yield Mention(sentence=sentence.text, location=location)


def _written(quantity: Quantity) -> re.Pattern[str] | None:
    """Return a pattern for a number in wikitext; None if it is so small or round, without a noun, that it is common.

    The pattern begins with the prefix of all spellings, which makes the search fifty times as fast.
    """
    digits = re.search(r"\d[\d.,]*\d|\d", quantity.text)
    if digits is None or quantity.value is None:
        return None
    if quantity.unit in (None, "%") and len(digits[0].strip("0.,")) <= 1:
        return None
    forms = [digits[0], f"{quantity.value:,f}", f"{quantity.value:f}"]
    shared = commonprefix(forms)  # noqa: RUF071  these are no paths
    # The digits are followed by a scale word, or by a percent sign in one of its forms.
    words = quantity.text[digits.end() :].split()
    rest = f"(?:{_BLANK})?{_PERCENT}" if words == ["%"] else "".join(_BLANK + re.escape(word) for word in words)
    rests = [rest, "", ""]
    tails = dict.fromkeys(re.escape(form[len(shared) :]) + rest for form, rest in zip(forms, rests, strict=True))
    head = re.escape(shared)
    return re.compile(rf"{head}(?<![\d.,]{head})(?:{'|'.join(tails)})(?!\d|[.,]\d)")


def _same_subject(old: Statistic, label: str, other: Sentence) -> bool:
    """Return whether another sentence or cell may be about the same subject.

    Numbers may be equal by chance: a bare number, as in a table, needs the same label, and a small or common one needs
    the same label or two shared words.
    """
    quantity = old.quantity
    if quantity.measure is Measure.COUNT and quantity.unit is None:
        return bool(label) and label == other.label
    shared = _words(f"{label} {old.sentence}") & _words(f"{other.label} {other.text}") - _words(quantity.unit or "")
    if quantity.measure is Measure.COUNT and quantity.value is not None and abs(quantity.value) >= _DISTINCTIVE_COUNT:
        return True
    return len(shared) > 1 or bool(label and label == other.label)


def _words(text: str) -> set[str]:
    """Return the words of four letters or more, cut to the six letters that their forms share."""
    return {word[:6] for word in _LONG_WORD.findall(text.casefold())}


def _same(old: Quantity, other: Quantity) -> bool:
    """Return whether both state the same number: equal value, measure and unit, and not different years."""
    is_equal = (old.value, old.measure, old.unit) == (other.value, other.measure, other.unit)
    is_other_year = old.as_of and other.as_of and old.as_of != other.as_of
    return old.value is not None and is_equal and not is_other_year
