"""Split a text into tokens by the number words of its language, for rules that look at neighbouring tokens."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from text_to_num import find_numbers

from watcher.model import Measure
from watcher.text.calendars import months_in
from watcher.text.words import with_ascii_digits

SHIPPED = frozenset({"en", "de", "fr", "es", "it", "pt", "nl"})
Phrases = Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
BUDDHIST = frozenset({"th"})
_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]")
_WORD = re.compile(r"[^\W\d_]+")
_PIECE = re.compile(r"\d+|[^\W\d_]+|\S")


def is_supported(language: str) -> bool:
    """Return whether number words are read in this language; in any other, only digits and signs are."""
    return _base(language) in SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The vocabulary of one language, under the paths of its data file ("currency.nouns").

    Words are lower case, signs as written; a list that a language does not have is empty. `before` maps the last word
    of a phrase to the phrases that end with it, `after` the first word to those that begin with it, longest first, each
    with its meaning.
    """

    code: str
    decimal: str
    group: str
    sets: Mapping[str, frozenset[str]]
    tables: Mapping[str, Mapping[str, str]]
    numbers: Mapping[str, Mapping[str, Decimal]]
    before: Mapping[str, Phrases]
    after: Mapping[str, Phrases]
    starters: frozenset[str]
    glued_before: re.Pattern[str]
    glued_behind: re.Pattern[str]
    compounds: bool = False

    def may_count(self, text: str) -> bool:
        """Return whether a text can contain a number at all, which most sentences cannot."""
        if self.compounds:
            return True  # "zweihundertfünfzig" is not a word of any table
        return bool(_DIGIT.search(text)) or not self.starters.isdisjoint(_WORD.findall(text.lower()))


@cache
def language_of(code: str) -> Language:
    """Return the vocabulary of `code` ("en", "pt-br"); that of an unknown language has only digits and signs."""
    wiki = _base(code)
    base = wiki if wiki in SHIPPED else ""
    own = _file(base or "other")
    sets: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    tables: defaultdict[str, dict[str, str]] = defaultdict(dict)
    tables["months"] = {name: str(month) for name, month in months_in(wiki, shortened=base in ("", "en")).items()}
    phrases: dict[str, dict[str, list[str]]] = {}
    for path, key, result in (*_leaves(_file("common")), *_leaves(own)):
        if isinstance(result, list):
            sets[f"{path}.{key}"] |= frozenset(result)
            phrases.setdefault(path, {}).setdefault(key, []).extend(result)
        else:
            names = result.split()
            # A name means the key of its row, itself, or its position in a list of numbers.
            tables[path].update(
                {name: str(number) for number, name in enumerate(names, _COUNTED[key])}
                if key in _COUNTED
                else {name: name if key == "itself" else key for name in names}
            )
    if not base:
        sets["years.buddhist"] = frozenset({wiki}) & BUDDHIST
    numbers: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    numbers |= {
        path: {word: Decimal(10) ** int(text) if path in _POWERS else Decimal(text) for word, text in table.items()}
        for path, table in tables.items()
        if path in _NUMERIC
    }
    separators = own.get("separators", {})
    before = {path: _by_word(phrases.get(path, {}), last=True) for path in ("qualifiers", "age_before", "citing")}
    after = {path: _by_word(phrases.get(path, {}), last=False) for path in ("qualifiers_after", "age_after", "percent")}
    behind = {*after["qualifiers_after"], *after["age_after"], *after["percent"]}
    behind |= {word for path in _BEHIND_TABLES for word in tables[path]}
    behind |= {word for path in _BEHIND_SETS for word in sets[path]}
    return Language(
        code=base,
        decimal=separators.get("decimal", "."),
        group=separators.get("group", ","),
        sets=sets,
        tables=tables,
        numbers=numbers,
        before=before,
        after=after,
        starters=frozenset(word for path in _STARTING for word in numbers[path]),
        glued_before=re.compile(f"(?:{_unspaced({*before['qualifiers'], *sets['words.ordinal_prefixes']})})$"),
        glued_behind=re.compile(rf"{_unspaced(behind)}|{HALF}(?![ばと島分期径数导導年月日])"),
        compounds=bool(base) and base != "en",
    )


_COUNTED = {"from_zero": 0, "from_one": 1}
_STARTING = ("cardinals", "scales", "dozens", "ordinals", "parts", "multiples")
_POWERS = ("scales", "scales_plural", "scale_signs")
_NUMERIC = (*_STARTING, *_POWERS, "months", "duration_years")


# What may follow a number without a blank in Chinese, Japanese and Korean.
_BEHIND_TABLES = ("unit_signs", "durations", "currency.symbols")
_BEHIND_SETS = ("noun.counters", "words.ordinal_counters", "words.parts_of", "identifiers.behind")


def _unspaced(words: Iterable[str]) -> str:
    """Return a pattern for those words that are written without blanks around them, the longest first."""
    chosen = sorted((word for word in words if word[:1] >= UNSPACED), key=len, reverse=True)
    return "|".join(map(re.escape, chosen)) or "(?!)"


def _base(code: str) -> str:
    return code.lower().partition("-")[0]


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files("watcher.parse.languages").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str, Any]]:
    for key, result in tree.items():
        if isinstance(result, dict):
            yield from _leaves(result, f"{path}.{key}" if path else key)
        else:
            yield path, key, result


def _by_word(phrases: Mapping[str, Iterable[str]], *, last: bool) -> Phrases:
    result: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for meaning, listed in phrases.items():
        for phrase in listed:
            pieces = tuple(_PIECE.findall(phrase))
            result.setdefault(pieces[-1 if last else 0], []).append((pieces, meaning))
    return {word: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for word, entries in result.items()}


NUMBER, PART, WORD, SIGN = "number", "part", "word", "sign"
DASHES = frozenset("-‐‑‒–—−~〜～")  # the last two are used in East Asian ranges
# How many tokens a rule looks around; with 6 to 24, set for each rule, only 3 of 15,000 sentences were read otherwise.
REACH = 14
# Beyond this many digits a number is a code, and arithmetic on it would be slow.
LONGEST = 40
UNSPACED = "\u3040"  # where the scripts without blanks begin, with hiragana
HALF = "半"  # after a unit or counter in Chinese and Japanese: 3時間半, 3个半小时
_MYRIADS = "千万萬億亿兆만억조"
_GAPS = re.compile(r"[\s'’]")


class TextToken(NamedTuple):
    """A token: `kind` is one of NUMBER, PART (½), WORD, SIGN or `link`; `lower` is the text in lower case."""

    kind: str
    text: str
    lower: str
    start: int
    end: int


END = TextToken(SIGN, "", "", -1, -1)
_AROUND = [END] * 64
# Vowel signs and accents that join a letter before them, as in करोड़.
_MARKS = (
    "\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)


# Thai, Chinese, Japanese and Korean write what follows a unit without a space: 45.6km²である.
_GLUED = "(?=[\u0e01-\u0eff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3])"
# Units that Unicode has as one character for East Asian text (CJK Compatibility): 1000㎡, 3㎞.
_SQUARED = "[\u3380-\u33df]"
# A percent-encoded character ("%2F", RFC 3986) with the text attached to it; "%20" and "20%" are shares if there is a
# space or a digit on the other side.
_ESCAPE = r"(?:(?<=[^\s\d(])%[0-9A-Fa-f]{2}|(?<=\d)%(?:[2-7][A-F](?![^\W\d_])|[2-7]\d(?=[a-z])))"


@cache
def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    # Every repetition is bounded or consumed by what it matches, so a long line stays linear.
    dot, comma = re.escape(decimal), re.escape(group)
    shapes = (
        rf"\d{{1,3}}(?:{comma}\d{{2,3}}){{0,8}}{comma}\d{{3}}(?!{comma}?\d)(?:{dot}\d+)?",  # 1,234,567.8 and 12,34,567
        r"\d+(?:\.\d+){2,}",  # 26.11.2018, 192.168.1.2
        # The separators the other way round: 1.234,5 and 1,3 in English.
        rf"\d{{1,3}}(?:{dot}\d{{3}}){{1,8}}{comma}\d+|(?<![,.])\d{{1,20}}{comma}\d{{1,2}}(?!\d|[{comma}{dot}]\d)",
        # French, Swiss and scientific texts separate thousands with spaces or apostrophes, all of one kind.
        rf"\d{{1,3}}(?:(?P<gap>[ \u00a0\u2007\u2009\u202f'’])\d{{3}})(?:(?P=gap)\d{{3}}){{0,8}}(?!\d)(?:{dot}\d+)?",
        # "Rs.500" and "boats.12" end a word before the number; ".5" is one.
        rf"\d+{dot}\d+|(?<![^\W\d_]){dot}\d+|\d+",
    )
    return re.compile(
        # Most tokens are words, so words are tried first.
        r"(?P<part>(?<!¿)[¼-¾⅐-⅞])"  # "ï¿½" is a letter that was lost
        rf"|(?P<word>{_SQUARED}|(?!https?://|www\.|doi:)(?:[A-Za-zµ²³]++{_GLUED}|[{_MYRIADS}]++(?=[A-Za-z])|[^\W\d_]+(?:[{_MARKS}]+[^\W\d_]*|['’][^\W\d_]+)*))"
        rf"|(?P<link>(?:https?://|www\.|doi:)\S+|\b10\.\d{{4,9}}/\S+|{_ESCAPE}\S*)"
        rf"|(?P<number>(?<!\d)(?:{'|'.join(shapes)}))"
        r"|(?P<sign>\S)"
    )


def tokens_of(text: str, language: Language) -> list[TextToken]:
    """Return all tokens of `text` in order; only white space lies between them."""
    result: list[TextToken] = []
    elided = language.sets["words.elided"]
    make = tuple.__new__  # a NamedTuple's own constructor costs three times as much
    for match in _pattern(language.decimal, language.group).finditer(text):
        kind, word, start = match.lastgroup or SIGN, match.group(), match.start()
        if elided and kind == WORD and len(word) > 2 and (word[1] in "'’" or word[2] in "'’"):  # noqa: PLR2004
            # "L'article", "d'euros": the noun follows the apostrophe.
            cut = word.find(word[1] if word[1] in "'’" else word[2]) + 1
            if word[: cut - 1].lower() in elided:
                start, word = start + cut, word[cut:]
        if word[0] in _MYRIADS and result and result[-1].kind == NUMBER and result[-1].end == start:
            # Chinese and Japanese write no space: in 3万人口 the first letter multiplies, the rest is the noun.
            while len(word) > 1 and word[0] in _MYRIADS:
                result.append(TextToken(WORD, word[0], word[0], start, start + 1))
                start, word = start + 1, word[1:]
        if kind == NUMBER and result and result[-1].text[-1] >= UNSPACED and result[-1].end == start:
            _part_before(result, language)
        elif word[0] >= UNSPACED and result and start - result[-1].end <= 1:
            begin = start
            # A number may have a scale before its unit (3万キロ) and a bound after it (18歳以上).
            while (
                (result[-1].kind == NUMBER or result[-1].text in _MYRIADS or start > begin)
                and (glued := language.glued_behind.match(word))
                and glued[0] != word
            ):
                result.append(TextToken(WORD, glued[0], glued[0], start, start + len(glued[0])))
                start, word = start + len(glued[0]), word[len(glued[0]) :]
        result.append(make(TextToken, (kind, word, word.lower(), start, match.end())))
    return result


def _part_before(result: list[TextToken], language: Language) -> None:
    """Split a word from the qualifier or ordinal prefix of a number that follows without a blank: 人口は約3万, 第3."""
    word = result[-1]
    if (glued := language.glued_before.search(word.text)) and glued.start():
        at = word.start + glued.start()
        result[-1:] = [
            TextToken(WORD, word.text[: glued.start()], word.lower[: glued.start()], word.start, at),
            TextToken(WORD, glued[0], glued[0], at, word.end),
        ]


def digits_value(text: str, language: Language) -> Decimal | None:
    """Return the value of a number token; None for a code such as 192.168.1.2 or a number with too many digits.

    >>> from watcher.parse.quantities.token_stream import language_of
    >>> digits_value("1,100.5", language_of("en"))
    Decimal('1100.5')
    """
    if len(text) > LONGEST:
        return None
    plain = _GAPS.sub("", text)
    last = max(plain.rfind(","), plain.rfind("."))
    mark = plain[last] if last >= 0 else ""
    if not mark:
        return Decimal(plain)
    other = "," if mark == "." else "."
    whole, fraction = plain[:last].replace(other, ""), plain[last + 1 :]
    thousands = mark != language.decimal and len(fraction) == len("000") and other not in plain[:last]
    grouped = mark in whole or thousands
    if grouped:
        whole, fraction = (whole + fraction).replace(mark, ""), ""
        if mark == language.decimal and other not in text:
            return None
    return Decimal(f"{whole or '0'}.{fraction}" if fraction else whole)


class _Word:
    """A token with the interface that text_to_num requires."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        # A short form that text_to_num reads only in full.
        self._text = "veintiuno" if text.lower() in ("veintiún", "veintiun") else text

    def text(self) -> str:
        """Return the word."""
        return self._text

    def nt_separated(self, previous: _Word) -> bool:  # noqa: ARG002  the library's protocol
        """Return False: in written text, signs separate words."""
        return False

    def not_a_number_part(self) -> bool:
        """Return whether a word cannot belong to a number: digits have their own reader."""
        return self._text[:1].isdigit()


def spelled_numbers(tokens: Sequence[TextToken], language: str) -> dict[int, tuple[int, Decimal, bool]]:
    """Return spelled numbers by the index of their first token: the index after them, the value, whether ordinal.

    A scale word after digits, as in "21 Millionen", belongs to the digits and is left out.
    """
    if language in ("", "en"):
        return {}
    occurrences = find_numbers([_Word(token.text) for token in tokens], language, threshold=0.0)
    return {
        occurrence.start: (occurrence.end, Decimal(repr(occurrence.value)), occurrence.is_ordinal)
        for occurrence in occurrences
        # A float has 15 digits; a spelled number with more is not a statistic.
        if abs(occurrence.value) < 10**15 and not (occurrence.start and tokens[occurrence.start - 1].kind == NUMBER)
    }


UNITY = Decimal(1)  # the scale of a number without a scale word


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number over tokens `first` to `last` (exclusive); `scale` is the factor of its scale words.

    `form` is "digits", "words", "ordinal" or "fraction"; `plain` is the text of a lone digit token
    without separators, the only shape that years and identifiers have.
    """

    first: int
    last: int
    value: Decimal
    form: str
    scale: Decimal = UNITY
    plain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberWithUnit:
    """A numeral with its sign, currency or unit: its text is `first` to `last`; `after` is the token after the unit."""

    numeral: Numeral
    first: int
    last: int
    after: int
    value: Decimal
    measure: Measure = Measure.COUNT
    unit: str | None = None
    noun_follows: bool = False


@dataclass(slots=True)
class TokenStream:
    """A text with its tokens; beyond either end, there are empty tokens."""

    text: str
    language: Language
    tokens: list[TextToken]
    count: int
    seen: dict[int, Numeral | None] = field(default_factory=dict)
    sides: dict[int, NumberWithUnit] = field(default_factory=dict)
    years: set[int] = field(default_factory=set)  # tokens that were read as years
    spelled: dict[int, tuple[int, Decimal, bool]] = field(default_factory=dict)
    names: set[int] = field(default_factory=set)  # tokens that were read as part of a name

    @classmethod
    def of(cls, text: str, language: Language) -> TokenStream:
        """Split `text` into tokens."""
        tokens = tokens_of(with_ascii_digits(text), language)
        spelled = spelled_numbers(tokens, language.code)
        # Rules look around without checking for the ends: the padding after the last token is also before the first.
        return cls(text, language, tokens + _AROUND, len(tokens), spelled=spelled)

    def token(self, index: int) -> TextToken:
        """Return the token at `index`, or END."""
        return self.tokens[index]

    def lower(self, index: int) -> str:
        """Return the token's text in lower case, empty past the ends."""
        return self.tokens[index].lower

    def has(self, path: str, index: int) -> bool:
        """Return whether the list of the language at `path` contains the token."""
        return self.tokens[index].lower in self.language.sets[path]

    def lookup(self, path: str, index: int) -> str | None:
        """Return the entry of the token in the table of the language at `path`, or None."""
        return self.language.tables[path].get(self.tokens[index].lower)

    def number(self, path: str, index: int) -> Decimal | None:
        """Return the number of the token in the table of the language at `path`, or None."""
        return self.language.numbers[path].get(self.tokens[index].lower)

    def is_adjacent(self, index: int) -> bool:
        """Return whether nothing lies between this token and the one before."""
        return 0 < index < self.count and self.tokens[index].start == self.tokens[index - 1].end

    def past_hyphen(self, index: int) -> int:
        """Return the index after a hyphen at `index`, else `index` itself."""
        return index + 1 if self.lower(index) in DASHES else index

    def phrase_at(self, phrases: Phrases, index: int) -> tuple[str, int] | None:
        """Return the meaning of the longest phrase that begins at `index`, and the index after it; or None."""
        for pieces, meaning in phrases.get(self.lower(index), ()):
            if self._matches(pieces, index):
                return meaning, index + len(pieces)
        return None

    def phrase_before(self, phrases: Phrases, index: int) -> tuple[str, int] | None:
        """Return the meaning of the longest phrase that ends right before `index`, and where it begins; or None."""
        for pieces, meaning in phrases.get(self.lower(index - 1), ()):
            if self._matches(pieces, index - len(pieces)):
                return meaning, index - len(pieces)
        return None

    def _matches(self, pieces: Sequence[str], index: int) -> bool:
        if index < 0:
            return False
        for offset, piece in enumerate(pieces, index):  # noqa: SIM110  all() costs twice as much, and this runs most
            if self.lower(offset) != piece:
                return False
        return True


@dataclass(slots=True)
class Candidate:
    """A quantity over tokens `first` to `last`; `after` is the token where its noun may begin, `last` if not given.

    `noun` tells whether a counted noun is looked for; `iso` is the ISO form of a date or year;
    `base` marks the 1,000 of "3.8 per 1,000 births".
    """

    first: int
    last: int
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    measure: Measure = Measure.COUNT
    unit: str | None = None
    qualifier: str | None = None
    period: str | None = None
    after: int = -1
    noun: bool = False
    iso: str | None = None
    base: bool = False

    def __post_init__(self) -> None:
        if self.after < 0:
            self.after = self.last


# The quantities of a match and the token to continue from; without quantities, the text is known not to be one.
Match = tuple[tuple[Candidate, ...], int]


def match_of(draft: Candidate) -> Match:
    """Return the match of one quantity, which ends after its unit."""
    return (draft,), draft.after
