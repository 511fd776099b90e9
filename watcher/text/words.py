"""Look up words: stems, closed classes of function words, words that exclude each other, typos.

Open classes are not listed. A list of nouns, verbs or adjectives has only the words that somebody came across; on
unseen articles, 1,569 lines of such lists changed no verdict.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz.distance import OSA
from Stemmer import Stemmer

from watcher.common_ends import common_ends
from watcher.text.calendars import days_in, months_in
from watcher.text.word_diff import UNSPACED, marks

# Prefixes that negate a word, and those that negate only longer words: "display" is not the opposite of "play".
ROOT_LENGTH = 5  # first letters that forms of a word share: "settled" and "settlement"
_TURNING = ("un", "non", "il", "ir", "anti", "nie", "не", "без", "бес")
_TURNING_LONGER = ("in", "im", "dis", "mis", "contra")
# British to American, on stems: one key for both spellings.
_SPELLINGS = {"is": "iz", "ys": "yz", "our": "or", "enc": "ens", "tr": "ter", "mm": "m"}
_SPELLING = re.compile(f"(?:{'|'.join(_SPELLINGS)})$")
_ELIDED = re.compile(r"^(?:l|d|un|(?:de|a|ne|da|su)ll|qu)['’](?=\w{3})")
_ELSEWHERE = "opposites_elsewhere.txt"  # of other languages than English
_HAN_DIGITS = "一二三四五六七八九"
_HAN_POWERS = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
# Ideographs before and after a reported word: compounds and names have mostly up to four, a clause is longer.
_HEAD, _TAIL = (re.compile(pattern) for pattern in ("[々〇㐀-鿿]{1,4}$", "[々〇㐀-鿿]{1,4}"))


@dataclass(frozen=True, slots=True)
class Forms:
    """The closed classes of forms.toml as sets and maps."""

    common: frozenset[str]  # words that mean little by themselves
    kinds: dict[str, str]  # of a function word, as a value of `TokenKind`
    fixed: dict[str, tuple[str, str]]  # the key and kind of ordinals, weekdays and numbers
    articles: frozenset[str]  # of other languages
    titles: frozenset[str]
    months: frozenset[str]
    prefixes: frozenset[str]
    tense: dict[str, str]
    phrases: dict[str, str]
    names: dict[str, str]
    pattern: re.Pattern[str]


@cache
def _word() -> re.Pattern[str]:
    letter = rf"[^\W{UNSPACED}]{marks()}"
    return re.compile(rf"[{UNSPACED}]{marks()}|(?:{letter})+(?:[.,'’](?:{letter})+)*")


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case; in scripts without blanks, each character.

    >>> words("Of 1,500 men in 東京")
    ['of', '1,500', 'men', 'in', '東', '京']
    """
    return _word().findall(text.casefold())


def compound(sentence: str, part: str, other: str) -> str:
    """Return a part of a sentence with the ideographs around it, so that it is not a fragment of a word.

    If it occurs several times, the first occurrence that forms a word which the `other` sentence lacks counts.

    >>> compound("高い家形石棺は石棺より新しい。", "形", "高い家型石棺は石棺より新しい。")
    '家形石棺'
    """
    at = sentence.find(part)
    while at >= 0:
        end = at + len(part)
        head = _HEAD.search(sentence, max(0, at - 4), at) if _TAIL.match(part) else None
        tail = _TAIL.match(sentence, end) if _HEAD.search(part) else None
        whole = f"{head[0] if head else ''}{part}{tail[0] if tail else ''}"
        if whole not in other:
            return whole
        at = sentence.find(part, end)
    return part


def without_compound(old: str, new: str) -> tuple[str, str]:
    """Return two parts of sentences without the ideographs that both begin and end with, which `compound` added.

    >>> without_compound("家型石棺", "家形石棺")
    ('型', '形')
    """
    head, tail = common_ends(old, new)
    begin, end = old[:head], old[len(old) - tail :]
    head, tail = (length if _TAIL.sub("", part) == "" else 0 for length, part in ((head, begin), (tail, end)))
    return old[head : len(old) - tail], new[head : len(new) - tail]


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _lines(name: str) -> list[str]:
    return [line for line in _read(name).splitlines() if line.strip() and not line.startswith("#")]


# The zeros of the other scripts of the Basic Multilingual Plane; the nine other digits follow each (category Nd).
_ZEROS = (
    "660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 "
    "1a90 1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10"
)
_OTHER_DIGITS = "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in (int(code, 16) for code in _ZEROS.split()))
# The last are wide: per cent, comma and full stop.
_DIGIT = re.compile(rf"[{_OTHER_DIGITS}\uff05]|(?<=\d)[\uff0c\uff0e](?=\d)")
_MAY_HAVE_DIGIT = re.compile(rf"[{_OTHER_DIGITS}\uff05\uff0c\uff0e]")  # a class alone is searched ten times as fast


def with_ascii_digits(text: str) -> str:
    """Return a text with the decimal digits of every script as ASCII digits; positions do not change.

    >>> with_ascii_digits("\u0967\u096e\u096b\u096e"), with_ascii_digits("\uff12\uff15\uff0e\uff15\uff05")
    ('1858', '25.5%')
    """
    if text.isascii() or not _MAY_HAVE_DIGIT.search(text):
        return text
    return _DIGIT.sub(
        lambda sign: str(int(sign[0])) if sign[0].isdecimal() else unicodedata.normalize("NFKC", sign[0]), text
    )


def without_accents(word: str) -> str:
    """Return a word without combining marks: "élève" is "eleve"."""
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


@cache
def ideographs() -> dict[int, str]:
    """Map each ideograph to the common form of traditional, simplified and Japanese ones: 國 is compared as 国.

    MediaWiki shows a Chinese page to each reader in the characters that they chose (LanguageConverter).
    """
    from opencc import OpenCC  # noqa: PLC0415  for texts that have such characters

    signs = "".join(map(chr, range(0x3400, 0xA000)))
    folded = OpenCC("t2s").convert(OpenCC("jp2t").convert(signs))
    return {ord(sign): other for sign, other in zip(signs, folded, strict=True) if sign != other} | {ord("ヶ"): "ケ"}


def without_elision(word: str) -> str:
    """Return a lower-case word without an elided French or Italian article or preposition: "l'unico" is "unico"."""
    return _ELIDED.sub("", word)


@cache
def _irregular() -> dict[str, str]:
    rows = [line.split() for line in _lines("irregular.txt")]
    return {form: row[0] for row in rows for form in row}


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a lower-case word without its endings and in one spelling, by the Snowball stemmer for English.

    >>> stem("labourers") == stem("laborer"), stem("fell") == stem("falling")
    (True, True)
    """
    if not word.isascii() or not word.isalpha():
        return word
    # A stemmer is not thread-safe, and creating one takes only a microsecond.
    stemmed = Stemmer("english", 0).stemWord(_irregular().get(word, word))
    return _SPELLING.sub(lambda ending: _SPELLINGS[ending[0]], stemmed)


def _class_stem(word: str) -> str:
    """Return the stem by which classes are looked up, also for Russian, whose words have a dozen forms."""
    return Stemmer("russian", 0).stemWord(word) if "а" <= word[0] <= "я" else stem(word)


@cache
def _opposites() -> dict[str, frozenset[tuple[int, int]]]:
    """Return the classes of each word and stem of both files of opposites, with its positions in them."""
    positions: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_lines("opposites.txt") + _lines(_ELSEWHERE)):
        for position, side in enumerate(line.split("|")):
            for word in side.split():
                for form in (word, _class_stem(word)):
                    positions.setdefault(form, set()).add((number, position))
    return {word: frozenset(entries) for word, entries in positions.items()}


@lru_cache(maxsize=16384)
def are_opposites(old: str, new: str) -> bool:
    """Return whether two lower-case words or stems exclude each other, in a closed class or by a prefix or suffix.

    >>> are_opposites("before", "after"), are_opposites("legal", "illegal"), are_opposites("forewing", "hindwing")
    (True, True, True)
    """
    short, long = sorted((old, new), key=len)
    if len(short) >= len("able") and long.endswith(short):
        rest = long.removesuffix(short)
        # "il" and "ir" negate only words that begin with their own letter, "im" those with a p: not "immigrant".
        first = {"il": "l", "ir": "r", "im": "p"}.get(rest, short[0])
        if first == short[0] and rest in (_TURNING if len(short) < len("honest") else _TURNING + _TURNING_LONGER):
            return True
    # "harmless" is the opposite of "harmful" and "harm"
    if old.endswith("less") != new.endswith("less"):
        root, kept = (old[:-4], new) if old.endswith("less") else (new[:-4], old)
        if len(root) > len("un") and kept.startswith(root) and kept[len(root) :] in ("", "ful", "y", "s"):
            return True
    # The words themselves, or the beginnings of two compounds: "over" and "under" of "overpaid" and "underpaid"
    shared = min(common_ends(old, new)[1], len(short) - len("up"))
    for end in (0, *range(4, shared + 1)):
        own, other = _positions(old[: len(old) - end]), _positions(new[: len(new) - end])
        if own.isdisjoint(other) and not {number for number, _ in own}.isdisjoint(number for number, _ in other):
            return True
    return False


_FAR = 3  # positions in a class: "always" and "never" are that far apart


def are_extremes(old: str, new: str) -> bool:
    """Return whether two words are far apart in a class: denying one does not mean the other, as in "nigdy nie".

    >>> are_extremes("zawsze", "nigdy"), are_extremes("often", "seldom")
    (True, False)
    """
    ends = [(first, last) for row, first in _positions(old) for other, last in _positions(new) if row == other]
    return any(abs(first - last) >= _FAR for first, last in ends)


def _positions(word: str) -> frozenset[tuple[int, int]]:
    return _opposites().get(word) or _opposites().get(_class_stem(word), frozenset())


@cache
def _synonyms() -> dict[str, frozenset[int]]:
    classes: dict[str, set[int]] = {}
    for number, line in enumerate(_lines("synonyms.txt")):
        for word in line.split():
            classes.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in classes.items()}


def are_synonyms(old: str, new: str) -> bool:
    """Return whether two lower-case words of a closed class mean the same: "wegens" and "vanwege"."""
    return not _synonyms().get(old, frozenset()).isdisjoint(_synonyms().get(new, ()))


def have_same_opposites(old: str, new: str) -> bool:
    """Return whether two English words have the same opposites, and neither is a form or degree (best) of the other."""
    root, _ = common_ends(old, new)
    if root >= len("root") or old.endswith("st") != new.endswith("st"):
        return False
    positions = _positions(old)
    return positions == _positions(new) and any(number < len(_lines("opposites.txt")) for number, _ in positions)


@cache
def _qualifiers() -> list[set[str]]:
    return [set(line.split()) for line in _lines("qualifiers.txt")]


@lru_cache(maxsize=4096)
def qualifier_groups(word: str) -> frozenset[int]:
    """Return the groups of qualifiers to which a word belongs; the words of a group bound a claim in the same way."""
    folded = without_elision(word.casefold())
    return frozenset(number for number, group in enumerate(_qualifiers()) if folded in group)


@lru_cache(maxsize=16384)
def is_slip(old: str, new: str, *, named: bool = False) -> bool:
    """Return whether one lower-case word is most likely a typo for the other: one letter off, or with mixed-up letters.

    `named` means that both are names; short ones are more often two names that differ by a letter than a typo.

    >>> is_slip("wihtout", "without"), is_slip("iran", "iraq", named=True), is_slip("legal", "illegal")
    (True, False, False)
    """
    # "war" is not a typo for "was", nor "Iran" for "Iraq"
    if min(len(old), len(new)) < (len("Spain") if named else len("with")) or are_opposites(old, new):
        return False
    mixed = sorted(old) == sorted(new)
    if mixed and len(old) >= len("Europe") and old != new and (old[0], old[-1]) == (new[0], new[-1]):
        return True  # "Euopre"
    return OSA.distance(old, new, score_cutoff=1) == 1 and (mixed or old[0] == new[0])


def _alternatives(phrases: dict[str, str]) -> str:
    # the longest first, or "United States" would hide "United States of America"
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _by_initial(phrases: dict[str, str]) -> str:
    """Return a pattern for phrases in any case, grouped by first letter, so that the engine skips a group at once."""
    rows: dict[str, dict[str, str]] = {}
    for phrase in phrases:
        rows.setdefault(phrase[0], {})[phrase[1:]] = ""
    return "|".join(f"[{first}{first.upper()}](?i:{_alternatives(row)})" for first, row in rows.items())


def han_number(written: str) -> str:
    """Return a number in ideographs, or in digits with such a scale, as digits; 成 and 割 are tenths.

    >>> han_number("二百四十"), han_number("二〇一五"), han_number("十二万三千"), han_number("12万"), han_number("四成")
    ('240', '2015', '123000', '120000', '40%')
    """
    digits = written.rstrip("成割")
    total = value = part = 0
    for at, sign in enumerate(digits):
        if power := _HAN_POWERS.get(sign):
            value, part = value + (part or 1) * power, 0
        elif scale := _HAN_SCALES.get(sign):
            total, value, part = total + (value + part or 1) * scale, 0, 0
        else:
            digit = int(sign) if sign.isdecimal() else _HAN_DIGITS.find(sign) + 1
            part = (part * 10 if at else 0) + digit
    total += value + part
    return str(total) if digits == written else f"{total * 10}%"


def _compounds() -> list[str]:
    """Return the class words of several characters in scripts without blanks, the longest first."""
    listed = " ".join(_lines(_ELSEWHERE) + _lines("qualifiers.txt")).split()
    return sorted((word for word in listed if len(word) > 1 and word[0] > "\u3040"), key=len, reverse=True)


def ordinal(number: int) -> str:
    """Return a number as the key of a rank: 1st, 22nd, 3rd, 13th."""
    return f"{number}{'th' if number // 10 % 10 == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


@cache
def forms() -> Forms:
    """Return the content of forms.toml; `pattern` finds phrases, names, numbers, words and signs in that order."""
    raw = tomllib.loads(_read("forms.toml"))
    tense = {word: name for name in ("present", "past", "future") for word in raw[name].split()}
    phrases: dict[str, str] = raw["phrases"]
    names: dict[str, str] = {writing: row[0] for row in raw["names"] for writing in row}
    letter = rf"[^\W\d_{UNSPACED}]{marks()}"
    pattern = re.compile(
        rf"(?P<phrase>\b(?:{_by_initial(phrases)})(?!\w))"
        rf"|(?P<name>\b(?:{_alternatives(names)})(?!\w))"
        r"|(?P<acronym>\b(?:[A-Z]\.){2,})"
        r"|(?P<number>\d+(?:[.,:]\d+)*(?:['’]?s\b|[A-Za-z]{0,3}\b)?)"
        rf"|(?P<compound>{'|'.join(_compounds())})"
        rf"|(?P<han>[{_HAN_DIGITS}十][{_HAN_DIGITS}〇十百千{''.join(_HAN_SCALES)}]*(?:割(?![れりるっ当引])|成(?![为為立员員功本年长長分果绩績份就型都]))?)"
        rf"|(?P<denial>{raw['unspaced_negations']})"
        # Han, kana and Thai are written without blanks: a run of katakana is a word, else each character is one.
        rf"|(?P<word>[\u30a1-\u30fa\u30fc]+|[{UNSPACED}]{marks()}|(?:{letter})+(?:['’](?:{letter})+)*)"
        r"|(?P<sign>[^\w\s])"
    )
    kinds = {word: kind for kind in ("function", "soft") for word in raw[kind].split()}
    negations = raw["negations"].split()
    kinds |= dict.fromkeys(tense, "tense") | dict.fromkeys((*negations, *map(without_accents, negations)), "negation")
    fixed = {word: (str(number), "number") for number, word in enumerate(raw["numbers"].split())}
    fixed |= {word: (word, "number") for word in raw["large_numbers"].split()}
    fixed |= {word: (word, "date") for word in (*raw["days"].split(), *days_in("en"))}
    fixed |= {word: (ordinal(number), "rank") for number, word in enumerate(raw["ordinals"].split(), start=1)}
    fixed |= {
        without_accents(stem + ending): (ordinal(number), "rank")
        for endings, stems in raw["ordinal_stems"].items()
        for number, stem in enumerate(stems.split(), start=1)
        for ending in endings.split()
        if stem != "-"
    }
    return Forms(
        **{name: frozenset(raw[name].split()) for name in ("articles", "titles", "prefixes")},
        months=frozenset(months_in("en")),
        common=frozenset(f"{raw['function']} {raw['soft']}".split()),
        kinds=kinds,
        fixed=fixed,
        tense=tense,
        phrases=phrases,
        names=names,
        pattern=pattern,
    )
