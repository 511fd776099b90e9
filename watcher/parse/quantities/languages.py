"""Load the number words of a language from its data file, and the months of any language from dateparser's tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module, util
from importlib.resources import files
from typing import Any

from watcher.cached import load_once

MONTHS = "january february march april may june july august september october november december".split()
_TABLES = "dateparser.data.date_translation_data"
_CODE = re.compile(r"[a-z]{2,3}")
_SHORTEST = 2  # letters of a month's name in dateparser's tables: one letter is a weekday or a unit, too


def months_in(language: str, *, shortened: bool = True) -> dict[str, int]:
    """Return the names of the months in a language, lower case, with their numbers; none where no table knows it.

    >>> months_in("ru")["мая"]
    5
    """
    # The code comes from a configuration: only the shape of a code may become the name of a module.
    if not _CODE.fullmatch(language) or util.find_spec(f"{_TABLES}.{language}") is None:
        return {}
    table: dict[str, list[str]] = import_module(f"{_TABLES}.{language}").info
    return {
        name.casefold().rstrip("."): number
        for number, month in enumerate(MONTHS, 1)
        for name in table.get(month, ())
        if len(name) >= _SHORTEST
        and not name[0].isdigit()
        # In Spanish "mar" is the sea: a beginning of another name of its month is a short form.
        and (shortened or not any(full != name and full.startswith(name.rstrip(".")) for full in table[month]))
    }


SHIPPED = frozenset({"en", "de", "fr", "es", "it", "pt", "nl"})
NONE: frozenset[str] = frozenset()

Phrases = Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
BUDDHIST = frozenset({"th"})
_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]")
_WORD = re.compile(r"[^\W\d_]+")
_PIECE = re.compile(r"\d+|[^\W\d_]+|\S")


def is_supported(language: str) -> bool:
    """Return whether words are read in this language; in any other only digits and signs are."""
    return _base(language) in SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The vocabulary of one language, under the paths of its data file ("currency.nouns").

    Words are lower case, signs as written. `before` maps the last word of a phrase to the phrases that
    end in it, `after` the first word to those that begin with it, longest first, each with its meaning.
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
    compounds: bool = False

    def may_count(self, text: str) -> bool:
        """Return whether a number can stand in the text at all; most sentences end here."""
        if self.compounds:
            return True  # "zweihundertfünfzig" begins with no word that a table holds
        return bool(_DIGIT.search(text)) or not self.starters.isdisjoint(_WORD.findall(text.lower()))

    def contains(self, path: str, word: str) -> bool:
        """Return whether the list at `path` holds `word`."""
        return word in self.sets.get(path, NONE)

    def lookup(self, path: str, word: str) -> str | None:
        """Return what the table at `path` says of `word`."""
        return self.tables[path].get(word) if path in self.tables else None

    def number(self, path: str, word: str) -> Decimal | None:
        """Return the number that the table at `path` gives to `word`."""
        return self.numbers[path].get(word) if path in self.numbers else None


@load_once
def language_of(code: str) -> Language:
    """Return the vocabulary of `code` ("en", "pt-br"); that of an unknown one is digits and signs."""
    wiki = _base(code)
    base = wiki if wiki in SHIPPED else ""
    own = _file(base) if base else {}
    sets: dict[str, frozenset[str]] = {}
    tables = {"months": {name: str(month) for name, month in months_in(wiki, shortened=base in ("", "en")).items()}}
    phrases: dict[str, dict[str, list[str]]] = {}
    for path, key, result in (*_leaves(_file("common")), *_leaves(own)):
        if isinstance(result, list):
            sets[f"{path}.{key}"] = sets.get(f"{path}.{key}", NONE) | frozenset(result)
            phrases.setdefault(path, {}).setdefault(key, []).extend(result)
        else:
            tables.setdefault(path, {}).update(_meanings(key, result.split()))
    if not base:
        sets["years.buddhist"] = frozenset({wiki}) & BUDDHIST
    numbers = {path: _decimals(path, table) for path, table in tables.items() if path in _NUMERIC}
    separators = own.get("separators", {})
    return Language(
        code=base,
        decimal=separators.get("decimal", "."),
        group=separators.get("group", ","),
        sets=sets,
        tables=tables,
        numbers=numbers,
        before={path: _by_word(phrases.get(path, {}), last=True) for path in ("qualifiers", "age_before", "citing")},
        after={
            path: _by_word(phrases.get(path, {}), last=False) for path in ("qualifiers_after", "age_after", "percent")
        },
        starters=frozenset(word for path in _STARTING for word in numbers.get(path, ())),
        compounds=bool(base) and base != "en",
    )


_COUNTED = {"from_zero": 0, "from_one": 1}
_STARTING = ("cardinals", "scales", "dozens", "ordinals", "parts", "multiples")
_POWERS = ("scales", "scales_plural", "scale_signs")
_NUMERIC = (*_STARTING, *_POWERS, "months", "duration_years")


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


def _meanings(key: str, names: Sequence[str]) -> dict[str, str]:
    """Return what each name of a row says: the key of the row, the name itself, or its number in a list that counts."""
    if key in _COUNTED:
        return {name: str(number) for number, name in enumerate(names, _COUNTED[key])}
    return {name: name if key == "itself" else key for name in names}


def _decimals(path: str, table: Mapping[str, str]) -> dict[str, Decimal]:
    return {word: Decimal(10) ** int(text) if path in _POWERS else Decimal(text) for word, text in table.items()}


def _by_word(phrases: Mapping[str, Iterable[str]], *, last: bool) -> Phrases:
    result: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for meaning, listed in phrases.items():
        for phrase in listed:
            pieces = tuple(_PIECE.findall(phrase))
            result.setdefault(pieces[-1 if last else 0], []).append((pieces, meaning))
    return {word: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for word, entries in result.items()}
