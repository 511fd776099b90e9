"""Measure single edits of the real article: how many are reported exactly, how many harmless ones alert.

Run `python tests/benchmarks/mutations.py [--show] [--seed N]`; it needs the shared article beside the checkout (or
WATCHER_SHARED). Every statistic of the article is edited in turn, one edit a comparison.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks import shared_data
from tests.benchmarks.copyedits import CUTS, Cut, turn_cuts
from watcher import compare_wikitext, parse
from watcher.model import Comparison, Finding, Severity, Statistic

MEDIUM = Severity.MEDIUM


@dataclass(frozen=True)
class Mutation:
    """One edit of the article, and what a reader would call it."""

    kind: str
    text: str
    reported: Callable[[Comparison], bool]
    story: str


def alarms(comparison: Comparison) -> list[Finding]:
    """The findings that would be told."""
    return [finding for finding in comparison.findings if finding.severity >= MEDIUM]


def is_single_change(old: str, new: str) -> Callable[[Comparison], bool]:
    """Whether exactly one statistic is told, with these numbers."""

    def reported(comparison: Comparison) -> bool:
        rows = alarms(comparison)
        if len(rows) != 1 or rows[0].change.kind.value != "statistic.changed":
            return False
        before, after = rows[0].change.old, rows[0].change.new
        return (
            isinstance(before, Statistic)
            and isinstance(after, Statistic)
            and old in before.quantity.text
            and new in after.quantity.text
        )

    return reported


def is_any_alarm(*kinds: str) -> Callable[[Comparison], bool]:
    """Whether something of these kinds is told."""
    return lambda comparison: any(finding.change.kind.value in kinds for finding in alarms(comparison))


def quiet(comparison: Comparison) -> bool:
    """Whether nothing is told."""
    return not alarms(comparison)


def placed(article: str) -> Iterator[tuple[Statistic, int, int]]:
    """Each statistic with the one span of the article that writes its number."""
    for statistic in parse(article).statistics:
        number = statistic.quantity.text
        start = article.find(number, statistic.location.start, statistic.location.end)
        if (
            statistic.quantity.measure.is_context
            or start < 0
            or article.count(number, statistic.location.start, statistic.location.end) > 1
        ):
            continue
        yield statistic, start, start + len(number)


def cut(article: str, start: int, end: int, new: str) -> str:
    """The article with a span replaced."""
    return article[:start] + new + article[end:]


def other_digits(number: str, dice: random.Random) -> str | None:
    """The number with one digit changed, the first two being most telling."""
    positions = [match.start() for match in re.finditer(r"\d", number)][:2]
    if not positions:
        return None
    at = dice.choice(positions)
    digit = dice.choice([d for d in "123456789" if d != number[at]])
    return number[:at] + digit + number[at + 1 :]


def value_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """A digit of every statistic."""
    for statistic, start, end in placed(article):
        new = other_digits(article[start:end], dice)
        if new:
            text = cut(article, start, end, new)
            yield Mutation(
                "value",
                text,
                is_single_change(article[start:end], new),
                f"{article[start:end]} → {new}: {statistic.sentence}",
            )


WORDS = "two three four five six seven eight nine ten twelve twenty thirty".split()


def word_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """Another word for every number in words."""
    for statistic, start, end in placed(article):
        number = article[start:end]
        for word in re.findall(r"[a-z]+", number.lower()):
            if word in WORDS and not any(map(str.isdigit, number)):
                new = re.sub(word, dice.choice([w for w in WORDS if w != word]), number, flags=re.IGNORECASE)
                yield Mutation(
                    "word",
                    cut(article, start, end, new),
                    is_any_alarm("statistic.changed"),
                    f"{number} → {new}: {statistic.sentence}",
                )
                digits = str(statistic.quantity.value)
                yield Mutation(
                    "word", cut(article, start, end, digits), quiet, f"{number} → {digits}: {statistic.sentence}"
                )
                break


def scale_edits(article: str, _dice: random.Random) -> Iterator[Mutation]:
    """Million for billion and back."""
    swaps = {"million": "billion", "billion": "million"}
    for statistic, start, end in placed(article):
        for old, new in swaps.items():
            if old in article[start:end]:
                text = cut(article, start, end, article[start:end].replace(old, new))
                yield Mutation("scale", text, is_any_alarm("statistic.changed"), statistic.sentence)


def currency_edits(article: str, _dice: random.Random) -> Iterator[Mutation]:
    """Euros for dollars."""
    for statistic, start, end in placed(article):
        number = article[start:end]
        if "$" in number:
            text = cut(article, start, end, number.replace("US$", "$").replace("$", "€"))
            yield Mutation("currency", text, is_any_alarm("statistic.changed"), statistic.sentence)


def qualifier_edits(article: str, _dice: random.Random) -> Iterator[Mutation]:
    """Another bound before a number that has none, or has one."""
    for statistic, start, end in placed(article):
        before = article[max(0, start - 14) : start]
        for old, new in (
            ("more than ", "nearly "),
            ("over ", "almost "),
            ("at least ", "up to "),
            ("nearly ", "more than "),
        ):
            if before.endswith(old):
                text = cut(article, start - len(old), end, new + article[start:end])
                yield Mutation("qualifier", text, is_any_alarm("statistic.changed"), statistic.sentence)


def year_edits(article: str, _dice: random.Random) -> Iterator[Mutation]:
    """The year that a statistic holds for, rolled on by two."""
    seen: set[int] = set()
    for statistic, start, _ in placed(article):
        year = statistic.quantity.as_of
        at = article.find(f"In {year},", statistic.location.start, start) if year else -1
        if year and at >= 0 and at not in seen:
            seen.add(at)
            text = cut(article, at + 3, at + 3 + len(year), str(int(year) + 2))
            yield Mutation("as-of", text, is_any_alarm("statistic.changed"), statistic.sentence)


def moved_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """A paragraph moved to the end of another section with a digit changed on the way."""
    target = article.rindex("\n==", 0, article.rindex("\n=="))
    for statistic, start, end in placed(article):
        begin = article.rfind("\n", 0, start) + 1
        close = article.find("\n", end)
        block = article[begin:close]
        new = other_digits(article[start:end], dice)
        if new is None or not block[:1].isalpha() or close > target or "{|" in block or len(block) < 200:
            continue
        edited = block[: start - begin] + new + block[end - begin :]
        text = article[:begin] + article[close + 1 : target] + "\n\n" + edited + "\n" + article[target:]
        yield Mutation(
            "moved",
            text,
            is_single_change(article[start:end], new),
            f"{article[start:end]} → {new}: {statistic.sentence}",
        )


CLAIMS = (
    ("third largest", "second largest"), ("does not necessarily involve", "necessarily involves"),
    ("largest", "smallest"), ("illegal", "legal"), ("increase", "decrease"), ("cannot", "can"), (" not ", " "),
    ("majority", "minority"), ("women", "men"), ("most", "least"), ("Russia", "Poland"), ("India", "Nepal"),
)  # fmt: skip


def claim_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """A word that turns a sentence round, at up to four places each."""
    spans = [
        (sentence.location.start, sentence.location.end, sentence.text)
        for sentence in parse(article).sentences
        if sentence.where.value == "prose"
    ]
    for old, new in CLAIMS:
        locations = []
        for start, end, sentence in spans:
            if sentence.count(old) == 1 and article.count(old, start, end) == 1:
                locations.append((article.index(old, start, end), sentence))
        for at, sentence in dice.sample(locations, min(4, len(locations))):
            reported = is_any_alarm("claim.changed", "statistic.changed")
            yield Mutation("claim", cut(article, at, at + len(old), new), reported, f"{old} → {new}: {sentence}")


SAME = (
    (r"(?<![\d.,])(\d{1,3}) million\b", r"\1,000,000"),
    (r"(\d+)%", r"\1 per cent"),
    (r"(\d) million\b", r"\1&nbsp;million"),
    (r"(?<!US)\$(\d+) billion", r"{{US$|\1 billion}}"),
    (r"\bmore than (\d)", r"over \1"),
    (r"\bthird largest\b", "third-largest"),
    (r"\[\[([^\]|:]+)\]\]", r"\1"),
    (r"\[\[([^\]|:]+)\]\]", r"'''[[\1]]'''"),
    (r"\baround (\d)", r"about \1"),
    (r"(?<=\w)\. (?=[A-Z][a-z]+ )", ".  <!-- checked --> "),
    (r"\blabor\b", "labour"),
    (r"\bwhile\b", "whilst"),
    (r"\bpercent\b", "per cent"),
    (r"(?<=[a-z]), and ", " and "),
    (r"\|access-date=[^|}]+", "|access-date=1 January 2026"),
    (r"\{\{cite web", "{{Cite web "),
    (r" – ", "{{snd}}"),
    (r"\bthe majority of\b", "most of"),
    (r"\bhowever\b", "though"),
    (r"\bbegan\b", "started"),
)  # fmt: skip


def harmless_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """Another writing of the same, at up to four places each; paragraphs and sections moved."""
    for pattern, into in SAME:
        result = list(re.finditer(pattern, article))
        for match in dice.sample(result, min(4, len(result))):
            new = match.expand(into)
            around = article[match.start() - 60 : match.end() + 40]
            text = cut(article, match.start(), match.end(), new)
            yield Mutation("harmless", text, quiet, f"{match[0]!r} → {new!r}: {around!r}")
    paragraphs = list(re.finditer(r"\n\n([A-Z][^\n]{300,})\n\n([A-Z][^\n]{300,})\n", article))
    for match in paragraphs[:6]:
        text = cut(article, match.start(), match.end(), f"\n\n{match[2]}\n\n{match[1]}\n")
        yield Mutation("harmless", text, quiet, "paragraphs exchanged: " + match[1][:60])
    sections = re.split(r"(?m)^(?===[^=])", article)
    for at in range(1, len(sections) - 2, 3):
        order = [*sections[:at], sections[at + 1], sections[at], *sections[at + 2 :]]
        yield Mutation("harmless", "".join(order), quiet, "sections exchanged: " + sections[at][:40].strip())


def cut_edits(cuts: Iterator[Cut], article: str, reported: Callable[[Comparison], bool]) -> Iterator[Mutation]:
    """One edit for each cut, the class and the words around it as its story."""
    for item in cuts:
        around = article[max(0, item.start - 90) : item.end + 90]
        story = f"{article[item.start : item.end]!r} → {item.new!r}: {around!r}"
        yield Mutation(item.name, cut(article, item.start, item.end, item.new), reported, story)


def copy_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """What copy-editors do, in some forty classes: spelling, commas, quotes, dates, references, splits, moves."""
    for cuts in CUTS:
        yield from cut_edits(cuts(article, dice), article, quiet)


def turn_edits(article: str, dice: random.Random) -> Iterator[Mutation]:
    """A word that turns a claim, in ten classes."""
    reported = is_any_alarm("claim.changed", "statistic.changed", "statistic.removed", "claim.removed")
    yield from cut_edits(turn_cuts(article, dice), article, reported)


KINDS = (
    value_edits,
    word_edits,
    scale_edits,
    currency_edits,
    qualifier_edits,
    year_edits,
    moved_edits,
    claim_edits,
    harmless_edits,
    copy_edits,
    turn_edits,
)


def main() -> None:
    """Print a line for each sort of edit."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--show", action="store_true", help="print what was told wrongly")
    arguments.add_argument("--seed", type=int, default=1)
    request = arguments.parse_args()
    if shared_data.is_missing(shared_data.ARTICLE):
        return
    article = shared_data.article()
    for edits in KINDS:
        right = total = 0
        for edit in edits(article, random.Random(request.seed)):
            if edit.text == article:
                continue
            comparison = compare_wikitext(article, edit.text)
            total += 1
            right += edit.reported(comparison)
            if request.show and not edit.reported(comparison):
                print(f"{edit.kind}: {edit.story[:300]}")
                for finding in comparison.findings[:6]:
                    print(f"     {finding.severity.label} {finding.change.kind.value} {finding.summary[:160]}")
        print(f"{edits.__name__.removesuffix('_edits'):10} {right} of {total}")


if __name__ == "__main__":
    main()
