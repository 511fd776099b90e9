"""Measure a comparison: edits of a long article, real pairs, growth (`python tests/benchmarks/speed.py`).

Milliseconds are of processor time, so that a busy machine does not count. Every cache is emptied before each measured
comparison unless the row says otherwise.
"""

import argparse
import gc
import importlib
import pkgutil
import re
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.shared_data import PAIRS, article, is_missing, rows
from watcher import compare_wikitext, parse
from watcher.parse.document import index_document_references
from watcher.parse.template_names import dialect_for


def caches() -> list[Any]:
    """Every bounded cache of the core; unbounded ones hold word lists and other files of ours, read once."""
    modules = [importlib.import_module("watcher.pipeline")]
    for name in ("watcher.parse", "watcher.diff", "watcher.judge"):
        names = [walk_package.name for walk_package in pkgutil.walk_packages(sys.modules[name].__path__, f"{name}.")]
        modules += [sys.modules[name], *map(importlib.import_module, names)]
    result = {
        id(value): value
        for module in modules
        for value in vars(module).values()
        if hasattr(value, "cache_clear") and value.cache_parameters()["maxsize"]
    }
    return list(result.values())


CACHES = caches()


def forget() -> None:
    """Empty every cache but those of constant tables."""
    for cache in CACHES:
        cache.cache_clear()


def measured(old: str, new: str, language: str = "en", *, warm: Callable[[], object] | None = None) -> float:
    """Milliseconds of one comparison, after `warm`, with nothing else remembered."""
    forget()
    if warm:
        warm()
    gc.collect()
    begun = time.process_time()
    compare_wikitext(old, new, wiki=dialect_for(language))
    return 1000 * (time.process_time() - begun)


def split(old: str, new: str) -> float:
    """Milliseconds of the steps on both whole texts in every comparison: finding sections and names of references."""
    forget()
    begun = time.process_time()
    index_document_references(old)
    index_document_references(new)
    return 1000 * (time.process_time() - begun)


def with_five_edits(text: str) -> str:
    """A figure changed, a reference added, a caption changed, a section renamed, a paragraph moved."""
    number = re.search(r"\b\d+\.\d million", text)
    assert number is not None
    text = f"{text[: number.start()]}77.7 million{text[number.end() :]}"
    caption = re.search(r"\[\[File:[^\[\]|]*\|thumb\|[^\[\]\n]*", text)
    assert caption is not None
    text = f"{text[: caption.end()]} in another light{text[caption.end() :]}"
    headings = list(re.finditer(r"^==([^=\n]+)==$", text, re.MULTILINE))
    heading = headings[len(headings) // 2]
    text = f"{text[: heading.start()]}== Matters of another name =={text[heading.end() :]}"
    paragraphs = [match for match in re.finditer(r"(?<=\n\n)[A-Z][^\n]{400,}\n\n", text) if "<ref" in match[0]]
    cited, moved = paragraphs[2], paragraphs[len(paragraphs) // 2]
    source = "<ref>{{cite web |title=A source of our own |url=https://www.example.org/own |date=2024}}</ref>"
    end = paragraphs[-3].end()
    text = text[: moved.start()] + text[moved.end() : end] + moved[0] + text[end:]
    return f"{text[: cited.end() - 2]}{source}{text[cited.end() - 2 :]}"


def with_an_edit(text: str) -> str:
    """One sentence of the article's middle with another figure."""
    numbers = [match for match in re.finditer(r"(?<=[a-z] )\d{2,3}(?= [a-z])", text) if match.start() > len(text) // 2]
    return f"{text[: numbers[0].start()]}7{text[numbers[0].start() :]}"


def row(name: str, milliseconds: list[float], bar: str) -> None:
    """One line of the table."""
    print(f"{name:44} {statistics.median(milliseconds):9.2f} {min(milliseconds):9.2f}   {bar}", flush=True)


def single(rounds: int) -> None:
    """The long article: five edits, none, one."""
    old = article()
    new, once = with_five_edits(old), with_an_edit(old)

    def times(other: str, warm: Callable[[], object] | None = None) -> list[float]:
        return [measured(old, other, warm=warm) for _ in range(rounds)]

    row("article, five edits, nothing cached", times(new), "≤ 15 ms")
    row("article, identical", times(str(old.encode(), "utf-8")), "≤ 1 ms")
    row("article, one sentence, old side cached", times(once, lambda: parse(old)), "≤ 5 ms")
    row("article, one sentence, nothing cached", times(once), "")


def growth(rounds: int) -> None:
    """The same edit in the article and in ten copies of it."""
    old = article()
    new = with_an_edit(old)
    others = "\n".join(re.sub(r"^(=+)([^=\n]+)", rf"\1 {n} \2", old, flags=re.MULTILINE) for n in range(9))
    long, longer = f"{old}\n{others}", f"{new}\n{others}"
    small = [measured(old, new) for _ in range(rounds)]
    large = [measured(long, longer) for _ in range(rounds)]
    row("article, one edit", small, "")
    row("  of it the split of both texts", first := [split(old, new) for _ in range(rounds)], "")
    row("ten articles, one edit", large, f"×{statistics.median(large) / statistics.median(small):.1f}")
    row("  of it the split of both texts", second := [split(long, longer) for _ in range(rounds)], "")
    beyond, of_first = (statistics.median(a) - statistics.median(b) for a, b in ((large, second), (small, first)))
    print(f"beyond the split: {of_first:.2f} → {beyond:.2f} ms, ×{beyond / of_first:.1f}   bar: ≤ ×3")


def real() -> None:
    """The real pairs, each once (the better of two)."""
    taken = {
        pair["id"]: min(measured(pair["old"], pair["new"], pair["lang"]) for _ in range(2)) for pair in rows(PAIRS)
    }
    print(
        f"{len(taken)} real pairs: {sum(taken.values()):.0f} ms in all, median {statistics.median(taken.values()):.2f}"
        "   bar: ≤ 1,000 ms in all, none over 150"
    )
    for name in sorted(taken, key=taken.__getitem__)[-5:]:
        print(f"    {name} {taken[name]:.0f} ms")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15)
    chosen = options.parse_args()
    if is_missing(PAIRS):
        return
    print(f"{'':44} {'median ms':>9} {'min ms':>9}   bar")
    single(chosen.rounds)
    growth(max(chosen.rounds // 3, 3))
    real()


if __name__ == "__main__":
    main()
