"""Generate the revisions of an article from a script of edits, with the expected history of every figure."""

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from watcher.model import Article, Element, Figure, Reference, Revision, Snapshot, Statistic, TextKind
from watcher.model.ledger import Timeline

PAGE = Article(wiki="w", page_id=7, title="Harbours")
START = datetime(2026, 1, 1, tzinfo=UTC)
HEADINGS = ("Coast", "Trade", "Crews", "Repairs", "Weather", "Tolls")
THINGS = (
    "barges", "ferries", "pilots", "cranes", "lighthouses", "dockers", "trawlers", "anchors", "warehouses", "tugboats",
    "divers", "buoys", "sailors", "herring boats", "customs officers", "ropewalks", "shipwrights", "storm warnings",
    "oyster farms", "night watchmen", "canal locks", "salt barrels", "passengers", "cargo ships", "collisions",
)  # fmt: skip
PORTS = (
    "Aldermouth", "Brackwater", "Corvane", "Dunmere", "Estrholm", "Fennick", "Gullport", "Havnes", "Iselburg",
    "Jorvik Quay", "Kelpstrand", "Lannoch", "Morrowby", "Nethersea", "Ostrava Bay", "Pellport", "Quarrel Point",
    "Roxhaven", "Saltash", "Tarnwick", "Ulverness", "Vexholm", "Wrackton", "Yarrowmouth", "Zandvoort",
)  # fmt: skip
# Each fact in two wordings; no other fact names its place.
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
LEAD = "In all, {figure} {kind}{thing} of {place} were known in {year}."
TAILS = ("and most of them were painted in spring", "and few of them were ever insured")
KINDS = ("", "wooden ", "registered ")
RANKS = ("largest", "second-largest", "oldest", "most important")
VIEWS = ("sea", "tower", "bridge", "mole", "church")
CLAIMS = ("{place} is the {rank} harbour of the coast.", "Of all places, {place} is the {rank} harbour of the coast.")
Key = tuple[str, str]  # a subject and its number
Event = tuple[str, str, int, str, object]  # subject, which one, revision, verb, value


@dataclass(slots=True)
class Fact:
    """A figure about a place: a sentence or table row of a section, or its double in the lead or the infobox."""

    region: str
    thing: str
    pattern: int
    millions: int
    home: str = "body"  # or lead, or infobox
    year: int = 2012
    wording: int = 0
    spelling: int = 0
    edition: int = 1
    insult: str = ""
    archived: bool = False
    kind: int = 0
    tail: int = 0  # 1: a clause, 2: a sentence of its own
    tabled: bool = False

    @property
    def key(self) -> Key:
        return "statistic", self.region if self.home == "body" else f"{self.region}, {self.home}"

    @property
    def title(self) -> str:
        source = SOURCES[self.edition % len(SOURCES)]
        return f"{source}, volume {PORTS.index(self.region) + 1}" if self.home == "body" else ""

    def figure(self) -> str:
        spellings = (f"{self.millions} million", f"{self.millions:,},000,000", f"{self.millions / 1000:g} billion")
        return spellings[self.spelling]

    def cited(self) -> str:
        source, volume = self.title.lower().replace(" ", "-").split(",-")
        address = f"https://{source}.example.org/{volume}"
        archive = f" |archive-url=https://archive.example.org/{address}" if self.archived else ""
        return f"<ref>{{{{cite book |title={self.title} |url={address}{archive}}}}}</ref>"

    def written(self) -> str:
        pattern = LEAD if self.home == "lead" else WORDINGS[self.pattern][self.wording]
        text = pattern.format(
            year=self.year, place=self.region, figure=self.figure(), thing=self.thing, kind=KINDS[self.kind]
        )
        if self.home == "lead":
            return text
        tail = TAILS[self.pattern % 2]
        if self.tail == 1:
            text = f"{text[:-1]}, {tail}."
        elif self.tail == 2:
            text = f"{text} {tail.removeprefix('and ').capitalize()}."
        return f"{text}{self.insult}{self.cited()}"

    def row(self) -> str:
        return f"|-\n| {self.region} || {self.figure()} {self.thing} ({self.year}){self.cited()}"


@dataclass(slots=True)
class Claim:
    """A place and its rank."""

    region: str
    rank: int = 0
    wording: int = 0

    def written(self) -> str:
        return CLAIMS[self.wording].format(place=self.region, rank=RANKS[self.rank])


@dataclass(slots=True)
class Image:
    """A picture of a section; `first` is the file that it began with."""

    first: str
    file: str
    caption: int = 0

    def written(self) -> str:
        return f"[[File:{self.file}|thumb|The quays, seen from the {VIEWS[self.caption]}]]"


@dataclass(slots=True)
class Page:
    """Sections of facts, claims and pictures under their headings."""

    sections: dict[str, list[Fact | Claim | Image]] = field(default_factory=dict)
    doubles: list[Fact] = field(default_factory=list)

    def written(self) -> str:
        boxed = [f"| {fact.thing} = {fact.figure()} {fact.thing}" for fact in self.doubles if fact.home == "infobox"]
        parts = ["\n".join(["{{Infobox coast", "| name = Harbours", *boxed, "}}"])] if boxed else []
        parts.append("'''Harbours''' shelter ships from the open sea, and have done so since people went out to fish.")
        parts += [fact.written() for fact in self.doubles if fact.home == "lead"]
        for heading, things in self.sections.items():
            parts.append(f"== {heading} ==\nWhat is known of this differs from coast to coast.")
            parts += (thing.written() for thing in things if not (isinstance(thing, Fact) and thing.tabled))
            rows = [thing.row() for thing in things if isinstance(thing, Fact) and thing.tabled]
            if rows:
                parts.append("\n".join(["{| class=wikitable", "! Harbour !! Counted", *rows, "|}"]))
        return "\n\n".join(parts) + "\n"

    def all(self) -> list[Fact | Claim | Image]:
        return [thing for things in self.sections.values() for thing in things]

    def facts(self, *, doubles: bool = False) -> list[Fact]:
        result = [item for item in self.all() if isinstance(item, Fact)]
        return [*result, *self.doubles] if doubles else result

    def claims(self) -> list[Claim]:
        return [item for item in self.all() if isinstance(item, Claim)]

    def images(self) -> list[Image]:
        return [item for item in self.all() if isinstance(item, Image)]

    def text(self) -> dict[Key, tuple[object, str]]:
        """Return all elements with a history: their values and sources."""
        facts = self.facts(doubles=True)
        text: dict[Key, tuple[object, str]] = {
            fact.key: ((fact.millions, fact.year if fact.home != "infobox" else None), fact.title) for fact in facts
        }
        # "Of all places" limits the claim: adding or removing it changes the claim.
        text |= {("claim", claim.region): ((RANKS[claim.rank], claim.wording), "") for claim in self.claims()}
        text |= {("figure", item.first): ((item.file, VIEWS[item.caption]), "") for item in self.images()}
        return text | {("reference", fact.title): (fact.archived, "") for fact in facts if fact.title}

    def remove(self, thing: Fact | Claim | Image) -> None:
        for things in (*self.sections.values(), self.doubles):
            things[:] = [item for item in things if item is not thing]


class Saga:
    """Makes edits, and records what each does to the elements with a history."""

    def __init__(self, seed: int) -> None:
        self.lottery = random.Random(seed)
        self.events: list[Event] = []
        self.texts: list[str] = []
        self.pages: list[Page] = []  # after each edit that did not blank the page
        self.dropped: list[Fact] = []
        self.seen: set[Key] = set()
        self.element_texts: dict[Key, tuple[object, str]] = {}
        self.unused = list(zip(PORTS, THINGS, strict=True))
        self.page = Page({heading: [] for heading in HEADINGS})
        for _ in range(15):
            self.come()
        self.save()

    @property
    def number(self) -> int:
        """The id of the revision that is being written."""
        return len(self.texts) + 1

    def save(self, text: str | None = None) -> None:
        """Save the page, or another text in its place."""
        self.note(self.page.text() if text is None else {})
        self.texts.append(self.page.written() if text is None else text)
        if text is None:
            self.pages.append(copy.deepcopy(self.page))

    def note(self, message: dict[Key, tuple[object, str]]) -> None:
        for key, (value, source) in message.items():
            before = self.element_texts.get(key)
            if before is None:
                self.reported(key, "restored" if key in self.seen else "added", value)
            elif before[0] != value:
                self.reported(key, "changed", value)
            elif before[1] != source:
                self.reported(key, "resourced", value)
        for key, (value, _) in self.element_texts.items():
            if key not in message:
                self.reported(key, "removed", value)
        self.seen |= message.keys()
        self.element_texts = message

    def reported(self, key: Key, verb: str, value: object) -> None:
        self.events.append((*key, self.number, verb, value if verb != "removed" else None))

    def any(self, *, doubles: bool = False) -> Fact:
        return self.lottery.choice(self.page.facts(doubles=doubles))

    def anywhere(self) -> list[Fact | Claim | Image]:
        return self.lottery.choice(list(self.page.sections.values()))

    # Edits

    def come(self) -> None:
        location, thing = self.unused.pop(self.lottery.randrange(len(self.unused)))
        fact = Fact(location, thing, self.lottery.randrange(len(WORDINGS)), self.lottery.randint(11, 900))
        self.anywhere().append(fact)

    def come_if_any(self) -> None:
        self.come() if self.unused else self.value()

    def double(self) -> None:
        fact = self.any()
        twin = replace(fact, home=self.lottery.choice(("lead", "infobox")), insult="")
        if twin.key not in {fact.key for fact in self.page.doubles}:
            self.page.doubles.append(twin)

    def value(self) -> None:
        self.any(doubles=True).millions += self.lottery.randint(1, 40)

    def value_everywhere(self) -> None:
        location, more = self.any().region, self.lottery.randint(1, 40)
        for fact in self.page.facts(doubles=True):
            fact.millions += more if fact.region == location else 0

    def roll(self) -> None:
        fact = self.any()
        fact.year += 1
        fact.millions += self.lottery.randint(0, 9)

    def cite(self) -> None:
        self.any().edition += 1

    def archive(self) -> None:
        self.any().archived = True

    def reword(self) -> None:
        fact = self.any()
        fact.wording = 1 - fact.wording

    def reword_and_change(self) -> None:
        fact = self.any()
        fact.wording = 1 - fact.wording
        fact.millions += 3

    def rescale(self) -> None:
        fact = self.any(doubles=True)
        fact.spelling = (fact.spelling + self.lottery.randint(1, 2)) % 3

    def rename_unit(self) -> None:
        for fact in self.page.doubles:
            fact.kind = (fact.kind + 1) % len(KINDS)

    def split_or_join(self) -> None:
        fact = self.any()
        fact.tail = fact.tail % 2 + 1

    def table(self) -> None:
        fact = self.any()
        fact.tabled = not fact.tabled

    def move(self) -> None:
        thing = self.lottery.choice(self.page.all())
        self.page.remove(thing)
        things = self.anywhere()
        things.insert(self.lottery.randint(0, len(things)), thing)

    def swap(self) -> None:
        things = self.anywhere()
        if len(things) > 1:
            at = self.lottery.randrange(len(things) - 1)
            things[at], things[at + 1] = things[at + 1], things[at]

    def swap_values(self) -> None:
        fact, other = self.lottery.sample(self.page.facts(), 2)
        fact.millions, other.millions = other.millions, fact.millions

    def rename(self) -> None:
        old = self.lottery.choice(list(self.page.sections))
        new = old.removesuffix(" today") if old.endswith(" today") else f"{old} today"
        self.page.sections = {new if name == old else name: things for name, things in self.page.sections.items()}

    def drop(self) -> None:
        fact = self.any()
        self.page.remove(fact)
        self.dropped.append(fact)

    def bring_back(self) -> None:
        current = {fact.region for fact in self.page.facts()}
        away = [fact for fact in self.dropped if fact.region not in current]
        if not away:
            return self.value()
        fact = self.lottery.choice(away)
        self.dropped.remove(fact)
        return self.anywhere().append(fact)

    def bring_back_changed(self) -> None:
        before = {fact.region for fact in self.page.facts()}
        self.bring_back()
        for fact in self.page.facts():
            if fact.region not in before:
                fact.millions += self.lottery.randint(1, 9)
                fact.spelling = 0

    def claim(self) -> None:
        claims = self.page.claims()
        if len(claims) < CLAIMED:
            locations = sorted({*PORTS} - {claim.region for claim in claims} - {name for _, name in self.seen})
            return self.anywhere().append(Claim(self.lottery.choice(locations or ["Nowhere"])))
        item = self.lottery.choice(claims)
        if self.lottery.random() < HALF:
            item.rank = (item.rank + 1) % len(RANKS)
        else:
            item.wording = 1 - item.wording
        return None

    def add_image(self) -> None:
        images = self.page.images()
        if len(images) < CLAIMED:
            name = f"Quay {self.number}.jpg"
            return self.anywhere().insert(0, Image(name, name))
        item = self.lottery.choice(images)
        if self.lottery.random() < HALF:
            item.caption = (item.caption + 1) % len(VIEWS)
        else:
            item.file = f"Quay {self.number}.jpg"
        return None

    # Vandalism and its repair

    def blank(self) -> None:
        self.save("harbours are boring")

    def blank_and_edit(self) -> None:
        """Blank the page, and let another editor restore it with a further change."""
        self.blank()
        self.any().millions += self.lottery.randint(1, 40)
        self.reword()

    def blank_section(self) -> None:
        before = copy.deepcopy(self.page)
        self.anywhere().clear()
        self.save()
        self.page = before

    def falsify(self) -> None:
        fact = self.any()
        right = fact.millions
        fact.millions = right * 37
        self.save()
        fact.millions = right

    def insult(self) -> None:
        fact = self.any()
        fact.insult = " Whoever reads this is a herring."
        self.save()
        fact.insult = ""

    def revert_to(self) -> None:
        self.page = copy.deepcopy(self.pages[-min(self.lottery.randint(2, 6), len(self.pages))])

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


CLAIMED = 4  # the most claims, and the most images, of a page
HALF = 0.5
EDITS: tuple[Callable[[Saga], None], ...] = (
    Saga.value, Saga.value_everywhere, Saga.roll, Saga.cite, Saga.archive, Saga.reword, Saga.reword_and_change,
    Saga.rescale, Saga.rename_unit, Saga.split_or_join, Saga.table, Saga.move, Saga.swap, Saga.swap_values, Saga.rename,
    Saga.drop, Saga.bring_back, Saga.come_if_any, Saga.double, Saga.claim, Saga.add_image, Saga.blank,
    Saga.blank_section, Saga.falsify, Saga.insult, Saga.revert_to, Saga.bring_back_changed, Saga.blank_and_edit,
)  # fmt: skip
WEIGHTS = (16, 6, 10, 6, 4, 10, 6, 8, 3, 6, 5, 10, 5, 4, 3, 4, 6, 3, 5, 8, 6, 2, 2, 5, 3, 3, 4, 2)


def events(timelines: Iterable[Timeline]) -> Counter[Event]:
    """Return the timelines of the elements of the script, as its events."""
    result: Counter[Event] = Counter()
    for timeline in timelines:
        name = script_name(timeline)
        if name is not None:
            result.update(
                (timeline.subject, name, e.revision.id, e.verb.value, _value(e.element)) for e in timeline.episodes
            )
    return result


def script_name(timeline: Timeline) -> str | None:
    """Return the key of a timeline's element in the script, if it has one."""
    first = timeline.episodes[0]
    match first.element:
        case Statistic(where=where):
            location = next((p for p, t in zip(PORTS, THINGS, strict=True) if t in first.sentence), None)
            if location is None or where is TextKind.INFOBOX:
                return f"{location or first.sentence}, infobox"
            return location if first.section else f"{location}, lead"
        case Figure(file=file):
            return file
        case Reference(title=title):
            return title
        case _:
            return next((p for p in PORTS if f"{p} is the" in first.sentence), None)


def _value(element: Element | None) -> object:
    match element:
        case Statistic(quantity=quantity):
            return int(quantity.value or 0) // 1_000_000, int(quantity.as_of) if quantity.as_of else None
        case Figure(file=file, caption=caption):
            return file, caption.split()[-1]
        case Reference(archive_url=address):
            return address is not None
        case None:
            return None
        case _:
            text = getattr(element, "text", "")
            rank = next((rank for rank in sorted(RANKS, key=len, reverse=True) if rank in text), text)
            return rank, int(text.startswith("Of all"))
