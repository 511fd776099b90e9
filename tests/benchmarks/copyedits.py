"""Make two kinds of edits from an article's prose: copy edits that change no fact, and edits that reverse a claim.

Used by `mutations.py`; every class is a pattern with what takes its place, or a function of the article.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MOST = 12  # places at which an edit of one class is tried
MONTHS = "January February March April May June July August September October November December".split()
UNITS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_MARKUP = re.compile(
    r"<ref[^>/]*/>|<ref.*?</ref>|\{\{[^{}]*(?:\{\{[^{}]*\}\}[^{}]*)*\}\}|\{\|.*?\|\}|<!--.*?-->"
    r"|\[\[(?:File|Image|Category):.*?\]\]\n|^=.*?=$|\[https?:[^\]]*\]|<[^>]*>",
    re.DOTALL | re.MULTILINE,
)
_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_REF = r"(?:<ref[^>/]*/>|<ref[^>/]*>[^<]*</ref>)"


@dataclass(frozen=True)
class Cut:
    """One replacement in a text."""

    name: str
    start: int
    end: int
    new: str


def plain(article: str) -> list[bool]:
    """For each character whether it is prose: no reference, template, table, heading or comment."""
    mask = [True] * len(article)
    # What follows the last section of prose are lists of links.
    end = article.find("\n==See also")
    for match in _MARKUP.finditer(article):
        mask[match.start() : match.end()] = [False] * (match.end() - match.start())
    if end > 0:
        mask[end:] = [False] * (len(article) - end)
    return mask


def word_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Every pattern under [same], at up to `MOST` places of a class."""
    mask = plain(article)
    for name, rows in _TABLES["same"].items():
        locations = [
            Cut(name, match.start(), match.end(), match.expand(into))
            for pattern, into in rows
            for match in _sample(re.finditer(pattern, article), mask, dice)
        ]
        yield from dice.sample(locations, min(MOST * 2, len(locations)))


def _sample(matches: Iterator[re.Match[str]], mask: list[bool], dice: random.Random) -> list[re.Match[str]]:
    rows = [match for match in matches if all(mask[match.start() : match.end() + 1])]
    return dice.sample(rows, min(4, len(rows)))


def typo_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Two letters of a word exchanged, one left out, one doubled: what a reader of typos mends the other way."""
    mask = plain(article)
    for match in dice.sample(list(re.finditer(r"(?<=[a-z] )[a-z]{6,}(?= [a-z])", article)), 400)[: MOST * 6]:
        if not all(mask[match.start() : match.end()]):
            continue
        word, at = match[0], dice.randrange(1, len(match[0]) - 2)
        slips = (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
        yield Cut("typo", match.start(), match.end(), dice.choice(slips))


def doubled_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """A word written twice."""
    mask = plain(article)
    rows = [match for match in re.finditer(r"\b(the|of|in|and|to|is|that) ", article) if mask[match.start()]]
    for match in dice.sample(rows, min(MOST, len(rows))):
        yield Cut("word doubled", match.start(), match.end(), match[0] * 2)


def sentence_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Sentences split at "and they", joined by "and"; paragraphs split and merged."""
    mask = plain(article)
    shapes = {
        "sentence joined": (r"(?<=[a-z]{3})\. (?=(?:The|This|It|They|These|In|Many|Some) )", "; "),
        "sentence split": (r"(?<=[a-z]{3})(?:;|, but|, and|, while) (?=(?:the|it|they|in|many|some) )", ". "),
        "paragraph split": (r"(?<=[a-z>]\.) (?=[A-Z][a-z]+ )", "\n\n"),
        "paragraph merged": (r"(?<=[a-z>.])\n\n(?=[A-Z][a-z]+ )", " "),
    }
    for name, (pattern, into) in shapes.items():
        rows = [match for match in re.finditer(pattern, article) if all(mask[match.start() : match.end()])]
        for match in dice.sample(rows, min(MOST, len(rows))):
            end = match.end() + (name.startswith("sentence"))
            letter = article[match.end()]
            turned = {"sentence joined": letter.lower(), "sentence split": letter.upper()}.get(name, "")
            yield Cut(name, match.start(), end, into + turned)


def reference_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """References moved over the full stop, put twice, exchanged, written otherwise."""
    shapes = {
        "reference over the stop": (rf"\.({_REF})(?=[ \n])", r"\1."),
        "reference reordered": (rf"({_REF})({_REF})", r"\2\1"),
        "reference spaced": (rf"(?<=\.)({_REF})", r" \1"),
        "template form": (r"\{\{cite (web|news|journal|book)", r"{{Cite \1 "),
        "access date": (r"\|\s*access-?date\s*=\s*[^|}]+", "|access-date=2026-01-02 "),
        "parameter spaced": (r"\|(title|url|date|publisher)=", r" | \1 = "),
    }
    for name, (pattern, into) in shapes.items():
        rows = list(re.finditer(pattern, article))
        for match in dice.sample(rows, min(MOST, len(rows))):
            yield Cut(name, match.start(), match.end(), match.expand(into))


def number_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Small numbers in digits for words and back; dates the other way round."""
    mask = plain(article)
    locations: dict[str, list[Cut]] = {
        "number word": [],
        "digits": [],
        "day first": [],
        "month first": [],
        "ordinal": [],
    }
    for match in re.finditer(r"(?<=[a-z] )(two|three|four|five|six|seven|eight|nine|ten|twelve)(?= [a-z])", article):
        locations["digits"].append(Cut("digits", *match.span(), str(UNITS.index(match[1]))))
    for match in re.finditer(r"(?<=[a-z] )([2-9]|1[0-2])(?= [a-z]{4,})", article):
        locations["number word"].append(Cut("number word", *match.span(), UNITS[int(match[1])]))
    for match in re.finditer(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})\b", article):
        locations["day first"].append(Cut("day first", *match.span(), f"{match[2]} {match[1]} {match[3]}"))
    for match in re.finditer(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b", article):
        locations["month first"].append(Cut("month first", *match.span(), f"{match[2]} {match[1]}, {match[3]}"))
    for match in re.finditer(r"\b(third|second|first)(?=[ -](?:largest|most|highest))", article):
        locations["ordinal"].append(
            Cut("ordinal", *match.span(), {"third": "3rd", "second": "2nd", "first": "1st"}[match[1]])
        )
    for rows in locations.values():
        fit = [cut for cut in rows if mask[cut.start]]
        yield from dice.sample(fit, min(MOST, len(fit)))


def list_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Two neighbours of a list exchanged."""
    rows = list(re.finditer(r"(?m)^(\*[^\n]+)\n(\*[^\n]+)$", article))
    for match in dice.sample(rows, min(MOST, len(rows))):
        yield Cut("list reordered", *match.span(), f"{match[2]}\n{match[1]}")


CUTS: tuple[Callable[[str, random.Random], Iterator[Cut]], ...] = (
    word_cuts,
    typo_cuts,
    doubled_cuts,
    sentence_cuts,
    reference_cuts,
    number_cuts,
    list_cuts,
)


def turn_cuts(article: str, dice: random.Random) -> Iterator[Cut]:
    """Every pattern under [turned], at up to four places."""
    mask = plain(article)
    for name, rows in _TABLES["turned"].items():
        for pattern, into in rows:
            for match in _sample(re.finditer(pattern, article), mask, dice):
                yield Cut(name, match.start(), match.end(), match.expand(into))
