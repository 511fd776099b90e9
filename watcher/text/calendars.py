"""Name the months and days of the week in any language, by the tables of dateparser (from CLDR)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import util
from pathlib import Path
from runpy import run_path

MONTHS = "january february march april may june july august september october november december".split()
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
# The year before the first one of each era: those of Japan since 1868, and that of the Republic of China.
ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911}
ERA_YEAR = re.compile(rf"({'|'.join(ERAS)})\s?(元|\d{{1,3}}|[一二三四五六七八九十]{{1,3}})(?=年)")
_CODE = re.compile(r"[a-z]{2,3}")


@cache
def _table(language: str) -> dict[str, list[str]]:
    library = util.find_spec("dateparser")
    assert library is not None
    # Importing dateparser itself takes a tenth of a second, more than a comparison, and its tables do not need it.
    path = Path(library.origin or "").parent / "data" / "date_translation_data" / f"{language}.py"
    # The code comes from a configuration, so only text in the form of a code may be part of a file name.
    return run_path(str(path))["info"] if _CODE.fullmatch(language) and path.is_file() else {}


def _numbered(language: str, names: list[str], *, shortened: bool) -> dict[str, int]:
    table = _table(language)
    return {
        name.casefold().rstrip("."): number
        for number, row in enumerate(names, 1)
        for name in table.get(row, ())
        if len(name) > 1  # one letter may also be a weekday or a unit
        and not name[0].isdigit()
        # A name that another name of its month begins with is a short form; in Spanish, "mar" is also the sea.
        and (shortened or not any(full != name and full.startswith(name.rstrip(".")) for full in table[row]))
    }


def months_in(language: str, *, shortened: bool = True) -> dict[str, int]:
    """Return the lower-case names of the months in a language, with their numbers; empty if there is no table for it.

    >>> months_in("ru")["мая"]
    5
    """
    return _numbered(language, MONTHS, shortened=shortened)


def days_in(language: str) -> dict[str, int]:
    """Return the lower-case names of the days of the week in a language, with their numbers from Monday on."""
    return _numbered(language, _DAYS, shortened=False)


# The languages (of the largest wikis) whose months and days are compared if the language of a text is unknown.
_LANGUAGES = "en de fr es it pt nl ru pl uk cs sv da nb fi hu ro tr ca id vi el ar he fa hi".split()


@cache
def _rows() -> list[dict[str, int]]:
    rows = (row for code in _LANGUAGES for row in (months_in(code, shortened=False), days_in(code)))
    return [{_form(name): number for name, number in row.items()} for row in rows]


def _form(word: str) -> str:
    """Return a word in another script without its last letter: июне is a form of июня that is in no table."""
    return word if word.isascii() else word[:-1]


@lru_cache(maxsize=4096)
def are_two_dates(old: str, new: str) -> bool:
    """Return whether two lower-case words name different months, or different days of the week, in one language.

    >>> are_two_dates("juni", "juli"), are_two_dates("juni", "juny")
    (True, False)
    """
    old, new = map(_form, (old, new))
    return any(row.get(old, 0) != row.get(new, 0) for row in _rows() if old in row and new in row)
