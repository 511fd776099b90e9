"""Tokens become numerals: digits, words, scales and fractions read as one exact number."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal

from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.powers import MOST_EXPONENT, raised
from watcher.parse.quantities.shorts import short_scale
from watcher.parse.quantities.tokens import NUMBER, PART, WORD, digits_value
from watcher.parse.quantities.wording import (
    THOUSAND,
    denominator,
    fraction_after,
    grown,
    past_hyphen,
    pointed,
    scale_at,
    small,
)

TENS, UNITS = 20, 10
SMALL_PARTS = 16
ROUND_PARTS = frozenset({"20", "24", "25", "30", "32", "40", "50", "60", "64", "80", "90", "100", "128", "200", "500"})


def numeral_at(line: Line, index: int) -> Numeral | None:
    """The numeral that begins at `index`, None where none does; read once."""
    if index not in line.seen:
        line.seen[index] = _numeral(line, index)
    return line.seen[index]


def _numeral(line: Line, index: int) -> Numeral | None:
    token = line.at(index)
    if token.kind == NUMBER:
        return _digits(line, index)
    if token.kind == PART:
        return _finished(line, Numeral(index, index + 1, _vulgar(token.text), "fraction"))
    if token.kind == WORD and (token.low in line.language.starters or index in line.spelled):
        return _words(line, index)
    return None


def _vulgar(sign: str) -> Decimal:
    top, _, bottom = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return Decimal(int(top)) / Decimal(int(bottom or "1"))


# Digits


def _digits(line: Line, index: int) -> Numeral | None:
    token = line.at(index)
    value = digits_value(token.text, line.language)
    if value is None:
        return None
    if line.glued(index + 1) and _is_suffixed(line, index):
        return Numeral(index, index + 2, value, "ordinal")
    plain = token.text if token.text.isdecimal() else ""
    fraction = _slashed(line, index)
    if fraction:
        return _finished(line, Numeral(index, index + 3, fraction, "fraction"))
    below = denominator(line, index + 1, value) if plain and value > ONE else None
    if below and value < below[0]:
        return _finished(line, Numeral(index, below[1], value / below[0], "fraction"))
    for read in (_mixed, _power):
        found = read(line, index, value)
        if found:
            return _finished(line, found)
    return _finished(line, Numeral(index, index + 1, value, "digits", plain=plain))


def _is_suffixed(line: Line, index: int) -> bool:
    """Whether "st", "e" or, as in "19. Jahrhundert", a full stop makes the digits an ordinal."""
    century = line.low(index + 1) == "." and line.language.has("words.after_ordinals", line.low(index + 2))
    return century or line.language.has("ordinal_suffixes.list", line.low(index + 1))


def _slashed(line: Line, index: int) -> Decimal | None:
    """The value of 1/2 at `index`; 9/11, 24/7, 5/17/2018 and 2011/92/EU are none."""
    top, slash, bottom = line.at(index), line.low(index + 1), line.at(index + 2)
    if slash not in ("/", "⁄") or not (line.glued(index + 1) and line.glued(index + 2)):
        return None
    if not (top.text.isdecimal() and bottom.text.isdecimal()) or len(bottom.text) > 3 or len(top.text) > 3:  # noqa: PLR2004
        return None
    beside = (line.low(index - 1) if line.glued(index) else "", line.low(index + 3) if line.glued(index + 3) else "")
    if "/" in beside or line.language.has("identifiers.fixed", f"{top.text}/{bottom.text}"):
        return None
    # 5/23 are wickets and runs, 12/67 a case number: what people divide into is small or round.
    divides = int(bottom.text) <= SMALL_PARTS or bottom.text in ROUND_PARTS
    return Decimal(top.text) / Decimal(bottom.text) if divides and 0 < int(top.text) < int(bottom.text) else None


def _mixed(line: Line, index: int, whole: Decimal) -> Numeral | None:
    if line.at(index + 1).kind == PART:
        return Numeral(index, index + 2, whole + _vulgar(line.at(index + 1).text), "digits")
    part = _slashed(line, index + 1) if line.at(index + 1).kind == NUMBER else None
    if part and line.at(index).text.isdecimal():
        return Numeral(index, index + 4, whole + part, "digits")
    return None


def _power(line: Line, index: int, value: Decimal) -> Numeral | None:
    """2.5 × 10^6, 2.5×10⁶, 10⁶ and 1e10."""
    found = raised(line, index, value)
    if found:
        return found
    after = index + 1
    if line.low(after) in ("×", "x", "*", "·") and line.low(after + 1) == "10" and line.low(after + 2) in ("^", "e"):
        after += 3
    elif line.low(after) == "e" and line.glued(after):
        after += 1
    else:
        return None
    sign = line.low(after) if line.low(after) in ("-", "−", "+") else ""
    after += bool(sign)
    exponent = line.at(after).text
    if not line.glued(after) or not exponent.isdecimal() or len(exponent) > MOST_EXPONENT - 1:
        return None
    return Numeral(index, after + 1, value.scaleb(-int(exponent) if sign in ("-", "−") else int(exponent)), "digits")


# Words


def _words(line: Line, index: int) -> Numeral | None:
    token = line.low(index)
    spelled = _spelled(line, index)
    for read in (_cardinal, _ordinal, _part, _bare_scale):
        found = read(line, index, token)
        if found:
            return spelled if spelled and spelled.last >= found.last else found
    return spelled


def _spelled(line: Line, index: int) -> Numeral | None:
    """The numeral that the library read at `index`, with what multiplies it or divides it."""
    if index not in line.spelled:
        return None
    after, value, ordinal = line.spelled[index]
    found = Numeral(index, after, value, "ordinal" if ordinal else "words")
    if ordinal:
        return found
    below = denominator(line, after, value)
    if below:
        return Numeral(index, below[1], value / below[0], "fraction")
    return _halves(line, found)


def _cardinal(line: Line, index: int, _: str) -> Numeral | None:
    head = small(line, index)
    if head is None:
        return None
    value, after = head
    ordinal = _ordinal_end(line, index, value, after)
    if ordinal:
        return ordinal
    below = denominator(line, after, value)
    if below:
        return _finished(line, Numeral(index, below[1], value / below[0], "fraction"))
    return _finished(line, Numeral(index, after, value, "words"))


def _ordinal_end(line: Line, first: int, value: Decimal, after: int) -> Numeral | None:
    """Twenty-first, one hundred twenty-fifth."""
    if value >= TENS and value % UNITS == 0:
        end = past_hyphen(line, after)
        unit = line.language.number("ordinals", line.low(end))
        if unit and unit < UNITS:
            return Numeral(first, end + 1, value + unit, "ordinal")
    return None


def _ordinal(line: Line, index: int, word: str) -> Numeral | None:
    value = line.language.number("ordinals", word)
    if value is None:
        return None
    article = line.language.has("words.article", line.low(index - 1))
    if article and value > 2 and _is_share(line, index):  # noqa: PLR2004  "a second of" is a time
        return _finished(line, Numeral(index - 1, index + 1, ONE / value, "fraction"))
    return Numeral(index, index + 1, value, "ordinal")


def _is_share(line: Line, index: int) -> bool:
    """Whether "a third" at `index` - 1 is a share: "a third of", "by a third", not "a third man"."""
    if line.language.has("words.of", line.low(index + 1)):
        return True
    before = line.low(index - 2)
    qualified = (
        line.language.has("words.comparing", before)
        or line.phrase_before(line.language.before["qualifiers"], index - 1) is not None
    )
    return (qualified and line.at(index + 1).kind != WORD) or (
        qualified and line.language.has("noun.stop", line.low(index + 1))
    )


def _part(line: Line, index: int, word: str) -> Numeral | None:
    below = line.language.number("parts", word)
    if below is None or word.endswith("s"):
        return None
    article = line.language.has("words.article", line.low(index - 1))
    first = index - 1 if article else index
    return _finished(line, Numeral(first, index + 1, ONE / below, "fraction"))


def _bare_scale(line: Line, index: int, _: str) -> Numeral | None:
    """A scale that no number stands before: "a million", "a dozen", "hundred thousand"."""
    article = line.language.has("words.article", line.low(index - 1))
    first = index - 1 if article else index
    dozen = line.language.number("dozens", line.low(index))
    if dozen is not None:
        return Numeral(first, index + 1, dozen, "words") if article else None
    if not article and not scale_at(line, index + 1):
        return None
    value, after, last = grown(line, ONE, index)
    return _finished(line, Numeral(first, after, value, "words", last)) if after > index else None


# Both


def _finished(line: Line, found: Numeral) -> Numeral:
    """`found` with all that multiplies it or adds to it: scales, "and a half", "point five", dozens."""
    if found.form == "fraction":
        return _of_scale(line, found)
    found = _grown(line, _pointed(line, found))
    if found.form == "words" and found.last > found.first + 1:
        found = _grown(line, _pointed(line, found))
        below = denominator(line, found.last, found.value)
        if below:
            return replace(found, value=found.value / below[0], last=below[1], form="fraction")
    return _halves(line, short_scale(line, found))


def _pointed(line: Line, found: Numeral) -> Numeral:
    tail = pointed(line, found.last) if found.form == "words" else None
    return replace(found, value=found.value + tail[0], last=tail[1]) if tail else found


def _grown(line: Line, found: Numeral) -> Numeral:
    if found.form == "digits" and line.language.has("words.never_after_digits", line.low(found.last)):
        return found  # "15 cents" are coins
    value, after, last = grown(line, found.value, found.last)
    return replace(found, value=value, last=after, scale=last, plain="") if after > found.last else found


def _of_scale(line: Line, found: Numeral) -> Numeral:
    """Half a million, two thirds of a million, three quarters billion, half a dozen."""
    after = found.last
    if line.language.has("words.of", line.low(after)):
        after += 1
    if line.language.has("words.article", line.low(after)):
        after += 1
    elif after > found.last:
        return found
    dozen = line.language.number("dozens", line.low(past_hyphen(line, after)))
    if dozen is not None:
        return replace(found, value=found.value * dozen, last=past_hyphen(line, after) + 1, form="words")
    if not scale_at(line, after):
        return found
    value, after, last = grown(line, found.value, after)
    return replace(found, value=value, last=after, scale=last, form="words")


def _halves(line: Line, found: Numeral) -> Numeral:
    dozen = line.language.number("dozens", line.low(past_hyphen(line, found.last)))
    if dozen is not None and found.scale == ONE:
        return replace(found, value=found.value * dozen, last=past_hyphen(line, found.last) + 1, form="words", plain="")
    part = fraction_after(line, found.last)
    if part is None:
        return found
    scaled = scale_at(line, part[1])
    if scaled and scaled[0] >= THOUSAND:
        # "One and a half million", but "one billion and a half million".
        whole = found.value * scaled[0] if found.scale == ONE else found.value
        return replace(found, value=whole + part[0] * scaled[0], last=scaled[1], scale=scaled[0], plain="")
    factor = found.scale if found.scale >= THOUSAND else ONE
    return replace(found, value=found.value + part[0] * factor, last=part[1], plain="")
