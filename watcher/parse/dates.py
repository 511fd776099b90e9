"""Parameters of templates that carry dates, ages and spans of time → the words that a reader sees in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Arguments = Mapping[str, str]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def positional(arguments: Arguments) -> list[str]:
    """The numbered parameters in order, up to the first gap."""
    found: list[str] = []
    while (value := arguments.get(str(len(found) + 1))) is not None:
        found.append(value)
    return found


def as_of(arguments: Arguments) -> str:
    """{{as of|2009|7}} → As of July 2009."""
    if arguments.get("alt"):
        return arguments["alt"]
    when = date(positional(arguments), day_first=arguments.get("df", "").lower() != "us")
    if arguments.get("bare"):
        return when
    words = "since" if arguments.get("since") else "as of"
    words = words if arguments.get("lc") else words.capitalize()
    return " ".join(filter(None, (words, arguments.get("pre", ""), when, arguments.get("post", ""))))


def date(parts: list[str], *, day_first: bool) -> str:
    """["2009", "7", "5"] → 5 July 2009 or July 5, 2009; words stay as they are."""
    year, month, day = (*parts[:3], "", "", "")[:3]
    if month.isdecimal() and 1 <= int(month[:4]) <= len(_MONTHS):
        month = _MONTHS[int(month) - 1]
    day = day.lstrip("0")
    if not month:
        return year
    if not day:
        return f"{month} {year}"
    return f"{day} {month} {year}" if day_first else f"{month} {day}, {year}"


def dated(arguments: Arguments) -> str:
    """{{birth date|1950|2|3}}, {{start date|…}}: the date; month first unless df is set."""
    return date(positional(arguments), day_first=_yes(arguments.get("df", "")))


def death(arguments: Arguments) -> str:
    """{{death date and age|2000|1|2|1930|3|4}} → January 2, 2000 (aged 69)."""
    parts = positional(arguments)
    when = date(parts[:3], day_first=_yes(arguments.get("df", "")))
    years = _years(parts[3:6], parts[:3])
    return f"{when} (aged {years})" if years else when


def age(arguments: Arguments) -> str:
    """{{age|1950|2|3|2000|1|2}} → 49; without an end it depends on today and is left out."""
    parts = positional(arguments)
    return _years(parts[:3], parts[3:6])


def _years(born: list[str], then: list[str]) -> str:
    if not (len(born) == len(then) == 3 and all(part.isdecimal() and len(part) < 5 for part in (*born, *then))):  # noqa: PLR2004
        return ""
    start, end = ([int(part) for part in parts] for parts in (born, then))
    return str(end[0] - start[0] - (end[1:] < start[1:]))


def _yes(value: str) -> bool:
    return value.strip().lower() in ("y", "yes", "true", "1", "on")


def circa(arguments: Arguments) -> str:
    """{{circa|1990|1995}} → c. 1990 – c. 1995."""
    return " – ".join(f"c. {one}" for one in positional(arguments)) or "c."


def span(prefix: str) -> Callable[[Arguments], str]:
    """{{reign|1990|2000}} → r. 1990–2000."""

    def years(arguments: Arguments) -> str:
        return f"{prefix} {'–'.join(positional(arguments))}".strip()

    return years


def hours(arguments: Arguments) -> str:
    """{{duration|1|30|20}} → 1:30:20; {{duration|m=5|s=3}} → 5:03."""
    parts = positional(arguments) or [arguments.get(unit, "") for unit in "hms"]
    shown = [part.strip() or "0" for part in parts]
    while len(shown) > 2 and shown[0] == "0":  # noqa: PLR2004
        shown = shown[1:]
    return ":".join((shown[0], *(part.zfill(2) for part in shown[1:])))
