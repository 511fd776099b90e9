"""Compare what rendered pages state with what their wikitext states, and measure the cost of reading them.

    python tests/benchmarks/rendered.py                  agreement with its differences, and costs
    python tests/benchmarks/rendered.py --worst 40       more of the differences

A real MediaWiki renders the seed article by `action=parse`, with Cite, ParserFunctions and small templates of our own
in the shape of those that it uses; and real English pages without their templates. Agreement is twice the statistics
that both sides state, by section, kind of text and value with its unit, period and year, of those that either states;
rows of infoboxes are not compared. Milliseconds are of processor time, the median of several runs with empty caches.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import mwparserfromhell

from tests.mediawiki.wiki import RealWiki
from tests.shared_data import ARTICLE, PAIRS, article, is_missing, rows
from watcher import compare_wikitext
from watcher.errors import TooLarge
from watcher.model import Document, Statistic
from watcher.parse import parse
from watcher.parse.document import clear_caches
from watcher.parse.rendered import facts_text, mask_volatile

BAR_AGREEMENT, BAR_MILLISECONDS = 0.97, 150.0
RUNS = 7

_CITE = """<cite class="citation web cs1">{{#if:{{{last|}}}|{{{last}}}, {{{first|}}}. }}{{#if:{{{url|}}}
|[{{{url}}} {{{title|}}}]|''{{{title|}}}''}}. {{{work|{{{journal|}}}}}} {{{publisher|}}} {{{date|{{{year|}}}}}}</cite>
<span title="ctx_ver=Z39.88-2004" class="Z3988"></span>"""
_NOTE = '<div role="note" class="hatnote">See: {{{1|}}} {{{2|}}}</div>'
_BOX = '<table class="sidebar"><tr><td>Part of 5 things</td></tr></table>'
TEMPLATES = {
    **dict.fromkeys((f"Cite {kind}" for kind in ("web", "journal", "book", "news", "report", "magazine")), _CITE),
    **dict.fromkeys(("Main", "See also", "Further", "About"), _NOTE),
    **dict.fromkeys(
        ("Slavery", "Library resources box", "Wikinews category", "Commons category", "Curlie", "Dmoz"), _BOX
    ),
    **dict.fromkeys(
        ("Law country lists", "Abuse", "Sexual abuse", "Authority control"),
        '<div role="navigation" class="navbox">5 links</div>',
    ),
    **dict.fromkeys(("Pp-move-indef", "Use dmy dates", "Cbignore", "No more links", "Col-break"), ""),
    **dict.fromkeys(("Col-begin", "Div col"), "<div>"),
    **dict.fromkeys(("Col-end", "Div col end"), "</div>"),
    "Short description": '<div class="shortdescription nomobile noprint" style="display:none">{{{1|}}}</div>',
    "Snd": "&nbsp;&ndash; ",
    "!": "|",
    "Legend": '<div class="legend"><span class="legend-color">&nbsp;</span>&nbsp;{{{2|}}}</div>',
    "Bulleted list": "<ul><li>{{{1}}}</li>{{#if:{{{2|}}}|<li>{{{2}}}</li>}}{{#if:{{{3|}}}|<li>{{{3}}}</li>}}"
    "{{#if:{{{4|}}}|<li>{{{4}}}</li>}}{{#if:{{{5|}}}|<li>{{{5}}}</li>}}{{#if:{{{6|}}}|<li>{{{6}}}</li>}}</ul>",
    "Citation needed": '<sup class="noprint Inline-Template">[<i>citation needed</i>]</sup>',
    "Dead link": '<sup class="noprint Inline-Template">[<i>dead link</i>]</sup>',
    "Subscription required": "(subscription required)",
    "As of": "{{#if:{{{lc|}}}|as|As}} of {{{1}}}",
    "Quote": '<blockquote class="templatequote"><p>{{{1|{{{text|}}}}}}</p></blockquote>',
    "Webarchive": "Archived at {{{url|}}}",
    "Reflist": '<div class="reflist"><references /></div>',
}


def render(seed: str, pages: Iterable[str]) -> tuple[str, str, list[str]]:
    """Return the HTML of the seed article by MediaWiki and by Parsoid, and that of pages without templates."""
    with tempfile.TemporaryDirectory() as folder, RealWiki(Path(folder)) as wiki, wiki.session("Admin") as session:
        for name, text in {**{f"Template:{name}": text for name, text in TEMPLATES.items()}, "Seed": seed}.items():
            session.edit(name, text)

        def html(**page: str) -> str:
            return str(session.do("parse", prop="text", disablelimitreport=1, **page)["text"])

        others = [html(text=page, title="Page", contentmodel="wikitext") for page in pages]
        return html(page="Seed"), html(page="Seed", parsoid="1"), others


def without_templates(wikitext: str) -> str:
    code = mwparserfromhell.parse(wikitext, skip_style_tags=True)
    for template in code.filter_templates():
        with contextlib.suppress(ValueError):  # it went with the one around it
            code.remove(template)
    return str(code)


def real_pages() -> list[str]:
    """Return the new side of the real English pairs without its templates."""
    if not PAIRS.exists():
        return []
    return [without_templates(pair["new"]) for pair in rows(PAIRS) if pair["lang"] == "en"]


def stated(document: Document) -> Counter[tuple[object, ...]]:
    """Count the statistics of prose, lists, quotations, tables and captions."""
    return Counter(_key(item) for item in _compared(document.statistics))


def _key(item: Statistic) -> tuple[object, ...]:
    number = item.quantity
    return (
        item.location.section, item.where.value, number.measure.value, number.value, number.low, number.high,
        number.unit, number.qualifier, number.period, number.as_of,
    )  # fmt: skip


def agreement(name: str, pairs: Sequence[tuple[Document, Document]], worst: int) -> float:
    """Print how far pairs of documents agree, and the first differences."""
    numbers = [(stated(written), stated(rendered)) for written, rendered in pairs]
    both = sum((left & right).total() for left, right in numbers)
    total = [sum(side.total() for side in sides) for sides in zip(*numbers, strict=True)]
    share = 2 * both / sum(total)
    print(f"{name}: {total[0]} statistics in the wikitext, {total[1]} in the HTML, agreement {share:.4f}")
    print(f"  bar {BAR_AGREEMENT}: {'met' if share >= BAR_AGREEMENT else 'MISSED'}")
    for (left, right), pair in zip(numbers, pairs, strict=True):
        for source, missing, document in zip(("wikitext", "HTML"), (left - right, right - left), pair, strict=True):
            for item in [item for item in _compared(document.statistics) if missing[_key(item)] > 0][:worst]:
                print(f"  only in the {source}: {item.where.value}: {item.quantity.text!r}: {item.sentence[:160]}")
    for kind, facts in KINDS.items():
        counters = [[Counter(facts(document)) for document in pair] for pair in pairs]
        totals = [sum(side.total() for side in sides) for sides in zip(*counters, strict=True)]
        common = sum((left & right).total() for left, right in counters)
        print(f"  {kind}: {totals[0]} and {totals[1]}, {common} in both")
        lost = [("wikitext", item) for left, right in counters for item in left - right]
        lost += [("HTML", item) for left, right in counters for item in right - left]
        for source, item in lost[: worst // 2]:
            print(f"    only in the {source}: {item!s:.200}")
    return share


KINDS: dict[str, Callable[[Document], Iterable[object]]] = {
    "sentences": lambda d: ((s.location.section, s.where, s.label, s.text) for s in _compared(d.sentences)),
    "claims": lambda d: ((c.location.section, c.where, c.text) for c in _compared(d.claims)),
    "figures": lambda d: ((f.file, f.caption) for f in d.figures),
    "sections": lambda d: (s.path for s in d.sections),
    "named references": lambda d: ((r.key, r.uses) for r in d.references if r.name),
    "addresses of references": lambda d: (r.url for r in d.references if r.url),
}


def _compared(items: Iterable[Any]) -> Iterator[Any]:
    return (item for item in items if item.where.value != "infobox")


def milliseconds(measured: Callable[[], object]) -> float:
    spent = []
    for _ in range(RUNS):
        clear_caches()
        begun = time.process_time()
        measured()
        spent.append(1000 * (time.process_time() - begun))
    return statistics.median(spent)


def costs(wikitext: str, page: str) -> None:
    text = facts_text(page)
    other = page.replace("million", "billion", 1)
    changed, ticked = facts_text(other), text.replace(" 20", " 19", 3)
    rows: tuple[tuple[str, Callable[[], object]], ...] = (
        ("facts text of the HTML", lambda: facts_text(page)),
        ("facts text, parse and compare with the last one", lambda: compare_wikitext(text, facts_text(other))),
        ("the same, nothing changed", lambda: compare_wikitext(text, facts_text(page))),
        ("parse of the facts text", lambda: parse(text)),
        ("parse of the wikitext", lambda: parse(wikitext)),
        ("learning what is volatile", lambda: mask_volatile(text, ticked)),
        ("comparison of two facts texts", lambda: compare_wikitext(text, changed)),
    )
    print(f"wikitext {len(wikitext):,} characters, HTML {len(page):,}, facts text {len(text):,}")
    for name, measured in rows:
        print(f"  {milliseconds(measured):7.1f} ms  {name}")
    print(f"  bar for rendered HTML to facts: {BAR_MILLISECONDS:.0f} ms")


HOSTILE = {
    "190,000 inline tags": "<i>x</i>" * 190_000,
    "95 frames of images around as many": "<div class=thumb>" * 95 + "<span>x</span>" * 190_000,
    "45 captions in captions": "<figure><img src=a.jpg><figcaption>" * 45 + "<span>x</span>" * 190_000,
    "24 tables in tables": "<table class=infobox><tr><td>" * 24 + "<i>x</i>" * 190_000,
    "45 lists in lists": "<ul><li>" * 45 + "<li>x" * 150_000,
    "45 footnotes in footnotes": "".join(f"<ol class=references><li id=cite_note-{n}>" for n in range(45))
    + "<sup class=reference><a href='#cite_note-1'>1</a></sup>" * 60_000,
    "350,000 cells": "<table><tr>" + "<td>x" * 350_000,
    "100,000 cells of a million places": "<table>" + "<tr><td colspan=1000 rowspan=1000>x" * 100_000,
    "120,000 rows of an infobox": "<table class=infobox>" + "<tr><th>a1<td>x" * 120_000,
    "200,000 images": "<img width=100 src=a.jpg alt=x>" * 200_000,
    "8 MB of words": "<p>" + "a b " * 2_000_000,
    "7 MB of markup as text": "<p>" + "[[{{|''" * 1_000_000,
    "800,000 attributes": "<p " + " ".join(f"a{n}=1" for n in range(800_000)) + ">x",
}


def hostile() -> None:
    print("hostile pages: seconds of processor time, and what became of them")
    for name, page in HOSTILE.items():
        begun = time.process_time()
        try:
            result = f"{len(facts_text(page)):,} characters"
        except TooLarge as refused:
            result = str(refused)
        print(f"  {time.process_time() - begun:5.2f} s  {name}: {result}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--worst", type=int, default=10, help="how many differences are listed")
    asked = arguments.parse_args()
    if is_missing(ARTICLE):
        return 0
    if reason := RealWiki.missing():
        print(f"not measured: {reason}")
        return 0
    seed, pages = article(), real_pages()
    html, parsoid, others = render(seed, pages)
    written = parse(seed)
    shares = [
        agreement("seed article", [(written, parse(facts_text(html)))], asked.worst),
        agreement("seed article by Parsoid", [(written, parse(facts_text(parsoid)))], asked.worst),
    ]
    if pages:
        pairs = [(parse(page), parse(facts_text(other))) for page, other in zip(pages, others, strict=True)]
        shares.append(agreement(f"{len(pages)} real pages without templates", pairs, asked.worst))
    costs(seed, html)
    hostile()
    return int(min(shares) < BAR_AGREEMENT)


if __name__ == "__main__":
    sys.exit(main())
