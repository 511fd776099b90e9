"""Test that a rendered page gives the facts of its wikitext, without interface text and markup."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher import compare_wikitext
from watcher.errors import TooLarge
from watcher.model import Document
from watcher.parse import parse
from watcher.parse.rendered import facts_text

# The same page three times: as it is written, as MediaWiki's parser renders it, as Parsoid does.
WIKITEXT = """The '''Ivory Ferry''' carries 21 million people a
year.<ref name="ilo">[https://ferry.example/a Ferry count], 2012</ref> It began in 1950.<ref>Harbour book, p. 7</ref>
Half of its 10<sup>6</sup> berths are new.<ref name="ilo" />

{{Infobox ship
| length = 340 m
}}
== Fleet ==
[[File:Ferry map.svg|thumb|Routes of the 12 ships]]
* 12 ships in 2020
* 7 harbours
** 3 of them in the north

{| class="wikitable"
|+ Passengers by year
! Year !! Passengers
|-
| 2012 || 21,000
|-
| 2013 || 22,500
|}
=== Crew ===
<blockquote>We were 900 in 1990.</blockquote>
"""
_NOTES = """<ol class="references"><li id="cite_note-ilo-1"><span class="mw-cite-backlink"><a href="#a">a</a></span>
<span class="reference-text"><a class="external text" href="https://ferry.example/a">Ferry count</a>, 2012</span>
</li><li id="cite_note-2"><span class="mw-cite-backlink">^</span><span class="reference-text">Harbour book, p. 7</span>
</li></ol>"""
_MARK = '<sup class="reference" id="cite_ref-{0}"><a href="{1}#cite_note-{0}"><span>[</span>1<span>]</span></a></sup>'


def _page(heading: str, figure: str, mark: str = _MARK.replace("{1}", ""), notes: str = _NOTES) -> str:
    ilo, book = mark.replace("{0}", "ilo-1"), mark.replace("{0}", "2")
    return f"""<div class="mw-content-ltr mw-parser-output" lang="en"><p>The <b>Ivory Ferry</b> carries 21&nbsp;million
people a year.{ilo} It began in 1950.{book} Half of its 10<sup>6</sup> berths are new.{ilo}</p>
<table class="infobox"><tbody><tr><th class="infobox-above" colspan="2"></th></tr>
<tr><th class="infobox-label">length</th><td class="infobox-data">340&#160;m</td></tr></tbody></table>
{heading.format(2, "Fleet")}{figure}
<ul><li>12 ships in 2020</li><li>7 harbours<ul><li>3 of them in the north</li></ul></li></ul>
<table class="wikitable"><caption>Passengers by year</caption><tbody><tr><th>Year</th><th>Passengers</th></tr>
<tr><td>2012</td><td>21,000</td></tr>
<tr><td>2013</td><td><span style="display:none">0022500</span>22,500</td></tr></tbody></table>
{heading.format(3, "Crew")}<blockquote><p>We were 900 in 1990.</p></blockquote>{notes}</div>"""


LEGACY = _page(
    """<div class="mw-heading mw-heading{0}"><h{0} id="x">{1}</h{0}><span class="mw-editsection">[<a>edit</a>]</span>
    </div>""",
    """<figure class="mw-default-size" typeof="mw:File/Thumb"><a href="/wiki/File:Ferry_map.svg"
    class="mw-file-description"><img src="//x.example/thumb/1/1a/Ferry_map.svg/220px-Ferry_map.svg.png" width="220" />
    </a><figcaption>Routes of the 12 ships</figcaption></figure>""",
)
BEFORE_2024 = _page(
    """<h{0}><span class="mw-headline" id="x">{1}</span><span class="mw-editsection">[<a>edit</a>]</span></h{0}>""",
    """<div class="thumb tright"><div class="thumbinner"><a href="/w/index.php?title=File:Ferry_map.svg" class="image">
    <img src="//x.example/1/1a/Ferry_map.svg" width="220" /></a><div class="thumbcaption"><div class="magnify">x</div>
    Routes of the 12 ships</div></div></div>""",
)
PARSOID = _page(
    "</section><section data-mw-section-id='1'><h{0} id='x'>{1}</h{0}>",
    """<figure typeof="mw:File/Thumb"><a href="./File:Ferry_map.svg"><img resource="./File:Ferry_map.svg" width="220"/>
    </a><figcaption>Routes of the 12 ships</figcaption></figure>""",
    _MARK.replace("{1}", "./Ivory_Ferry").replace("reference", 'mw-ref reference" typeof="mw:Extension/ref'),
    f'<div class="mw-references-wrap" typeof="mw:Extension/references">{_NOTES}</div>',
).join(
    (
        "<!DOCTYPE html><html><head><title>Ivory Ferry</title></head><body><section data-mw-section-id='0'>",
        "</section></body></html>",
    )
)


def facts(document: Document) -> list[tuple[object, ...]]:
    return sorted(
        [
            *((s.location.section, s.where.value, s.label, s.text, s.references) for s in document.sentences),
            *((f.location.section, f.file, f.caption) for f in document.figures),
            *((r.key, r.source, r.title or "", r.uses) for r in document.references),
            *((s.path, s.level) for s in document.sections),
        ],
        key=str,
    )


@for_each("page", [LEGACY, BEFORE_2024, PARSOID], ids=str)
def test_a_page_states_what_its_wikitext_states(page: str) -> None:
    assert facts(parse(facts_text(page))) == facts(parse(WIKITEXT))


def _box(*rows: str) -> str:
    return f"<table class='infobox'>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


# HTML and its facts text.
SHAPES = table(__file__, "shapes")


@for_each("name", SHAPES)
def test_each_shape_has_its_canonical_form(name: str) -> None:
    page, text = SHAPES[name]
    assert facts_text(page) == text


def test_a_row_of_an_infobox_is_the_same_row_when_its_year_moves() -> None:
    pages = (
        _box(f"<th>January {year} estimate</th><td>{people}</td>") for year, people in ((2024, "68 m"), (2025, "69 m"))
    )
    changes = [finding.to_dict() for finding in compare_wikitext(*map(facts_text, pages)).findings]
    assert [(change["kind"], change["old"]["as_of"], change["new"]["as_of"]) for change in changes] == [
        ("statistic.changed", "2024", "2025")
    ]


# What a page shows beside its facts, each in MediaWiki's or the templates' own markup.
NO_FACTS = table(__file__, "no_facts")


@for_each("name", NO_FACTS)
def test_chrome_states_nothing(name: str) -> None:
    assert facts_text(f"<p>A ship.{NO_FACTS[name]}</p>{NO_FACTS[name]}<p>Its end.</p>") == "A ship.\n\nIts end."


# Text that is markup elsewhere; each must come out of `parse` as it went in.
_AS_TEXT = table(__file__, "as_text")


@for_each("text", _AS_TEXT)
@for_each("frame", ["<p>{}</p>", "<ul><li>{}</li></ul>", "<dl><dt>{}</dt></dl>", "<table><tr><td>{}</td></tr></table>",
                    "<table><tr><th>x</th><td>1<p>{}</p></td></tr></table>", "<blockquote>{}</blockquote>",
                    "<figure><img src=A.jpg><figcaption>{}</figcaption></figure>",
                    "<table class=infobox><tr><th>a</th><td>{}</td></tr></table>"])  # fmt: skip
def test_text_that_reads_like_markup_stays_text(frame: str, text: str) -> None:
    document = parse(facts_text(f"<p>Before.</p>{frame.format(html.escape(text))}<h2>After</h2>"))
    sentences = [sentence.text for sentence in document.sentences]
    assert sentences[0] == "Before."
    assert text in " ".join(sentences)
    assert [section.path for section in document.sections] == [("After",)]
    assert not document.references
    assert not document.unread


@given(st.text(max_size=60))
def test_any_text_is_the_same_after_parse(text: str) -> None:
    once = facts_text(f"<p>{html.escape(text)}</p>")
    shown = [sentence.text for sentence in parse(once).sentences]
    again = facts_text(f"<p>{html.escape(' '.join(shown))}</p>")
    assert [sentence.text for sentence in parse(again).sentences] == shown


_TAGS = (
    "p|/p|h2|/h2|li|/li|ul|/ul|ol|dd|dt|table|/table|table class=infobox|tr|td|/td|th|td rowspan=3|caption|"
    "blockquote|b|/b|br|sup|/sup|figure|figcaption|div class=thumb|/div|section|img width=99 src=A.jpg|"
    "a class=external href=//x.org|/a|sup class=reference><a href=#cite_note-a-1>1</a></sup|"
    "ol class=references><li id=cite_note-a-1>note|math alttext=x></math"
).split("|")
_PIECES = st.one_of(
    st.sampled_from(_TAGS).map("<{}>".format),
    st.text(max_size=8).map(html.escape),
    st.sampled_from("{{ }} [[ ]] | = == ''' &lt;ref&gt; &lt;/ref&gt; <!-- -- 5 21&nbsp;million".split()),
)


@given(st.lists(_PIECES, max_size=30).map(" ".join))
def test_any_html_is_read(page: str) -> None:
    document = parse(facts_text(page))
    assert not document.unread
    assert document.used <= document.defined


# Pages that are made to stop, fill or deceive the reader: what they still state, None where they are refused.
HOSTILE: dict[str, tuple[str, str | None]] = {
    "unclosed tags": ("<p>5 ships<b><i><table><tr><td>x<div>" * 3, "5 ships"),
    "nested 100,000 deep": ("<div>" * 100_000 + "5 ships", None),
    "nested 200 deep": ("<div>" * 200 + "5 ships", None),
    "a million siblings": ("<p>x" * 1_000_000, None),
    "10,000 siblings": ("<i>x</i> " * 10_000, "x x"),
    "huge spans": ("<table><tr><td colspan=1000000000 rowspan=999999999>5 ships</td></tr></table>" * 50, "5 ships"),
    "9 MiB": ("<p>" + "x" * 9_000_000, None),
    "a huge attribute": (f"<p title='{'x' * 5_000_000}'>5 ships</p>", "5 ships"),
    "3,000 attributes": ("<p " + " ".join(f'data-a{n}="x"' for n in range(3_000)) + ">5 ships</p>", None),
    "an entity bomb": ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><p>&b;5 ships</p>', "5 ships"),
    "controls by number": ("<p>5&#0;&#1;&#xD800;&#xFFFF;&#x202e;&#8203; ships</p>", "ships"),
    "controls": ("<p>5\0\x01\ud800\u202e\u200b ships</p>", "ships"),
    "scripts as addresses": ("<p>5 <a class='external' href='javascript:alert(1)' onclick=x>ships</a></p>", "5 ships"),
    "a comment that ends late": ("<p>5<!-- --> <!-- <p>no --> ships</p>", "5 ships"),
    "base and meta": ("<base href=//evil.example><meta http-equiv=refresh><link rel=x><p>5 ships</p>", "5 ships"),
    "an id given twice": (
        f"<p>x{_MARK.format(1, '')}</p><ol class=references><li id=cite_note-1>5 ships<li id=cite_note-1>no</ol>",
        "5 ships",
    ),
    "notes that cite each other": (
        f"<p>5 ships{_MARK.format(1, '')}{_MARK.format(2, '')}</p><ol class=references>"
        + "".join(f"<li id=cite_note-{n}>n{_MARK.format((n + 1) % 1999, '')}</li>" for n in range(1999)),
        "5 ships",
    ),
}  # fmt: skip


@for_each("name", HOSTILE)
def test_hostile_pages_are_bounded(name: str) -> None:
    page, stated = HOSTILE[name]
    if stated is None:
        with pytest.raises(TooLarge):
            facts_text(page)
        return
    text = facts_text(page)
    assert stated in text
    assert len(text) < 2 * len(page) + 100
    assert not re.search("javascript|evil|[\0\x01\u202e\u200b\ud800]", text)


def test_a_page_that_grows_too_large_when_it_is_escaped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(facts_text.__globals__, "_MOST_BYTES", 100_000)
    page = "<p>" + "[[{{|''" * 4_000
    assert len(page) < 100_000
    with pytest.raises(TooLarge, match="the facts of the rendered page"):
        facts_text(page)
