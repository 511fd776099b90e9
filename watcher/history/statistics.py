"""Tell the numbers that state a fact of their own from those that point back, name, suppose or define."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from watcher.model import Measure, Quantity, Statistic

# "these two groups", "the two philosophies" and "all three" count what was said before.
_POINTING: Final = re.compile(r"\b(?:(?:th[eo]se|both|the former|the latter) [a-z]+|the two)\Z", re.IGNORECASE)
_ALL: Final = re.compile(r"(?<!\bin )\ball(?: of)?\Z", re.IGNORECASE)  # "in all 12 died" counts them
_BIBLIOGRAPHIC: Final = frozenset({"vol", "vols", "pp"})
_ANNOUNCED: Final = frozenset({"reasons"})  # what the next sentences give
# "May one day fulfil": some day.
_SOME_DAY: Final = re.compile(
    r"(?:\A|[.;:] |\b(?:may|might|will|would|could|can|shall|should|must|and|but|that)(?: \w+)?)\W*\Z"
)
_TIMES_OF_DAY: Final = frozenset({"days", "mornings", "evenings", "nights"})
# The demand for "the eight-hour day", and who is meant by "people under age 25".
_WORKING_DAY: Final = re.compile(r"[- ]hours?[- ](?:work(?:ing)?[- ])?(?:day|week)\b", re.IGNORECASE)
_GROUP: Final = re.compile(
    r"\b(?:people|persons|those|children|adults|men|women|citizens|residents|youths?|workers|population|anyone|everyone)"
    r"(?: \w+){0,2} (?:under|over|below|above|younger than|older than)(?: the)?(?: ages?(?: of)?)?\Z",
    re.IGNORECASE,
)
# "Two people may both call themselves so": any two.
_SUPPOSED: Final = re.compile(r"\b(?:(?P<if>if)|that|though|although|when|whenever|while)\Z", re.IGNORECASE)
_ANYBODY: Final = frozenset({"individuals", "people", "persons"})
_SUPPOSING: Final = re.compile(
    r"(?:(?!\b(?:was|were|are|is|had|has|have|[a-z]+ed)\b)[^,.;:]){0,60}?\b(?:may|might|would|could)\b"
)
_FEW: Final = 3  # "that 300 people may have died" is an estimate
_BEFORE: Final = 60  # characters


def facts_among(statistics: Sequence[Statistic]) -> tuple[Statistic, ...]:
    """Leave out what is no fact of its own, and the bases of rates: "3 per 100,000 people" is one, whose unit has both.

    Of a vote that is given as "77-6-74 (77 in favor …)" only the parts that say what they are stay.
    """
    rates = {
        (statistic.location, statistic.sentence, unit.rpartition("per ")[2])
        for statistic in statistics
        if "per " in (unit := statistic.quantity.unit or "")
    }
    explained = {
        (statistic.location, statistic.sentence, statistic.quantity.value)
        for statistic in statistics
        if statistic.quantity.measure is Measure.COUNT
    }
    return tuple(
        statistic
        for statistic in statistics
        if not _counts_nothing(statistic.quantity)
        and not _is_no_fact(statistic)
        and (
            statistic.quantity.value is None
            or (statistic.location, statistic.sentence, f"{statistic.quantity.value:,f}") not in rates
        )
        and not (
            statistic.quantity.measure is Measure.SCORE
            and (statistic.location, statistic.sentence, statistic.quantity.value) in explained
        )
    )


def _counts_nothing(quantity: Quantity) -> bool:
    """Return whether "one" counts nothing ("one big union", "One Minute Silence"), or a source is described."""
    is_article = quantity.text == "One" or (quantity.text == "one" and quantity.measure is Measure.COUNT)
    return (is_article and quantity.qualifier is None) or quantity.unit in _BIBLIOGRAPHIC | _ANNOUNCED


def _is_anybody(quantity: Quantity, before: str, after: str) -> bool:
    """Return whether a few people are any that one can think of: "if two people may …"."""
    if quantity.unit not in _ANYBODY or quantity.value is None or quantity.value > _FEW:
        return False
    supposed = _SUPPOSED.search(before)
    return supposed is not None and (supposed["if"] is not None or _SUPPOSING.match(after) is not None)


def _is_no_fact(statistic: Statistic) -> bool:
    """Return whether a number points back, supposes, names a demand, or says who is meant."""
    quantity = statistic.quantity
    before = statistic.sentence[max(quantity.start - _BEFORE, 0) : quantity.start].rstrip()
    after = statistic.sentence[quantity.end :]
    if _POINTING.search(f"{before} {quantity.text.partition(' ')[0]}"):
        return True
    match quantity.measure:
        case Measure.COUNT:
            is_all = quantity.unit is None and _ALL.search(before) is not None
            return is_all or _is_anybody(quantity, before, after)
        case Measure.DURATION if quantity.unit in _TIMES_OF_DAY:
            return quantity.text == "one" and _SOME_DAY.search(before) is not None
        case Measure.DURATION:
            return before.endswith(" the") and _WORKING_DAY.match(after) is not None
        case Measure.AGE:
            return _GROUP.search(before) is not None
        case _:
            return False
