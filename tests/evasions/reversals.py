"""List edits that keep the words and reverse their meaning, by class, each with similar harmless edits."""

from collections.abc import Iterator
from typing import Final

from tests.evasions.articles import CASES, Evasion

Pair = tuple[str, str]


def _with_more(sentence: str) -> str:
    return f"{sentence[:-1]}, as they tell there{sentence[-1]}"


STATEMENTS: Final = CASES["statements"]
_QUESTIONED: Final = (
    *zip(STATEMENTS, CASES["questions"], strict=True),
    *((statement, f"{statement[:-1]}?") for statement in STATEMENTS),
    *((statement, f"{statement[:-1]} (?)") for statement in STATEMENTS[:3]),
)
_SCARES: Final = CASES["scares"]
_QUOTED: Final = tuple(
    (text.format(word), text.format(scare.format(word)))
    for number, (text, word) in enumerate(CASES["quotable"])
    for scare in (_SCARES[number % 7], _SCARES[(number + 3) % 7])
)
_CODED: Final = tuple(
    (STATEMENTS[n % 10], form.format(STATEMENTS[n % 10])) for n, form in enumerate(CASES["codes"] * 2)
)
_SENTENCES: Final = {
    "and, or": (CASES["and_or"], CASES["same_junction"]),
    "questions": (_QUESTIONED, CASES["same_assertion"]),
    "scare quotes": (_QUOTED, CASES["same_quotes"]),
    "code": (_CODED, CASES["same_code"]),
    "scores": (CASES["scores"], CASES["same_score"]),
    "ranges of dates": (CASES["ranges"], CASES["same_range"]),
    "before, after": (CASES["ordered_in_time"], CASES["same_time"]),
    "quantifiers": (CASES["quantifiers"], CASES["same_quantifier"]),
    "dates in digits": (CASES["dates_in_digits"], CASES["same_dates"]),
    "eras": (CASES["eras"], CASES["same_era"]),
    "letters, titles": (CASES["letters_and_titles"], CASES["same_letters_and_titles"]),
    "members": (CASES["members"], CASES["same_members"]),
    "contrasts": (CASES["contrasts"], CASES["same_contrasts"]),
    "contrasts and words more": (
        tuple((old, _with_more(new)) for old, new in CASES["contrasts"] if new.isascii()),
        tuple((old, _with_more(old)) for old, _ in CASES["contrasts"] if old.isascii()),
    ),
}
_HIDEABLE: Final = ("21 million", "340 boats a day", "1,340", "Ada Orr", "[[Ardal Shipping]]")


def reversals() -> Iterator[Evasion]:
    """Yield the edits that reverse the meaning of an article."""
    for name, (turned, _) in _SENTENCES.items():
        yield from _in_locations(name, turned, CASES["locations"])
    yield from _in_languages("turned")
    yield from _in_locations("yes, no", CASES["yes_no"], CASES["alone"])
    yield from _in_locations("values turned", CASES["values"], CASES["alone"])
    shown = [(value, form.format(value)) for form in CASES["absent"] for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": CASES["alone"]["infobox"]})
    for sign, heading, items in CASES["rankings"]:
        for other in ((items[1], items[0], *items[2:]), (*items[:-2], items[-1], items[-2])):
            yield _ranked("order of a ranking", sign, heading, items, other)
    for first, value, second, other in CASES["rows"]:
        for kind, page in CASES["row_pages"].items():
            old, new = page.format(first, value, second, other), page.format(first, other, second, value)
            yield Evasion(name="values of two rows", form=f"{first}: {value} ↔ {other}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", CASES["units"], CASES["unit_pages"])


def harmless_twins() -> Iterator[Evasion]:
    """Yield edits of the same form that keep the meaning."""
    for name, (_, same) in _SENTENCES.items():
        yield from _in_locations(name, same, CASES["locations"])
    yield from _in_languages("same")
    yield from _in_locations("yes, no", CASES["same_sign"], CASES["alone"])
    yield from _in_locations("values turned", CASES["same_values"], CASES["alone"])
    shown = [(value, form.format(value)) for form in CASES["same_presence"] for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": CASES["alone"]["infobox"]})
    for sign, heading, items in CASES["unranked"]:
        yield _ranked("order of a list", sign, heading, items, (items[1], items[0], *items[2:]))
    for sign, heading, items in CASES["rankings"]:
        yield _ranked("sign of a ranking", sign, heading, items, tuple(f"'''{item}'''" for item in items))
    for first, value, second, other in CASES["rows"]:
        for kind in ("table", "list"):
            page = CASES["row_pages"][kind]
            old, new = page.format(first, value, second, other), page.format(second, other, first, value)
            yield Evasion(name="two rows", form=f"{first} ↔ {second}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", CASES["same_units"], CASES["unit_pages"])


def _in_locations(name: str, pairs: tuple[Pair, ...] | list[Pair], locations: dict[str, str]) -> Iterator[Evasion]:
    for was, now in pairs:
        for kind, text in locations.items():
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=text.format(was), new=text.format(now))


def _in_languages(which: str) -> Iterator[Evasion]:
    for language, tables in CASES["languages"].items():
        for was, now in tables[which]:
            old, new = (f"Varr.\n\n== 1904 ==\n{side}\n" for side in (was, now))
            form = f"{was} → {now}"
            yield Evasion(name="languages", form=form, kind="claim", old=old, new=new, language=language)


def _ranked(name: str, sign: str, heading: str, items: tuple[str, ...], other: tuple[str, ...]) -> Evasion:
    old, new = (
        f"A harbour.\n\n== {heading} ==\n" + "".join(f"{sign} {item}\n" for item in side) for side in (items, other)
    )
    return Evasion(name=name, form=f"{sign} {heading}: {other[:2]}", kind="list", old=old, new=new)
