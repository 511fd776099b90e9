"""Test that a rendered page gives the facts of its wikitext, without interface text and markup."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher import compare_wikitext
from watcher.errors import TooLarge
from watcher.model import Document
from watcher.parse import parse
from watcher.parse.rendered import facts_text

# The same page as it is written, and as MediaWiki's parser renders it, now and before 2024, and Parsoid.
FERRY = Path(__file__).with_name("ferry")
WIKITEXT = (FERRY / "page.wikitext").read_text(encoding="utf-8")
PARSOID, LEGACY, BEFORE_2024 = (
    (FERRY / f"{name}.html").read_text(encoding="utf-8") for name in ("parsoid", "legacy", "before_2024")
)
_MARK = '<sup class="reference" id="cite_ref-{0}"><a href="{1}#cite_note-{0}"><span>[</span>1<span>]</span></a></sup>'


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
