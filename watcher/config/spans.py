"""A length of time becomes the words by which watchlist.toml has it."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def span(length: timedelta) -> str:
    """The shortest duration that reads back as the same.

    >>> span(timedelta(minutes=90)), span(timedelta(days=2)), span(timedelta())
    ('1h30m', '2d', '0')
    """
    seconds, words = int(length.total_seconds()), ""
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        words += f"{count}{unit}" if count else ""
    return words or "0"
