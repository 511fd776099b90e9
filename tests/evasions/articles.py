"""Write articles with one place for a fact: in a sentence, a claim, a pinned sentence, an infobox, a table."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

KINDS: Final = ("statistic", "claim", "pinned", "infobox", "table")


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


CASES: Final[dict[str, Any]] = {
    name: _frozen(table)
    for name, table in tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8")).items()
}
"""The forms of the classes, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fact in its article: `unit` is its sentence, parameter or cell, with `%s` for what is falsified."""

    kind: str
    unit: str
    old: str
    new: str
    source: str = ""

    def stated(self, value: str) -> str:
        """Return the sentence, parameter or cell with a value."""
        return self.unit.replace("%s", value)

    def page(self, unit: str, *, lead: str = "", end: str = "", before: str = "", header: str = "People") -> str:
        """Return the whole article around a sentence, parameter or cell."""
        slots = dict.fromkeys(KINDS, "")
        slots[self.kind] = unit + self.source
        prose = "\n\n".join(filter(None, (slots["statistic"], slots["claim"], slots["pinned"])))
        return before + _PAGE.format(
            lead=lead, prose=prose, infobox=slots["infobox"] or "Ardal", table=slots["table"] or "810", end=end,
            header=header,
        )  # fmt: skip

    @property
    def pins(self) -> tuple[str, ...]:
        """Return the sentences that the watch of the article pins."""
        return (self.stated(self.old),) if self.kind == "pinned" else ()

    @property
    def is_number(self) -> bool:
        """Return whether what is falsified is a number."""
        return self.old[:1].isdigit()


_PAGE = """{{{{Infobox strait
| name = Sound of Varr
| country = Norland
| key_figure = {infobox}
}}}}
The '''Sound of Varr''' lies between two islands of Norland.{lead} Ferries have crossed it since the Middle Ages.

== Traffic ==
Boats of all sizes use the harbour at its northern end.

{prose}

The pilots have a house on the quay.<ref name="quay">
{{{{cite web |url=https://quay.example/house |title=The pilots' house |date=2009}}}}</ref>

== Records ==
{{| class="wikitable"
|+ Crossings by year
! Year !! {header}
|-
| 2009 || 640
|-
| 2010 || {table}
|-
| 2011 || 955
|}}

== History ==
Stone steps lead down to the water on both shores. A chapel stood above them until it fell into disrepair.{end}
"""
_REPORT = "{{cite web |url=https://board.example/report |title=Report of the harbour board |date=2013}}"
_SOURCE = f'<ref name="board">{_REPORT}</ref>'

FACTS: Final = (
    Planted(kind="statistic", unit="In 2012, %s million people crossed the sound.", old="21", new="25", source=_SOURCE),
    Planted(kind="statistic", unit="The storm of 1904 killed %s fishermen.", old="34", new="84", source=_SOURCE),
    Planted(kind="statistic", unit="About %s percent of the boats carry a radio.", old="62", new="26"),
    Planted(kind="statistic", unit="The bridge cost $%s million in all.", old="310", new="130", source=_SOURCE),
    Planted(kind="claim", unit="The old ferry of Varr %s run in winter.", old="does not", new="does", source=_SOURCE),
    Planted(kind="claim", unit="It is the %s sound of Norland.", old="longest", new="shortest", source=_SOURCE),
    Planted(kind="claim", unit="The lighthouse was designed by %s Ormsby.", old="Ada", new="Edwin", source=_SOURCE),
    Planted(kind="claim", unit="The court said that the captain %s drunk.", old="was not", new="was", source=_SOURCE),
    Planted(kind="pinned", unit="In 2012, %s million people crossed the sound.", old="21", new="25", source=_SOURCE),
    Planted(kind="pinned", unit="The storm of 1904 killed %s fishermen.", old="34", new="84", source=_SOURCE),
    Planted(kind="pinned", unit="The old ferry of Varr %s run in winter.", old="does not", new="does", source=_SOURCE),
    Planted(kind="infobox", unit="%s million", old="21", new="25"),
    Planted(kind="infobox", unit="%s boats a day", old="340", new="430"),
    Planted(kind="infobox", unit="%s", old="1,340", new="1,940"),
    Planted(kind="table", unit="%s", old="780", new="1,780"),
    Planted(kind="table", unit="%s", old="810", new="310"),
    Planted(kind="table", unit="%s boats", old="75", new="57"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Evasion:
    """An edit of a class: two texts, the sentences that are pinned, the words that an alert must name, the language."""

    name: str
    form: str
    kind: str
    old: str
    new: str
    pins: tuple[str, ...] = ()
    planted: tuple[str, ...] = ()
    language: str = "en"


def facts(kind: str, number: int, *, only: Callable[[Planted], bool] = lambda _: True) -> Planted | None:
    """Return a fact of a kind, another one for each number."""
    chosen = [fact for fact in FACTS if fact.kind == kind and only(fact)]
    return chosen[number % len(chosen)] if chosen else None


def each_kind(number: int, *, only: Callable[[Planted], bool] = lambda _: True) -> Iterator[Planted]:
    """Yield a fact of each kind that has one."""
    for kind in KINDS:
        if fact := facts(kind, number, only=only):
            yield fact
