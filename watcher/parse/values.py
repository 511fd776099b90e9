"""Parameters of templates that carry numbers, money and measures → the words that a reader sees in their place."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from watcher.parse.dates import Arguments, age, as_of, circa, dated, death, hours, positional, span
from watcher.parse.names import CONNECTORS, SYMBOLS, UNITS
from watcher.parse.wording import raised

_SHIPS = (
    "USS",
    "HMS",
    "SS",
    "MV",
    "MS",
    "RMS",
    "HMAS",
    "HMCS",
    "HMNZS",
    "USNS",
    "USCGC",
    "SMS",
    "INS",
    "CSS",
    "GTS",
    "HNoMS",
)
_MIXED = re.compile(r"(\d)\+(?=\d+//?\d)")
_POWERED = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?e[+-]?\d{1,2}")
_SCALED = re.compile(r"(e3|e6|e9|e12)(\D.*)")
_SCALES = {"e3": "thousand", "e6": "million", "e9": "billion", "e12": "trillion"}
_DIGITS = re.compile(r"[+-]?\d+(?:\.\d+)?")


def number(text: str) -> str:
    """12345.6 → 12,345.6, as MediaWiki's formatnum does; anything else as it is."""
    bare = text.replace(",", "").strip()
    if not _DIGITS.fullmatch(bare):
        return text
    whole, point, rest = bare.partition(".")
    sign = whole[:1] if whole[:1] in "+-" else ""
    return f"{sign.replace('-', '−')}{_grouped(whole.lstrip('+-'))}{point}{rest}"


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    return ",".join(filter(None, (digits[:head], *(digits[at : at + 3] for at in range(head, len(digits), 3)))))


def convert(arguments: Arguments) -> str:
    """{{convert|12|to|15|km|mi}} → 12 to 15 km: what the editor measured, without the converted value."""
    parts = positional(arguments)
    words: list[str] = []
    while parts:
        part = parts.pop(0)
        if not any(character.isdigit() for character in part):
            return " ".join((part, *parts)) if not words else "".join(words)
        words.append(_grouping(_mixed(part)))
        following = parts.pop(0) if parts else ""
        if following in CONNECTORS:
            words.append(CONNECTORS[following])
        elif parts and parts[0][:1].isdigit() and len(parts) > 1:
            words.append(f" {_unit(following)} ")
        else:
            unit = _unit(following)
            words.append(unit if unit.startswith(("°", "/")) else f" {unit}")
            break
    return "".join(words).strip()


def _mixed(written: str) -> str:
    """3+1//4 and 3+1/4 → 3 1/4, 1//4 → 1/4, 5e6 → 5,000,000, as {{convert}} reads its numbers."""
    plain = _MIXED.sub(r"\1 ", written).replace("//", "/")
    power = _POWERED.fullmatch(plain)
    return number(f"{Decimal(plain):f}") if power else plain


def _unit(code: str) -> str:
    """The unit of {{convert}} as shown: e6km2 is million km²."""
    scaled = _SCALED.fullmatch(code)
    if code in UNITS or scaled is None:
        return UNITS.get(code, code)
    return f"{_SCALES[scaled[1]]} {UNITS.get(scaled[2], scaled[2])}"


def _grouping(written: str) -> str:
    return number(written) if written.replace(".", "").isdigit() and len(written.partition(".")[0]) > 4 else written  # noqa: PLR2004


def fraction(arguments: Arguments) -> str:
    """{{frac|1|2|3}} → 1 2/3, {{frac|2|3}} → 2/3, {{frac|3}} → 1/3."""
    match positional(arguments):
        case [whole, top, bottom, *_]:
            return f"{whole} {top}/{bottom}"
        case [top, bottom]:
            return f"{top}/{bottom}"
        case [bottom]:
            return f"1/{bottom}"
        case _:
            return ""


def percentage(arguments: Arguments) -> str:
    """{{percentage|1|3|1}} → 33.3%."""
    match positional(arguments):
        case [part, whole, *places]:
            return _share(part, whole, places[0] if places else "0")
        case [only]:
            return f"{only}%"
        case _:
            return ""


def _share(part: str, whole: str, places: str) -> str:
    try:
        share = 100 * Decimal(part.replace(",", "")) / Decimal(whole.replace(",", ""))
        step = Decimal(1).scaleb(-min(int(places), 9))
        return f"{share.quantize(step, ROUND_HALF_UP)}%"
    except (InvalidOperation, ValueError, ArithmeticError):
        return f"{part}/{whole}"


def value(arguments: Arguments) -> str:
    """{{val|1234.5|0.3|e=6|u=km}} → 1,234.5 × 10⁶ ± 0.3 × 10⁶ km: the power belongs to the value and its margin."""
    parts = positional(arguments)
    raised_by = power({"1": arguments["e"]}) if arguments.get("e") else ""
    words = f"{number(parts[0])}{raised_by}" if parts else ""
    if len(parts) > 1:
        words = f"{words} ± {number(parts[1])}{raised_by}"
    unit = arguments.get("u") or arguments.get("ul") or arguments.get("up") or ""
    space = "" if unit[:1] in ("", "%", "°") else " "
    return f"{arguments.get('p', '')}{words}{arguments.get('s', '')}{space}{UNITS.get(unit, unit)}"


def ordinal(arguments: Arguments) -> str:
    """{{ordinal|3}} → 3rd."""
    written = arguments.get("1", "")
    teen = written[-2:-1] == "1"
    ending = "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(written[-1:], "th")
    return f"{written}{ending}" if written[-1:].isdigit() else written


def formatted(arguments: Arguments) -> str:
    """{{formatnum:12345}}, {{nts|12345}}, {{number|…}}."""
    return f"{arguments.get('prefix', '')}{number(arguments.get('1', ''))}{arguments.get('suffix', '')}"


def inflation(arguments: Arguments) -> str:
    """{{Inflation|US|100|1990}} → 100: the given amount, as the inflated one depends on today."""
    return number(arguments.get("2", ""))


def money(symbol: str) -> Callable[[Arguments], str]:
    """{{US$|31 billion}} → US$31 billion."""

    def amount(arguments: Arguments) -> str:
        written = arguments.get("1", "")
        scale = arguments.get("2", "")
        scale = (
            scale
            if scale.isalpha() and len(scale) > 1
            else {"m": "million", "b": "billion", "c": "crore", "l": "lakh"}.get(scale, "")
        )
        return f"{symbol}{_grouping(written)} {scale}".rstrip()

    return amount


def currency(arguments: Arguments) -> str:
    """{{currency|31|USD}} → US$31."""
    code = arguments.get("2", "") or arguments.get("type", "")
    return money(SYMBOLS.get(code.lower(), f"{code} " if code else "$"))({"1": arguments.get("1", "")})


def nihongo(arguments: Arguments) -> str:
    """{{nihongo|Edo|江戸|Edo}} → Edo (江戸, Edo)."""
    shown, *others = (*positional(arguments), "")
    inner = ", ".join(filter(None, others))
    return f"{shown} ({inner})" if shown and inner else shown or inner


def power(arguments: Arguments) -> str:
    """{{e|6}} → × 10⁶."""
    return f" × 10{raised(arguments.get('1', ''))}"


def ship(prefix: str) -> Callable[[Arguments], str]:
    """{{HMS|Ark|R09}} → HMS Ark (R09)."""

    def name(arguments: Arguments) -> str:
        parts = ([prefix] if prefix else []) + positional(arguments)
        hull = f" ({parts[2]})" if len(parts) > 2 and parts[2] else ""  # noqa: PLR2004  prefix, name, hull
        return f"{' '.join(parts[:2])}{hull}"

    return name


def ship_class(arguments: Arguments) -> str:
    """{{sclass|Ark|ferry}} → Ark-class ferry."""
    name, *kind = (*positional(arguments), "")
    return f"{name}-class {kind[0]}".strip()


VALUES: dict[str, Callable[[Arguments], str]] = {
    **dict.fromkeys(("as of", "asof"), as_of),
    **dict.fromkeys(("convert", "cvt", "conv"), convert),
    **dict.fromkeys(("frac", "fraction", "sfrac", "vfrac"), fraction),
    **dict.fromkeys(("percentage", "percent", "pct", "percent and number"), percentage),
    **dict.fromkeys(("val", "value"), value),
    **dict.fromkeys(("formatnum", "nts", "number table sorting", "number", "formatprice", "num", "ntsc"), formatted),
    **dict.fromkeys(("inflation",), inflation),
    **dict.fromkeys(("currency",), currency),
    **dict.fromkeys(("to usd", "tousd", "formatted"), formatted),
    **dict.fromkeys(("circa", "c.", "ca.", "c", "around"), circa),
    **dict.fromkeys(("ordinal",), ordinal),
    **dict.fromkeys(("age", "age in years", "ageing"), age),
    **dict.fromkeys(("reign", "r."), span("r.")),
    **dict.fromkeys(("floruit", "fl."), span("fl.")),
    **dict.fromkeys(("year range", "years"), span("")),
    **dict.fromkeys(("duration",), hours),
    **dict.fromkeys(("nihongo", "nihongo2", "nihongo3"), nihongo),
    **dict.fromkeys(
        (
            "birth date", "birth date and age", "bda", "dob", "birth-date", "birth-date and age", "birth year and age",
            "birth", "birth date and given age", "start date", "end date", "start date and age", "start-date",
            "end-date", "death date", "death-date", "dts", "date", "date table sorting", "дата",
        ),
        dated,
    ),
    **dict.fromkeys(("e", "10^"), power),
    **dict.fromkeys(("sclass", "sclass-", "sclass2", "sclass2-"), ship_class),
    "ship": ship(""),
    **{name.lower(): ship(name) for name in _SHIPS},
    **dict.fromkeys(("death date and age", "dda", "death year and age", "death-date and age"), death),
    **{name: money(symbol) for name, symbol in SYMBOLS.items()},
}  # fmt: skip
