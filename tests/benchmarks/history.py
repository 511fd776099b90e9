"""Measure how fast the life of every figure is followed: revisions a second and memory, on edits of a real article.

    python tests/benchmarks/history.py [--revisions 500] [--profile]

The edits are generated: figures changed, sentences moved, reworded, dropped, and now and then a page blanked and
restored. Prints one line a figure.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import random
import re
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.chronicle import Chronicle
from watcher.model import Article, Revision, Snapshot

SHARED = Path(os.environ.get("WATCHER_SHARED", Path(__file__).resolve().parents[2] / "../shared"))
PAGE = Article(wiki="en", page_id=1, title="Human trafficking")
START = datetime(2020, 1, 1, tzinfo=UTC)
FIGURE = re.compile(r" (\d{2,6}) [a-z]")
FILLERS = ("also", "often", "still", "now")
SENTENCE = re.compile(r"(?<=\. )[A-Z][^.<>{}\[\]|\n]{40,200}\. ")


def edited(text: str, lottery: random.Random, dropped: list[str]) -> str:
    """The text after one edit as people make them; what is dropped comes back, now and then."""
    sort = lottery.random()
    if sort < 0.4:
        found = lottery.choice(list(FIGURE.finditer(text)))
        return f"{text[: found.start(1)]}{int(found[1]) + lottery.randint(1, 9)}{text[found.end(1) :]}"
    found = lottery.choice(list(SENTENCE.finditer(text)))
    rest = text[: found.start()] + text[found.end() :]
    if sort < 0.6:
        place = lottery.choice(list(SENTENCE.finditer(rest))).start()
        return rest[:place] + found[0] + rest[place:]
    if sort < 0.9:
        words = [word for word in found[0].split() if word not in FILLERS]
        if len(words) == len(found[0].split()):
            words.insert(lottery.randint(1, len(words) - 1), lottery.choice(FILLERS))
        return f"{text[: found.start()]}{' '.join(words)} {text[found.end() :]}"
    if len(dropped) < lottery.randint(1, 10):
        dropped.append(found[0])
        return rest
    return text[: found.start()] + dropped.pop() + text[found.start() :]


def revisions(text: str, count: int, seed: int) -> Iterator[Snapshot]:
    """A history of `count` revisions, the first of which is `text`."""
    lottery = random.Random(seed)
    written = text
    blanked, dropped = False, list[str]()
    for number in range(count):
        if number and (blanked or lottery.random() > 0.03):
            written, blanked = (written if blanked else edited(written, lottery, dropped)), False
        elif number:
            blanked = True
        shown = "nothing to see here" if blanked else written
        at = START + timedelta(hours=number)
        revision = Revision(article=PAGE, id=number + 1, parent_id=number, at=at, editor="Someone", comment="")
        yield Snapshot(revision=revision, wikitext=shown)


def main() -> int:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--revisions", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--profile", action="store_true", help="show where the time goes")
    chosen = options.parse_args()
    article = SHARED / "data/articles/human-trafficking.wikitext"
    if not article.is_file():
        sys.stderr.write(f"no article at {article}: set WATCHER_SHARED\n")
        return 0
    text = article.read_text(encoding="utf-8")
    told, spent, profile = Chronicle(), 0.0, cProfile.Profile()
    for number, snapshot in enumerate(revisions(text, chosen.revisions, chosen.seed)):
        begun = time.process_time()
        if chosen.profile and number:
            profile.enable()
        told.add(snapshot)
        profile.disable()
        took = time.process_time() - begun
        if number == 0:
            sys.stdout.write(f"first revision of {len(text):,} characters: {1000 * took:.0f} ms\n")
        spent += took if number else 0.0
        if number and number % max(chosen.revisions // 5, 1) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            sys.stdout.write(f"after {number} revisions: {number / spent:.0f} a second, peak memory {peak:.0f} MiB\n")
    lives = told.timelines()
    sys.stdout.write(
        f"memory with all timelines: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB\n"
    )
    episodes = sum(len(one.episodes) for one in lives)
    sys.stdout.write(
        f"{(chosen.revisions - 1) / spent:.0f} revisions a second; {len(lives)} lives, {episodes} episodes\n"
    )
    if chosen.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(35)
    return 0


if __name__ == "__main__":
    sys.exit(main())
