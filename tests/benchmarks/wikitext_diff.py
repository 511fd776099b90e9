"""Measure the difference of two wikitexts in which everything changed: processor seconds, and bytes of the page.

    python tests/benchmarks/wikitext_diff.py                 every case at 150 KB
    python tests/benchmarks/wikitext_diff.py --size 1000000  the same, larger

The bar is 2 s and 3 MB of HTML at 150 KB, in each of the two views.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import time
from collections.abc import Iterator, Sequence

from watcher.report.as_html import environment
from watcher.web.pages.reports import LONGEST_DIFFERENCE
from watcher.wikitext_diff import diff_wikitext

BAR_SECONDS = 2.0
BAR_BYTES = 3_000_000
VIEWS = {
    name: f'{{% from "wikitext-diff.html" import {name} %}}{{{{ {name}(diff, "en") }}}}'
    for name in ("inline_rows", "column_rows")
}


def pairs(size: int) -> Iterator[tuple[str, str, str]]:
    """Yield a name and two texts for each case."""
    chance = random.Random(1)

    def article(vocabulary: Sequence[str], words: int, gap: str = " ") -> str:
        text = ""
        while len(text) < size:
            text += gap.join(chance.choice(vocabulary) for _ in range(words)) + "\n\n"
        return text[:size]

    many = ["".join(chance.choice("abcdefghijkl") for _ in range(6)) for _ in range(20_000)]
    text = article(many, 60)
    paragraphs = text.split("\n\n")
    yield "another article", text, article(many, 60)
    yield "every second word", text, " ".join(w if n % 2 else w[::-1] for n, w in enumerate(text.split(" ")))
    yield "paragraphs in another order", text, "\n\n".join(chance.sample(paragraphs, len(paragraphs)))
    yield "two words over and over", article(["a", "b"], 70), article(["a", "b"], 70)
    yield "two words, one paragraph", article(["a", "b"], size), article(["a", "b"], size)
    yield "fifty words", article(many[:50], 70), article(many[:50], 70)
    yield "eight Han characters", article("人口東京都大阪府", 70, ""), article("人口東京都大阪府", 70, "")
    yield "a letter a line", article("abcd", 1).replace("\n\n", "\n"), article("abcd", 1).replace("\n\n", "\n")
    yield "an address of dots", f"https://{'.' * size}", f"https://{'.' * size},"
    yield "groups of digits", f"1{' 123' * (size // 4)}4", f"2{' 123' * (size // 4)}4"


def main() -> int:
    """Print a line for each case; 1 where one is above the bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=150_000)
    size = parser.parse_args().size
    worst_seconds = worst_bytes = 0.0
    for name, before, after in pairs(size):
        begin = time.process_time()
        diff = diff_wikitext(before, after, LONGEST_DIFFERENCE)
        seconds = time.process_time() - begin
        pages = [environment().from_string(view).render(diff=diff).encode() for view in VIEWS.values()]
        whole = time.process_time() - begin
        largest = max(pages, key=len)
        cut = ", cut" if diff.is_cut else ""
        print(
            f"{name:30} {seconds:5.2f} s, with both pages {whole:5.2f} s;"
            f" {len(largest):9,} bytes, {len(gzip.compress(largest)):7,} packed{cut}"
        )
        worst_seconds, worst_bytes = max(worst_seconds, whole), max(worst_bytes, len(largest))
    return int(size <= 150_000 and (worst_seconds > BAR_SECONDS or worst_bytes > BAR_BYTES))


if __name__ == "__main__":
    sys.exit(main())
