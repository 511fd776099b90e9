"""Split a sentence into tokens whose keys are equal if two spellings mean the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from watcher.text.calendars import ERA_YEAR, ERAS, MONTHS
from watcher.text.words import (
    are_opposites,
    forms,
    han_number,
    ideographs,
    ordinal,
    qualifier_groups,
    stem,
    with_ascii_digits,
    without_accents,
    without_elision,
)

_ARTICLES = frozenset(
    "der die das des dem den ein eine einer eines einem einen kein keine keinen keiner keinem dieser diese dieses "
    "diesem diesen jeder jede jedes jedem jeden mein dein sein seine seinen seiner seinem seines ihr ihre ihren ihrer "
    "ihrem unser unsere im am zum zur vom beim ins ans als alle allen aller viele vielen mehrere einige wenige".split()
)
_FUNCTION = _ARTICLES | frozenset(
    "und oder von in an auf aus bei mit nach zu für über unter durch gegen um ist war sind waren wurde wurden wird "
    "werden hat hatte haben sich auch es er sie dass bis seit".split()
)
# After these, a capital mostly begins the name of a place or person: "in Wien", "von Bach".
_PREPOSITIONS = frozenset("in an auf aus bei mit nach von zu für über unter durch gegen um und oder bis seit".split())
_ADJECTIVE = re.compile(r"[a-zäöüß]{3,}(?:e|en|er|es|em)")
_NOUN = re.compile(r"\w{3,}(?:ung|ungen|heit|keit|schaft|schaften|tion|tionen|tät|ismus|chen|lein|nis|tum)")
_WORDS = re.compile(r"[a-zäöüß]+", re.IGNORECASE)
# "Die" and "in" are English, too
_ONLY_GERMAN = _FUNCTION - frozenset("die in an am war hat also des den das um es".split()) | frozenset(
    "nicht nur sehr schon wieder jedoch aber dann weil dort damals zwischen kam ging zwei drei vier fünf".split()
)


def is_german(text: str) -> bool:
    """Return whether a text has enough words that only German has.

    >>> is_german("Das Haus wurde von einem Mann verkauft."), is_german("The man will die in an hour.")
    (True, False)
    """
    words = _WORDS.findall(text)
    count = len(_ONLY_GERMAN.intersection(map(str.casefold, words)))
    return count > 1 or (count == 1 and any(word[0].isupper() and _NOUN.fullmatch(word) for word in words))


def _is_common_noun(word: str, before: str) -> bool:
    """Return whether a capitalized word is not a name: it follows an article or adjective, or has a noun's ending."""
    if _NOUN.fullmatch(word):
        return True
    if before.casefold() in _PREPOSITIONS or not before.islower():
        return before.casefold() in _ARTICLES
    return before in _ARTICLES or _ADJECTIVE.fullmatch(before) is not None


_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})(?![IVX])")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10}
_MODERN = range(1000, 2200)
_APOSTROPHES = re.compile(r"['’]")
_NOT = re.compile(r"n['’]t$|^(?:does|did|is|are|was|were|has|have|had|wo|ca|could|would|should)nt$", re.IGNORECASE)
_CONTRACTION = re.compile(r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))$", re.IGNORECASE)
_ORDINAL_TAILS = frozenset({"e", "er", "re", "ère", "ème", "è", "º", "ª"})  # 3e, 1er, 2º
_UNIT_TAILS = frozenset("bn mn km kg cm mm ml mi ft am pm th tn mph kmh yrs".split())
_NEGATIVE = frozenset("none neither nor without nobody nothing nowhere hardly barely scarcely".split())  # beside "not"
_HYPHENS = " \u00a0-\u2010\u2011"
_HIRAGANA = ("\u3041", "\u309f")  # the script of particles and endings
_DAY = re.compile(r"(?:[12]?\d|3[01])(?:st|nd|rd|th)?")
_IN_A_NAME = (" ", "\u00a0", "-")  # between the words of a name
_ENDS = frozenset('.!?:;"“”。！？')  # may precede a capital that does not begin a name
_AFTERNOON = ("午後", "下午", "오후")
_CLOCK = re.compile(
    r"(?<![\d:.,])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s?(?P<half>[ap])(?:m\b|\.\s?m\.)"
    rf"|(?P<before>午前|上午|오전|{'|'.join(_AFTERNOON)})?\s?(?<![\d:.,])(?P<east>\d{{1,2}})\s?[時时시](?![間间간])"
    r"(?:\s?(?P<minutes>\d{1,2})\s?[分분])?",
    re.IGNORECASE,
)
# A date in digits, as in ISO 8601 or with the day first; 1/2/2022 is ambiguous and stays as written.
_DAY_IN_DIGITS = re.compile(
    r"(?<![\w.,/-])(?:(?P<year>\d{4})(?P<mark>[-./])(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<day>0?[1-9]|[12]\d|3[01])"
    r"|(?P<first>0?[1-9]|[12]\d|3[01])\.\s?(?P<second>0?[1-9]|1[0-2])\.\s?(?P<last>\d{4}))(?![\w/-]|[.,]\d)"
)
# A word of Japanese syllables: between two with capitals, "no" means "of", as in "Minamoto no Yoritomo".
_ROMAJI = re.compile(
    r"(?:(?:ch|sh|ts|[kgnhbpmr]y|[kgsztdnhbpmyrwfj])?[aeiouāēīōūâêîôû]|n(?![aeiou])|[kstp](?=[kstp]))++", re.IGNORECASE
)


def month_key(number: int) -> str:
    """Return the key of a month, 1 to 12."""
    return MONTHS[number - 1][:3]


class TokenKind(StrEnum):
    """The role of a token in a comparison."""

    WORD = "word"
    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    RANK = "rank"
    NEGATION = "negation"
    FIGURE = "figure"  # a quantity that the statistics compare
    SOFT = "soft"  # matters only against its opposite
    TENSE = "tense"
    FUNCTION = "function"

    def __init__(self, value: str) -> None:
        # Whether the token takes part in the alignment of two sentences; read about ten times for each token.
        self.is_content = value not in ("soft", "tense", "function")


class Token(NamedTuple):
    """A word, number or phrase: its text as written, its comparable key, its kind, and its span in the sentence."""

    text: str
    key: str
    kind: TokenKind
    start: int
    end: int


Reading = tuple[int, int, str, TokenKind]
"""A span of a sentence, and what its word means in any language, as a key and its kind: a month, "2nd"."""


@lru_cache(maxsize=65536)
def _bare(word: str) -> str:
    """Return a word in lower case, without accents, elision and contraction."""
    folded = without_elision(word.casefold())
    if not folded.isascii():
        folded = without_accents(folded)
        if folded[:1] > _HIRAGANA[0]:
            folded = folded.translate(ideographs())
    return _CONTRACTION.sub("", folded) or folded


def _numeric(text: str) -> tuple[str, TokenKind]:
    digits = _APOSTROPHES.sub("", text.replace(",", "").casefold())
    tail = digits.lstrip("0123456789.:")
    if tail in ("st", "nd", "rd", "th"):
        return digits, TokenKind.RANK
    if tail in _ORDINAL_TAILS and (number := digits.removesuffix(tail)).isdecimal():
        return ordinal(int(number[:9])), TokenKind.RANK
    if len(tail) > 1 and tail not in _UNIT_TAILS:
        plural = text.endswith("s") and text[-2].isupper()
        return digits.removesuffix("s") if plural else digits, TokenKind.NAME  # "49ers", "2Pac", "3DSs"
    if digits[:1] == "0" and digits[2:3] == ":":
        digits = digits[1:]  # 09:30
    if len(digits) == len("07") and digits.isdecimal():
        digits = str(int(digits))  # "07 April" is 7 April
    stripped = digits.removesuffix("s")
    if stripped.isdecimal() and int(stripped[:5]) in _MODERN and "," not in text:
        return digits, TokenKind.DATE
    return digits, TokenKind.NUMBER


@lru_cache(maxsize=8192)
def _lexical(text: str, *, initial: bool) -> tuple[str, TokenKind]:
    known = forms()
    if _NOT.search(text):
        return "not", TokenKind.NEGATION
    bare, own = _bare(text), text[-len(without_elision(text.casefold())) :]  # "d'AMD", "L'Italie" at the start
    initial, text = initial and own == text, own
    # "march" and "may" in lower case are verbs
    if bare in known.months and (text[0].isupper() or len(bare) > len("march")):
        return bare[:3], TokenKind.SOFT if bare == "may" and initial else TokenKind.DATE
    if bare in known.fixed:
        key, fixed = known.fixed[bare]
        return key, TokenKind(fixed)
    is_article = bare in known.articles and bare not in known.kinds and text.islower()
    is_hiragana = _HIRAGANA[0] <= bare[0] <= _HIRAGANA[1]
    kind = TokenKind.FUNCTION if is_hiragana or is_article else TokenKind(known.kinds.get(bare, "word"))
    if text.isupper() and len(text) > 1 and (kind is not TokenKind.NEGATION or text == "NOR"):  # Norway's code
        return text, TokenKind.NAME
    if text[0].isupper() and (bare in known.titles or len(bare) == 1):
        return bare, TokenKind.SOFT  # "President" and the "W" of a name are optional
    # The first word of a sentence always has a capital; "Pas-de-Calais" and "Dr. No" negate nothing.
    is_name = text[0].isupper() and not initial
    if kind is TokenKind.NEGATION and not (is_name and not text.isupper()):
        return (bare if bare in _NEGATIVE else "not"), kind
    if kind in (TokenKind.WORD, TokenKind.NEGATION):
        return stem(bare), TokenKind.NAME if is_name else TokenKind.WORD
    return bare, kind


def _unspaced(group: str, written: str) -> tuple[str, TokenKind]:
    if group == "denial":
        return "not", TokenKind.NEGATION
    if group == "han":
        return han_number(written), TokenKind.NUMBER
    return str(min(qualifier_groups(written), default=written)), TokenKind.WORD  # "と言われ" is "とされ"


def _raw_tokens(text: str) -> Iterator[Token]:
    known, initial, is_denied = forms(), True, False
    for hit in known.pattern.finditer(text):
        written, span = hit.group(), hit.span()
        match hit.lastgroup:
            case "word" if is_denied and written == "nor":  # "neither fog nor snow" is "not fog or snow"
                yield Token(written, "or", TokenKind.FUNCTION, *span)
            case "sign":
                initial = initial or written in _ENDS
                if written in "%‰":
                    yield Token(written, written, TokenKind.WORD, *span)
                continue
            case "word":
                # "Ada Hill" begins a sentence with a name, "Kein Haus" with a negation.
                denies, after = known.kinds.get(written.casefold()) == "negation", text[span[1] + 1 : span[1] + 2]
                is_denied = is_denied or written in ("neither", "Neither")
                yield Token(written, *_lexical(written, initial=initial and (denies or not after.isupper())), *span)
            case "phrase":
                for part in known.phrases[written.casefold()].split():
                    lexical = ("%", TokenKind.WORD) if part == "%" else _lexical(part, initial=False)
                    yield Token(written, *lexical, *span)
            case "name":
                yield Token(written, known.names[written], TokenKind.NAME, *span)
            case "acronym":
                yield Token(written, written.replace(".", ""), TokenKind.NAME, *span)
            case "denial" | "compound" | "han" as group:
                yield Token(written, *_unspaced(group, written), *span)
            case _:
                yield Token(written, *_numeric(written), *span)
        initial = False


def _named_in_full(row: list[Token], text: str) -> list[Token]:
    """Return the tokens with "no" and Roman numerals in names read as such: "Ame-no-Uzume", "World War I".

    A single letter is a numeral only after a name.
    """
    result = list(row)
    for at, token in enumerate(row):
        if token.text not in ("no", "No") and token.text[0] not in _ROMAN_DIGITS:
            continue
        before, after = row[max(at - 1, 0)], row[min(at + 1, len(row) - 1)]
        if after.text[0].isdecimal() and text[token.end : after.start].rstrip() == ".":
            result[at] = token._replace(key=stem("number"), kind=TokenKind.WORD)  # "no. 12"
        elif token.text == "no":
            if all(part.text[0].isupper() and _ROMAJI.fullmatch(part.text) for part in (before, after)):
                result[at] = token._replace(key="no", kind=TokenKind.FUNCTION)
        elif _ROMAN.fullmatch(token.text) and (
            len(token.text) > 1
            or (
                text[before.end : token.start] in _IN_A_NAME
                and before.text[0].isupper()
                and before.kind in (TokenKind.NAME, TokenKind.WORD)
            )
        ):
            digits = [_ROMAN_DIGITS[letter] for letter in token.text]
            number = sum(digit if digit >= next_one else -digit for digit, next_one in pairwise([*digits, 0]))
            result[at] = token._replace(key=ordinal(number), kind=TokenKind.RANK)
    return result


def _outside_names(row: list[Token], text: str) -> list[Token]:
    """Return the tokens with lone titles and capitals that are not initials as names: "the King", "hepatitis B"."""
    result = list(row)
    for at, token in enumerate(row):
        if token.kind is not TokenKind.SOFT or not token.text[0].isupper():
            continue
        before, after = row[max(at - 1, 0)], row[min(at + 1, len(row) - 1)]
        leads = after.start == token.end + 1 and after.text[0].isupper()
        follows = text[before.end : token.start] in _IN_A_NAME
        if token.key in forms().titles:
            named = before.text[0].isupper() and before.kind is not TokenKind.FUNCTION
            if not leads and not (follows and named):
                result[at] = token._replace(kind=TokenKind.NAME)
        elif len(token.text) == 1 and (
            text.strip() == token.text
            or (
                (at + 1 == len(row) or text[token.end : token.end + 1] not in (".", "'", "’"))
                and follows
                and len(before.text) > 1
                and not leads
            )
        ):
            result[at] = token._replace(key=token.text, kind=TokenKind.NAME)
    return result


def _dated(row: list[Token], text: str) -> list[Token]:
    """Return the tokens with each time of day as one number, and each date in digits like a date in words.

    Times have 24 hours: "11 a.m." is "11:00". 2022-01-02 and 02.01.2022 are 2 January 2022, 明治3年 is 1870年.
    """
    if "元年" not in text and not any(map(str.isnumeric, text)):
        return row
    matches = (pattern.finditer(text) for pattern in (_CLOCK, _DAY_IN_DIGITS, ERA_YEAR))
    written = sorted(chain.from_iterable(matches), key=re.Match.start)
    result: list[Token] = []
    for token in row:
        while written and written[0].end() <= token.start:
            written.pop(0)
        if not written or token.end <= written[0].start():
            result.append(token)
        elif not result or result[-1].start < written[0].start():
            match = written[0]
            if match.re is ERA_YEAR:
                number = int(han_number(match[2].replace("元", "1")))
                result.append(Token(match[0], str(ERAS[match[1]] + number), TokenKind.DATE, *match.span()))
                continue
            if match.re is _DAY_IN_DIGITS:
                month = month_key(int(match["month"] or match["second"]))
                keys = [str(int(match["day"] or match["first"])), month, match["year"] or match["last"]]
                result += [Token(match[0], key, TokenKind.DATE, *match.span()) for key in keys]
                continue
            hour = int(match["hour"] or match["east"])
            if half := (match["half"] or match["before"] or "").casefold():
                hour = hour % 12 + 12 * (half in ("p", *_AFTERNOON))
            key = f"{hour}:{int(match['minute'] or match['minutes'] or 0):02}"
            result.append(Token(match[0], key, TokenKind.NUMBER, *match.span()))
    return result


def _joined(tokens: Iterable[Token], text: str) -> Iterator[Token]:
    """Yield the tokens with prefixes joined to their words: "re-loaded" and "anti - trafficking" like "reloaded"."""
    prefixes = forms().prefixes
    last: Token | None = None
    for token in tokens:
        gap = text[last.end : token.start] if last and last.text.casefold() in prefixes else ""
        if last and gap.strip() and not gap.strip(_HYPHENS):
            key = stem(_bare(last.text + token.text))
            yield Token(text[last.start : token.end], key, TokenKind.WORD, last.start, token.end)
            last = None
        else:
            if last:
                yield last
            last = token
    if last:
        yield last


def _with_german_nouns(row: Sequence[Token]) -> list[Token]:
    """Return German tokens with common nouns (all nouns have capitals) as words and articles as function words."""
    result = list(row)
    for at, token in enumerate(row):
        bare, before = token.text.casefold(), row[at - 1].text if at else ""
        # A first name, or the first word of a longer name
        before_name = any(
            after.kind is TokenKind.NAME and after.start == token.end + 1 for after in row[at + 1 : at + 2]
        )
        if bare in _FUNCTION and token.kind is not TokenKind.NEGATION:
            result[at] = token._replace(key=bare, kind=TokenKind.FUNCTION)
        elif token.kind is TokenKind.NAME and not before_name and _is_common_noun(token.text, before):
            result[at] = token._replace(kind=TokenKind.WORD)
    return result


@lru_cache(maxsize=512)
def _all_tokens(written: str) -> tuple[Token, ...]:
    text = with_ascii_digits(written)
    row = _dated(_outside_names(_named_in_full(list(_raw_tokens(text)), text), text), text)
    # A rank or number beside a month is its day: "March 3rd" is 3 March.
    months = [token.kind is TokenKind.DATE and token.key in forms().months for token in row]
    row = [
        token._replace(key=token.key.rstrip("stndrh"), kind=TokenKind.DATE)
        if token.kind in (TokenKind.RANK, TokenKind.NUMBER)
        and any(months[max(at - 1, 0) : at + 2])
        and _DAY.fullmatch(token.key)
        else token
        for at, token in enumerate(row)
    ]
    if is_german(text):
        row = _with_german_nouns(row)
    row = list(_joined(row, text))
    return tuple(row if text == written else (each._replace(text=written[each.start : each.end]) for each in row))


def _as_read(row: Sequence[Token], readings: Sequence[Reading]) -> Iterator[Token]:
    """Yield the tokens with the meanings of date and rank words, and numbers beside a month as parts of its date."""
    ahead = sorted(readings)
    for token in row:
        while ahead and ahead[0][1] <= token.start:
            ahead.pop(0)
        if not ahead or token.end <= ahead[0][0]:
            yield token
            continue
        _, _, key, kind = ahead[0]
        if token.text.isalpha() and len(token.text) > len("of"):
            yield token._replace(key=key, kind=kind)
        elif kind is TokenKind.DATE and token.kind in (TokenKind.RANK, TokenKind.NUMBER):
            yield token._replace(key=token.key.rstrip("stndrh"), kind=kind)
        else:
            yield token


def tokens(text: str, figures: Sequence[tuple[int, int]] = (), readings: Sequence[Reading] = ()) -> tuple[Token, ...]:
    """Return the tokens of a sentence; each of the spans `figures` is one figure token.

    `readings` are the meanings of the words of its dates and ranks.

    >>> [token.key for token in tokens("It doesn't re-load the 3rd file.")]
    ['it', 'not', 'reload', 'the', '3rd', 'file']
    """
    row = _all_tokens(text[:20_000])  # a longer "sentence" is no prose, and comparing is not linear
    row = tuple(_as_read(row, readings)) if readings else row
    if not figures:
        return row
    result: list[Token] = []
    spans = sorted(figures)
    at = 0
    for token in row:
        while at < len(spans) and spans[at][1] <= token.start:
            at += 1
        if at < len(spans) and token.end > spans[at][0]:
            start, end = spans[at]
            if not result or result[-1].kind is not TokenKind.FIGURE or result[-1].start != start:
                result.append(Token(text[start:end], "#", TokenKind.FIGURE, start, end))
            continue
        result.append(token)
    return tuple(result)


def meanings(text: str) -> frozenset[str]:
    """Return the keys of the content words of a text, without titles such as "President"."""
    return frozenset(token.key for token in tokens(text) if token.kind.is_content and token.key not in forms().titles)


def are_opposed(old: Token, new: Token) -> bool:
    """Return whether two tokens exclude each other, by their keys or by their spelling."""
    return are_opposites(old.key, new.key) or are_opposites(old.text.casefold(), new.text.casefold())


def denials(row: Sequence[Token]) -> int:
    """Return the number of negations in a row of them; two adjacent ones count as one, as in "nigdy nie"."""
    return len(row) - sum(a.key == b.key == "not" and b.start - a.end == 1 for a, b in pairwise(row))


def differ_in_small_words(first: str, other: str) -> bool:
    """Return whether two sentences have the same content words in order, and no other words that exclude each other.

    >>> differ_in_small_words("It is the port of Ardal.", "It is the port in Ardal.")
    True
    """
    rows = tokens(first), tokens(other)
    own, others = ([token.key for token in row if token.kind.is_content] for row in rows)
    if own != others:
        return False
    keys = [{token.key for token in row} for row in rows]
    gone, come = ([token for token in row if token.key not in keys[1 - side]] for side, row in enumerate(rows))
    # "Is" and "was" make different statements, and so do "before" and "after".
    return not any(token.kind is TokenKind.TENSE for token in (*gone, *come)) and not any(
        are_opposed(token, later) for token in gone for later in come
    )


def may_reword(first: str, other: str) -> bool:
    """Return whether two sentences have the same numbers, agree in negation, and have no words that exclude each other.

    >>> may_reword("It was the second port before the war.", "It was the second port after the war.")
    False
    """
    rows = tokens(first), tokens(other)
    keys = [{token.key for token in row} for row in rows]
    gone, come = ([token for token in row if token.key not in keys[1 - side]] for side, row in enumerate(rows))
    numbers = [sorted(filter(str.isdigit, side)) for side in keys]
    denied = [denials([token for token in row if token.kind is TokenKind.NEGATION]) % 2 for row in rows]
    # A preposition excludes another one only before the same word.
    behind = [{token: after.key for token, after in pairwise(row)} for row in rows]
    return (
        numbers[0] == numbers[1]
        and denied[0] == denied[1]
        and not any(
            are_opposed(token, later)
            and (token.kind.is_content or later.kind.is_content or behind[0].get(token) == behind[1].get(later))
            for token in gone
            for later in come
        )
    )


def are_repeated(words: Collection[str], others: Container[str]) -> bool:
    """Return whether at least three quarters of the words are among the others."""
    return sum(word in others for word in words) >= 0.75 * len(words)


def same_but_for(
    old: str, new: str, old_figures: Sequence[tuple[int, int]], new_figures: Sequence[tuple[int, int]]
) -> bool:
    """Return whether two sentences are identical outside the spans of their figures, which must be in order.

    >>> same_but_for("Of 21 men", "Of 250 men", [(3, 5)], [(3, 6)])
    True
    """

    def around(text: str, figures: Sequence[tuple[int, int]]) -> list[str]:
        edges = [0, *(edge for span in figures for edge in span), len(text)]
        return [text[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)]

    return len(old_figures) == len(new_figures) and around(old, old_figures) == around(new, new_figures)
