"""Read scale abbreviations after a number: 1.3bn, 10k, £3m, 215m workers."""

from __future__ import annotations

from dataclasses import replace

from watcher.parse.quantities.currency import is_money
from watcher.parse.quantities.token_stream import UNITY, Numeral, TokenStream
from watcher.parse.quantities.tokenizer import WORD

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
    return any(line.language.contains("words.numbers", line.lower(at)) for at in near)


def _counts_people(line: TokenStream, index: int) -> bool:
    """Whether "215m young workers", "1.4m of them" counts, and "a 100m sprint" or "215m tall towers" measures."""
    if line.language.contains("words.of", line.lower(index)):
        return line.language.contains("words.counted_of", line.lower(index + 1))
    for at in range(index, index + 3):
        if line.language.contains("words.metric", line.lower(at)) or line.token(at).kind != WORD:
            return False
        if _plural_after(line, at):
            return True
    return False


def _plural_after(line: TokenStream, index: int) -> bool:
    word = line.lower(index)
    return line.language.contains("noun.irregular", word) or (
        len(word) > 3 and word.endswith("s") and not line.language.contains("noun.not_plural", word)  # noqa: PLR2004
    )
