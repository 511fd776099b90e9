"""Name the months and days of the week in any language, by the tables of the library that reads dates (from CLDR)."""

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
    # To import the library itself takes a tenth of a second, more than a comparison; its tables need nothing of it.
    path = Path(library.origin or "").parent / "data" / "date_translation_data" / f"{language}.py"
    # The code comes from a configuration: only the shape of a code may become the name of a file.
    return run_path(str(path))["info"] if _CODE.fullmatch(language) and path.is_file() else {}


def _numbered(language: str, names: list[str], *, shortened: bool) -> dict[str, int]:
    table = _table(language)
    return {
        name.casefold().rstrip("."): number
        for number, row in enumerate(names, 1)
        for name in table.get(row, ())
        if len(name) > 1  # one letter is a weekday or a unit, too
        and not name[0].isdigit()
        # In Spanish "mar" is the sea: a beginning of another name of its month is a short form.
        and (shortened or not any(full != name and full.startswith(name.rstrip(".")) for full in table[row]))
    }


def months_in(language: str, *, shortened: bool = True) -> dict[str, int]:
    """Return the names of the months in a language, lower case, with their numbers; none where no table knows it.

    >>> months_in("ru")["мая"]
    5
    """
    return _numbered(language, MONTHS, shortened=shortened)


def days_in(language: str) -> dict[str, int]:
    """Return the names of the days of the week in a language, lower case, from Monday on."""
    return _numbered(language, _DAYS, shortened=False)


# In whose words months and days are told apart where nobody says which language a text has: the largest wikis.
_LANGUAGES = "en de fr es it pt nl ru pl uk cs sv da nb fi hu ro tr ca id vi el ar he fa hi".split()


@cache
def _rows() -> list[dict[str, int]]:
    rows = (row for code in _LANGUAGES for row in (months_in(code, shortened=False), days_in(code)))
    return [{_form(name): number for name, number in row.items()} for row in rows]


def _form(word: str) -> str:
    """Return a word without its last letter in other scripts: июне is a form of июня, and in no table."""
    return word if word.isascii() else word[:-1]


@lru_cache(maxsize=4096)
def are_two_dates(old: str, new: str) -> bool:
    """Return whether two lower-case words name two months, or two days of the week, in one language.

    >>> are_two_dates("juni", "juli"), are_two_dates("juni", "juny")
    (True, False)
    """
    old, new = map(_form, (old, new))
    return any(row.get(old, 0) != row.get(new, 0) for row in _rows() if old in row and new in row)
