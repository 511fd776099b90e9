import re
from collections.abc import Callable

import pytest

from tests.cases import for_each
from tests.hostile import HOSTILE
from watcher.model import Comparison, Finding
from watcher.report import Links, ReportOptions, report
from watcher.report.as_markdown import escape

_ESCAPED = re.compile(r"\\.")


def test_a_finding_reads_well_as_plain_markdown(comparison: Callable[..., Comparison], finding: Callable[..., Finding]):
    whole = comparison(finding())
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


def test_a_table_cell_cannot_break_its_row(soak: Callable[[str], Comparison]):
    shown = report(soak("a | b\n| c"), "markdown")
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert rows
    assert {_ESCAPED.sub("", row).count("|") for row in rows} == {4}


@for_each(
    ("text", "escaped"),
    [
        ("<script>", "&lt;script&gt;"),
        ("![x](y)", "!\\[x\\](y)"),
        ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
        ("https://evil.example", "https&#58;//evil.example"),
        ("www.evil.example", "www&#46;evil.example"),
        ("@somebody", "&#64;somebody"),
        ("1. item", "1\\. item"),
        ("- item", "\\- item"),
        ("a\n# b", "a \\# b"),
        ("2.5 million (+3 %)", "2.5 million (+3 %)"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_wiki_text_is_no_markup(text: str, escaped: str):
    assert escape(text) == escaped


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_hostile_text_stays_text(soak: Callable[[str], Comparison], step: int):
    for hostile in HOSTILE[::step]:
        assert_plain(soak(hostile))


def assert_plain(whole: Comparison) -> None:
    shown = report(whole, "markdown", ReportOptions(links=Links.on("https://wiki.example.org/w/index.php", whole)))
    plain = _ESCAPED.sub("", shown)
    targets = re.findall(r"\]\(<([^>]*)>\)", plain)
    assert all(target.startswith(("https://", "http://")) for target in targets)
    rest = re.sub(r"\]\(<[^>]*>\)", "", plain)
    assert "<" not in rest
    assert "](" not in rest
    assert "`" not in rest
    shown.encode()
