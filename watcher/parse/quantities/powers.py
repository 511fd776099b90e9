"""Read powers of ten whose exponent is written small, as measurements of science have them."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from watcher.parse.quantities.line import Line, Numeral

# 10^999 is no statistic, and Decimal would overflow on what vandals write.
MOST_EXPONENT = 3


def raised(line: Line, index: int, value: Decimal) -> Numeral | None:
    """A power of ten whose exponent is written small: 5.97 × 10²⁴, 10⁻⁹."""
    base = index
    if line.low(index + 1) in ("×", "x", "*", "·") and line.low(index + 2) == "10":
        base = index + 2
    elif line.low(index) != "10":
        return None
    after = base + 1
    sign = line.low(after) if line.low(after) in ("⁻", "⁺") else ""
    after += bool(sign)
    exponent = line.at(after).text
    if not line.glued(after) or not exponent or len(exponent) > MOST_EXPONENT - 1 or exponent.strip("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return None
    power = int(unicodedata.normalize("NFKC", exponent))
    scaled = (Decimal(1) if base == index else value).scaleb(-power if sign == "⁻" else power)
    return Numeral(index, after + 1, scaled, "digits")
