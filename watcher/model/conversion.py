"""Convert units of measurement, so that a value given in another unit or rounded does not count as a change."""

import re
from decimal import Decimal
from typing import NamedTuple

from watcher.model.elements import Quantity
from watcher.model.vocabulary import Measure

# Each unit in base units of its dimension; exact if the unit is defined exactly.
_LENGTHS = {
    "m": "1", "km": "1000", "dm": "0.1", "cm": "0.01", "mm": "0.001", "μm": "1e-6", "nm": "1e-9", "in": "0.0254",
    "ft": "0.3048", "yd": "0.9144", "mi": "1609.344", "nmi": "1852", "fathom": "1.8288", "AU": "149597870700",
    "ly": "9460730472580800", "pc": "3.0856775814913673e16", "kpc": "3.0856775814913673e19",
    "Mpc": "3.0856775814913673e22", "Å": "1e-10",
}  # fmt: skip
_OTHERS = {
    "area": {"ha": "10000", "acre": "4046.8564224"},
    "volume": {
        "l": "0.001", "ml": "1e-6", "μl": "1e-9", "cl": "1e-5", "dl": "1e-4", "hl": "0.1", "gal": "0.003785411784",
        "bbl": "0.158987294928", "pt": "0.000473176473", "cc": "1e-6",
        "imp gal": "0.00454609", "US gal": "0.003785411784", "fl oz": "2.9573529e-5",
    },
    "mass": {
        "g": "1", "kg": "1000", "mg": "0.001", "μg": "1e-6", "t": "1e6", "kt": "1e9", "Mt": "1e12", "Gt": "1e15",
        "ng": "1e-9", "pg": "1e-12",
        "lb": "453.59237", "oz": "28.349523125", "st": "6350.29318", "ton": "907184.74",
        "short ton": "907184.74", "long ton": "1016046.9088", "metric ton": "1e6", "troy oz": "31.1034768",
    },
    "length/time": {"kn": "0.514444444"},
    "power": {"W": "1", "kW": "1e3", "MW": "1e6", "GW": "1e9", "TW": "1e12", "hp": "745.7"},
    "energy": {
        "Wh": "3.6e3", "kWh": "3.6e6", "MWh": "3.6e9", "GWh": "3.6e12", "TWh": "3.6e15", "kJ": "1e3", "MJ": "1e6",
        "GJ": "1e9", "TJ": "1e12", "PJ": "1e15", "EJ": "1e18", "J": "1", "kcal": "4184", "cal": "4.184",
        "eV": "1.602176634e-19", "meV": "1.602176634e-22", "keV": "1.602176634e-16", "MeV": "1.602176634e-13",
        "GeV": "1.602176634e-10", "TeV": "1.602176634e-7",
    },
    "amount": {"mol": "1", "mmol": "0.001", "μmol": "1e-6"},
    "molarity": {"M": "1", "mM": "0.001", "μM": "1e-6", "nM": "1e-9", "pM": "1e-12"},
    "current": {"mA": "1", "kA": "1e6"},
    "voltage": {"V": "1", "kV": "1e3", "mV": "0.001"},
    "dose": {"mSv": "1", "μSv": "0.001"},
    "data": {"kbit": "1", "Mbit": "1e3", "Gbit": "1e6"},
    "pressure": {"Pa": "1", "hPa": "100", "kPa": "1e3", "MPa": "1e6", "GPa": "1e9", "psi": "6894.757", "atm": "101325"},
    "frequency": {"Hz": "1", "kHz": "1e3", "MHz": "1e6", "GHz": "1e9", "THz": "1e12"},
    "storage": {"B": "1", "kB": "1e3", "MB": "1e6", "GB": "1e9", "TB": "1e12"},
    "time": {
        "seconds": "1", "milliseconds": "0.001", "minutes": "60", "hours": "3600", "days": "86400", "weeks": "604800",
        "fortnights": "1209600", "s": "1", "min": "60", "h": "3600",
    },
    "age": {"months": "1", "years": "12", "decades": "120", "centuries": "1200", "millennia": "12e3", "kyr": "12e3",
            "Myr": "12e6", "Gyr": "12e9"},
    "coins": {"USD": "100", "cent": "1"},
}  # fmt: skip
_DIMENSIONS = {1: "length", 2: "area", 3: "volume"}
_FREEZING, _FIFTH = Decimal(32), Decimal(5) / Decimal(9)
_ROUNDING_SHARE = Decimal("0.02")  # share of a round number that its trailing zeros may hide
_MAX_DEVIATION = Decimal("0.05")
_HALF = Decimal("0.5")
_NUMBER = re.compile(r"\d[\d.,\u00a0\u2009\u202f ]*")
# Whether a rounded value may stand for an exact one above it, and for one below it.
_ROUNDED = {"about": (True, True), "nearly": (False, True), "more than": (True, False), "estimated": (True, True)}


class _Base(NamedTuple):
    """A value in the base unit of its dimension; `tolerance` is the tolerance due to its last digit."""

    dimension: str
    value: Decimal
    tolerance: Decimal


def scale_between(old: Quantity, new: Quantity) -> Decimal:
    """Return how many old units make one new unit, such as 100 from ha to km²; 1 if they cannot be converted.

    A ratio of 1 is 100 percent: "three quarters" is 75%.
    """
    if {old.measure, new.measure} == {Measure.PERCENT, Measure.RATIO}:
        return Decimal("0.01") if old.measure is Measure.RATIO else Decimal(100)
    if old.unit == new.unit or "°" in f"{old.unit}{new.unit}":
        return Decimal(1)
    own, other = (_base(side, Decimal(1)) for side in (old, new))
    return other.value / own.value if own and other and own.dimension == other.dimension else Decimal(1)


def same_measurement(old: Quantity, new: Quantity) -> bool:
    """Return whether two quantities in different units are equal, such as 300 ft and 91 m."""
    if old.unit == new.unit or None in (old.unit, new.unit):
        return False
    pairs = ((old.value, new.value), (old.low, new.low), (old.high, new.high))
    given = [(before, after) for before, after in pairs if before is not None or after is not None]
    for before, after in given:
        own = None if before is None else _base(old, before)
        other = None if after is None else _base(new, after)
        if own is None or other is None or own.dimension != other.dimension:
            return False
        tolerance = max(own.tolerance, other.tolerance)
        is_temperature = own.dimension == "temperature"  # relative differences mean nothing there: zero is arbitrary
        is_near = abs(own.value - other.value) <= tolerance
        if not (is_near if is_temperature else is_within(own.value, other.value, tolerance)):
            return False
    return bool(given)


def is_within(old: Decimal, new: Decimal, tolerance: Decimal) -> bool:
    """Return whether two values are equal within `tolerance`, half of the last digit that both show.

    If they differ by more than a twentieth, they are different regardless of their digits: "2 mi" is not 4 km.
    """
    return abs(old - new) <= min(tolerance, max(abs(old), abs(new)) * _MAX_DEVIATION)


def _base(quantity: Quantity, value: Decimal) -> _Base | None:
    unit, tolerance = quantity.unit or "", tolerance_of(quantity, value)
    if unit in ("°C", "°F"):
        if unit == "°C":
            return _Base("temperature", value, tolerance)
        return _Base("temperature", (value - _FREEZING) * _FIFTH, tolerance * _FIFTH)
    dimensions, factor, sides = [], Decimal(1), unit.replace("per ", "/").split("/")
    for position, part in enumerate(sides):
        if known := base_unit_of(part):
            dimensions.append(known[0])
            factor = factor / known[1] if position else factor * known[1]
        elif position or part:
            return None
        else:  # "per km²"
            dimensions.append("")
    if not unit:
        return None
    return _Base("/".join(dimensions), value * factor, tolerance * factor)


def base_unit_of(part: str) -> tuple[str, Decimal] | None:
    """Return the dimension of a simple unit and its size in base units; None if the unit is unknown."""
    bare = part.rstrip("23")
    if bare in _LENGTHS:
        power = int(part[len(bare) :] or "1")
        return _DIMENSIONS[power], Decimal(_LENGTHS[bare]) ** power
    return next(((name, Decimal(table[part])) for name, table in _OTHERS.items() if part in table), None)


def tolerance_of(quantity: Quantity, value: Decimal) -> Decimal:
    """Return half of the last digit of the number as written; trailing zeros count as rounding.

    The value shows what its separators mean: 5,1 and 5.1 have a decimal, 2.100.000 and 2,100,000 have none.
    """
    written = _NUMBER.search(quantity.text)
    shown = written[0].strip(" .,") if written else ""
    digits = Decimal(re.sub(r"\D", "", shown) or 0)
    last_digit = abs(value) / digits if digits and value else Decimal(1)
    if last_digit != 1 and re.search(r"[.,]", shown):
        return _HALF * last_digit
    zeros = len(f"{value:f}") - len(f"{value:f}".rstrip("0"))
    return max(_HALF, min(_HALF.scaleb(zeros), abs(value) * _ROUNDING_SHARE)) if value else _HALF


def _rounds(exact: Quantity, about: Quantity) -> bool:
    bounds = _ROUNDED.get(about.qualifier or "")
    if bounds is None or exact.qualifier or exact.value is None or not about.value:
        return False
    if exact.measure is Measure.RANK or exact.measure != about.measure:
        return False
    above, below = bounds
    difference = exact.value - about.value
    if not difference or (difference > 0 and not above) or (difference < 0 and not below):
        return False
    return abs(difference) <= tolerance_of(about, about.value) and _digit_count(about) < _digit_count(exact)


def _digit_count(quantity: Quantity) -> int:
    return len(f"{quantity.value:f}".replace(".", "").strip("-0")) if quantity.value is not None else 0


def is_restated(old: Quantity, new: Quantity) -> bool:
    """Return whether two quantities are equal in different units, or one is rounded and says so ("about 168,000")."""
    in_one_unit = old.unit == new.unit or None in (old.unit, new.unit)
    return same_measurement(old, new) or (in_one_unit and (_rounds(old, new) or _rounds(new, old)))
