"""Two quantities become the difference that a reader wants: how much, and by which share."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

from watcher.model import Measure, Quantity

_SCALES = ((Decimal(10**12), "trillion"), (Decimal(10**9), "billion"), (Decimal(10**6), "million"))
_LARGEST_EXPONENT = 24  # a vandal's 1e999999 must not be written out
_TENFOLD = Decimal(10)
MINUS = "−"


def difference(old: Quantity, new: Quantity) -> str | None:
    """The step between two single values of the same measure and unit, else None.

    >>> from decimal import Decimal
    >>> million = lambda n: Quantity(text="", start=0, end=0, value=Decimal(n) * 10**6, measure=Measure.COUNT)
    >>> difference(million(21), million(25))
    '+4 million (+19 %)'
    """
    if old.measure != new.measure or old.unit != new.unit:
        return None
    before, after = _usable(old.value), _usable(new.value)
    if before is None or after is None or before == after:
        return None
    with localcontext() as context:
        context.prec = 50
        step = after - before
        if old.measure is Measure.PERCENT:
            return f"{_signed(step)} {'point' if abs(step) == 1 else 'points'}"
        if not before:
            return _signed(step)
        return f"{_signed(step)} ({_share(step, before)})"


def _usable(value: Decimal | None) -> Decimal | None:
    if value is None or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    small = isinstance(exponent, int) and abs(value.adjusted()) <= _LARGEST_EXPONENT and exponent >= -_LARGEST_EXPONENT
    return value if small else None


def _share(step: Decimal, before: Decimal) -> str:
    ratio = (before + step) / before
    if ratio >= _TENFOLD:
        return f"×{_plain(_rounded(ratio, 0))}"
    percent = step / abs(before) * 100
    return f"{_signed(_rounded(percent, 0 if abs(percent) >= _TENFOLD else 1))} %"


def _signed(number: Decimal) -> str:
    return f"{MINUS if number < 0 else '+'}{_plain(abs(number))}"


def _plain(number: Decimal) -> str:
    for size, name in _SCALES:
        if number >= size:
            return f"{_trimmed(_rounded(number / size, 2))} {name}"
    return _trimmed(_rounded(number, 4))


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _trimmed(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
