"""Format templates that carry numbers, money and measures as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from watcher.parse.render.passages import to_superscript
from watcher.parse.template_names import CONNECTORS, FORMATTED, SYMBOLS, UNITS, WORDS
from watcher.text.calendars import months_in

Arguments = Mapping[str, str]

_MONTHS = "January February March April May June July August September October November December".split()


def positional(arguments: Arguments) -> list[str]:
    """Return the numbered parameters in order, up to the first gap."""
    result: list[str] = []
    while (value := arguments.get(str(len(result) + 1))) is not None:
        result.append(value)
    return result


def format_as_of(arguments: Arguments) -> str:
    """Render {{as of|2009|7}} as “As of July 2009”."""
    if arguments.get("alt"):
        return arguments["alt"]
    when = format_date(positional(arguments), day_first=arguments.get("df", "").lower() != "us")
    if arguments.get("bare"):
        return when
    words = "since" if arguments.get("since") else "as of"
    words = words if arguments.get("lc") else words.capitalize()
    return " ".join(filter(None, (words, arguments.get("pre", ""), when, arguments.get("post", ""))))


def format_date(parts: list[str], *, day_first: bool) -> str:
    """Render ["2009", "7", "5"] as 5 July 2009 or July 5, 2009. Words are kept, and so is a day that is given first."""
    if len(parts) > 2 and len(parts[0]) < len(parts[2]) == 4:  # noqa: PLR2004  {{date|5|juillet|2009}}
        parts, day_first = parts[2::-1], True
    year, month, day = (*parts[:3], "", "", "")[:3]
    if month.isdecimal() and 1 <= int(month[:4]) <= len(_MONTHS):
        month = _MONTHS[int(month) - 1]
    day = day.lstrip("0")
    if not month:
        return year
    if not day:
        return f"{month} {year}"
    return f"{day} {month} {year}" if day_first else f"{month} {day}, {year}"


_DATE = re.compile(rf"(?:(\d{{1,2}}) )?({'|'.join(_MONTHS)})(?: (\d{{1,2}}),)? (\d{{3,4}})(?!\d)")
_SIGNS = {"ja": "年月日", "zh": "年月日", "ko": "년월일"}
# Languages that write the month of a date in another case ("of May"), and the endings of most months in that case.
_GENITIVE = {"ru": ("а", "я"), "uk": ("я", "ого"), "pl": ("a", "ego"), "cs": ("a", "e"), "sk": ("a",), "fi": ("ta",)}
_BETWEEN = {"de": (". ", " "), "es": (" de ", " de "), "pt": (" de ", " de ")}  # after the day, after the month


def in_language(text: str, language: str) -> str:
    """Return a text with its English dates in another language: 5. Juli 2009, 5 de julio de 2009, 2009年7月5日."""
    code = language.partition("-")[0]
    names: dict[int, str] = {}
    for name, number in months_in(code, shortened=False).items() if code != "en" else ():
        is_form = code in _GENITIVE and name.endswith(_GENITIVE[code])
        names[number] = name if is_form else names.setdefault(number, name)
    if not names and code not in _SIGNS:
        return text

    def written(match: re.Match[str]) -> str:
        day, month, year = match[1] or match[3] or "", _MONTHS.index(match[2]) + 1, match[4]
        if code in _SIGNS:
            signs = _SIGNS[code]
            return f"{year}{signs[0]}{month}{signs[1]}" + (f"{day}{signs[2]}" if day else "")
        name = names[month].capitalize() if code == "de" else names[month]
        before, behind = _BETWEEN.get(code, (" ", " "))
        return f"{day}{before}{name}{behind}{year}" if day else f"{name}{behind}{year}"

    return _DATE.sub(written, text)


def date_of(values: Sequence[str]) -> str:
    """Return the date that three numbers of any template state, with the year first or last, else an empty string.

    >>> date_of(["17", "5", "1948"]), date_of(["1948", "5", "17"]), date_of(["1948", "51", "17"])
    ('17 May 1948', '17 May 1948', '')
    """
    if len(values) != len(("year", "month", "day")) or not all(value.isdecimal() for value in values):
        return ""
    year, month, day = values if len(values[0]) > len("31") else reversed(values)
    month, day = (day, month) if int(month[:4]) > len(_MONTHS) else (month, day)
    is_date = len(year) == len("1948") and int(month[:4]) in range(1, 13) and int(day[:4]) in range(1, 32)
    return format_date([year, month, day], day_first=True) if is_date else ""


def _is_day_first(arguments: Arguments) -> bool:
    return arguments.get("df", "").strip().lower() in ("y", "yes", "true", "1", "on")


def format_release_dates(arguments: Arguments) -> str:
    """Render {{film date|2019|9|6|Ebb|2019|10|4}} as September 6, 2019 (Ebb), October 4, 2019."""
    parts = positional(arguments)
    released: list[str] = []
    while parts:
        when = [part for part in parts[:3] if part.isdecimal()]
        if not when:
            return ", ".join((*released, *parts))
        location = parts[len(when)] if len(parts) > len(when) and not parts[len(when)].isdecimal() else ""
        text = format_date(when, day_first=_is_day_first(arguments))
        released.append(f"{text} ({location})" if location else text)
        parts = parts[len(when) + bool(location) :]
    return ", ".join(released)


def format_death_date(arguments: Arguments) -> str:
    """Render {{death date and age|2000|1|2|1930|3|4}} as January 2, 2000 (aged 69)."""
    parts = positional(arguments)
    when = format_date(parts[:3], day_first=_is_day_first(arguments))
    years = _years(parts[3:6], parts[:3])
    return f"{when} (aged {years})" if years else when


def _years(born: list[str], then: list[str]) -> str:
    if not (len(born) == len(then) == 3 and all(part.isdecimal() and len(part) < 5 for part in (*born, *then))):  # noqa: PLR2004
        return ""
    start, end = ([int(part) for part in parts] for parts in (born, then))
    return str(end[0] - start[0] - (end[1:] < start[1:]))


def format_duration(arguments: Arguments) -> str:
    """Render {{duration|1|30|20}} as 1:30:20, {{duration|m=5|s=3}} as 5:03."""
    parts = positional(arguments) or [arguments.get(unit, "") for unit in "hms"]
    shown = [part.strip() or "0" for part in parts]
    while len(shown) > 2 and shown[0] == "0":  # noqa: PLR2004
        shown = shown[1:]
    return ":".join((shown[0], *(part.zfill(2) for part in shown[1:])))


_SHIPS = "USS HMS SS MV MS RMS HMAS HMCS HMNZS USNS USCGC SMS INS CSS GTS HNoMS".split()
# Help:Convert: `e6` before a unit is a scale, `//` a fraction with a slash, `+` joins it to the whole number.
_MIXED = re.compile(r"(\d)\+(?=\d+//?\d)")
_POWERED = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?e[+-]?\d{1,2}")
_SCALED = re.compile(r"(e3|e6|e9|e12)(\D.*)")
_SCALES = {"e3": "thousand", "e6": "million", "e9": "billion", "e12": "trillion"}
_DIGITS = re.compile(r"[+-]?\d+(?:\.\d+)?")


def format_number(text: str) -> str:
    """Render 12345.6 as 12,345.6, as MediaWiki's formatnum does; return anything but a number unchanged."""
    # Language::formatNum also shows a minus sign (U+2212) for a hyphen.
    bare = text.replace(",", "").strip()
    if not _DIGITS.fullmatch(bare):
        return text
    whole, point, rest = bare.partition(".")
    sign = whole[:1] if whole[:1] in "+-" else ""
    digits = whole.lstrip("+-")
    head = len(digits) % 3
    grouped = ",".join(filter(None, (digits[:head], *(digits[at : at + 3] for at in range(head, len(digits), 3)))))
    return f"{sign.replace('-', '−')}{grouped}{point}{rest}"


_FOUR_DIGITS = re.compile(r"\D?\d,\d{3}(?:\.\d+)?")


def localized(number: str, language: str) -> str:
    """Return a result of format_number with a wiki's separators: 1.234,5 in German, 1234,5 in Russian."""
    code = language.partition("-")[0]
    if code in WORDS["numbers_ungrouped"] and _FOUR_DIGITS.fullmatch(number):
        number = number.replace(",", "")
    group = "\u00a0" if code in WORDS["numbers_spaced"] else "."
    known = (group != "." or code in WORDS["numbers_dotted"]) and not any(map(str.isalpha, number))
    return number.translate({ord(","): group, ord("."): ","}) if known else number


def format_conversion(arguments: Arguments) -> str:
    """Render {{convert|12|to|15|km|mi}} as 12 to 15 km: the value that the editor gave, without the converted one."""
    # Italian: {{M|12||km}}, {{M|12|ul=km}}
    parts = [value for name, value in arguments.items() if name.isdecimal() or name in ("u", "ul")]
    words: list[str] = []
    while parts:
        part = parts.pop(0)
        if not any(character.isdigit() for character in part):
            return " ".join((part, *parts)) if not words else "".join(words)
        # 3+1//4 and 3+1/4 are 3 1/4, 1//4 is 1/4, 5e6 is 5,000,000.
        plain = _MIXED.sub(r"\1 ", part).replace("//", "/")
        words.append(_grouping(format_number(f"{Decimal(plain):f}") if _POWERED.fullmatch(plain) else plain))
        following = parts.pop(0) if parts else ""
        if following in CONNECTORS:
            words.append(CONNECTORS[following])
        elif parts and parts[0][:1].isdigit() and len(parts) > 1:
            words.append(f" {_unit(following)} ")
        else:
            unit = _unit(following)
            words.append(unit if unit.startswith(("°", "/")) else f" {unit}")
            if arguments.get("disp") == "x":  # the text before the converted value is the editor's
                words += parts[1:2]
            break
    return "".join(words).strip()


def _unit(code: str) -> str:
    """Return the unit of {{convert}} as it is shown: e6km2 is million km²."""
    scaled = _SCALED.fullmatch(code)
    if code in UNITS or scaled is None:
        return UNITS.get(code, code)
    return f"{_SCALES[scaled[1]]} {UNITS.get(scaled[2], scaled[2])}"


def _grouping(written: str) -> str:
    grouped = written.replace(".", "").isdigit() and len(written.partition(".")[0]) > 4  # noqa: PLR2004  as years
    return format_number(written) if grouped else written


def format_fraction(arguments: Arguments) -> str:
    """Render {{frac|1|2|3}} as 1 2/3, {{frac|2|3}} as 2/3, {{frac|3}} as 1/3."""
    parts = positional(arguments)[:3]
    if len(parts) == 1:
        parts = ["1", *parts]
    return " ".join((*parts[:-2], "/".join(parts[-2:])))


def format_percentage(arguments: Arguments) -> str:
    """Render {{percentage|1|3|1}} as 33.3%."""
    part, *rest = positional(arguments) or [""]
    if not rest:
        return f"{part}%" if part else ""
    whole, decimals, *_ = (*rest, "0")
    try:
        share = 100 * Decimal(part.replace(",", "")) / Decimal(whole.replace(",", ""))
        return f"{share.quantize(Decimal(1).scaleb(-min(int(decimals), 9)), ROUND_HALF_UP)}%"
    except (ValueError, ArithmeticError):
        return f"{part}/{whole}"


def _power(exponent: str) -> str:
    return f" × 10{to_superscript(exponent)}"


def format_value(arguments: Arguments) -> str:
    """Render {{val|1234.5|0.3|e=6|u=km}} as 1,234.5 × 10⁶ ± 0.3 × 10⁶ km: both value and margin have the power."""
    parts = positional(arguments)
    raised_by = _power(arguments["e"]) if arguments.get("e") else ""
    words = f"{format_number(parts[0])}{raised_by}" if parts else ""
    if len(parts) > 1:
        words = f"{words} ± {format_number(parts[1])}{raised_by}"
    unit = _given_unit(arguments)
    space = "" if unit[:1] in ("", "%", "°") else " "
    return f"{arguments.get('p', '')}{words}{arguments.get('s', '')}{space}{UNITS.get(unit, unit)}"


def format_quantity(arguments: Arguments) -> str:
    """Render {{unité|15000|km|2|h|-1}} of French and Spanish wikis as 15000 km² h⁻¹: each unit with its power."""
    words = ""
    for number, part in enumerate(positional(arguments)):
        words += to_superscript(part) if number and part.lstrip("-−").isdecimal() else f" {part}"
    return words.strip()


def _given_unit(arguments: Arguments) -> str:
    unit = arguments.get("u") or arguments.get("ul") or arguments.get("up") or ""
    return f"°{unit[-1]}" if unit in ("degC", "degF") else unit


def format_ordinal(arguments: Arguments) -> str:
    """Render {{ordinal|3}} as 3rd."""
    written = arguments.get("1", "")
    teen = written[-2:-1] == "1"  # 11th, 12th, 13th
    ending = "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(written[-1:], "th")
    return f"{written}{ending}" if written[-1:].isdigit() else written


def format_significant(number: str, digits: str) -> str:
    """Render {{sigfig|1.22|2}} as 1.2."""
    if not _DIGITS.fullmatch(number) or not digits.isdecimal() or not 0 < int(digits[:3]) <= len(number):
        return number
    return format_number(f"{Decimal(f'{Decimal(number):.{int(digits)}g}'):f}")


def format_money(symbol: str, arguments: Arguments) -> str:
    """Render {{US$|31 billion}} as US$31 billion."""
    scale = arguments.get("2", "")
    if not scale.isalpha() or len(scale) == 1:
        scale = {"m": "million", "b": "billion", "c": "crore", "l": "lakh"}.get(scale, "")
    return f"{symbol}{_grouping(arguments.get('1', ''))} {scale}".rstrip()


def format_currency(arguments: Arguments) -> str:
    """Render {{currency|31|USD}} as US$31."""
    code = arguments.get("2", "") or arguments.get("type", "")
    return format_money(SYMBOLS.get(code.lower(), f"{code} " if code else "$"), {"1": arguments.get("1", "")})


def format_nihongo(arguments: Arguments) -> str:
    """Render {{nihongo|Edo|江戸|Edo|extra=1603}} as Edo (江戸, Edo, 1603)."""
    shown, *others = positional(arguments) or [""]
    inner = ", ".join(filter(None, (*others, arguments.get("extra"), arguments.get("extra2"))))
    return f"{shown} ({inner})" if shown and inner else shown or inner


def format_ship(prefix: str, arguments: Arguments) -> str:
    """Render {{HMS|Ark|R09}} as HMS Ark (R09)."""
    parts = ([prefix] if prefix else []) + positional(arguments)
    hull = f" ({parts[2]})" if len(parts) > 2 and parts[2] else ""  # noqa: PLR2004  prefix, name, hull
    return f"{' '.join(parts[:2])}{hull}"


# Formatters by the name in values.toml; the comments show a template and what readers see.
_FORMATTERS: dict[str, Callable[[Arguments], str]] = {
    "as of": format_as_of,
    "convert": format_conversion,
    "frac": format_fraction,
    "percentage": format_percentage,
    "unité": format_quantity,
    "val": format_value,
    # {{formatnum:12345}}, {{nts|12345}}, {{number|…}}
    "formatnum": lambda given: f"{given.get('prefix', '')}{format_number(given.get('1', ''))}{given.get('suffix', '')}",
    "sigfig": lambda given: format_significant(given.get("1", ""), given.get("2", "")),
    # {{Inflation|US|100|1990}} → 100: the given amount, as the inflated one depends on today
    "inflation": lambda given: format_number(given.get("2", "")),
    # {{gaps|1|234|567|u=km}} → 1234567 km: the digits of one number
    "gaps": lambda given: f"{format_number(''.join(positional(given)))} {_unit(_given_unit(given))}".rstrip(),
    "sortname": lambda given: " ".join(positional(given)[:2]),  # {{sortname|Ada|Orr}} → Ada Orr
    "currency": format_currency,
    "circa": lambda given: " – ".join(f"c. {item}" for item in positional(given)) or "c.",
    "ordinal": format_ordinal,
    "sup": lambda given: to_superscript(given.get("1", "")),
    # {{age|1950|2|3|2000|1|2}} → 49; without an end it depends on today and is left out
    "age": lambda given: _years(positional(given)[:3], positional(given)[3:6]),
    "reign": lambda given: f"r. {'–'.join(positional(given))}".strip(),  # {{reign|1990|2000}} → r. 1990–2000
    "floruit": lambda given: f"fl. {'–'.join(positional(given))}".strip(),
    "year range": lambda given: "–".join(positional(given)).strip(),
    "duration": format_duration,
    "nihongo": format_nihongo,
    # {{birth date|1950|2|3}}, {{start date|…}}: the date; month first unless df is set
    "birth date": lambda given: format_date(positional(given), day_first=_is_day_first(given)),
    "film date": format_release_dates,
    # {{e|6}} → × 10⁶; the ending of an ordinal without a power: 63{{e}}
    "e": lambda given: _power(given["1"]) if given.get("1") else "e",
    # {{sclass|Ark|ferry}} → Ark-class ferry
    "sclass": lambda given: "-class ".join((*positional(given), "", "")[:2]).strip(),
    "ship": partial(format_ship, ""),
    "death date and age": format_death_date,
}
VALUES: dict[str, Callable[[Arguments], str]] = {
    **{name: _FORMATTERS[template] for name, template in FORMATTED.items()},
    **{name.lower(): partial(format_ship, name) for name in _SHIPS},
    **{name: partial(format_money, symbol) for name, symbol in SYMBOLS.items()},
}
