"""List edits that keep the words and turn what they say, by class, each with harmless twins that look like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.evasions.articles import CASES, Evasion

_SOURCE: Final = "<ref>{{{{cite web|url=https://board.example/a|title=Report|date=2013}}}}</ref>"
# Where a sentence stands; `{0}` is the sentence.
LOCATIONS: Final = CASES["locations"]
Pair = tuple[str, str]


def _with_more(sentence: str) -> str:
    return f"{sentence[:-1]}, as they tell there{sentence[-1]}"


AND_OR: Final = CASES["and_or"]
SAME_JUNCTION: Final = CASES["same_junction"]
STATEMENTS: Final = CASES["statements"]
QUESTIONS: Final = CASES["questions"]
QUESTIONED: Final = (
    *zip(STATEMENTS, QUESTIONS, strict=True),
    *((statement, f"{statement[:-1]}?") for statement in STATEMENTS),
    *((statement, f"{statement[:-1]} (?)") for statement in STATEMENTS[:3]),
)
SAME_ASSERTION: Final = CASES["same_assertion"]
QUOTABLE: Final = CASES["quotable"]
_SCARES: Final = CASES["scares"]
QUOTED: Final = tuple(
    (text.format(word), text.format(scare.format(word)))
    for number, (text, word) in enumerate(QUOTABLE)
    for scare in (_SCARES[number % 7], _SCARES[(number + 3) % 7])
)
SAME_QUOTES: Final = CASES["same_quotes"]
_CODES: Final = CASES["codes"]
CODED: Final = tuple((STATEMENTS[n % 10], form.format(STATEMENTS[n % 10])) for n, form in enumerate(_CODES * 2))
SAME_CODE: Final = CASES["same_code"]
SCORES: Final = CASES["scores"]
SAME_SCORE: Final = CASES["same_score"]
RANGES: Final = CASES["ranges"]
SAME_RANGE: Final = CASES["same_range"]
ORDERED_IN_TIME: Final = CASES["ordered_in_time"]
SAME_TIME: Final = CASES["same_time"]
QUANTIFIERS: Final = CASES["quantifiers"]
SAME_QUANTIFIER: Final = CASES["same_quantifier"]
_SENTENCES: Final = {
    "and, or": (AND_OR, SAME_JUNCTION),
    "questions": (QUESTIONED, SAME_ASSERTION),
    "scare quotes": (QUOTED, SAME_QUOTES),
    "code": (CODED, SAME_CODE),
    "scores": (SCORES, SAME_SCORE),
    "ranges of dates": (RANGES, SAME_RANGE),
    "before, after": (ORDERED_IN_TIME, SAME_TIME),
    "quantifiers": (QUANTIFIERS, SAME_QUANTIFIER),
    "dates in digits": (CASES["dates_in_digits"], CASES["same_dates"]),
    "letters, titles": (CASES["letters_and_titles"], CASES["same_letters_and_titles"]),
    "members": (CASES["members"], CASES["same_members"]),
    "contrasts": (CASES["contrasts"], CASES["same_contrasts"]),
    "contrasts and words more": (
        tuple((old, _with_more(new)) for old, new in CASES["contrasts"] if new.isascii()),
        tuple((old, _with_more(old)) for old, _ in CASES["contrasts"] if old.isascii()),
    ),
}
# Closed classes of words of other languages, each with what turns a sentence and what says the same.
LANGUAGES: Final = CASES["languages"]
# Values that stand alone: of a parameter or a cell.
YES_NO: Final = CASES["yes_no"]
SAME_SIGN: Final = CASES["same_sign"]
VALUES: Final = CASES["values"]
SAME_VALUES: Final = CASES["same_values"]
ALONE: Final = CASES["alone"]
_ABSENT: Final = CASES["absent"]
_HIDEABLE: Final = ("21 million", "340 boats a day", "1,340", "Ada Orr", "[[Ardal Shipping]]")
SAME_PRESENCE: Final = CASES["same_presence"]
# Names of a list in the order of something, the section that says of what, and the sign of its items.
RANKINGS: Final = CASES["rankings"]
UNRANKED: Final = CASES["unranked"]
ROWS: Final = CASES["rows"]
_ROW_PAGES: Final = CASES["row_pages"]
UNITS: Final = CASES["units"]
SAME_UNITS: Final = CASES["same_units"]
_UNIT_PAGES: Final = CASES["unit_pages"]


def reversals() -> Iterator[Evasion]:
    """Yield the edits that turn what an article says."""
    for name, (turned, _) in _SENTENCES.items():
        yield from _in_locations(name, turned, LOCATIONS)
    yield from _in_languages("turned")
    yield from _in_locations("yes, no", YES_NO, ALONE)
    yield from _in_locations("values turned", VALUES, ALONE)
    shown = [(value, form.format(value)) for form in _ABSENT for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": ALONE["infobox"]})
    for sign, heading, items in RANKINGS:
        for other in ((items[1], items[0], *items[2:]), (*items[:-2], items[-1], items[-2])):
            yield _ranked("order of a ranking", sign, heading, items, other)
    for first, value, second, other in ROWS:
        for kind, page in _ROW_PAGES.items():
            old, new = page.format(first, value, second, other), page.format(first, other, second, value)
            yield Evasion(name="values of two rows", form=f"{first}: {value} ↔ {other}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", UNITS, _UNIT_PAGES)


def harmless_twins() -> Iterator[Evasion]:
    """Yield edits of the same form that leave what an article says."""
    for name, (_, same) in _SENTENCES.items():
        yield from _in_locations(name, same, LOCATIONS)
    yield from _in_languages("same")
    yield from _in_locations("yes, no", SAME_SIGN, ALONE)
    yield from _in_locations("values turned", SAME_VALUES, ALONE)
    shown = [(value, form.format(value)) for form in SAME_PRESENCE for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": ALONE["infobox"]})
    for sign, heading, items in UNRANKED:
        yield _ranked("order of a list", sign, heading, items, (items[1], items[0], *items[2:]))
    for sign, heading, items in RANKINGS:
        yield _ranked("sign of a ranking", sign, heading, items, tuple(f"'''{item}'''" for item in items))
    for first, value, second, other in ROWS:
        for kind in ("table", "list"):
            page = _ROW_PAGES[kind]
            old, new = page.format(first, value, second, other), page.format(second, other, first, value)
            yield Evasion(name="two rows", form=f"{first} ↔ {second}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", SAME_UNITS, _UNIT_PAGES)


def _in_locations(name: str, pairs: tuple[Pair, ...] | list[Pair], locations: dict[str, str]) -> Iterator[Evasion]:
    for was, now in pairs:
        for kind, text in locations.items():
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=text.format(was), new=text.format(now))


def _in_languages(which: str) -> Iterator[Evasion]:
    for language, tables in LANGUAGES.items():
        for was, now in tables[which]:
            old, new = (f"Varr.\n\n== 1904 ==\n{side}\n" for side in (was, now))
            form = f"{was} → {now}"
            yield Evasion(name="languages", form=form, kind="claim", old=old, new=new, language=language)


def _ranked(name: str, sign: str, heading: str, items: tuple[str, ...], other: tuple[str, ...]) -> Evasion:
    old, new = (
        f"A harbour.\n\n== {heading} ==\n" + "".join(f"{sign} {item}\n" for item in side) for side in (items, other)
    )
    return Evasion(name=name, form=f"{sign} {heading}: {other[:2]}", kind="list", old=old, new=new)
