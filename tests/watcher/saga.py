"""A script of edits → the revisions of an article, and what every figure in it lived through."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from watcher.model import Article, Revision, Snapshot

PAGE = Article(wiki="w", page_id=7, title="Harbours")
START = datetime(2026, 1, 1, tzinfo=UTC)
HEADINGS = ("Coast", "Trade", "Crews", "Repairs", "Weather", "Tolls")
THINGS = (
    "barges", "ferries", "pilots", "cranes", "lighthouses", "dockers", "trawlers", "anchors", "warehouses", "tugboats",
    "divers", "buoys", "sailors", "herring boats", "customs officers", "ropewalks", "shipwrights", "storm warnings",
    "oyster farms", "night watchmen", "canal locks", "salt barrels", "passengers", "cargo ships", "collisions",
)  # fmt: skip
PLACES = (
    "Aldermouth", "Brackwater", "Corvane", "Dunmere", "Estrholm", "Fennick", "Gullport", "Havnes", "Iselburg",
    "Jorvik Quay", "Kelpstrand", "Lannoch", "Morrowby", "Nethersea", "Ostrava Bay", "Pellport", "Quarrel Point",
    "Roxhaven", "Saltash", "Tarnwick", "Ulverness", "Vexholm", "Wrackton", "Yarrowmouth", "Zandvoort",
)  # fmt: skip
# Each fact in two wordings; its place is named in no other.
WORDINGS = (
    ("In {year}, the harbour office of {place} counted {figure} {thing} along its quays.",
     "Along its quays the harbour office of {place} counted {figure} {thing} in {year}."),
    ("The register of {place} listed {figure} {thing} in {year}, according to its keeper.",
     "According to its keeper, the register of {place} listed {figure} {thing} in {year}."),
    ("A survey of {place} published in {year} put the number of {thing} at {figure} {thing}.",
     "A survey of {place} that was published in {year} put the number of {thing} there at {figure} {thing}."),
    ("Records kept at {place} show {figure} {thing} for the year {year}, most of them small.",
     "For the year {year}, records kept at {place} show {figure} {thing}, most of them small."),
)  # fmt: skip
SOURCES = (
    "Almanac", "Notes from a Voyage along the Coast", "Dues and Taxes", "An Economic Geography", "Letters Home",
    "Maps and Soundings", "The Great Storm and the Rebuilding", "Wharf Ledgers", "Who Owns the Quays", "Fishing Rights",
)  # fmt: skip
Event = tuple[str, int, str, int]  # place, revision, verb, value


@dataclass(slots=True)
class Fact:
    """A sentence with one figure; `edition` numbers its sources."""

    place: str
    thing: str
    pattern: int
    millions: int
    year: int = 2012
    wording: int = 0
    spelled: bool = True
    edition: int = 1
    insult: str = ""

    def written(self) -> str:
        figure = f"{self.millions} million" if self.spelled else f"{self.millions:,},000,000"
        words = WORDINGS[self.pattern][self.wording]
        text = words.format(year=self.year, place=self.place, figure=figure, thing=self.thing)
        title = f"{SOURCES[self.edition % len(SOURCES)]} of {self.place}"
        address = "https://books.example.org/" + title.lower().replace(" ", "-")
        return f"{text}{self.insult}<ref>{{{{cite book |title={title} |url={address}}}}}</ref>"


@dataclass(slots=True)
class Page:
    """Sections of facts under their headings."""

    sections: dict[str, list[Fact]] = field(default_factory=dict)

    def written(self) -> str:
        parts = ["'''Harbours''' shelter ships from the open sea, and have done so since people went out to fish."]
        for heading, facts in self.sections.items():
            parts.append(f"== {heading} ==\nWhat is known of this differs from coast to coast.")
            parts += (fact.written() for fact in facts)
        return "\n\n".join(parts) + "\n"

    def facts(self) -> list[Fact]:
        return [fact for facts in self.sections.values() for fact in facts]


class Saga:
    """Plays edits, and writes down what each does to every figure."""

    def __init__(self, seed: int) -> None:
        self.lottery = random.Random(seed)
        self.events: list[Event] = []
        self.texts: list[str] = []
        self.dropped: list[Fact] = []
        self.unused = list(zip(PLACES, THINGS, strict=True))
        self.page = Page({heading: [] for heading in HEADINGS})
        self.before = copy.deepcopy(self.page)
        for _ in range(15):
            self.come()
        self.save()

    @property
    def number(self) -> int:
        """The id of the revision that is being written."""
        return len(self.texts) + 1

    def save(self, text: str | None = None) -> None:
        self.texts.append(self.page.written() if text is None else text)

    def told(self, fact: Fact, verb: str) -> None:
        self.events.append((fact.place, self.number, verb, fact.millions))

    def any(self) -> Fact:
        return self.lottery.choice(self.page.facts())

    # Edits

    def come(self) -> None:
        place, thing = self.unused.pop(self.lottery.randrange(len(self.unused)))
        fact = Fact(place, thing, self.lottery.randrange(len(WORDINGS)), self.lottery.randint(11, 900))
        self.page.sections[self.lottery.choice(HEADINGS_OF(self.page))].append(fact)
        self.told(fact, "added")

    def come_if_any(self) -> None:
        self.come() if self.unused else self.value()

    def value(self) -> None:
        fact = self.any()
        fact.millions += self.lottery.randint(1, 40)
        self.told(fact, "changed")

    def roll(self) -> None:
        fact = self.any()
        fact.year += 1
        fact.millions += self.lottery.randint(0, 9)
        self.told(fact, "changed")

    def cite(self) -> None:
        fact = self.any()
        fact.edition += 1
        self.told(fact, "resourced")

    def reword(self) -> None:
        fact = self.any()
        fact.wording = 1 - fact.wording

    def reword_and_change(self) -> None:
        fact = self.any()
        fact.wording = 1 - fact.wording
        fact.millions += 3
        self.told(fact, "changed")

    def rescale(self) -> None:
        fact = self.any()
        fact.spelled = not fact.spelled

    def move(self) -> None:
        fact = self.any()
        for facts in self.page.sections.values():
            if fact in facts:
                facts.remove(fact)
        facts = self.page.sections[self.lottery.choice(HEADINGS_OF(self.page))]
        facts.insert(self.lottery.randint(0, len(facts)), fact)

    def rename(self) -> None:
        old = self.lottery.choice(HEADINGS_OF(self.page))
        new = old.removesuffix(" today") if old.endswith(" today") else f"{old} today"
        self.page.sections = {new if name == old else name: facts for name, facts in self.page.sections.items()}

    def drop(self) -> None:
        fact = self.any()
        self.told(fact, "removed")
        for facts in self.page.sections.values():
            if fact in facts:
                facts.remove(fact)
        self.dropped.append(fact)

    def bring_back(self) -> None:
        if not self.dropped:
            return self.value()
        fact = self.dropped.pop(self.lottery.randrange(len(self.dropped)))
        self.page.sections[self.lottery.choice(HEADINGS_OF(self.page))].append(fact)
        return self.told(fact, "restored")

    # Vandals, each undone by the next edit but one or two

    def blank(self) -> None:
        for fact in self.page.facts():
            self.told(fact, "removed")
        self.save("harbours are boring")
        for fact in self.page.facts():
            self.told(fact, "restored")

    def falsify(self) -> None:
        fact = self.any()
        right = fact.millions
        fact.millions = right * 37
        self.told(fact, "changed")
        self.save()
        fact.millions = right
        self.told(fact, "changed")

    def insult(self) -> None:
        fact = self.any()
        fact.insult = " Whoever reads this is a herring."
        self.save()
        fact.insult = ""

    def play(self, count: int) -> None:
        """Make about `count` edits."""
        while len(self.texts) < count:
            self.lottery.choices(EDITS, WEIGHTS)[0](self)
            self.save()

    def snapshots(self) -> Iterator[Snapshot]:
        """The revisions as the wiki gives them."""
        for number, text in enumerate(self.texts, 1):
            at = START + timedelta(hours=number)
            yield Snapshot(
                revision=Revision(
                    article=PAGE, id=number, parent_id=number - 1, at=at, editor=f"Editor {number}", comment=None
                ),
                wikitext=text,
            )


def HEADINGS_OF(page: Page) -> list[str]:  # noqa: N802
    return list(page.sections)


EDITS: tuple[Callable[[Saga], None], ...] = (
    Saga.value, Saga.roll, Saga.cite, Saga.reword, Saga.reword_and_change, Saga.rescale, Saga.move, Saga.rename,
    Saga.drop, Saga.bring_back, Saga.come_if_any, Saga.blank, Saga.falsify, Saga.insult,
)  # fmt: skip
WEIGHTS = (20, 10, 6, 12, 6, 8, 12, 3, 4, 5, 3, 2, 5, 3)
