"""Parse real articles block by block: count errors, lost words and processor time.

    python tests/benchmarks/blocks.py            every text: errors, words lost, milliseconds
    python tests/benchmarks/blocks.py --lost     the words lost too, text by text

Words are compared as a multiset: every word that a plain rendering of the wikitext shows (templates and references left
out) must stand in a sentence, a figure or a reference of the analysis. A sign that stands in the rendering only because
it cannot read it (a superscript, "File:" in a gallery) counts as lost, so the figure is a lower bound.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from tests.benchmarks.shared_data import PAIRS, article, is_missing, rows
from watcher.model import Dialect
from watcher.parse.document import Analysis, analyse
from watcher.parse.template_names import dialect_for
from watcher.parse.wikitext.sections import blocks, split_sections

GAP = "\0"
INLINE = frozenset(
    ("small", "big", "b", "i", "u", "s", "sup", "sub", "span", "font", "abbr", "em", "strong", "nowiki", "q")
)
WORD = re.compile(r"\w+")


def texts() -> Iterator[tuple[str, str, str]]:
    """Name, language and wikitext of each text."""
    yield "article", "en", article()
    for pair in rows(PAIRS):
        for side in ("old", "new"):
            yield f"{pair['id']} {side}", pair["lang"], pair[side]


def shown(code: Wikicode | None) -> str:
    """A rendering that knows nothing of templates and references: where one stands, no word is looked for."""
    return "".join(map(shown_node, code.nodes)) if code is not None else ""


def shown_node(node: Node) -> str:
    """One node of the plain rendering."""
    match node:
        case Text():
            return str(node.value)
        case Wikilink():
            return shown(node.text) if node.text is not None else str(node.title)
        case ExternalLink():
            return shown(node.title) if node.title is not None else "" if node.brackets else str(node.url)
        case HTMLEntity():
            return node.normalize() or ""
        case Template():
            return GAP
        case Heading():
            return " "
        case Tag():
            return shown_tag(node)
        case _:
            return ""


def shown_tag(node: Tag) -> str:
    """A tag's contents, set apart unless the tag stands in running text."""
    name = str(node.tag).lower()
    if name in ("ref", "references"):
        return " "
    inside = shown(node.contents)
    return inside if name in INLINE else f" {inside} "


def required(wikitext: str) -> Counter[str]:
    """The words that a reader is sure to see."""
    plain = re.sub(r"<[^<>\n]*>", " ", shown(mwparserfromhell.parse(wikitext, skip_style_tags=True)))
    return Counter(WORD.findall(re.sub(rf"\w*{GAP}\w*|'{{2,}}", lambda hit: " " if GAP in hit[0] else "", plain)))


def had(result: list[Analysis], headings: list[str]) -> Counter[str]:
    """The words that the analyses hold."""
    words = list(headings)
    for analysis in result:
        words += [sentence.text for sentence in analysis.sentences]
        words += [
            f"{figure.file} {figure.caption} {figure.alt} {' '.join(figure.options)}" for figure in analysis.figures
        ]
        words += [reference.text for reference in analysis.references]
    return Counter(WORD.findall(" ".join(words)))


def read(wikitext: str, dialect: Dialect) -> tuple[list[Analysis], float, float]:
    """All blocks analysed without cache; the processor seconds that it took, and those of the parser alone."""
    pieces = [block.text for part in split_sections(wikitext) for block in blocks(part)]
    started = time.process_time()
    result = [analyse.__wrapped__(piece, dialect) for piece in pieces]
    read_in = time.process_time()
    for piece in pieces:
        mwparserfromhell.parse(piece, skip_style_tags=True)
    return result, read_in - started, time.process_time() - read_in


def main() -> int:
    """Print the table; 1 when a text could not be read."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lost", action="store_true", help="name the words lost")
    chosen = options.parse_args()
    if is_missing(PAIRS):
        return 0
    failed = lost = total = size = 0
    seconds = alone = 0.0
    for name, language, wikitext in texts():
        try:
            result, spent, parsing = read(wikitext, dialect_for(language))
        except Exception as error:  # noqa: BLE001  whatever is raised here is what the benchmark is for
            failed += 1
            sys.stdout.write(f"{name}: {error!r}\n")
            continue
        needed = required(wikitext)
        missing = needed - had(result, [part.path[-1] for part in split_sections(wikitext) if part.path])
        lost, total = lost + missing.total(), total + needed.total()
        seconds, alone, size = seconds + spent, alone + parsing, size + len(wikitext)
        if name == "article" or (chosen.lost and missing):
            cost = f"{1000 * spent:.0f} ms (the parser alone {1000 * parsing:.0f})"
            sys.stdout.write(f"{name}: {cost}, lost {missing.total()} {missing.most_common(8)}\n")
    sys.stdout.write(
        f"failed {failed}; {lost} of {total} words lost ({lost / max(total, 1):.3%}); per million characters "
        f"{1e9 * seconds / max(size, 1):.0f} ms (the parser alone {1e9 * alone / max(size, 1):.0f})\n"
    )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
