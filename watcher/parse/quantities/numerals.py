"""Parse numerals: digits, words, scales, small exponents and fractions as one exact number."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile

from watcher.parse.quantities.token_stream import (
    HALF,
    NUMBER,
    PART,
    UNITY,
    WORD,
    Numeral,
    TokenStream,
    digits_value,
)
from watcher.parse.quantities.units import is_money, is_plural

Read = tuple[Decimal, int]
# Units follow from twenty on, "and a half" means half the scale from a thousand on; no scale word exceeds 1e40.
_TENS, _THOUSAND, _ENDLESS = Decimal(20), Decimal(1000), Decimal("1e40")
_SECOND = 2  # the ordinal that is also a time: "one second", "a second of"
_SCALES_ALWAYS = frozenset("bn Bn BN bln mn mln tn trn tln bil mil".split())
_SCALES_GLUED = _SCALES_ALWAYS | frozenset("k K M MM B cr".split())
_SCALES_OF_MONEY = frozenset({"m", "b", "t", "T", "mm"})
# 5/23 are wickets and runs, 12/67 is a case number: the denominators of fractions are small or a hundred.
_PARTS = frozenset({*range(2, 17), 100})
_MYRIAD_DIGITS = 4  # between two scales in Chinese and Japanese, and after the last
_LONGEST_PART = 3  # digits: of a fraction, of the end of "3 hundred and 21", and of an exponent with its sign


def is_whole(value: Decimal) -> bool:
    """Return whether a number is whole, without `%`, which Decimal refuses for more than 28 digits."""
    return value == value.to_integral_value()


def numeral_at(line: TokenStream, index: int) -> Numeral | None:
    """Return the numeral that begins at `index`, or None. The result is cached."""
    if index not in line.seen:
        token = line.token(index)
        numeral = None
        if token.kind == NUMBER:
            numeral = _digits(line, index)
        elif token.kind == PART:
            numeral = _finished(line, Numeral(index, index + 1, _vulgar(token.text), "fraction"))
        elif token.kind == WORD and (token.lower in line.language.starters or index in line.spelled):
            numeral = _cardinal(line, index) or _ordinal(line, index) or _part(line, index) or _bare_scale(line, index)
            spelled = _spelled(line, index)
            if spelled and (numeral is None or spelled.last >= numeral.last):
                numeral = spelled
        line.seen[index] = numeral
    return line.seen[index]


def is_qualified(line: TokenStream, first: int) -> bool:
    """Return whether a comparing or qualifying word precedes the token: "by a third", "nearly half"."""
    compared = line.has("words.comparing", first - 1)
    return compared or line.phrase_before(line.language.before["qualifiers"], first) is not None


# Digits


def _digits(line: TokenStream, index: int) -> Numeral | None:
    token, following = line.token(index), line.token(index + 1)
    value = digits_value(token.text, line.language)
    if value is None:
        return None
    if line.is_adjacent(index) and line.has("words.ordinal_prefixes", index - 1):
        return Numeral(index, index + 1, value, "ordinal")
    # "st", "e" or, as in "19. Jahrhundert", a full stop makes the digits an ordinal.
    century = following.text == "." and line.has("words.after_ordinals", index + 2)
    suffixed = any(line.has(path, index + 1) for path in ("words.ordinal_suffixes", "words.ordinal_counters"))
    if line.is_adjacent(index + 1) and (century or suffixed):
        return Numeral(index, index + 2, value, "ordinal")
    if line.is_adjacent(index + 1) and line.has("words.parts_of", index + 1) and line.token(index + 2).kind == NUMBER:
        top = digits_value(line.token(index + 2).text, line.language)
        return Numeral(index, index + 3, top / value, "fraction") if top and value else None
    part = _slashed(line, index)
    if part:
        return _finished(line, Numeral(index, index + 3, part, "fraction"))
    plain = token.text if token.text.isdecimal() else ""
    numeral = _power(line, index, value)
    if numeral is None and following.kind == PART:
        numeral = Numeral(index, index + 2, value + _vulgar(following.text), "digits")
    part = _slashed(line, index + 1) if plain and following.kind == NUMBER else None
    if part:  # "1 1/2"
        numeral = Numeral(index, index + 4, value + part, "digits")
    return _finished(line, numeral or Numeral(index, index + 1, value, "digits", plain=plain))


def _vulgar(sign: str) -> Decimal:
    top, _, bottom = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return Decimal(int(top)) / Decimal(int(bottom or "1"))


def _slashed(line: TokenStream, index: int) -> Decimal | None:
    """Return the value of a fraction (1/2) at `index`; None for 9/11, 24/7 and 2011/92/EU."""
    top, bottom = line.token(index).text, line.token(index + 2).text
    if line.lower(index + 1) not in ("/", "⁄") or not (line.is_adjacent(index + 1) and line.is_adjacent(index + 2)):
        return None
    if not (top.isdecimal() and bottom.isdecimal()) or max(len(top), len(bottom)) > _LONGEST_PART:
        return None
    fixed = f"{top}/{bottom}" in line.language.sets["identifiers.fixed"]
    divides = int(bottom) in _PARTS and 0 < int(top) < int(bottom)
    return Decimal(top) / Decimal(bottom) if divides and not fixed else None


def _power(line: TokenStream, index: int, value: Decimal) -> Numeral | None:
    """Return 2.5 × 10^6, 2.5×10⁶, 10⁶ or 1e10 as a numeral; None for the 10^999 of vandals, which overflows Decimal."""
    after, base = index + 1, value
    if line.lower(after) in ("×", "x", "*", "·") and line.lower(after + 1) == "10":
        after += 2
    elif line.lower(index) == "10":
        base = UNITY
    elif line.lower(after) != "e":
        return None
    caret = line.lower(after) in ("^", "e")
    after += caret
    sign = line.lower(after) if line.lower(after) in ("-", "−", "+", "⁻", "⁺") else ""
    after += bool(sign)
    written = line.token(after).text
    exponent = unicodedata.normalize("NFKC", written)
    if caret != (exponent == written) or not line.is_adjacent(after):
        return None  # superscript digits are an exponent without a mark, others only after one
    if not exponent.isdecimal() or len(exponent) >= _LONGEST_PART:
        return None
    return Numeral(index, after + 1, base.scaleb(int(exponent) * (-1 if sign in ("-", "−", "⁻") else 1)), "digits")


def _short_scale(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return the numeral with its short scale. Some of these are units, unless money or people are counted."""
    text, glued = line.token(numeral.last).text, line.is_adjacent(numeral.last)
    scale = line.language.numbers["scale_signs"].get(text)
    if scale is None or numeral.scale != UNITY:
        return numeral
    fits = text in (_SCALES_GLUED if glued else _SCALES_ALWAYS) or (
        text in _SCALES_OF_MONEY and is_money(line, numeral)
    )
    if not fits and glued and text == "m":
        # "215m young workers" counts, "a 100m sprint" and "215m tall towers" measure.
        ahead = range(numeral.last + 1, numeral.last + 4)
        words = takewhile(lambda at: line.token(at).kind == WORD and not line.has("words.metric", at), ahead)
        fits = any(is_plural(line, at) for at in words)
    if not fits:
        return numeral
    return replace(numeral, value=numeral.value * scale, last=numeral.last + 1, scale=scale, plain="")


# Words


def _spelled(line: TokenStream, index: int) -> Numeral | None:
    """Return the numeral that text_to_num read at `index`, with its denominator or halves, or None."""
    if index not in line.spelled:
        return None
    after, value, ordinal = line.spelled[index]
    if ordinal:
        return Numeral(index, after, value, "ordinal")
    below = denominator(line, after, value)
    if below:
        return Numeral(index, below[1], value / below[0], "fraction")
    return _halves(line, Numeral(index, after, value, "words"))


def _cardinal(line: TokenStream, index: int) -> Numeral | None:
    head = _below_hundred(line, index)
    if head is None:
        return None
    value, after = head
    end = line.past_hyphen(after)
    unit = line.number("ordinals", end) if value >= _TENS and value % 10 == 0 else None
    if unit and unit < 10:  # noqa: PLR2004  "twenty-first"
        return Numeral(index, end + 1, value + unit, "ordinal")
    below = denominator(line, after, value)
    fraction = Numeral(index, below[1], value / below[0], "fraction") if below else None
    return _finished(line, fraction or Numeral(index, after, value, "words"))


def _ordinal(line: TokenStream, index: int) -> Numeral | None:
    """Return the ordinal "third", or the share of "a third of" and "by a third" (not of "a third man"); or None."""
    value = line.number("ordinals", index)
    if value is None:
        return None
    if line.has("words.article", index - 1) and value > _SECOND:
        ends = line.token(index + 1).kind != WORD or line.has("noun.stop", index + 1)
        if line.has("words.of", index + 1) or (ends and is_qualified(line, index - 1)):
            return _finished(line, Numeral(index - 1, index + 1, UNITY / value, "fraction"))
    return Numeral(index, index + 1, value, "ordinal")


def _part(line: TokenStream, index: int) -> Numeral | None:
    below = line.number("parts", index)
    if below is None or line.lower(index).endswith("s"):
        return None
    first = index - line.has("words.article", index - 1)
    return _finished(line, Numeral(first, index + 1, UNITY / below, "fraction"))


def _bare_scale(line: TokenStream, index: int) -> Numeral | None:
    """Return a scale without a number before it ("a million", "a dozen", "hundred thousand"), or None."""
    article = line.has("words.article", index - 1)
    dozen = _dozens(line, index)
    if dozen is not None:
        return Numeral(index - 1, index + 1, dozen, "words") if article else None
    if not (article or line.has("words.per", index - 1) or scale_at(line, index + 1)):
        return None
    value, after, last = _apply_scales(line, UNITY, index)
    return _finished(line, Numeral(index - article, after, value, "words", last)) if after > index else None


def _below_hundred(line: TokenStream, index: int) -> Read | None:
    """Return a cardinal below a hundred, or below a thousand if two hundred is one word ("двести сорок"), or None."""
    value = line.number("cardinals", index)
    if value is None:
        return None
    step = 10 if value < 100 else 100  # noqa: PLR2004  units follow tens; tens and units follow hundreds
    rest = _below_hundred(line, line.past_hyphen(index + 1)) if value >= _TENS and value % step == 0 else None
    return (value + rest[0], rest[1]) if rest and 0 < rest[0] < step else (value, index + 1)


# Scales and fractions


def scale_at(line: TokenStream, index: int) -> Read | None:
    """Return the factor of the scale word at `index`, or after a hyphen there, and the index after it; or None."""
    after = line.past_hyphen(index)
    scale = line.number("scales", after) or line.number("scales_plural", after)
    if not scale:
        return None
    # "2,3 Mrd. Euro": an abbreviated scale includes its full stop.
    dotted = line.has("words.scales_short", after) and line.lower(after + 1) == "." and line.is_adjacent(after + 1)
    return scale, after + (2 if dotted and line.token(after + 2).kind == WORD else 1)


def _apply_scales(
    line: TokenStream, value: Decimal, index: int, limit: Decimal = _ENDLESS
) -> tuple[Decimal, int, Decimal]:
    """Return `value` with the scales and smaller parts that follow it at `index`, all below `limit`.

    Also return the index after them, and the last scale, or 1 if a smaller part follows it.
    """
    last, is_decimal = UNITY, value != value.to_integral_value()
    while (scale := scale_at(line, index)) and value * scale[0] < limit:
        value, index, last = value * scale[0], scale[1], scale[0]
        begin = index + line.has("words.and", index)
        # "£3.4 million and twelve workers" are two numbers.
        head = None if is_decimal and begin > index else _below_hundred(line, begin)
        text = line.token(begin).text
        if head is None and text.isdecimal() and len(text) <= _LONGEST_PART:
            # The 300 of "2 million 300 thousand"
            scaled = scale_at(line, begin + 1)
            head = (Decimal(text), begin + 1) if scaled and scaled[0] < last else None
        if head is None and text.isdecimal() and line.is_adjacent(begin) and len(text) <= _MYRIAD_DIGITS:
            head = Decimal(text), begin + 1  # 12万3456
        tail = _apply_scales(line, *head, last) if head else None
        following = scale_at(line, tail[1]) if tail else None
        # "One hundred and two hundred" are two numbers, "one hundred and three quarters" is one with a part.
        below = denominator(line, tail[1], tail[0]) if tail else None
        apart = tail and ((following and following[0] <= last) or (below and tail[0] < below[0]))
        if tail and 0 < tail[0] < last and not apart:
            value, index, last = value + tail[0], tail[1], UNITY
    return value, index, last


def denominator(line: TokenStream, index: int, value: Decimal) -> Read | None:
    """Return the denominator ("thirds" after two, "quarter" after one) and the index after it, or None."""
    after = line.past_hyphen(index)
    word = line.lower(after)
    parts = line.number("parts", after)
    if parts:
        return parts, after + 1
    singular = word.removesuffix("s")
    ordinal = line.language.numbers["ordinals"].get(singular)
    if not ordinal or ordinal <= _SECOND or (word == singular) != (value == 1):
        return None
    return ordinal, after + 1


def _finished(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return the numeral with all that multiplies it or adds to it: scales, "and a half", dozens."""
    if numeral.form == "fraction":
        return _of_scale(line, numeral)
    if numeral.form == "words" or not line.has("words.never_after_digits", numeral.last):  # "15 cents" are coins
        value, after, scale = _apply_scales(line, numeral.value, numeral.last)
        if after > numeral.last:
            numeral = replace(numeral, value=value, last=after, scale=scale, plain="")
    if numeral.form == "words":
        numeral = _pointed(line, numeral)
        below = denominator(line, numeral.last, numeral.value) if numeral.last > numeral.first + 1 else None
        if below:
            return replace(numeral, value=numeral.value / below[0], last=below[1], form="fraction")
    return _halves(line, numeral if numeral.form == "words" else _short_scale(line, numeral))


def _pointed(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return a numeral with its decimal words and their scales: nine point four million."""
    digits, after = "", numeral.last + 1
    while line.has("words.point", numeral.last) and (read := _below_hundred(line, after)):
        digits, after = f"{digits}{read[0]}", read[1]
    if not digits:
        return numeral
    value, after, scale = _apply_scales(line, numeral.value + Decimal(f"0.{digits}"), after)
    return replace(numeral, value=value, last=after, scale=scale)


def _of_scale(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return a fraction of a scale: half a million, two thirds of a million, three quarters billion, half a dozen."""
    of = line.has("words.of", numeral.last)
    article = line.has("words.article", numeral.last + of)
    if of and not article:
        return numeral
    after = numeral.last + of + article
    at = line.past_hyphen(after)
    dozen = _dozens(line, at)
    if dozen is not None:
        return replace(numeral, value=numeral.value * dozen, last=at + 1, form="words")
    value, after, last = _apply_scales(line, numeral.value, after)
    return replace(numeral, value=value, last=after, scale=last, form="words") if last != UNITY else numeral


def _dozens(line: TokenStream, index: int) -> Decimal | None:
    """Return the number that "dozen" means, or None; "gross" is an adjective except before "of"."""
    adjective = line.has("words.dozens_of", index) and not line.has("words.of", index + 1)
    return None if adjective else line.number("dozens", index)


def _halves(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return a numeral with its dozens or halves: three dozen, "two and a half", "one and a half million", 3个半."""
    at = line.past_hyphen(numeral.last)
    if line.lower(at) in ("个", "個") and line.lower(at + 1) == HALF:
        return replace(numeral, value=numeral.value + Decimal("0.5"), last=at + 2, plain="")
    dozen = _dozens(line, at)
    if dozen is not None and numeral.scale == UNITY:
        return replace(numeral, value=numeral.value * dozen, last=at + 1, form="words", plain="")
    if not line.has("words.and", numeral.last):
        return numeral
    # What "and a half", "and three quarters" adds.
    article = line.has("words.article", numeral.last + 1)
    head = (UNITY, numeral.last + 2) if article else _below_hundred(line, numeral.last + 1)
    below = denominator(line, head[1], head[0]) if head else None
    if head is None or below is None:
        return numeral
    # "Two million and a half" has half a million more.
    unit, last = numeral.scale if numeral.scale >= _THOUSAND else UNITY, below[1]
    value = numeral.value + head[0] / below[0] * unit
    scaled = scale_at(line, last)
    if scaled and scaled[0] >= _THOUSAND and numeral.scale == UNITY:
        return replace(numeral, value=value * scaled[0], last=scaled[1], scale=scaled[0], plain="")
    return replace(numeral, value=value, last=last, plain="")
