"""List harmless edits that look like evasions: readers see the same, or what changed has a source."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from tests.evasions.articles import CASES, Evasion, each_kind
from tests.evasions.forms import FACTS_OF_TABLES, grouped_numbers, listed
from tests.evasions.reversals import harmless_twins

# `{old}` is what the article stated and states.
UPDATES: Final = (("120 berths", "126 berths"), ("4,310 boats", "4,460 boats"), ("$21 million", "$22 million"))


def harmless() -> Iterator[Evasion]:
    """Yield the harmless edits."""
    return chain(
        _same_values(), _same_pages(), _new_sources(), _conversions(), _separators(), _same_heads(), _same_words(),
        _same_items(), _unshown_values(),
        harmless_twins(),
    )  # fmt: skip


def _same_items() -> Iterator[Evasion]:
    for name, pairs, shells in (
        ("item", "same_items", "itemized"),
        ("note", "same_notes", "noted_as"),
        ("shown", "same_shown", "shown_in"),
    ):
        for old, new in CASES[pairs]:
            for kind, text in CASES[shells].items():
                form = f"{old} = {new}"
                yield Evasion(name=f"same {name}", form=form, kind=kind, old=text.format(old), new=text.format(new))


def _same_values() -> Iterator[Evasion]:
    for number, form in enumerate(CASES["same_value"]):
        for fact in each_kind(number):
            old, new = (fact.page(fact.stated(value)) for value in (fact.old, form.format(old=fact.old)))
            yield Evasion(name="same value", form=form, kind=fact.kind, old=old, new=new, pins=fact.pins)


def _unshown_values() -> Iterator[Evasion]:
    box = "{{{{Infobox harbour\n| name = Varr{}\n| {} = {}\n}}}}\nVarr is a harbour."
    for name, value, other in CASES["parameters"]:
        old, new = (box.format(before, name, value) for before in ("", f"\n| {name} = {other}"))
        yield Evasion(name="value not shown", form=f"{name} = {other}", kind="infobox", old=old, new=new)


def _same_pages() -> Iterator[Evasion]:
    for number, form in enumerate(CASES["same_page"]):
        for fact in each_kind(number):
            page = fact.page(fact.stated(fact.old))
            new = form.replace("{page}", page)
            yield Evasion(name="same page", form=form, kind=fact.kind, old=page, new=new)


def _new_sources() -> Iterator[Evasion]:
    for source in CASES["new_sources"]:
        for was, now in UPDATES:
            for kind, text in CASES["updated"].items():
                old, new = text.format(was), text.format(now + source)
                yield Evasion(name="new source", form=f"{was} → {now}{source}", kind=kind, old=old, new=new)


def _conversions() -> Iterator[Evasion]:
    for was, now in CASES["conversions"]:
        for kind, text in CASES["updated"].items():
            old, new = text.format(was), text.format(now)
            yield Evasion(name="conversion", form=f"{was} = {now}", kind=kind, old=old, new=new)


def _separators() -> Iterator[Evasion]:
    for number in range(12):
        values = grouped_numbers(number)
        other = [value.replace(",", "." if number % 2 else "&nbsp;") for value in values]
        for kind in ("table", "list"):
            old, new = listed(kind, values), listed(kind, other)
            yield Evasion(name="separators", form=f"{kind} {number}", kind=kind, old=old, new=new)


def _same_heads() -> Iterator[Evasion]:
    for number, (head, _) in enumerate(CASES["headers"]):
        for form in ("'''{}'''", "[[{}]]"):
            fact = FACTS_OF_TABLES[number % len(FACTS_OF_TABLES)]
            old, new = (fact.page(fact.stated(fact.old), header=text) for text in (head, form.format(head)))
            yield Evasion(name="same head", form=form.format(head), kind="table", old=old, new=new)


def _same_words() -> Iterator[Evasion]:
    for was, now in CASES["same_words"]:
        for kind, text in CASES["worded"].items():
            if kind != "pinned":
                yield Evasion(name="words", form=now, kind=kind, old=text.format(was), new=text.format(now))
