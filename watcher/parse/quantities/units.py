"""What follows a number becomes its measure: percent, age, duration, length, rate."""

from __future__ import annotations

from typing import NamedTuple

from watcher.model import Measure
from watcher.parse.quantities.line import Line, Numeral
from watcher.parse.quantities.tokens import NUMBER, WORD
from watcher.parse.quantities.wording import past_hyphen

SUPERSCRIPTS = {"²": "2", "³": "3"}
SMALL_DIGITS = str.maketrans(SUPERSCRIPTS)
# Single letters are units only when written as such: "5 m", "3g".
ONE_LETTER = frozenset("mgltLVWNhsÅK")
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
    spaced = token.text in ("h", "s") and index == found.last and line.at(index + 1).kind != WORD
    if sign and (len(token.text) > 1 or line.glued(index) or spaced):
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
    if line.low(index) == "in" and line.low(index + 1) == ")":
        return Unit(Measure.MEASUREMENT, "in", found.last, index + 1)  # "(30 in)"
    below = _named(line, index + 1) if line.low(index) == "/" and line.glued(index) and line.glued(index + 1) else None
    if below and below[0][-1:].isdigit():
        return Unit(Measure.RATE, f"per {below[0]}", found.last, below[1])  # "120/km²"
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
        return ("in", index + 1) if _is_inch_mark(line, index) else None
    if token.low == "light" and line.low(past_hyphen(line, index + 1)) in ("years", "year"):
        return "ly", past_hyphen(line, index + 1) + 1
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


def _is_inch_mark(line: Line, index: int) -> bool:
    """Whether a double mark behind a number stands for inches and does not end a quotation."""
    text = line.at(index).text
    if text == "″" or (text == '"' and not line.glued(index)):
        return True
    return text == '"' and line.text.count('"', 0, line.at(index).start) % 2 == 0


def _speed(line: Line, unit: str, index: int) -> tuple[str, int]:
    """Miles per hour, km/h, miles an hour; a unit alone otherwise."""
    if line.low(index) in ("per", "/", "a", "an"):
        below = line.at(index + 1)
        time = line.language.says("durations", below.low) or (
            line.low(index) == "/" and line.language.says("duration_signs", below.text)
        )
        if time is None and line.low(index) == "/" and below.text in ("s²", "s³"):
            return f"{unit}/{below.text.translate(SMALL_DIGITS)}", index + 2
        if time in ("hours", "seconds"):
            if time == "seconds" and line.low(index + 2) in ("2", "3") and line.glued(index + 2):
                return f"{unit}/s{line.low(index + 2)}", index + 3
            return f"{unit}/{time[0]}", index + 2
        second = _named(line, index + 1) if line.low(index) != "a" else None
        if second and below.kind == WORD:
            return f"{unit}/{second[0]}", second[1]
    return unit, index
