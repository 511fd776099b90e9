"""Look up words: stems, closed classes of function words, words that exclude each other, slips of the pen.

Open classes are not listed. A list of nouns, verbs or adjectives holds the words that somebody met; on articles that
nobody had looked at, 1,569 lines of such lists changed no verdict.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from rapidfuzz.distance import OSA

from watcher.cached import load_once
from watcher.text.word_diff import UNSPACED, marks

_SHORTEST_SLIP, _SHORTEST_NAME, _SHORTEST_MIXED = 4, 5, 6  # letters; "war" is no slip for "was", nor "Iran" for "Iraq"
# Prefixes that turn a word into its opposite; "im", "in" and the "a" of "across" do not always.
_TURNING = ("un", "non", "il", "ir", "anti")
_SHORTEST_TURNED = 4
# British to American, on stems: one key for both spellings.
_SPELLINGS = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"is$", "iz"),
        (r"ys$", "yz"),
        (r"our$", "or"),
        (r"enc$", "ens"),
        (r"tr$", "ter"),
        (r"mm$", "m"),
    )
)


@dataclass(frozen=True, slots=True)
class Forms:
    """The closed classes of forms.toml as sets and maps."""

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


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    letter = rf"[^\W{UNSPACED}]{marks()}"
    return re.compile(rf"[{UNSPACED}]{marks()}|(?:{letter})+(?:[.,'’](?:{letter})+)*")


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case; each character of scripts that are written without blanks.

    >>> words("Of 1,500 men in 東京")
    ['of', '1,500', 'men', 'in', '東', '京']
    """
    return _word().findall(text.casefold())


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _lines(name: str) -> list[str]:
    return [line for line in _read(name).splitlines() if line.strip() and not line.startswith("#")]


@load_once
def _irregular() -> dict[str, str]:
    rows = [line.split() for line in _lines("irregular.txt")]
    return {form: row[0] for row in rows for form in row}


@load_once
def _stemmer() -> Any:
    from snowballstemmer import stemmer  # noqa: PLC0415  a twentieth of a second that showing text need not pay

    return stemmer("english")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a lower-case word without its endings and in one spelling, by the Snowball stemmer for English.

    >>> stem("labourers") == stem("laborer"), stem("fell") == stem("falling")
    (True, True)
    """
    if not word.isascii() or not word.isalpha():
        return word
    result: str = _stemmer().stemWord(_irregular().get(word, word))
    for pattern, into in _SPELLINGS:
        result = pattern.sub(into, result)
    return result


@load_once
def _opposites() -> dict[str, frozenset[tuple[int, int]]]:
    """Map each word and stem of opposites.txt to its classes and its places in them."""
    positions: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_lines("opposites.txt")):
        for position, side in enumerate(line.split("|")):
            for word in side.split():
                for form in (word, stem(word)):
                    positions.setdefault(form, set()).add((number, position))
    return {word: frozenset(entries) for word, entries in positions.items()}


@lru_cache(maxsize=16384)
def are_opposites(old: str, new: str) -> bool:
    """Return whether two lower-case words or stems exclude each other: of one closed class, or by a prefix.

    >>> are_opposites("before", "after"), are_opposites("legal", "illegal"), are_opposites("more", "most")
    (True, True, False)
    """
    if _negates(old, new) or _negates(new, old):
        return True
    own, other = _opposites().get(old), _opposites().get(new)
    if not own or not other or own & other:
        return False
    return not {number for number, _ in own}.isdisjoint({number for number, _ in other})


def _negates(short: str, long: str) -> bool:
    """Return whether a stem is another with a prefix that turns it round: "regul" and "unregul"."""
    if len(short) < _SHORTEST_TURNED or not long.endswith(short):
        return False
    rest = long.removesuffix(short)
    # "il" and "ir" turn only what begins with their own letter: "illegal"
    return rest in _TURNING and (rest not in ("il", "ir") or rest[1] == short[0])


@load_once
def _qualifiers() -> dict[str, frozenset[int]]:
    """Map each word of qualifiers.txt to the numbers of its groups."""
    result: dict[str, set[int]] = {}
    for number, line in enumerate(_lines("qualifiers.txt")):
        for word in line.split():
            result.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in result.items()}


_NO_GROUP: frozenset[int] = frozenset()


def qualifier_groups(word: str) -> frozenset[int]:
    """Return the groups of words that bound a claim in the same way to which a word belongs, none for other words."""
    return _qualifiers().get(word.casefold(), _NO_GROUP)


@lru_cache(maxsize=16384)
def is_slip(old: str, new: str, *, named: bool = False) -> bool:
    """Return whether one lower-case word is most likely a slip of the pen for the other: one letter off, or mixed up.

    `named` says that both are names, of which short ones differ by a letter more often than they are misspelt.

    >>> is_slip("wihtout", "without"), is_slip("iran", "iraq", named=True), is_slip("legal", "illegal")
    (True, False, False)
    """
    if min(len(old), len(new)) < (_SHORTEST_NAME if named else _SHORTEST_SLIP):
        return False
    if are_opposites(old, new):
        return False
    mixed = sorted(old) == sorted(new)
    if mixed and len(old) >= _SHORTEST_MIXED and old != new and (old[0], old[-1]) == (new[0], new[-1]):
        return True  # "Euopre"
    return OSA.distance(old, new, score_cutoff=1) == 1 and (mixed or old[0] == new[0])


def _alternatives(phrases: dict[str, str]) -> str:
    # the longest first, or "United States" would hide "United States of America"
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _by_initial(phrases: dict[str, str]) -> str:
    """Return the phrases in any case, grouped by their first letter: the engine passes over a group at once."""
    rows: dict[str, dict[str, str]] = {}
    for phrase in phrases:
        rows.setdefault(phrase[0], {})[phrase[1:]] = ""
    return "|".join(f"[{first}{first.upper()}](?i:{_alternatives(row)})" for first, row in rows.items())


@load_once
def forms() -> Forms:
    """Read forms.toml once; `pattern` finds phrases, names, numbers, words and signs in that order."""
    raw = tomllib.loads(_read("forms.toml"))
    tense = {word: name for name in ("present", "past", "future") for word in raw[name].split()}
    phrases: dict[str, str] = raw["phrases"]
    names: dict[str, str] = {writing: row[0] for row in raw["names"] for writing in row}
    letter = rf"[^\W\d_{UNSPACED}]{marks()}"
    pattern = re.compile(
        rf"(?P<phrase>\b(?:{_by_initial(phrases)})(?!\w))"
        rf"|(?P<name>\b(?:{_alternatives(names)})(?!\w))"
        r"|(?P<acronym>\b(?:[A-Z]\.){2,})"
        r"|(?P<number>\d+(?:[.,:]\d+)*(?P<tail>['’]?s\b|[A-Za-z]{0,3}\b)?)"
        rf"|(?P<denial>{raw['unspaced_negations']})"
        # Han, kana and Thai are written without blanks: a run of katakana is a word, of the others each character.
        rf"|(?P<word>[\u30a1-\u30fa\u30fc]+|[{UNSPACED}]{marks()}|(?:{letter})+(?:['’](?:{letter})+)*)"
        r"|(?P<sign>[^\w\s])",
    )
    sets = {
        name: frozenset(raw[name].split())
        for name in ("function", "soft", "titles", "negations", "months", "weekdays", "prefixes")
    }
    numbers = {word: str(number) for number, word in enumerate(raw["numbers"].split())}
    numbers |= {sign: str(number) for number, sign in enumerate(raw["han_numbers"], start=1)}
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
