"""What a rendered page states beside what its wikitext states, and what reading it costs.

    python tests/benchmarks/rendered.py                  the seed article in a real MediaWiki: agreement, differences, cost
    python tests/benchmarks/rendered.py --worst 40       more of the differences

The article is rendered by `action=parse` with Cite, ParserFunctions and small templates of our own in the shape of those
that it uses. Agreement is twice the statistics that both sides state, by section, kind of text and value with its unit,
period and year, of those that either states. Milliseconds are of processor time, each the median of several runs with
every cache emptied before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.mediawiki.wiki import SETTINGS, RealWiki  # noqa: E402  found from any working directory
from watcher import compare_wikitext  # noqa: E402
from watcher.model import Document, Statistic  # noqa: E402
from watcher.parse import facts_text, mask_volatile, parse  # noqa: E402
from watcher.parse.document import clear_caches  # noqa: E402

SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared"))
ARTICLE = SHARED / "data/articles/human-trafficking.wikitext"
BAR_AGREEMENT, BAR_MILLISECONDS = 0.97, 150.0
RUNS = 7

_CITE = (
    '<cite class="citation {0} cs1">{{{{#if:{{{{{{last|}}}}}}|{{{{{{last}}}}}}, {{{{{{first|}}}}}}. }}}}'
    "{{{{#if:{{{{{{url|}}}}}}|[{{{{{{url}}}}}} {{{{{{title|}}}}}}]|''{{{{{{title|}}}}}}''}}}}. {{{{{{work|{{{{{{journal|}}}}}}}}}}}} "
    '{{{{{{publisher|}}}}}} {{{{{{date|{{{{{{year|}}}}}}}}}}}}</cite><span title="ctx_ver=Z39.88-2004" class="Z3988"></span>'
)
_NOTE = '<div role="note" class="hatnote">See: {{{1|}}} {{{2|}}}</div>'
_BOX = '<table class="sidebar"><tr><td>Part of 5 things</td></tr></table>'
TEMPLATES = {
    **{f"Cite {kind}": _CITE.format(kind) for kind in ("web", "journal", "book", "news", "report", "magazine")},
    **dict.fromkeys(("Main", "See also", "Further", "About"), _NOTE),
    **dict.fromkeys(
        ("Slavery", "Library resources box", "Wikinews category", "Commons category", "Curlie", "Dmoz"), _BOX
    ),
    **dict.fromkeys(
        ("Law country lists", "Abuse", "Sexual abuse", "Authority control"),
        '<div role="navigation" class="navbox">5 links</div>',
    ),
    **dict.fromkeys(("Pp-move-indef", "Use dmy dates", "Cbignore", "No more links", "Col-end", "Div col end"), ""),
    "Short description": '<div class="shortdescription nomobile noprint" style="display:none">{{{1|}}}</div>',
    "Snd": "&nbsp;&ndash; ",
    "!": "|",
    "Legend": '<div class="legend"><span class="legend-color">&nbsp;</span>&nbsp;{{{2|}}}</div>',
    "Bulleted list": "<ul><li>{{{1}}}</li>{{#if:{{{2|}}}|<li>{{{2}}}</li>}}{{#if:{{{3|}}}|<li>{{{3}}}</li>}}"
    "{{#if:{{{4|}}}|<li>{{{4}}}</li>}}{{#if:{{{5|}}}|<li>{{{5}}}</li>}}{{#if:{{{6|}}}|<li>{{{6}}}</li>}}</ul>",
    "Citation needed": '<sup class="noprint Inline-Template">[<i>citation needed</i>]</sup>',
    "Dead link": '<sup class="noprint Inline-Template">[<i>dead link</i>]</sup>',
    "Subscription required": "(subscription required)",
    "As of": "As of {{{1}}}",
    "Quote": '<blockquote class="templatequote"><p>{{{1|{{{text|}}}}}}</p></blockquote>',
    "Webarchive": "Archived at {{{url|}}}",
    "Reflist": '<div class="reflist"><references /></div>',
    "Div col": "<div>",
}


def render(folder: Path, wikitext: str) -> str:
    """Return the HTML that a real MediaWiki makes of a wikitext."""
    with RealWiki(folder) as wiki:
        for extension in ("Cite", "ParserFunctions"):
            if f"'{extension}'" not in SETTINGS:
                with (folder / "LocalSettings.php").open("a") as settings:
                    settings.write(f"wfLoadExtension( '{extension}' );\n")
        with wiki.session("Admin") as session:
            for name, text in TEMPLATES.items():
                session.edit(f"Template:{name}", text)
            session.edit("Human trafficking", wikitext)
            answer = session.do("parse", page="Human trafficking", prop="text", disablelimitreport=1)
            return str(answer["text"])


def stated(document: Document) -> Counter[tuple[object, ...]]:
    """Count the statistics of prose, lists, quotations, tables and captions."""
    return Counter(_key(item) for item in document.statistics if item.where.value != "infobox")


def _key(item: Statistic) -> tuple[object, ...]:
    number = item.quantity
    return (
        item.location.section, item.where.value, number.measure.value, number.value, number.low, number.high,
        number.unit, number.qualifier, number.period, number.as_of,
    )  # fmt: skip


def agreement(written: Document, rendered: Document, worst: int) -> float:
    """Print how far two documents agree, and the first differences."""
    left, right = stated(written), stated(rendered)
    share = 2 * (left & right).total() / (left + right).total()
    print(f"statistics: {left.total()} in the wikitext, {right.total()} in the HTML, agreement {share:.4f}")
    print(f"  bar {BAR_AGREEMENT}: {'met' if share >= BAR_AGREEMENT else 'MISSED'}")
    for name, missing, side in (("wikitext", left - right, written), ("HTML", right - left, rendered)):
        told = [item for item in side.statistics if missing[_key(item)] > 0]
        for item in told[:worst]:
            print(
                f"  only in the {name}: {item.where.value} {' / '.join(item.location.section)}: {item.quantity.text!r}"
            )
            print(f"      {item.sentence[:160]}")
    for name, lines in (
        ("sentences", lambda d: ((s.location.section, s.where, s.text) for s in d.sentences if s.is_content)),
        ("labels", lambda d: ((s.where, s.label, s.text) for s in d.sentences if s.where.value == "table")),
        ("claims", lambda d: ((c.location.section, c.where, c.text) for c in d.claims)),
        ("figures", lambda d: ((f.file, f.caption) for f in d.figures)),
        ("sections", lambda d: (s.path for s in d.sections)),
        ("named references", lambda d: ((r.key, r.uses) for r in d.references if r.name)),
        ("addresses of references", lambda d: (r.url for r in d.references if r.url)),
    ):
        _overlap(name, lines(written), lines(rendered), worst)
    return share


def _overlap(name: str, written: Iterable[object], rendered: Iterable[object], worst: int) -> None:
    left, right = Counter(written), Counter(rendered)
    print(f"{name}: {left.total()} and {right.total()}, {(left & right).total()} in both")
    for side, missing in (("wikitext", left - right), ("HTML", right - left)):
        for item in [*missing][: worst // 4]:
            print(f"  only in the {side}: {item!s:.200}")


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


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--worst", type=int, default=10, help="how many differences are listed")
    arguments.add_argument("--html", type=Path, help="an HTML rendered earlier; written where it is missing")
    asked = arguments.parse_args()
    if not ARTICLE.exists() or (reason := RealWiki.missing()):
        print(f"not measured: {ARTICLE} is missing" if not ARTICLE.exists() else f"not measured: {reason}")
        return 0
    wikitext = ARTICLE.read_text()
    if asked.html and asked.html.exists():
        page = asked.html.read_text()
    else:
        with tempfile.TemporaryDirectory() as folder:
            page = render(Path(folder), wikitext)
        if asked.html:
            asked.html.write_text(page)
    share = agreement(parse(wikitext), parse(facts_text(page)), asked.worst)
    costs(wikitext, page)
    return int(share < BAR_AGREEMENT)


if __name__ == "__main__":
    sys.exit(main())
