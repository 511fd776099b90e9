"""Parse numerals: digits, words, scales, small exponents and fractions as one exact number."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal

from watcher.parse.quantities.number_words import (
    THOUSAND,
    apply_scales,
    below_hundred,
    decimal_words,
    denominator,
    fraction_after,
    past_hyphen,
    scale_at,
)
from watcher.parse.quantities.token_stream import NUMBER, PART, UNITY, WORD, Numeral, TokenStream, digits_value
from watcher.parse.quantities.units import is_money

# 10^999 is no statistic, and Decimal would overflow on what vandals write.
MOST_EXPONENT = 3


def raised(line: TokenStream, index: int, value: Decimal) -> Numeral | None:
    """Return a power of ten whose exponent is written small: 5.97 × 10²⁴, 10⁻⁹."""
    base = index
    if line.lower(index + 1) in ("×", "x", "*", "·") and line.lower(index + 2) == "10":
        base = index + 2
    elif line.lower(index) != "10":
        return None
    after = base + 1
    sign = line.lower(after) if line.lower(after) in ("⁻", "⁺") else ""
    after += bool(sign)
    exponent = line.token(after).text
    if not line.is_adjacent(after) or not exponent or len(exponent) > MOST_EXPONENT - 1 or exponent.strip("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return None
    power = int(unicodedata.normalize("NFKC", exponent))
    scaled = (Decimal(1) if base == index else value).scaleb(-power if sign == "⁻" else power)
    return Numeral(index, after + 1, scaled, "digits")


NUMBER_REACH = 7
GLUED_ALWAYS = frozenset(
    {"k", "K", "M", "MM", "bn", "Bn", "BN", "bln", "mn", "mln", "mil", "tn", "trn", "tln", "B", "cr", "bil"}
)
SPACED = frozenset({"bn", "Bn", "BN", "bln", "mn", "mln", "tn", "trn", "tln", "bil", "mil"})
MONEY_ONLY = frozenset({"m", "b", "t", "T", "mm"})


def short_scale(line: TokenStream, numeral: Numeral) -> Numeral:
    """Return the numeral with its short scale; some of them are units unless money or people stand beside them."""
    token = line.token(numeral.last)
    scale = line.language.number("scale_signs", token.text)
    if scale is None or numeral.form != "digits" or numeral.scale != UNITY:
        return numeral
    glued = line.is_adjacent(numeral.last)
    if (glued and token.text in GLUED_ALWAYS) or token.text in SPACED:
        fits = True
    else:
        # "1.2 B": a spaced B is no unit, a spaced M may be a motorway or molar.
        fits = (token.text == "B" and "." in line.token(numeral.first).text) or (
            token.text in MONEY_ONLY
            and (
                (glued and token.text == "b" and "." in line.token(numeral.first).text)
                or is_money(line, numeral)
                or (
                    glued
                    and token.text == "m"
                    and (_counts_people(line, numeral.last + 1) or _is_numeric(line, numeral.first))
                )
            )
        )
    return (
        replace(numeral, value=numeral.value * scale, last=numeral.last + 1, scale=scale, plain="") if fits else numeral
    )


def _is_numeric(line: TokenStream, first: int) -> bool:
    """Return whether "number", "total" or the like stands before: "the number of victims at 21m"."""
    near = range(first - 1, max(first - NUMBER_REACH, -1), -1)
    return any(line.has("words.numbers", at) for at in near)


def _counts_people(line: TokenStream, index: int) -> bool:
    """Whether "215m young workers", "1.4m of them" counts, and "a 100m sprint" or "215m tall towers" measures."""
    if line.has("words.of", index):
        return line.has("words.counted_of", index + 1)
    for at in range(index, index + 3):
        if line.has("words.metric", at) or line.token(at).kind != WORD:
            return False
        if _plural_after(line, at):
            return True
    return False


def _plural_after(line: TokenStream, index: int) -> bool:
    word = line.lower(index)
    return line.language.contains("noun.irregular", word) or (
        len(word) > 3 and word.endswith("s") and not line.language.contains("noun.not_plural", word)  # noqa: PLR2004
    )


TENS, UNITS = 20, 10
SMALL_PARTS = 16
ROUND_PARTS = frozenset({"20", "24", "25", "30", "32", "40", "50", "60", "64", "80", "90", "100", "128", "200", "500"})


def numeral_at(line: TokenStream, index: int) -> Numeral | None:
    """Return the numeral that begins at `index`, None where none does; read once."""
    if index not in line.seen:
        line.seen[index] = _numeral(line, index)
    return line.seen[index]


def _numeral(line: TokenStream, index: int) -> Numeral | None:
    token = line.token(index)
    if token.kind == NUMBER:
        return _digits(line, index)
    if token.kind == PART:
        return _finished(line, Numeral(index, index + 1, _vulgar(token.text), "fraction"))
    if token.kind == WORD and (token.lower in line.language.starters or index in line.spelled):
        return _words(line, index)
    return None


def _vulgar(sign: str) -> Decimal:
    top, _, bottom = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return Decimal(int(top)) / Decimal(int(bottom or "1"))


# Digits


def _digits(line: TokenStream, index: int) -> Numeral | None:
    token = line.token(index)
    value = digits_value(token.text, line.language)
    if value is None:
        return None
    if line.is_adjacent(index + 1) and _is_suffixed(line, index):
        return Numeral(index, index + 2, value, "ordinal")
    plain = token.text if token.text.isdecimal() else ""
    fraction = _slashed(line, index)
    if fraction:
        return _finished(line, Numeral(index, index + 3, fraction, "fraction"))
    below = denominator(line, index + 1, value) if plain and value > UNITY else None
    if below and value < below[0]:
        return _finished(line, Numeral(index, below[1], value / below[0], "fraction"))
    for read in (_mixed, _power):
        numeral = read(line, index, value)
        if numeral:
            return _finished(line, numeral)
    return _finished(line, Numeral(index, index + 1, value, "digits", plain=plain))


def _is_suffixed(line: TokenStream, index: int) -> bool:
    """Return whether "st", "e" or, as in "19. Jahrhundert", a full stop makes the digits an ordinal."""
    century = line.lower(index + 1) == "." and line.has("words.after_ordinals", index + 2)
    return century or line.has("ordinal_suffixes.list", index + 1)


def _slashed(line: TokenStream, index: int) -> Decimal | None:
    """Return the value of 1/2 at `index`; 9/11, 24/7, 5/17/2018 and 2011/92/EU are none."""
    top, slash, bottom = line.token(index), line.lower(index + 1), line.token(index + 2)
    if slash not in ("/", "⁄") or not (line.is_adjacent(index + 1) and line.is_adjacent(index + 2)):
        return None
    if not (top.text.isdecimal() and bottom.text.isdecimal()) or len(bottom.text) > 3 or len(top.text) > 3:  # noqa: PLR2004
        return None
    beside = (
        line.lower(index - 1) if line.is_adjacent(index) else "",
        line.lower(index + 3) if line.is_adjacent(index + 3) else "",
    )
    if "/" in beside or line.language.contains("identifiers.fixed", f"{top.text}/{bottom.text}"):
        return None
    # 5/23 are wickets and runs, 12/67 a case number: what people divide into is small or round.
    divides = int(bottom.text) <= SMALL_PARTS or bottom.text in ROUND_PARTS
    return Decimal(top.text) / Decimal(bottom.text) if divides and 0 < int(top.text) < int(bottom.text) else None


def _mixed(line: TokenStream, index: int, whole: Decimal) -> Numeral | None:
    if line.token(index + 1).kind == PART:
        return Numeral(index, index + 2, whole + _vulgar(line.token(index + 1).text), "digits")
    part = _slashed(line, index + 1) if line.token(index + 1).kind == NUMBER else None
    if part and line.token(index).text.isdecimal():
        return Numeral(index, index + 4, whole + part, "digits")
    return None


def _power(line: TokenStream, index: int, value: Decimal) -> Numeral | None:
    """2.5 × 10^6, 2.5×10⁶, 10⁶ and 1e10."""
    numeral = raised(line, index, value)
    if numeral:
        return numeral
    after = index + 1
    if (
        line.lower(after) in ("×", "x", "*", "·")
        and line.lower(after + 1) == "10"
        and line.lower(after + 2) in ("^", "e")
    ):
        after += 3
    elif line.lower(after) == "e" and line.is_adjacent(after):
        after += 1
    else:
        return None
    sign = line.lower(after) if line.lower(after) in ("-", "−", "+") else ""
    after += bool(sign)
    exponent = line.token(after).text
    if not line.is_adjacent(after) or not exponent.isdecimal() or len(exponent) > MOST_EXPONENT - 1:
        return None
    return Numeral(index, after + 1, value.scaleb(-int(exponent) if sign in ("-", "−") else int(exponent)), "digits")


# Words


def _words(line: TokenStream, index: int) -> Numeral | None:
    token = line.lower(index)
    spelled = _spelled(line, index)
    for read in (_cardinal, _ordinal, _part, _bare_scale):
        numeral = read(line, index, token)
        if numeral:
            return spelled if spelled and spelled.last >= numeral.last else numeral
    return spelled


def _spelled(line: TokenStream, index: int) -> Numeral | None:
    """Return the numeral that the library read at `index`, with what multiplies it or divides it."""
    if index not in line.spelled:
        return None
    after, value, ordinal = line.spelled[index]
    numeral = Numeral(index, after, value, "ordinal" if ordinal else "words")
    if ordinal:
        return numeral
    below = denominator(line, after, value)
    if below:
        return Numeral(index, below[1], value / below[0], "fraction")
    return _halves(line, numeral)


def _cardinal(line: TokenStream, index: int, _: str) -> Numeral | None:
    head = below_hundred(line, index)
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


def _ordinal_end(line: TokenStream, first: int, value: Decimal, after: int) -> Numeral | None:
    """Twenty-first, one hundred twenty-fifth."""
    if value >= TENS and value % UNITS == 0:
        end = past_hyphen(line, after)
        unit = line.number("ordinals", end)
        if unit and unit < UNITS:
            return Numeral(first, end + 1, value + unit, "ordinal")
    return None


def _ordinal(line: TokenStream, index: int, word: str) -> Numeral | None:
    value = line.language.number("ordinals", word)
    if value is None:
        return None
    article = line.has("words.article", index - 1)
    if article and value > 2 and _is_share(line, index):  # noqa: PLR2004  "a second of" is a time
        return _finished(line, Numeral(index - 1, index + 1, UNITY / value, "fraction"))
    return Numeral(index, index + 1, value, "ordinal")


def _is_share(line: TokenStream, index: int) -> bool:
    """Return whether "a third" at `index` - 1 is a share: "a third of", "by a third", not "a third man"."""
    if line.has("words.of", index + 1):
        return True
    before = line.lower(index - 2)
    qualified = (
        line.language.contains("words.comparing", before)
        or line.phrase_before(line.language.before["qualifiers"], index - 1) is not None
    )
    return (qualified and line.token(index + 1).kind != WORD) or (qualified and line.has("noun.stop", index + 1))


def _part(line: TokenStream, index: int, word: str) -> Numeral | None:
    below = line.language.number("parts", word)
    if below is None or word.endswith("s"):
        return None
    article = line.has("words.article", index - 1)
    first = index - 1 if article else index
    return _finished(line, Numeral(first, index + 1, UNITY / below, "fraction"))


def _dozens(line: TokenStream, index: int) -> Decimal | None:
    """Return how many "dozen" are; "gross" is an adjective but before "of"."""
    adjective = line.has("words.dozens_of", index) and not line.has("words.of", index + 1)
    return None if adjective else line.number("dozens", index)


def _bare_scale(line: TokenStream, index: int, _: str) -> Numeral | None:
    """Return a scale that no number stands before: "a million", "a dozen", "hundred thousand"."""
    article = line.has("words.article", index - 1)
    first = index - 1 if article else index
    dozen = _dozens(line, index)
    if dozen is not None:
        return Numeral(first, index + 1, dozen, "words") if article else None
    if not article and not scale_at(line, index + 1):
        return None
    value, after, last = apply_scales(line, UNITY, index)
    return _finished(line, Numeral(first, after, value, "words", last)) if after > index else None


# Both


def _finished(line: TokenStream, numeral: Numeral) -> Numeral:
    """`numeral` with all that multiplies it or adds to it: scales, "and a half", "point five", dozens."""
    if numeral.form == "fraction":
        return _of_scale(line, numeral)
    numeral = _grown(line, _pointed(line, numeral))
    if numeral.form == "words" and numeral.last > numeral.first + 1:
        numeral = _grown(line, _pointed(line, numeral))
        below = denominator(line, numeral.last, numeral.value)
        if below:
            return replace(numeral, value=numeral.value / below[0], last=below[1], form="fraction")
    return _halves(line, short_scale(line, numeral))


def _pointed(line: TokenStream, numeral: Numeral) -> Numeral:
    tail = decimal_words(line, numeral.last) if numeral.form == "words" else None
    return replace(numeral, value=numeral.value + tail[0], last=tail[1]) if tail else numeral


def _grown(line: TokenStream, numeral: Numeral) -> Numeral:
    if numeral.form == "digits" and line.has("words.never_after_digits", numeral.last):
        return numeral  # "15 cents" are coins
    value, after, last = apply_scales(line, numeral.value, numeral.last)
    return replace(numeral, value=value, last=after, scale=last, plain="") if after > numeral.last else numeral


def _of_scale(line: TokenStream, numeral: Numeral) -> Numeral:
    """Half a million, two thirds of a million, three quarters billion, half a dozen."""
    after = numeral.last
    if line.has("words.of", after):
        after += 1
    if line.has("words.article", after):
        after += 1
    elif after > numeral.last:
        return numeral
    dozen = _dozens(line, past_hyphen(line, after))
    if dozen is not None:
        return replace(numeral, value=numeral.value * dozen, last=past_hyphen(line, after) + 1, form="words")
    if not scale_at(line, after):
        return numeral
    value, after, last = apply_scales(line, numeral.value, after)
    return replace(numeral, value=value, last=after, scale=last, form="words")


def _halves(line: TokenStream, numeral: Numeral) -> Numeral:
    dozen = _dozens(line, past_hyphen(line, numeral.last))
    if dozen is not None and numeral.scale == UNITY:
        return replace(
            numeral, value=numeral.value * dozen, last=past_hyphen(line, numeral.last) + 1, form="words", plain=""
        )
    part = fraction_after(line, numeral.last)
    if part is None:
        return numeral
    scaled = scale_at(line, part[1])
    if scaled and scaled[0] >= THOUSAND:
        # "One and a half million", but "one billion and a half million".
        whole = numeral.value * scaled[0] if numeral.scale == UNITY else numeral.value
        return replace(numeral, value=whole + part[0] * scaled[0], last=scaled[1], scale=scaled[0], plain="")
    factor = numeral.scale if numeral.scale >= THOUSAND else UNITY
    return replace(numeral, value=numeral.value + part[0] * factor, last=part[1], plain="")
