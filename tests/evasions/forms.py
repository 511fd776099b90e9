"""List the forms of each class of evasions: what an edit puts into an article in place of the fact."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tests.evasions.articles import CASES, FACTS, Evasion, Planted, each_kind
from tests.evasions.reversals import reversals


def _valued(name: str, forms: tuple[str, ...], only: Callable[[Planted], bool] = lambda _: True) -> Iterator[Evasion]:
    for number, form in enumerate(forms):
        for fact in each_kind(number, only=only):
            shown = form.format(old=fact.old, new=fact.new)
            yield _edit(name, form, fact, fact.page(fact.stated(shown)))


def _edit(name: str, form: str, fact: Planted, new: str, old: str | None = None) -> Evasion:
    before = fact.page(fact.stated(fact.old)) if old is None else old
    return Evasion(name=name, form=form, kind=fact.kind, old=before, new=new, pins=fact.pins)


def parser_functions() -> Iterator[Evasion]:
    yield from _valued("1 parser functions", CASES["parser_functions"])
    for number, form in enumerate(CASES["parser_function_units"]):
        for fact in each_kind(number, only=lambda fact: fact.kind != "infobox"):
            unit = form.format(old=fact.stated(fact.old), new=fact.stated(fact.new))
            yield _edit("1 parser functions", f"unit: {form}", fact, fact.page(unit))


def hidden_text() -> Iterator[Evasion]:
    name = "2 hidden text"
    yield from _valued(name, CASES["hidden"])
    for number, form in enumerate(CASES["hidden_units"]):
        # A hidden parameter counts as a removed one, which the tests of judge measure.
        for fact in each_kind(number, only=lambda fact: fact.kind != "infobox"):
            yield _edit(name, f"unit: {form}", fact, fact.page(form.format(old=fact.stated(fact.old))))
    for number, form in enumerate(CASES["hidden_pages"]):
        for fact in each_kind(number):
            page = fact.page(fact.stated(fact.old))
            yield _edit(name, f"page: {form}", fact, form.replace("{page}", page), page)
    for number, form in enumerate(CASES["kept"]):
        for fact in each_kind(number):
            end = form.format(old=fact.stated(fact.old))
            yield _edit(name, f"kept: {form!r}", fact, fact.page(fact.stated(fact.new), end=end))


def parameters() -> Iterator[Evasion]:
    # Names that look like layout, dates, and templates that show something else than their first parameter.
    for name, old, new in CASES["parameters"]:
        for box in ("Infobox harbour", "Harbour facts"):
            before, after = (
                f"{{{{{box}\n| name = Varr\n| {name} = {value}\n| country = Norland\n}}}}\nVarr is a harbour."
                for value in (old, new)
            )
            again = before.replace("\n}}", f"\n| {name} = {new}\n}}}}", 1)  # MediaWiki shows the last one of a name
            for form, shown in ((f"{name} = {old} → {new}", after), (f"{name} = {new} behind {old}", again)):
                yield Evasion(name="3 parameters", form=form, kind="infobox", old=before, new=shown)


def headers() -> Iterator[Evasion]:
    # What a table's head, caption or the caption of a picture says of the cells and numbers.
    name = "4 headers"
    for number, (old, new) in enumerate(CASES["headers"]):
        fact = FACTS_OF_TABLES[number % len(FACTS_OF_TABLES)]
        before, after = (fact.page(fact.stated(fact.old), header=text) for text in (old, new))
        yield Evasion(name=name, form=f"{old} → {new}", kind="table", old=before, new=after)
        before, after = (CASES["header_rows"].format(text) for text in (old, new))
        yield Evasion(name=name, form=f"row: {old} → {new}", kind="table", old=before, new=after)
    for old, new in CASES["captions"]:
        for page in CASES["captioned"]:
            form = f"{page[:20]!r}: {old} → {new}"
            yield Evasion(name=name, form=form, kind="table", old=page.format(old), new=page.format(new))


FACTS_OF_TABLES: Final = tuple(fact for fact in FACTS if fact.kind == "table")


def notations() -> Iterator[Evasion]:
    # Another value in a notation that a simple parser takes for the same.
    for old, new in CASES["notations"]:
        for kind, text in CASES["noted"].items():
            before, after = text.format(old), text.format(new)
            if kind != "infobox":
                before, after = (
                    f"Varr is a harbour of Norland, with 1,200 berths.\n\n{side}" for side in (before, after)
                )
            pins = (text.format(old),) if kind == "pinned" else ()
            yield Evasion(name="6-7 notations", form=f"{old} → {new}", kind=kind, old=before, new=after, pins=pins)


def separators() -> Iterator[Evasion]:
    """Rewrite every separator of a list or table, and falsify one number."""
    for number in range(24):
        values = grouped_numbers(number)
        reformatted = [value.replace(",", ".") if number % 2 else value.replace(",", "&nbsp;") for value in values]
        at = number % 12
        digits = list(reformatted[at])
        digits[0] = str((int(digits[0]) + 3) % 9 + 1)
        if "".join(digits) == reformatted[at]:
            digits[0] = str(int(digits[0]) % 9 + 1)
        falsified = [*reformatted[:at], "".join(digits), *reformatted[at + 1 :]]
        for kind in ("table", "list"):
            old, new = (listed(kind, side) for side in (values, falsified))
            yield Evasion(
                name="8 separators",
                form=f"{kind} {number}: {values[at]} → {falsified[at]}",
                kind=kind,
                old=old,
                new=new,
            )


def grouped_numbers(number: int) -> list[str]:
    """Return a dozen numbers of thousands, others for each number."""
    return [f"{(7 * row + number) % 89 + 1},{(131 * row + 17 * number) % 900 + 100}" for row in range(12)]


def listed(kind: str, values: list[str]) -> str:
    """Return an article with numbers in a table or a list."""
    if kind == "table":
        rows = "".join(f"|-\n| Parish {row} || {value}\n" for row, value in enumerate(values))
        return f"Varr has parishes.\n\n{{| class=wikitable\n! Parish !! People\n{rows}|}}\n"
    return "Varr has parishes.\n\n" + "".join(f"* Parish {row}: {value} people\n" for row, value in enumerate(values))


def excuses() -> Iterator[Evasion]:
    # What looks like a new source but is not one.
    for number, excuse in enumerate(CASES["excuses"]):
        for fact in each_kind(number):
            unit = fact.stated(fact.new) + excuse
            yield _edit("9 excuses", f"added: {excuse}", fact, fact.page(unit))
            if fact.source:
                unit = fact.stated(fact.old) + fact.source
                new = fact.page(unit).replace(unit, fact.stated(fact.new) + excuse)
                yield _edit("9 excuses", f"instead: {excuse}", fact, new)
    for fact in each_kind(0):
        if "date=2013" in fact.source:
            new = fact.page(fact.stated(fact.new)).replace("date=2013", "date=2015")
            yield _edit("9 excuses", "another date in the same citation", fact, new)


def drowned() -> Iterator[Evasion]:
    """Plant a change beyond the limits of comparison, among very many others."""
    name = "13 drowned"
    for number, (noise, other) in enumerate(FLOODS):
        for fact in each_kind(number):
            old, new = (
                fact.page(fact.stated(value), end=f"\n{flood}")
                for value, flood in ((fact.old, noise), (fact.new, other))
            )
            planted = (fact.old, fact.new) if fact.is_number else ()
            yield replace(_edit(name, f"{number}, beside", fact, new, old), planted=planted)
            for was, now in (("21 rocks", "64 rocks"), ("340 fathoms", "430 fathoms")):
                old, new = (
                    fact.page(
                        fact.stated(fact.old), end=f"\n{flood}\n\nThe chart of 1904 lists {value} in the fairway."
                    )
                    for value, flood in ((was, noise), (now, other))
                )
                yield replace(_edit(name, f"{number}, behind", fact, new, old), planted=(was, now))


def _flood(count: int, line: str, other: str) -> tuple[str, str]:
    return "".join(line.format(n) for n in range(count)), "".join(other.format(n) for n in range(count))


FLOODS: Final = (
    _flood(1_700, "The wind of hour {0} was calm. ", "The wind of hour {0} was mild. "),
    _flood(1_700, "* Post {0} stands.\n", "* Post {0} leans.\n"),
    _flood(3_300, "\n=== Rock {0} ===\nDry.\n", "\n=== Rock {0} ===\nWet.\n"),
    _flood(0, "", ""),
)
# Numbers too large for the parser.
MONSTERS: Final = CASES["monsters"]


def monsters() -> Iterator[Evasion]:
    for number, monster in enumerate(MONSTERS):
        for fact in each_kind(number):
            unit = f"{fact.stated(fact.new)} ({monster})"
            yield _edit("14 unreadable numbers", monster[:20], fact, fact.page(unit))


# A link with the same text and another target `{0}`.
_CITED: Final = "<ref>{{{{cite web |url=https://tide.example/a |title=Tides}}}}</ref>"
_ARCHIVED: Final = (
    "<ref>{{{{cite web |url=https://tide.example/a |title=Tides |archive-url={0} |archive-date=2013}}}}</ref>"
)


def links() -> Iterator[Evasion]:
    name = "16 links"
    for text, old, new in CASES["links"]:
        for lead in (True, False):
            sentence = f"The pier was {text}."
            page = (
                f"Varr is a harbour. {sentence}\n"
                if lead
                else f"Varr is a harbour.\n\n== Pier ==\n{sentence}{_CITED}\n"
            )
            before, after = (page.format(side) for side in (old, new))
            yield Evasion(name=name, form=f"{text} {lead}", kind="prose", old=before, new=after)
    for host in ("evil.example", "tide-copy.test"):
        page = f"Varr is a harbour.\n\n== Tides ==\nThe tide rises 4 m.{_ARCHIVED}\n"
        old, new = (page.format(url) for url in ("https://web.archive.org/web/2013/a", f"https://{host}/a"))
        yield Evasion(name=name, form=f"archive {host}", kind="prose", old=old, new=new)


# Who does what to whom, what follows from what, and what a heading, parameter or sign says of the same values.
SIGNS: Final = (
    ("Yes", "No"), ("No", "Yes"), ("✔", "✘"), ("★★★★", "★"), ("▲", "▼"), ("{{yes}}", "{{no}}"), ("☑", "☒"),
    ("{{yes}}", "{{partial}}"), ("{{tick}}", "{{cross}}"), ("Oui", "Partiel"),
)  # fmt: skip


def labels() -> Iterator[Evasion]:
    name = "labels and signs"
    for text, was, now in CASES["labels"]:
        for value in ("210", "1,340", "45.5", "17"):
            old = text.format(value)
            kind = "infobox" if "Infobox" in text else "list"
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=old, new=old.replace(was, now))
    for was, now in SIGNS:
        for kind, page in CASES["signed"].items():
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=page % was, new=page % now)


def grammar() -> Iterator[Evasion]:
    for was, now in (*CASES["words"], *CASES["roles"]):
        for kind, text in CASES["worded"].items():
            pins = (was,) if kind == "pinned" else ()
            old, new = text.format(was), text.format(now)
            yield Evasion(name="words of grammar", form=f"{was} → {now}", kind=kind, old=old, new=new, pins=pins)


def items() -> Iterator[Evasion]:
    """Yield items, terms and captions that name something else, notes and templates that say otherwise."""
    for name, shells in (("items", "itemized"), ("notes", "noted_as"), ("shown", "shown_in")):
        for old, new in CASES[name]:
            for kind, text in CASES[shells].items():
                yield Evasion(name=name, form=f"{old} → {new}", kind=kind, old=text.format(old), new=text.format(new))


ALL: Final = (
    parser_functions, hidden_text, parameters, headers, notations, separators, excuses, drowned, monsters, links,
    grammar, labels, items, reversals,
)  # fmt: skip


def evasions() -> Iterator[Evasion]:
    """Yield every form of every class for every kind of fact that it fits."""
    for edits in ALL:
        yield from edits()
