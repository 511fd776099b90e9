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
        return before + CASES["page"].format(
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


FACTS: Final = tuple(
    Planted(kind=kind, unit=unit, old=old, new=new, source=CASES["source"] if cited else "")
    for kind, unit, old, new, cited in CASES["facts"]
)


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
