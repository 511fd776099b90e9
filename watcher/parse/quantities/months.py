"""Name the months of every language from the tables of dateparser, so that a day is no statistic in any of them."""

from __future__ import annotations

import re
from importlib import import_module, util

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_TABLES = "dateparser.data.date_translation_data"
_CODE = re.compile(r"[a-z]{2,3}")
_SHORTEST = 2


def months_in(language: str) -> dict[str, int]:
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
        if len(name) >= _SHORTEST and not name[0].isdigit()
    }
