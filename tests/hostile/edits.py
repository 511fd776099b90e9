"""List hostile edits, each with an honest change of a figure that must still alert.

Every edit is a pair of wikitexts of a few sections. The section "Hostile" holds the attack; in the section "Rest" a
figure goes from 300 to 400, and whoever compares the two texts must report that.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.cases import table

HEAD = "The mill counted 4,120 sacks of flour in 1904.\n\n== Hostile ==\n"
TAIL = "\n\n== Rest ==\nThe harbour handled {ships} ships that year.\n"
PLANTED = "400 ships"


@dataclass(frozen=True, slots=True)
class Edit:
    """Two texts, the planted figure included."""

    old: str
    new: str


def edit(new: str, old: str = "It stood by the river.") -> Edit:
    """An edit that puts `new` in the place of `old`."""
    return Edit(f"{HEAD}{old}{TAIL.format(ships=300)}", f"{HEAD}{new}{TAIL.format(ships=400)}")


def cited(url: str) -> str:
    """A sentence whose citation has an address that no parser of addresses accepts."""
    return f"It stood by the river.<ref>{{{{cite web |title=A page |url={url}}}}}</ref>"


def repeated(unit: str, size: int) -> str:
    """Return about `size` characters of the repeated unit."""
    return unit * (size // len(unit))


# The comments are the seconds, gigabytes and errors of each before limits were introduced.
TEN: Mapping[str, Callable[[], Edit]] = {
    "broken IPv6 address in a citation": lambda: edit(cited("http://[e.org/a")),  # ValueError
    "address with a character that NFKC splits": lambda: edit(cited("http://ex\u2100mple.org")),  # ValueError
    "dotted letters in an infobox": lambda: edit(  # over 60 s
        f"{{{{Infobox mill |site={repeated('a.', 50_000)}}}}}", "{{Infobox mill |site=a river}}"
    ),
    "tag of one long name": lambda: edit(f"<{repeated('a', 60_000)}"),  # 8 s
    "link of blanks": lambda: edit(f"[[A:x{repeated(' ', 50_000)}y|]]"),  # 14 s
    "short lines of one figure": lambda: edit(repeated("5 victims\n", 50_000)),  # a database of 278 MB
    "short lines in a div": lambda: edit(f"<div>{repeated('5 victims' + chr(10), 437_000)}</div>"),  # 4.9 GB of memory
    "short lines in bold": lambda: edit(f"<b>{repeated('5 victims' + chr(10), 60_000)}</b>"),  # 561 MB of JSON
    "one sentence of figures": lambda: edit(repeated("5 victims and ", 50_000)),  # 250 MB of facts
    "page of 57 MB": lambda: edit(repeated("It stood by the river for 5 years.\n\n", 57_000_000)),  # 3.5 GB, no end
}


# Fillers and positions: every filler is put at every position.
FILLERS: Mapping[str, str] = table(__file__, "fillers")
POSITIONS: Mapping[str, tuple[str, str]] = table(__file__, "positions")


def _filled(filler: str, size: int, start: int) -> str:
    if "{n}" not in filler:
        return repeated(filler, size)
    times = size // len(filler.replace("{n}", "100000"))
    return "".join(filler.replace("{n}", str(number)) for number in range(start, start + times))


def shapes(size: int, each: int) -> Iterator[tuple[str, Callable[[], Edit]]]:
    """Every filler at `each` of the positions: about `size` characters, in place of half as many of the like."""
    locations = list(POSITIONS.items())
    for row, (name, filler) in enumerate(FILLERS.items()):
        # Steps of 5 meet all of the 24 positions.
        for location, (before, after) in (locations[(7 * row + 5 * column) % len(locations)] for column in range(each)):
            yield f"{name} in {location}", _shape(before, filler, after, size)


def _shape(before: str, filler: str, after: str, size: int) -> Callable[[], Edit]:
    def made() -> Edit:
        new = f"{before}{_filled(filler, size, 500_000)}{after}"
        return edit(new, f"{before}{_filled(filler, size // 2, 100_000)}{after}")

    return made
