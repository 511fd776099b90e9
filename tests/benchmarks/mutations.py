"""Measure single edits of the real article: how many are reported exactly, how many harmless ones alert.

Run `python tests/benchmarks/mutations.py [--show] [--seed N]`; it needs the shared article beside the checkout (or
WATCHER_SHARED). Every statistic of the article is edited in turn, one edit a comparison; the words are edited by the
patterns of mutations.toml, each class at some places.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import shared_data
from watcher import compare_wikitext, parse
from watcher.model import Comparison, Finding, Severity, Statistic

MOST = 24  # places at which an edit of one class is tried
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
UNITS = "zero one two three four five six seven eight nine ten eleven twelve".split()
WORDS = [*UNITS[2:], "twenty", "thirty"]
REFERENCE = r"(?:<ref[^>/]*/>|<ref[^>/]*>[^<]*</ref>)"
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
MARKUP = re.compile(
    r"<ref[^>/]*/>|<ref.*?</ref>|\{\{[^{}]*(?:\{\{[^{}]*\}\}[^{}]*)*\}\}|\{\|.*?\|\}|<!--.*?-->"
    r"|\[\[(?:File|Image|Category):.*?\]\]\n|^=.*?=$|\[https?:[^\]]*\]|<[^>]*>",
    re.DOTALL | re.MULTILINE,
)
Check = Callable[[Comparison], bool]


@dataclass(frozen=True)
class Mutation:
    """One edit of the article, what a reader would call it, and where it stands."""

    kind: str
    start: int
    end: int
    new: str
    reported: Check


def alarms(comparison: Comparison) -> list[Finding]:
    """The findings that would be told."""
    return [finding for finding in comparison.findings if finding.severity >= Severity.MEDIUM]


def quiet(comparison: Comparison) -> bool:
    return not alarms(comparison)


def is_single_change(old: str, new: str) -> Check:
    """Whether exactly one statistic is told, with these numbers."""

    def reported(comparison: Comparison) -> bool:
        rows = alarms(comparison)
        if len(rows) != 1 or rows[0].change.kind.value != "statistic.changed":
            return False
        sides = rows[0].change.old, rows[0].change.new
        return all(
            isinstance(side, Statistic) and number in side.quantity.text
            for side, number in zip(sides, (old, new), strict=True)
        )

    return reported


def is_any_alarm(*kinds: str) -> Check:
    return lambda comparison: any(finding.change.kind.value in kinds for finding in alarms(comparison))


CHANGED = is_any_alarm("statistic.changed")
TURNED = is_any_alarm("claim.changed", "statistic.changed", "statistic.removed", "claim.removed")


def other_digits(number: str, dice: random.Random) -> str | None:
    """The number with one digit changed, the first two being most telling."""
    positions = [match.start() for match in re.finditer(r"\d", number)][:2]
    if not positions:
        return None
    at = dice.choice(positions)
    return number[:at] + dice.choice([d for d in "123456789" if d != number[at]]) + number[at + 1 :]


def statistic_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """Of every statistic a digit, a word, the scale, the currency, the bound and the year; and moved with a digit."""
    target, years = article.rindex("\n==", 0, article.rindex("\n==")), set[int]()
    for statistic in parse(article).statistics:
        number, quantity, location = statistic.quantity.text, statistic.quantity, statistic.location
        start = article.find(number, location.start, location.end)
        if quantity.measure.is_context or start < 0 or article.count(number, location.start, location.end) > 1:
            continue
        end = start + len(number)
        if new := other_digits(number, dice):
            yield Mutation("value", start, end, new, is_single_change(number, new))
            begin, close = article.rfind("\n", 0, start) + 1, article.find("\n", end)
            block = article[begin:close]
            if block[:1].isalpha() and close <= target and "{|" not in block and len(block) >= 200:
                moved = block[: start - begin] + new + block[end - begin :]
                text = f"{article[close + 1 : target]}\n\n{moved}\n"
                yield Mutation("moved", begin, target, text, is_single_change(number, new))
        else:
            for word in [word for word in re.findall(r"[a-z]+", number.lower()) if word in WORDS][:1]:
                other = dice.choice([each for each in WORDS if each != word])
                yield Mutation("word", start, end, re.sub(word, other, number, flags=re.IGNORECASE), CHANGED)
                yield Mutation("word", start, end, str(quantity.value), quiet)
        for old, scale in (("million", "billion"), ("billion", "million")):
            if old in number:
                yield Mutation("scale", start, end, number.replace(old, scale), CHANGED)
        if "$" in number:
            yield Mutation("currency", start, end, number.replace("US$", "$").replace("$", "€"), CHANGED)
        bounds = {"more than ": "nearly ", "over ": "almost ", "at least ": "up to ", "nearly ": "more than "}
        for old, bound in bounds.items():
            if article.endswith(old, 0, start):
                yield Mutation("qualifier", start - len(old), start, bound, CHANGED)
        year = quantity.as_of
        at = article.find(f"In {year},", location.start, start) if year else -1
        if year and at >= 0 and at not in years:
            years.add(at)
            yield Mutation("as-of", at + 3, at + 3 + len(year), str(int(year) + 2), CHANGED)


def prose_of(article: str) -> list[bool]:
    """For each character whether it is prose: no reference, template, table, heading or comment."""
    mask = [True] * len(article)
    for match in MARKUP.finditer(article):
        mask[match.start() : match.end()] = [False] * (match.end() - match.start())
    end = article.find("\n==See also")  # what follows the last section of prose are lists of links
    return mask if end < 0 else mask[:end] + [False] * (len(article) - end)


def word_edits(article: str, dice: random.Random, group: str, reported: Check) -> Iterator[Mutation]:
    """Every pattern of a group, at up to four places; up to `MOST` of a class."""
    mask = prose_of(article)
    for name, patterns in TABLES[group].items():
        made = []
        for pattern, into in patterns:
            matches = re.finditer(pattern.replace("{months}", MONTHS).replace("{ref}", REFERENCE), article)
            positions = [match for match in matches if group == "outside" or all(mask[match.start() : match.end() + 1])]
            chosen = dice.sample(positions, min(4 if len(patterns) > 1 else MOST // 2, len(positions)))
            made += [Mutation(name, *match.span(), match.expand(into), reported) for match in chosen]
        yield from dice.sample(made, min(MOST, len(made))) if group == "same" else made


def letter_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """What no pattern does: slips of letters, sentences joined and split, small numbers in words and digits."""
    mask = prose_of(article)

    def positions(pattern: str, most: int = MOST // 2) -> list[re.Match[str]]:
        kept = [match for match in re.finditer(pattern, article) if all(mask[match.start() : match.end()])]
        return dice.sample(kept, min(most, len(kept)))

    for match in positions(r"(?<=[a-z] )[a-z]{6,}(?= [a-z])", 3 * MOST):
        word, at = match[0], dice.randrange(1, len(match[0]) - 2)
        slips = (word[at + 1] + word[at] + word[at + 2 :], word[at + 1 :], word[at] + word[at:])
        yield Mutation("typo", *match.span(), word[:at] + dice.choice(slips), quiet)
    for match in positions(r"(?<=[a-z]{3})\. ((?:The|This|It|They|These|In|Many|Some) )"):
        yield Mutation("sentence joined", *match.span(), f"; {match[1].lower()}", quiet)
    for match in positions(r"(?<=[a-z]{3})(?:;|, but|, and|, while) ((?:the|it|they|in|many|some) )"):
        yield Mutation("sentence split", *match.span(), f". {match[1].capitalize()}", quiet)
    for match in positions(rf"(?<=[a-z] )({'|'.join(UNITS[2:])})(?= [a-z])"):
        yield Mutation("digits", *match.span(), str(UNITS.index(match[1])), quiet)
    for match in positions(r"(?<=[a-z] )([2-9]|1[0-2])(?= [a-z]{4,})"):
        yield Mutation("number word", *match.span(), UNITS[int(match[1])], quiet)
    sections = [match.start() for match in re.finditer(r"(?m)^==[^=]", article)]
    for first, second, third in list(zip(sections, sections[1:], sections[2:], strict=False))[::3]:
        yield Mutation("section moved", first, third, article[second:third] + article[first:second], quiet)


KINDS: dict[str, Callable[[str, random.Random], Iterator[Mutation]]] = {
    "statistics": statistic_edits,
    "copy": lambda article, dice: word_edits(article, dice, "same", quiet),
    "outside": lambda article, dice: word_edits(article, dice, "outside", quiet),
    "letters": letter_edits,
    "turn": lambda article, dice: word_edits(article, dice, "turned", TURNED),
}


def main() -> None:
    """Print a line for each sort of edit, and its classes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--show", action="store_true", help="print what was told wrongly")
    arguments.add_argument("--seed", type=int, default=1)
    request = arguments.parse_args()
    if shared_data.is_missing(shared_data.ARTICLE):
        return
    article = shared_data.article()
    for name, edits in KINDS.items():
        right, total = dict[str, int](), dict[str, int]()
        for edit in edits(article, random.Random(request.seed)):
            text = article[: edit.start] + edit.new + article[edit.end :]
            if text == article:
                continue
            comparison = compare_wikitext(article, text)
            total[edit.kind] = total.get(edit.kind, 0) + 1
            right[edit.kind] = right.get(edit.kind, 0) + edit.reported(comparison)
            if request.show and not edit.reported(comparison):
                around = article[max(0, edit.start - 90) : edit.end + 90]
                print(f"{edit.kind}: {article[edit.start : edit.end]!r} → {edit.new!r}: {around!r}"[:300])
                for finding in comparison.findings[:6]:
                    print(f"     {finding.severity.label} {finding.change.kind.value} {finding.summary[:160]}")
        classes = ", ".join(f"{kind} {right[kind]}/{count}" for kind, count in total.items() if right[kind] < count)
        print(f"{name:10} {sum(right.values())} of {sum(total.values())}; not all of: {classes or 'none'}", flush=True)


if __name__ == "__main__":
    main()
