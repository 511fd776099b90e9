"""Numbers that are dates, times of day and years are told from numbers that count."""

from __future__ import annotations

from decimal import Decimal

from watcher.model import Measure
from watcher.parse.quantities.currency import money_before
from watcher.parse.quantities.draft import Draft, Found
from watcher.parse.quantities.eras import buddhist_year, eastern, in_era, is_early
from watcher.parse.quantities.line import Line
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.tokens import DASHES, NUMBER, WORD

DAYS, MONTHS = 31, 12
FIRST_YEAR, LAST_YEAR = 1000, 2100
# Round numbers below are more often counts: "1200 people".
USUAL_YEAR = 1500
YEAR_DIGITS = 4
# What may touch a year on its left.
BEFORE_YEARS = frozenset("(['’\"“~/") | DASHES
LOWER_CASE_VERBS = frozenset({"may", "march", "mar", "sep"})


def clock(line: Line, index: int) -> Found | None:
    """12:30, 6pm, 8 a.m., 5 o'clock: not a quantity."""
    token = line.at(index)
    if token.kind != NUMBER:
        return None
    after = index + 1
    timed = False
    while (
        line.low(after) == ":"
        and line.glued(after)
        and line.glued(after + 1)
        and len(line.at(after + 1).text.partition(".")[0]) == len("30")
    ):
        after, timed = after + 2, True
    word = line.low(after)
    if line.language.has("words.clock", word) or (
        word in ("a", "p") and line.low(after + 1) == "." and line.low(after + 2) == "m"
    ):
        return (), after + (1 if word not in ("a", "p") else 3)
    return ((), after) if timed else None


def month_at(line: Line, index: int) -> int | None:
    """The month that the token names, 1 to 12; a lower-case "may" is a verb unless a year follows."""
    token = line.at(index)
    if token.kind != WORD:
        return None
    if token.text.islower() and token.low in LOWER_CASE_VERBS and not line.at(index + 1).text.isdecimal():
        return None
    number = line.language.number("months", token.low)
    return int(number) if number else None


def date(line: Line, index: int) -> Found | None:
    """A day, month and year in any order, as one date; a month with its year; a day with its month."""
    if line.at(index).kind != NUMBER:
        return None
    for read in (eastern, _written, _day_month, _month_day, _month_year):
        found = read(line, index)
        if found:
            return found
    return None


def _drafted(first: int, last: int, year: str | None, month: int, day: int | None = None) -> Found:
    iso = f"{year or '-'}-{month:02}" + (f"-{day:02}" if day else "")
    value = Decimal(year) if year else None
    return (Draft(first, last, value, measure=Measure.DATE, iso=iso),), last


def _written(line: Line, index: int) -> Found | None:
    """26.11.2018, 2018-11-26, 5/17/2018."""
    text = line.at(index).text
    parts, last = text.split("."), index + 1
    mark = line.low(index + 1)
    if (
        len(parts) == 1
        and mark in ("-", "/", "‑")
        and line.low(index + 3) == mark
        and all(line.glued(index + n) for n in (1, 2, 3, 4))
    ):
        parts, last = [line.at(index + n).text for n in (0, 2, 4)], index + 5
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004  day, month, year
        return None
    if len(parts[0]) == YEAR_DIGITS:
        parts.reverse()
    day, month, year = int(parts[0]), int(parts[1]), parts[2]
    if month > MONTHS:
        day, month = month, day
    if not (1 <= day <= DAYS and 1 <= month <= MONTHS and len(year) in (2, 4)):
        return None
    return _drafted(index, last, year if len(year) == YEAR_DIGITS else None, month, day)


def _day(line: Line, index: int) -> tuple[int, int] | None:
    """The day of the month at `index`, "4th" too, and the index after it."""
    text = line.at(index).text
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= DAYS:  # noqa: PLR2004
        return None
    suffixed = line.glued(index + 1) and (line.language.has("ordinal_suffixes.list", line.low(index + 1)))
    return int(text), index + (2 if suffixed else 1)


def _year(line: Line, index: int) -> tuple[str, int] | None:
    """The year at `index`, a comma before it allowed, and the index after it."""
    after = index + 1 if line.low(index) in (",", ".", "de", "del") else index
    text = line.at(after).text
    buddhist = buddhist_year(line, text)
    if buddhist:
        return buddhist, after + 1
    if not text.isdecimal() or len(text) != 4 or not FIRST_YEAR <= int(text) <= LAST_YEAR:  # noqa: PLR2004
        return None
    return text, after + 1


def _day_month(line: Line, index: int) -> Found | None:
    day = _day(line, index)
    if day is None:
        return None
    after = day[1]
    # "4–6 November", "4 and 5 March": the first day has its month after the second.
    if line.low(after) in DASHES or line.low(after) in ("and", "to", "&"):
        second = _day(line, after + 1)
        if second and month_at(line, second[1]):
            return _drafted(index, after, None, month_at(line, second[1]) or 1, day[0])
    after += line.low(after) in ("of", "de", ".")
    month = month_at(line, after)
    if month is None:
        return None
    after += 1
    year = _year(line, after) or _year(line, after + 1 if line.low(after) == "." else after)
    return _drafted(index, year[1] if year else after, year[0] if year else None, month, day[0])


def _month_before(line: Line, index: int) -> tuple[int, int] | None:
    before = index - 1
    if line.low(before) in (".", ",", "of", "de"):
        before -= 1
    month = month_at(line, before)
    return (month, before) if month else None


def _month_day(line: Line, index: int) -> Found | None:
    month, day = _month_before(line, index), _day(line, index)
    if month is None or day is None or line.low(index - 1) == ",":
        return None
    last = day[1]
    if line.low(last) in DASHES and _day(line, last + 1):
        last += 2
    year = _year(line, last)
    return _drafted(month[1], year[1] if year else last, year[0] if year else None, month[0], day[0])


def _month_year(line: Line, index: int) -> Found | None:
    month, year = _month_before(line, index), _year(line, index)
    if month is None or year is None or year[1] != index + 1:
        return None
    return _drafted(month[1], year[1], year[0], month[0])


def year(line: Line, index: int) -> Found | None:
    """A year, a span of years or a decade; a year-shaped count ("had 1914 employees") is left to others."""
    text = line.at(index).text
    buddhist = buddhist_year(line, text)
    if buddhist:
        return (Draft(index, index + 1, Decimal(buddhist), measure=Measure.YEAR, iso=buddhist),), index + 1
    counted = in_era(line, index, text)
    if counted:
        return counted
    if not text.isdecimal() or len(text) not in (2, 4):
        return None
    decade = _decade(line, index, text)
    if decade or len(text) == 2 or not _is_year(line, index, int(text)):  # noqa: PLR2004
        return decade
    if _of_law(line, index):
        return (), index + (3 if _span_end(line, index + 1, text) else 1)
    drafts = [Draft(index, index + 1, Decimal(text), measure=Measure.YEAR, iso=text)]
    line.years.add(index)
    last = index + 1
    end = _span_end(line, last, text)
    if end:
        drafts.append(Draft(last + 1, last + 2, Decimal(end), measure=Measure.YEAR, iso=end))
        last += 2
    return tuple(drafts), last


def _decade(line: Line, index: int, text: str) -> Found | None:
    after = index + 1
    after += line.low(after) in ("'", "’") and line.glued(after)
    if not (line.glued(after) and line.language.has("years.decades", line.low(after))):
        return None
    if len(text) == 4 and text.endswith("0"):  # noqa: PLR2004
        return (Draft(index, after + 1, Decimal(text), measure=Measure.YEAR, iso=text),), after + 1
    return ((), after + 1) if text.endswith("0") else None


def _span_end(line: Line, dash: int, begin: str) -> str | None:
    """The second year of 2007–2010, 1998–99, 2012/13."""
    text = line.at(dash + 1).text
    if line.low(dash) not in DASHES and line.low(dash) != "/":
        return None
    if not text.isdecimal() or len(text) not in (2, 4) or (line.low(dash) == "/" and not line.glued(dash + 1)):
        return None
    if line.low(dash + 2) == "/" and line.glued(dash + 2):
        return None
    end = text if len(text) == 4 else begin[:2] + text  # noqa: PLR2004
    return end if int(begin) < int(end) <= LAST_YEAR else None


def _is_year(line: Line, index: int, value: int) -> bool:
    if not FIRST_YEAR <= value <= LAST_YEAR or not _stands_alone(line, index, str(value)):
        return False
    if line.language.has("years.eras", line.low(index + 1)):
        return True
    before = line.low(index - 1)
    if line.language.has("years.strict", before):
        return True
    if before in DASHES and line.language.has("years.strict", line.low(index - 2)):
        return True
    if value < USUAL_YEAR:
        return is_early(line, index, before)
    return not _counts(line, index, before)


def _stands_alone(line: Line, index: int, text: str) -> bool:
    """Whether nothing that measures, scales or names is joined to the number."""
    found, after = numeral_at(line, index), index + 1
    if found is None or found.last > after or money_before(line, index) or _measured(line, after):
        return False
    if line.glued(index) and line.low(index - 1) not in BEFORE_YEARS:
        return False
    if line.low(after) == "/" and line.glued(after):
        return _span_end(line, after, text) is not None
    return not (line.glued(after) and line.at(after).kind == WORD)


def _of_law(line: Line, index: int) -> bool:
    """Whether the year is part of a name: "Act of 2000", "Trafficking in Persons 2018"."""
    before = line.at(index - 1)
    if line.language.has("words.of", before.low):
        named = line.at(index - 2)
        return named.text[:1].isupper() and line.language.has("identifiers.laws", named.low)
    if before.kind != WORD or not before.text[:1].isupper():
        return False
    if line.language.has("identifiers.laws", before.low):
        return True
    inside = not line.glued(index) and line.at(index - 2).kind == WORD
    return inside and not line.language.has("years.introduced", before.low)


def _measured(line: Line, after: int) -> bool:
    """Whether a unit or percent sign follows, so that the number measures something."""
    token = line.at(after)
    language = line.language
    unit = (
        language.says("units", token.low)
        or language.says("unit_signs", token.text)
        or language.says("durations", token.low)
    )
    money = language.says("currency.nouns", token.low) or language.says("currency.symbols", token.text)
    return bool(unit or money) or line.phrase_at(language.after["percent"], after) is not None


def _counts(line: Line, index: int, before: str) -> bool:
    """Whether the words beside a year-shaped number show that it counts: "had 1914 employees"."""
    language = line.language
    if language.has("years.counting", before):
        return True
    following = line.at(index + 1)
    plural = following.kind == WORD and following.text.islower() and is_plural(line, index + 1)
    qualified = line.phrase_before(language.before["qualifiers"], index) is not None
    if qualified and not language.has("years.about", before):
        return plural or not language.has("years.over", before)
    if not plural and language.has("years.having", before):
        words = (line.at(index + 1), line.at(index + 2))
        plural = all(word.text.islower() for word in words) and is_plural(line, index + 2)
    if plural:
        joined = language.has("words.and", before) and len(line.at(index - 2).text) == YEAR_DIGITS
        return not (joined or before.endswith(("'s", "’s")) or language.has("years.before_nouns", before))
    if language.has("years.being", before):
        return any(language.has("words.numbers", line.low(back)) for back in range(index - 2, max(index - 9, -1), -1))
    return False
