"""Generate a long history of a real article: copy edits, figures, sources, moves, vandalism, reverts."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from watcher.model import Article, Revision, Snapshot

PAGE = Article(wiki="en", page_id=1, title="Human trafficking")
START = datetime(2010, 1, 1, tzinfo=UTC)
FIGURE = re.compile(r" (\d{2,6}) [a-z]")
SENTENCE = re.compile(r"(?<=\. )[A-Z][^.<>{}\[\]|\n]{40,200}\. ")
CITATION = re.compile(r"\{\{cite [^{}]*\}\}", re.IGNORECASE)
HEADING = re.compile(r"^(==+)([^=\n]+)\1[ \t]*$", re.MULTILINE)
TOP_SECTION = re.compile(r"^==[^=\n].*?(?=^==[^=\n]|\Z)", re.MULTILINE | re.DOTALL)
MANY_NOTES = 4_000
FILLERS = ("also", "often", "still", "now", "mostly", "however", "rarely")
INSULTS = ("THIS IS BORING", "lol", "my teacher is a herring", "!!!!!!!!!!", "hi mom")


class Authors:
    """People who edit a text, each in the way named; `lottery` decides who and where."""

    def __init__(self, lottery: random.Random) -> None:
        self.lottery = lottery
        self.dropped: list[str] = []
        self.sources = 0

    def any_of(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        return self.lottery.choice(result) if (result := list(pattern.finditer(text))) else None

    def sentence_with_source(self) -> str:
        self.sources += 1
        year, count = self.lottery.randint(1998, 2024), self.lottery.randint(11, 99_000)
        words = " ".join(self.lottery.choices(WORDS, k=self.lottery.randint(8, 20)))
        address = f"https://reports.example.org/{year}/{self.sources}"
        source = f"{{{{cite web |title=Report {self.sources} on {words[:40]} |url={address} |date={year}}}}}"
        return f"In {year}, {words} counted {count:,} victims.<ref>{source}</ref> "

    def figure(self, text: str) -> str:
        match = self.any_of(FIGURE, text)
        if match is None:
            return text
        return f"{text[: match.start(1)]}{int(match[1]) + self.lottery.randint(1, 9)}{text[match.end(1) :]}"

    def reword(self, text: str) -> str:
        match = self.any_of(SENTENCE, text)
        if match is None:
            return text
        words = [word for word in match[0].split() if word not in FILLERS]
        if len(words) == len(match[0].split()):
            words.insert(self.lottery.randint(1, len(words) - 1), self.lottery.choice(FILLERS))
        return f"{text[: match.start()]}{' '.join(words)} {text[match.end() :]}"

    def move_sentence(self, text: str) -> str:
        match = self.any_of(SENTENCE, text)
        if match is None:
            return text
        rest = text[: match.start()] + text[match.end() :]
        other = self.any_of(SENTENCE, rest)
        return text if other is None else rest[: other.start()] + match[0] + rest[other.start() :]

    def drop_or_bring_back(self, text: str) -> str:
        match = self.any_of(SENTENCE, text)
        if match is None:
            return text
        if len(self.dropped) < self.lottery.randint(1, 10):
            self.dropped.append(match[0])
            return text[: match.start()] + text[match.end() :]
        return text[: match.start()] + self.dropped.pop() + text[match.start() :]

    def add(self, text: str) -> str:
        match = self.any_of(SENTENCE, text)
        return text if match is None else text[: match.end()] + self.sentence_with_source() + text[match.end() :]

    def trim(self, text: str) -> str:
        """Take out one of the sentences that were added, so that the article does not grow for ever."""
        match = self.any_of(ADDED, text)
        return text if match is None else text[: match.start()] + text[match.end() :]

    def tend_source(self, text: str) -> str:
        match = self.any_of(CITATION, text)
        if match is None:
            return text
        day = f"20{self.lottery.randint(10, 24)}-0{self.lottery.randint(1, 9)}-1{self.lottery.randint(0, 9)}"
        bare = re.sub(r" ?\|access-date=[\d-]*", "", match[0])
        return f"{text[: match.start()]}{bare[:-2]} |access-date={day}}}}}{text[match.end() :]}"

    def bot(self, text: str) -> str:
        """Thirty citations at once."""
        for _ in range(30):
            text = self.tend_source(text)
        return text

    def move_section(self, text: str) -> str:
        match = self.any_of(TOP_SECTION, text)
        if match is None:
            return text
        rest = text[: match.start()] + text[match.end() :]
        other = self.any_of(TOP_SECTION, rest)
        return text if other is None else rest[: other.start()] + match[0] + rest[other.start() :]

    def rename_section(self, text: str) -> str:
        match = self.any_of(HEADING, text)
        if match is None:
            return text
        name = match[2].strip()
        new = name.removesuffix(" today") if name.endswith(" today") else f"{name} today"
        return f"{text[: match.start()]}{match[1]} {new} {match[1]}{text[match.end() :]}"

    def insult(self, text: str) -> str:
        location = self.lottery.randrange(len(text))
        return text[:location] + self.lottery.choice(INSULTS) + text[location:]

    def blank_section(self, text: str) -> str:
        match = self.any_of(TOP_SECTION, text)
        return text if match is None else text[: match.start()] + text[match.end() :]

    def blank(self, _: str) -> str:
        return self.lottery.choice(("nothing to see here", "", "lol"))


WORDS = (
    "the office of a northern province together with unions and churches in most of its towns where workers of both "
    "sexes had been held by agents who took their papers and promised wages that nobody ever paid according to police"
).split()
ADDED = re.compile(r"In \d{4}, [^.]{20,300} victims\.<ref>\{\{cite web \|title=Report [^<]*</ref> ")
Edit = Callable[[Authors, str], str]
HONEST: tuple[tuple[Edit, float], ...] = (
    (Authors.reword, 27), (Authors.figure, 16), (Authors.add, 9), (Authors.trim, 8), (Authors.move_sentence, 6),
    (Authors.drop_or_bring_back, 8), (Authors.tend_source, 10), (Authors.bot, 2), (Authors.move_section, 2),
    (Authors.rename_section, 2),
)  # fmt: skip
VANDALS: tuple[tuple[Edit, float], ...] = (
    (Authors.insult, 5), (Authors.figure, 4), (Authors.blank_section, 2), (Authors.blank, 2),
)  # fmt: skip
PLAIN: tuple[tuple[Edit, float], ...] = (
    (Authors.figure, 40), (Authors.move_sentence, 20), (Authors.reword, 30), (Authors.drop_or_bring_back, 10),
)  # fmt: skip


def plain(text: str, count: int, seed: int) -> Iterator[str]:
    """One small edit after the other, and now and then a page blanked and restored."""
    lottery = random.Random(seed)
    editors, blanked = Authors(lottery), False
    for number in range(count):
        if number and not blanked and lottery.random() < 0.03:
            blanked = True
            yield "nothing to see here"
            continue
        text = text if blanked or not number else _drawn(lottery, PLAIN)(editors, text)
        blanked = False
        yield text


def realistic(text: str, count: int, seed: int) -> Iterator[str]:
    """Edits as the history of a much-read article has them: an eighth vandalism, nearly all of it reverted at once."""
    lottery = random.Random(seed)
    editors, past = Authors(lottery), deque([text], maxlen=20)
    yield text
    made = 1
    while made < count:
        kind = lottery.random()
        if kind < 0.12:
            spoilt = _drawn(lottery, VANDALS)(editors, text)
            yield spoilt
            made += 1
            text = text if lottery.random() < 0.96 or len(spoilt) < len(text) / 2 else spoilt
        elif kind < 0.13:
            text = past[lottery.randrange(len(past))]
        else:
            text = _drawn(lottery, HONEST)(editors, text)
        if made < count:
            yield text
            made += 1
            past.append(text)


def _drawn(lottery: random.Random, edits: tuple[tuple[Edit, float], ...]) -> Edit:
    return lottery.choices([edit for edit, _ in edits], [weight for _, weight in edits])[0]


def notes(_: str, count: int, __: int) -> Iterator[str]:
    """Thousands of joint notes in the same few words: all, half of them, none, and two in one."""
    cited = [
        f"Smith, Log of the long pier, page {number}; {{{{cite book |last=Orr |title=Charts, volume {number}}}}}"
        for number in range(MANY_NOTES)
    ]
    joint = [f"{first}; {second}" for first, second in zip(cited[::2], cited[1::2], strict=True)]
    stages = cited, cited[: MANY_NOTES // 2], (), joint
    for number in range(count):
        piers = (f"Pier {pier} is long.<ref>{note}</ref>\n" for pier, note in enumerate(stages[number % len(stages)]))
        yield "\n".join((f"This is edit {number}.\n", *piers))


HISTORIES = {"plain": plain, "realistic": realistic, "notes": notes}


def a_snapshot(number: int, text: str) -> Snapshot:
    """A revision an hour."""
    at = START + timedelta(hours=number)
    revision = Revision(
        article=PAGE, id=number, parent_id=number - 1, at=at, editor=f"Editor {number % 37}",
        comment=f"/* Coast */ edit {number}", size=len(text), sha1=f"{number:040x}",
    )  # fmt: skip
    return Snapshot(revision=revision, wikitext=text)


def snapshots(kind: str, text: str, count: int, seed: int) -> Iterator[Snapshot]:
    """A history of `count` revisions, the first of which is `text`."""
    for number, words in enumerate(HISTORIES[kind](text, count, seed), 1):
        yield a_snapshot(number, words)
