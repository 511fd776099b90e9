import json
import re
import unicodedata

import pytest

from tests.cases import for_each
from tests.hostile import HOSTILE
from tests.watcher.report.conftest import a_comparison, a_finding, a_soaked_comparison
from watcher import compare_wikitext
from watcher.errors import InputError
from watcher.model import Comparison, Kind, Severity
from watcher.report import Links, ReportOptions, report
from watcher.report.engine import escape

_ESCAPED = re.compile(r"\\.")


def test_an_unknown_format_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"format 'pdf': unknown, choose one of text, json, html, markdown"):
        report(Comparison(), "pdf")  # type: ignore[arg-type]


def test_every_change_is_there_in_document_order(all_kinds: Comparison):
    reported = json.loads(report(all_kinds, "json"))
    assert [change["kind"] for change in reported["changes"]] == [kind.value for kind in Kind]
    assert reported["changes"] == json.loads(json.dumps([finding.to_dict() for finding in all_kinds.findings]))
    assert reported["article"] == {"wiki": "wiki.example.org", "page_id": 12, "title": "Bridge tolls"}
    assert (reported["before"]["id"], reported["after"]["editor"]) == (100, "203.0.113.9")
    assert reported["unread"] == [{"reason": "braces that never close", "section": []}]
    reported = json.loads(report(Comparison(), "json"))
    assert (reported["article"], reported["before"], reported["changes"]) == (None, None, [])
    assert report(Comparison(), "text") == "Two texts compared\n\nNo change was found.\n"


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_hostile_text_stays_text_in_every_form(step: int):
    for hostile in HOSTILE[::step]:
        whole = a_soaked_comparison(hostile)
        assert json.loads(report(whole, "json").encode())["unread"][0]["reason"] == hostile
        shown = report(whole, "text")
        steering = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs")} - {"\n"}
        assert not steering, hostile
        shown = report(whole, "markdown", ReportOptions(links=Links.on("https://wiki.example.org/w/index.php", whole)))
        plain = _ESCAPED.sub("", shown.encode().decode())
        targets = re.findall(r"\]\(<([^>]*)>\)", plain)
        assert all(target.startswith(("https://", "http://")) for target in targets)
        rest = re.sub(r"\]\(<[^>]*>\)", "", plain)
        assert not [live for live in ("<", "](", "`") if live in rest], hostile


def test_a_terminal_sees_the_change_at_a_glance():
    request = ReportOptions(links=Links(diff_url="https://wiki.example.org/?diff=104"))
    assert report(a_comparison(a_finding()), "text", request) == (
        "Bridge tolls (wiki.example.org)\n"
        'Before    100 · 3 November 2026, 14:40 UTC · Quiet Reader "copy-edit"\n'
        'After     104 · 3 November 2026, 14:44 UTC · 203.0.113.9 (unregistered) "updated a number"\n'
        "Diff      https://wiki.example.org/?diff=104\n"
        "\n"
        "1 statistic changed without a new source; nothing else of substance.\n"
        "\n"
        "HIGH     Statistic changed · Lead\n"
        "  21 million → 25 million travellers (+19 %), same source\n"
        "    - In 2012 the labour office counted [-21-] million travellers who paid the toll twice.\n"
        "    + In 2012 the labour office counted {+25+} million travellers who paid the toll twice.\n"
        "    same source: url:example.org/audit\n"
        "    1 other place still with the old value: History\n"
        "    why: It still cites the same source.\n"
    )


def test_no_line_is_wider_than_a_hundred_columns_and_what_is_held_back_is_listed(all_kinds: Comparison):
    shown = report(all_kinds, "text", ReportOptions(threshold=Severity.INFO))
    assert max(map(len, shown.splitlines())) <= 100
    shown = report(all_kinds, "text")
    assert "Below the alert threshold (medium):" in shown
    assert "Not read:\n  Lead: braces that never close" in shown


def test_a_finding_reads_well_as_plain_markdown():
    whole = a_comparison(a_finding())
    shown = report(whole, "markdown", ReportOptions(links=Links.on("https://wiki.example.org/w/index.php", whole)))
    for line in (
        "# Bridge tolls",
        "**1 statistic changed without a new source; nothing else of substance.**",
        "## High: 21 million → 25 million travellers (+19 %), same source",
        "Statistic changed in *Lead*",
        "> Before: In 2012 the labour office counted **21** million travellers who paid the toll twice.  ",
        "> After: In 2012 the labour office counted **25** million travellers who paid the toll twice.  ",
        "- [Difference on the wiki](<https://wiki.example.org/w/index.php?diff=104&oldid=100>)",
        "- It still cites the same source.",
    ):
        assert line in shown.splitlines()


@for_each(("old", "new", "shown"))
def test_stars_stand_where_commonmark_takes_them_for_bold(old: str, new: str, shown: str):
    assert f"> After: {shown}  " in report(a_comparison(compare_wikitext(old, new).findings[0]), "markdown")


def test_a_table_cell_cannot_break_its_row():
    shown = report(a_soaked_comparison("a | b\n| c"), "markdown")
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert rows
    assert {_ESCAPED.sub("", row).count("|") for row in rows} == {4}


@for_each(("text", "escaped"))
def test_wiki_text_is_no_markup(text: str, escaped: str):
    assert escape(text) == escaped
