"""Read powers of ten whose exponent is written small, as measurements of science have them."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from watcher.parse.quantities.token_stream import Numeral, TokenStream

# 10^999 is no statistic, and Decimal would overflow on what vandals write.
MOST_EXPONENT = 3


def raised(line: TokenStream, index: int, value: Decimal) -> Numeral | None:
    """Return a power of ten whose exponent is written small: 5.97 × 10²⁴, 10⁻⁹."""
    base = index
    if line.lower(index + 1) in ("×", "x", "*", "·") and line.lower(index + 2) == "10":
        base = index + 2
    elif line.lower(index) != "10":
        return None
    after = base + 1
    sign = line.lower(after) if line.lower(after) in ("⁻", "⁺") else ""
    after += bool(sign)
    exponent = line.token(after).text
    if not line.is_adjacent(after) or not exponent or len(exponent) > MOST_EXPONENT - 1 or exponent.strip("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return None
    power = int(unicodedata.normalize("NFKC", exponent))
    scaled = (Decimal(1) if base == index else value).scaleb(-power if sign == "⁻" else power)
    return Numeral(index, after + 1, scaled, "digits")
