"""Test the work, key and standard fields of footnotes and citation templates."""

from collections.abc import Iterator
from pathlib import Path

import mwparserfromhell

from tests.cases import for_each, table
from watcher.model import Reference
from watcher.parse.citations.references import is_definition, parse_simple_reference, reference_keys, reference_of

FULL = (
    "last=Ngugi |first=A. |title=Debt and labour |url=https://a.org/1 |work=The Post |date=3 May 2019 |doi=10.1000/XY"
)


def node(text: str):
    return mwparserfromhell.parse(text, skip_style_tags=True).nodes[0]


def cited(text: str) -> Reference:
    reference = reference_of(node(text))
    assert reference is not None
    return reference


CASES = [
    line.split(" → ")
    for line in Path(__file__).with_name("nodes.txt").read_text(encoding="utf-8").split("\n")
    if " → " in line
]
FIELDS = ("template authors title work publisher date pages url archive_url access_date doi isbn quote text").split()


def shown(text: str) -> Iterator[str]:
    reference = reference_of(node(text))
    if reference is None:
        yield "nothing"
        return
    yield ("defines " if is_definition(node(text)) else "uses ") + ", ".join(reference_keys(node(text)))
    for name in FIELDS:
        if value := getattr(reference, name):
            yield f"{name}: {'; '.join(value) if isinstance(value, tuple) else value}"


@for_each(("text", "expected"), CASES)
def test_a_node_cites_these(text: str, expected: str):
    assert " | ".join(shown(text.replace("⏎", "\n"))) == expected


SAME = {
    "order": " |".join(reversed(FULL.split(" |"))),
    "spacing": FULL.replace(" |", "|").replace("=", " = "),
    "lines": FULL.replace("|", "\n|"),
    "access date": FULL + "|access-date=4 May 2020",
    "old spelling of a parameter": FULL.replace("last=", "last1=").replace("work=", "newspaper="),
    "doi resolver and case": FULL.replace("10.1000/XY", "https://doi.org/10.1000/xy"),
    "status of the address": FULL + "|url-status=live|df=dmy|url-access=subscription",
    "empty parameters": FULL + "|page=|archive-url=|quote= ",
    "comment": FULL + "|via=<!-- none -->",
    "a parameter given twice": "title=Old |" + FULL,
}


@for_each("name", SAME)
def test_the_way_of_writing_is_no_difference(name: str):
    assert cited(f"<ref name=a>{{{{Cite news|{SAME[name]}}}}}</ref>") == cited(
        f"<ref name=a>{{{{cite News |{FULL} }}}}</ref>"
    )


@for_each(("part", "other"))
def test_another_statement_is_a_difference(part: str, other: str):
    assert part in FULL
    assert cited(f"<ref name=a>{{{{cite news|{FULL.replace(part, other)}}}}}</ref>") != cited(
        f"<ref name=a>{{{{cite news|{FULL}}}}}</ref>"
    )


HOSTILE = table(__file__, "hostile")


@for_each("text", HOSTILE)
def test_nonsense_is_read_without_an_error(text: str):
    reference = reference_of(node(text))
    assert reference is None or reference.key


@for_each(("note", "expected"))
def test_the_front_of_a_site_beside_a_work_is_no_work(note: str, expected: tuple[str, ...]):
    reference = reference_of(node(f"<ref>{note}</ref>"))
    assert reference is not None
    assert [part.title for part in reference.parts] == [*expected]


def test_of_a_note_with_very_many_links_the_first_are_told_apart():
    links = "; ".join(f"[https://a.org/{number} Log {number}]" for number in range(200))
    reference = reference_of(node(f"<ref>{links}</ref>"))
    assert reference is not None
    assert [part.title for part in reference.parts] == [f"Log {number}" for number in range(1, 17)]


PLAIN = table(__file__, "plain")
MARKED = table(__file__, "marked")


@for_each("raw", PLAIN)
def test_plain_citation_is_read_as_the_parser_reads_it(raw):
    node = mwparserfromhell.parse(raw, skip_style_tags=True).nodes[0]
    parsed = reference_of(node)
    quick = parse_simple_reference(raw)
    assert quick == parsed
    assert quick is not None
    assert quick.access_date == parsed.access_date


@for_each("raw", MARKED)
def test_anything_else_is_left_to_the_parser(raw):
    assert parse_simple_reference(raw) is None
