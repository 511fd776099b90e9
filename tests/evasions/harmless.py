"""List harmless edits that look like evasions: readers see the same, or what changed has a source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from tests.evasions.articles import Evasion, each_kind
from tests.evasions.forms import FACTS_OF_TABLES, HEADERS, WORDED, grouped_numbers, listed
from tests.evasions.reversals import harmless_twins

# `{old}` is what the article stated and states.
SAME_VALUE: Final = (
    "{old}<!-- checked -->",
    "<!-- as in the report -->{old}",
    "{{{{#if:x|{old}|0}}}}",
    "{{{{#if:|0|{old}}}}}",
    "{{{{#ifeq:1|1|{old}|0}}}}",
    "{{{{#ifexpr:1<2|{old}|0}}}}",
    "{{{{#switch:a|a={old}|b=0}}}}",
    "{{{{#iferror:{old}|0}}}}",
    "{{{{{{1|{old}}}}}}}",
    "{{{{nowrap|{old}}}}}",
    "{{{{small|{old}}}}}",
    "'''{old}'''",
    "''{old}''",
    "<small>{old}</small>",
    '<span style="color:#333">{old}</span>',
    '<span class="figure">{old}</span>',
    '<span style="white-space:nowrap">{old}</span>',
    "<noinclude>{old}</noinclude>",
    "<onlyinclude>{old}</onlyinclude>",
    "{old}<includeonly>0</includeonly>",
    '{old}<span style="display:none">0</span>',
    "<s></s>{old}",
    "{{{{vanchor|{old}}}}}",
    "<!-- <s>0</s> -->{old}",
    "<b>{old}</b>",
    "{{{{nobr|1={old}}}}}",
)
SAME_PAGE: Final = (
    "<noinclude>{page}</noinclude>",
    "{page}\n<!-- reviewed -->",
    "{{Use dmy dates|date=May 2020}}\n{page}",
    "{page}\n[[Category:Straits]]",
    "{page}\n<includeonly>[[Category:Straits]]</includeonly>",
    '<div class="article">\n{page}\n</div>',
    '<div class="mw-collapsible mw-collapsed">\n{page}\n</div>',
    "{{pp-vandalism}}\n{page}",
    "{page}\n{{authority control}}",
)
NEW_SOURCES: Final = (
    "<ref>{{cite web |url=https://census.example/2014 |title=Census of 2014 |date=2014}}</ref>",
    '<ref name="census">{{cite book |title=Counting the sound |author=Ada Orr |isbn=978-0-306-40615-7}}</ref>',
    "<ref>{{cite journal |title=Traffic of the sound |journal=Tides |doi=10.1000/tides.4}}</ref>",
    "<ref>[https://board.example/2016 Yearbook of 2016]</ref>",
    "<ref>https://statistics.example/tables/2015.html</ref>",
    "<ref>Orr, A. (2015). ''Counting the sound''. Ardal: Quay Press.</ref>",
)
UPDATES: Final = (("120 berths", "126 berths"), ("4,310 boats", "4,460 boats"), ("$21 million", "$22 million"))
_UPDATED: Final = {
    "statistic": "Varr is a harbour of Norland.\n\n== Size ==\nThe harbour has {0}\n",
    "infobox": "{{{{Infobox harbour\n| name = Varr\n| figure = {0}\n}}}}\nVarr is a harbour.",
    "table": "Varr is a harbour.\n\n{{|\n! Place !! Figure\n|-\n| Ardal || {0}\n|-\n| Torvik || 75\n|}}\n",
}
CONVERSIONS: Final = (
    ("10 km", "6.2 mi"),
    ("300 ft", "91 m"),
    ("2,000 kg", "2 tonnes"),
    ("5 ha", "50,000 square metres"),
    ("90 minutes", "1.5 hours"),
    ("two-thirds of the boats", "66.7% of the boats"),
    ("half of the boats", "50% of the boats"),
    ("one in four boats", "25% of boats"),
    ("21 million people", "21,000,000 people"),
    ("1,200,000 people", "1.2 million people"),
    ("twelve boats", "12 boats"),
    ("68 percent of boats", "68% of boats"),
    ("US$31 billion", "$31 billion"),
    ("4,120 people", "4120 people"),
    ("4,120 people", "4&nbsp;120 people"),
)


SAME_WORDS: Final = (
    ("Exports rose by 12 percent that year.", "That year, exports rose by 12 percent."),
    ("Exports rose to 12 percent that year.", "That year, exports rose to 12 percent."),
    ("He lost an arm in World War II.", "He lost an arm in the Second World War."),
    ("He lost an arm in World War II.", "He lost an arm in World War 2."),
    ("King Harald III built the quay.", "The quay was built by King Harald III."),
    ("The victims' relatives came to Ardal.", "The victims' relatives came to the town of Ardal."),
    ("The president's driver was shot.", "The president’s driver was shot."),
    ("The raid was led by Ada Orr.", "Ada Orr led the raid."),
    ("He died during the voyage to Torvik.", "He died in the course of the voyage to Torvik."),
    ("The treaty was signed before the war.", "The treaty was signed prior to the war."),
    ("Norland attacked Sudland in 1904.", "Sudland was attacked by Norland in 1904."),
    ("Norland attacked Sudland in 1904.", "In 1904, Norland attacked Sudland."),
    ("Ada Orr and Edwin Tarn met the king.", "Edwin Tarn and Ada Orr met the king."),
    ("He was elected by the members.", "The members elected him."),
    ("The ferry runs if the wind is low.", "If the wind is low, the ferry runs."),
    ("The trade has been banned since 1990.", "Since 1990, the trade has been banned."),
    ("The quay was built by Orr in 1904.", "The quay, built by Orr, dates from 1904."),
)


def harmless() -> Iterator[Evasion]:
    """Yield the harmless edits."""
    return chain(
        _same_values(), _same_pages(), _new_sources(), _conversions(), _separators(), _same_heads(), _same_words(),
        harmless_twins(),
    )  # fmt: skip


def _same_values() -> Iterator[Evasion]:
    for number, form in enumerate(SAME_VALUE):
        for fact in each_kind(number):
            old, new = (fact.page(fact.stated(value)) for value in (fact.old, form.format(old=fact.old)))
            yield Evasion(name="same value", form=form, kind=fact.kind, old=old, new=new, pins=fact.pins)


def _same_pages() -> Iterator[Evasion]:
    for number, form in enumerate(SAME_PAGE):
        for fact in each_kind(number):
            page = fact.page(fact.stated(fact.old))
            new = form.replace("{page}", page)
            yield Evasion(name="same page", form=form, kind=fact.kind, old=page, new=new)


def _new_sources() -> Iterator[Evasion]:
    for source in NEW_SOURCES:
        for was, now in UPDATES:
            for kind, text in _UPDATED.items():
                old, new = text.format(was), text.format(now + source)
                yield Evasion(name="new source", form=f"{was} → {now}{source}", kind=kind, old=old, new=new)


def _conversions() -> Iterator[Evasion]:
    for was, now in CONVERSIONS:
        for kind, text in _UPDATED.items():
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
    for number, (head, _) in enumerate(HEADERS):
        for form in ("'''{}'''", "[[{}]]"):
            fact = FACTS_OF_TABLES[number % len(FACTS_OF_TABLES)]
            old, new = (fact.page(fact.stated(fact.old), header=text) for text in (head, form.format(head)))
            yield Evasion(name="same head", form=form.format(head), kind="table", old=old, new=new)


def _same_words() -> Iterator[Evasion]:
    for was, now in SAME_WORDS:
        for kind, text in WORDED.items():
            if kind != "pinned":
                yield Evasion(name="words", form=now, kind=kind, old=text.format(was), new=text.format(now))
