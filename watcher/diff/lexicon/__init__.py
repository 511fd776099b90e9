"""Look up words: what contradicts, what is a synonym, which forms are one word."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from watcher.model.cached import load_once

_SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)
_ENDINGS = ("ingly", "edly", "ing", "ied", "ed", "ly", "e", "y", "i")
_SHORTEST = 3
_TURNING = frozenset({"un", "non", "il", "ir"})
_KEPT = frozenset({"ally", "any", "daily", "early", "many", "only", "rely", "very"})  # no "man", no "earl"
# British to American, on the plain form: the list is of endings so that it covers words nobody listed.
_SPELLINGS = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"is(e|es|ed|ing|ation|ations|er|ers)$", r"iz\1"),
        (r"ys(e|es|ed|ing)$", r"yz\1"),
        (r"(?<=[a-z]{2})our(?=$|s$|ed$|ing$|er|ers$|ite|able|ful|less|hood)", "or"),
        (r"(?<=[bdt])re(s?)$", r"er\1"),
        (r"ogue(s?)$", r"og\1"),
        (r"ence(s?)$", r"ense\1"),
        (r"ll(ed|ing|er|ers|or|ors)$", r"l\1"),
        (r"lment", "llment"),
        (r"(ae|oe)(?=[a-z]{3})", "e"),
        (r"mme(s?)$", r"m\1"),
        (r"ey(?=$)", "y"),
    )
)
_SPELLED = re.compile("|".join(pattern.pattern for pattern, _ in _SPELLINGS))


@dataclass(frozen=True, slots=True)
class Forms:
    """The word forms of forms.toml as sets and maps."""

    function: frozenset[str]
    soft: frozenset[str]
    titles: frozenset[str]
    negations: frozenset[str]
    months: frozenset[str]
    weekdays: frozenset[str]
    numbers: dict[str, str]
    ordinals: tuple[str, ...]
    prefixes: frozenset[str]
    tense: dict[str, str]
    phrases: dict[str, str]
    names: dict[str, str]
    pattern: re.Pattern[str]


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@load_once
def _irregular() -> dict[str, str]:
    rows = [line.split() for line in _lines("irregular.txt")]
    return {form: row[0] for row in rows for form in row}


def _plain(word: str) -> str:
    if _SPELLED.search(word) is None:  # one look for all: most words have one spelling
        return word
    for pattern, into in _SPELLINGS:
        word = pattern.sub(into, word)
    return word


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a lower-case word without its endings and in one spelling: `organised` and `organizes` are `organiz`.

    >>> stem("labourers") == stem("laborer"), stem("fell") == stem("falling")
    (True, True)
    """
    word = _irregular().get(word, word)
    if len(word) <= _SHORTEST or word in _KEPT or not word.isalpha():
        return word
    word = _plain(word)
    for suffix, into in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) + len(into) >= _SHORTEST:
            word = word[: len(word) - len(suffix)] + into
            break
    word = _irregular().get(word, word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            break
    # "stopped" is "stop", "travelled" is "travel"
    if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] not in "aeious":
        word = word[:-1]
    return word


def _lines(name: str) -> list[str]:
    return [line for line in _read(name).splitlines() if line.strip() and not line.startswith("#")]


# The name of a contradiction by the list that knows it; the first list that does gives it.
_SCALES = (("antonym", "antonyms.txt"), ("scope", "scopes.txt"), ("predicate", "kinds.txt"))
_Locations = dict[str, tuple[tuple[int, int], ...]]


@load_once
def _scales(file: str) -> _Locations:
    """Stem → its (scale, position) entries."""
    locations: dict[str, set[tuple[int, int]]] = {}
    for scale, line in enumerate(_lines(file)):
        for position, side in enumerate(line.split("|")):
            for word in side.split():
                locations.setdefault(stem(word.casefold()), set()).add((scale, position))
    return {word: tuple(sorted(entries)) for word, entries in locations.items()}


@load_once
def _groups() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for group, line in enumerate(_lines("synonyms.txt")):
        for word in line.split():
            groups.setdefault(stem(word), set()).add(group)
    return {word: frozenset(result) for word, result in groups.items()}


def _apart(locations: _Locations, old: str, new: str) -> bool:
    own, other = set(locations.get(old, ())), set(locations.get(new, ()))
    if not own or not other or own & other:
        return False
    return bool({scale for scale, _ in own} & {scale for scale, _ in other})


@lru_cache(maxsize=16384)
def contradiction(old: str, new: str) -> str | None:
    """How two stems exclude each other: "antonym", "scope", "predicate" (things of one kind), None if they do not.

    They do when they stand on one scale at different places, and nowhere at the same place.
    """
    if _negates(old, new) or _negates(new, old):
        return "antonym"
    return next((name for name, file in _SCALES if _apart(_scales(file), old, new)), None)


def _negates(short: str, long: str) -> bool:
    """Return whether a stem is another with a prefix that turns it round: "regulat" and "unregulat"."""
    rest = long.removesuffix(short)
    if rest not in _TURNING or len(short) <= _SHORTEST:
        return False
    # "il" and "ir" turn only what begins with their own letter: "illegal"; "im" makes an immigrant, too
    return rest[0] != "i" or rest[1] == short[0]


@lru_cache(maxsize=16384)
def are_synonyms(old: str, new: str) -> bool:
    """Return whether two stems may stand for one another."""
    groups = _groups()
    return old == new or bool(groups.get(old, frozenset()) & groups.get(new, frozenset()))


@load_once
def _qualifiers() -> dict[str, frozenset[int]]:
    """Written word → the numbers of its groups; alternatives on one line are groups of their own."""
    result: dict[str, set[int]] = {}
    groups = [side.split() for line in _lines("qualifiers.txt") for side in line.split("|")]
    for number, group in enumerate(groups):
        for word in group:
            result.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in result.items()}


_NO_GROUP: frozenset[int] = frozenset()


def qualifier_groups(word: str) -> frozenset[int]:
    """Return the groups of words that bound a claim in the same way to which a word belongs, none for other words."""
    return _qualifiers().get(word.casefold(), _NO_GROUP)


@load_once
def _praise() -> frozenset[str]:
    return frozenset(stem(word) for line in _lines("praise.txt") for word in line.split())


def is_praise(word: str) -> bool:
    """Return whether a stem only praises or stresses: put in or dropped, it is polish and states nothing else."""
    return word in _praise()


@load_once
def _countries() -> dict[str, int]:
    return {stem(name.casefold()): row for row, line in enumerate(_lines("countries.txt")) for name in line.split()}


def same_country(old: str, new: str) -> bool | None:
    """Return whether two stems name one country or its people; None where one of them is no country."""
    own, other = _countries().get(old.casefold()), _countries().get(new.casefold())
    return None if own is None or other is None else own == other


def is_country(word: str) -> bool:
    """Return whether the stem names a country or its people."""
    return word in _countries()


def is_word(word: str) -> bool:
    """Return whether the lists know the stem, so that it is no misspelling of another."""
    return word in _groups() or any(word in _scales(file) for _, file in _SCALES)


def _alternatives(phrases: dict[str, str]) -> str:
    # the longest first, or "United States" would hide "United States of America"
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _by_initial(phrases: dict[str, str]) -> str:
    """Get the phrases in any case, grouped by their first letter, by which the engine passes over a group at once."""
    rows: dict[str, dict[str, str]] = {}
    for phrase in phrases:
        rows.setdefault(phrase[0], {})[phrase[1:]] = ""
    return "|".join(f"[{first}{first.upper()}](?i:{_alternatives(row)})" for first, row in rows.items())


def _is_known(word: str) -> bool:
    known = forms()
    plain = (known.function, known.soft, known.negations, known.numbers, known.tense, known.titles, known.months)
    return is_word(stem(word)) or is_country(stem(word)) or any(word in row for row in plain)


@lru_cache(maxsize=16384)
def is_typo(old: str, new: str) -> bool:
    """Whether a lower-case word is a slip of the pen for another: one letter off, and not two words of the lists.

    >>> is_typo("wihtout", "without"), is_typo("iran", "iraq")
    (True, False)
    """
    if min(len(old), len(new)) < _SHORTEST or OSA.distance(old, new, score_cutoff=1) != 1:
        return False
    if _is_known(old) and _is_known(new):
        return False
    # a short word one letter off is mostly another word, unless the other is one that everybody knows
    return sorted(old) == sorted(new) or _is_known(old) or _is_known(new) or min(len(old), len(new)) > _SHORTEST


@load_once
def forms() -> Forms:
    """Read forms.toml once; `pattern` finds phrases, names, numbers, words and signs in that order."""
    raw = tomllib.loads(_read("forms.toml"))
    tense = {word: name for name in ("present", "past", "future") for word in raw[name].split()}
    phrases: dict[str, str] = raw["phrases"]
    names: dict[str, str] = {writing: row[0] for row in raw["names"] for writing in row}
    pattern = re.compile(
        rf"(?P<phrase>\b(?:{_by_initial(phrases)})(?!\w))"
        rf"|(?P<name>\b(?:{_alternatives(names)})(?!\w))"
        r"|(?P<acronym>\b(?:[A-Z]\.){2,})"
        r"|(?P<number>\d+(?:[.,:]\d+)*(?P<tail>['’]?s\b|[A-Za-z]{0,3}\b)?)"
        r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
        r"|(?P<sign>[^\w\s])",
    )
    sets = {
        name: frozenset(raw[name].split())
        for name in ("function", "soft", "titles", "negations", "months", "weekdays", "prefixes")
    }
    numbers = {word: str(number) for number, word in enumerate(raw["numbers"].split())}
    numbers |= {word: word for word in raw["large_numbers"].split()}
    return Forms(
        **sets,
        numbers=numbers,
        ordinals=tuple(raw["ordinals"].split()),
        tense=tense,
        phrases=phrases,
        names=names,
        pattern=pattern,
    )
