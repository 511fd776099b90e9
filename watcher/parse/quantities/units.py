"""What follows a number becomes its measure: percent, age, duration, length, rate."""

from __future__ import annotations

from typing import NamedTuple

from watcher.model import Measure
from watcher.parse.quantities.line import Line, Numeral
from watcher.parse.quantities.tokens import NUMBER, WORD
from watcher.parse.quantities.wording import past_hyphen

SUPERSCRIPTS = {"²": "2", "³": "3"}
# Single letters are units only when written as such: "5 m", "3g".
ONE_LETTER = frozenset("mgltLVWNhs")
OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}


class Unit(NamedTuple):
    """A measure and its unit; `text_end` is where the number's own text ends, `edge` what follows the unit."""

    measure: Measure
    unit: str
    text_end: int
    edge: int


def unit_after(line: Line, found: Numeral) -> Unit | None:
    """The unit of the numeral, None when it counts things."""
    for read in (_percent, _age, _duration, _length):
        unit = read(line, found)
        if unit:
            return unit
    return None


def _percent(line: Line, found: Numeral) -> Unit | None:
    phrase = None
    for index in dict.fromkeys((found.last, past_hyphen(line, found.last))):
        phrase = phrase or line.phrase_at(line.language.after["percent"], index)
    if phrase is None:
        return None
    meaning, after = phrase
    if meaning == "%" and line.low(past_hyphen(line, after)) in ("point", "points"):
        meaning, after = "percentage points", past_hyphen(line, after) + 1
    return Unit(Measure.PERCENT, meaning, after, after)


def _age(line: Line, found: Numeral) -> Unit | None:
    index = past_hyphen(line, found.last)
    phrase = line.phrase_at(line.language.after["age_after"], index)
    if phrase is None:
        return None
    return Unit(Measure.AGE, phrase[0], found.last, phrase[1])


def _duration(line: Line, found: Numeral) -> Unit | None:
    index = past_hyphen(line, found.last)
    index += found.form == "fraction" and line.language.has("words.article", line.low(index))
    if (
        found.form == "fraction"
        and line.language.has("words.of", line.low(index))
        and line.language.has("words.article", line.low(index + 1))
    ):
        index += 2
    token = line.at(index)
    unit = line.language.says("durations", token.low)
    if unit:
        return Unit(Measure.DURATION, unit, found.last, index + 1)
    sign = line.language.says("duration_signs", token.text)
    if sign and (len(token.text) > 1 or line.glued(index)):
        return Unit(Measure.DURATION, sign, found.last, index + 1)
    return None


def _length(line: Line, found: Numeral) -> Unit | None:
    """A unit of measurement, bracketed "(kg)" or after a fraction's article ("half a mile") too."""
    index = past_hyphen(line, found.last)
    index += found.form == "fraction" and line.language.has("words.article", line.low(index))
    closing = OPENING.get(line.low(index))
    if closing and line.low(index + 2) == closing:
        unit = _named(line, index + 1)
        return Unit(Measure.MEASUREMENT, unit[0], found.last, index + 3) if unit else None
    unit = _degrees(line, index) or _named(line, index)
    if unit is None:
        return None
    name, after = _speed(line, *unit)
    return Unit(Measure.MEASUREMENT, name, found.last, after)


def _degrees(line: Line, index: int) -> tuple[str, int] | None:
    if line.at(index).text in ("C", "F") and line.glued(index):
        return f"°{line.at(index).text}", index + 1
    if line.low(index) in ("°", "º", "℃", "℉", "degrees", "degree"):
        if line.low(index) in ("℃", "℉"):
            return "°" + line.at(index).text.translate({0x2103: "C", 0x2109: "F"}), index + 1
        letter = line.low(index + 1)
        if letter in ("c", "celsius", "centigrade"):
            return "°C", index + 2
        if letter in ("f", "fahrenheit"):
            return "°F", index + 2
        return "°", index + 1
    return None


def _named(line: Line, index: int, *, prefixed: bool = False) -> tuple[str, int] | None:
    """A unit with its prefix or exponent: "square kilometres", "sq mi", "km2", "m³"."""
    token, language = line.at(index), line.language
    if token.kind != WORD:
        return ("in", index + 1) if token.text in ('"', "″") and not line.glued(index) else None
    prefix = language.says("unit_prefixes", token.low)
    if prefix is not None and not prefixed:
        after = index + 1 + (line.low(index + 1) in (".", "-"))
        inner = _named(line, after, prefixed=True)
        return (f"{prefix}{inner[0]}" if prefix.isalpha() else f"{inner[0]}{prefix}", inner[1]) if inner else None
    text, power = token.text, ""
    if text[-1:] in SUPERSCRIPTS:
        text, power = text[:-1], SUPERSCRIPTS[text[-1]]
    unit = language.says("unit_signs", text) or language.says("units", text.lower())
    if unit is None or (len(text) == 1 and text not in ONE_LETTER):
        return None
    after = index + 1
    if line.at(after).kind == NUMBER and line.glued(after):
        if power or line.low(after) not in ("2", "3"):
            return None
        power, after = line.low(after), after + 1
    return unit + power, after


def _speed(line: Line, unit: str, index: int) -> tuple[str, int]:
    """Miles per hour, km/h, miles an hour; a unit alone otherwise."""
    if line.low(index) in ("per", "/", "a", "an"):
        below = line.at(index + 1)
        time = line.language.says("durations", below.low) or (
            line.low(index) == "/" and line.language.says("duration_signs", below.text)
        )
        if time in ("hours", "seconds"):
            return f"{unit}/{time[0]}", index + 2
        second = line.language.says("unit_signs", below.text) or line.language.says("units", below.low)
        if second and line.low(index) != "a":
            return f"{unit}/{second}", index + 2
    return unit, index
