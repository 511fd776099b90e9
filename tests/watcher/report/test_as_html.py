import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from tests.cases import for_each
from tests.hostile import HOSTILE
from tests.watcher.report.conftest import a_comparison, a_finding, a_soaked_comparison
from watcher.model import Comparison, FieldChange, Figure, Kind, Reason, Severity
from watcher.report import Links, ReportOptions, report
from watcher.report.as_html import LARGEST_PAGE, environment

INDEX = "https://wiki.example.org/w/index.php"
TAGS = frozenset(
    "a abbr article bdi blockquote body caption code dd del details div dl dt footer h1 h2 h3 h4 head header html "
    "ins li link main meta nav p section span style summary table tbody td th thead time title tr ul".split()
)
ATTRIBUTES = frozenset(
    "aria-hidden aria-label aria-labelledby charset class colspan content data-label datetime href http-equiv id "
    "lang name rel scope tabindex title".split()
)


class Seen(HTMLParser):
    """Every tag and attribute of a page as a browser would meet them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href" and tag == "a"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(whole: Comparison, text: str = "some wikitext") -> str:
    links = Links.on(INDEX, whole)
    return report(whole, "html", ReportOptions(before_text=text, after_text=f"{text} and more", links=links))


def assert_inert(page: str) -> None:
    seen = Seen(page)
    assert set(seen.tags) <= TAGS
    assert seen.attributes <= ATTRIBUTES
    assert (seen.tags["style"], seen.tags["link"], seen.tags["meta"], seen.tags["title"]) == (1, 1, 6, 1)
    assert all(re.match(r"#[\w-]+$|https?://[^\s]+$", address, re.IGNORECASE) for address in seen.addresses)
    page.encode()


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_hostile_text_in_every_field_stays_text(step: int):
    for hostile in HOSTILE[::step]:
        page = rendered(a_soaked_comparison(hostile), hostile)
        assert_inert(page)
        assert len(page.encode()) <= LARGEST_PAGE, hostile
    assert "<script>alert(1)</script>" in Seen(rendered(a_soaked_comparison("<script>alert(1)</script>"))).text
    page = rendered(a_soaked_comparison("gnp\u202eexe"), "gnp\u202eexe")
    assert "\u202e" not in page
    assert "gnp⟨U+202E⟩exe" in page


@given(text=st.text(st.sampled_from("<>&\"'`=/ \n\t\u202e\x00abcsript{}%#:;!-\ud800é漢"), max_size=40))
def test_any_text_renders_without_a_live_tag(text: str):
    assert_inert(rendered(a_soaked_comparison(text), text))


def test_the_first_screen_has_article_revisions_verdict_and_the_words_that_changed():
    reasons = (Reason(code="x", text=text) for text in ("It still cites the same source.", "a negation: قديم → جديد"))
    page = rendered(a_comparison(a_finding(reasons=reasons)))
    for reported in (
        "Bridge tolls</bdi></a></h1>", "1 statistic changed without a new source; nothing else of substance.",
        f'href="{INDEX}?oldid=100"', f'href="{INDEX}?diff=104&amp;oldid=100"', "Quiet Reader", "updated a number",
        "<del>21</del><ins>25</ins>", "+4 million (+19 %)", "same source", "It still cites the same source.",
        "watcher explain", '<li><bdi dir="ltr"><bdi>a negation</bdi>: <bdi>قديم</bdi> → <bdi>جديد</bdi></bdi></li>',
    ):  # fmt: skip
        assert reported in page
    assert environment().filters["shell"]("-stan") == "-- -stan"


def test_every_kind_is_shown_with_sound_structure(all_kinds: Comparison):
    seen = Seen(rendered(all_kinds))
    assert seen.headings[0] == 1
    assert seen.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(seen.headings, seen.headings[1:], strict=False))
    assert [seen.tags[tag] for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert len(seen.ids) == len(set(seen.ids))
    assert {address[1:] for address in seen.addresses if address.startswith("#")} <= set(seen.ids)
    assert {f"finding-{n}" for n in range(1, len(Kind) + 1)} <= set(seen.ids)
    page = rendered(all_kinds)  # which admits its own style alone
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")
    assert not re.search(r"\sstyle=", page)
    assert "url(" not in page
    page = report(Comparison(), "html")
    assert_inert(page)
    assert "No change was found." in page


@pytest.mark.slow
def test_a_long_article_that_changed_everywhere_stays_below_the_limit():
    sentence = "人身売買 & <ref>{{cite}}</ref> " * 12
    many = a_comparison(
        *[
            a_finding(kind, old_sentence=f"{n} {sentence}", new_sentence=f"{n + 1} {sentence}", summary=sentence)
            for n, kind in enumerate([*Kind] * 20)
        ]
    )
    before = "\n".join(f"{n} {sentence}" for n in range(500))
    page = report(many, "html", ReportOptions(before_text=before, after_text=before.replace("身", "体")))
    assert 20_000 < len(page.encode()) <= LARGEST_PAGE
    assert "more findings: this page has no room for more" in page


def test_a_template_escapes_whatever_its_name_and_fails_on_an_unknown_one():
    assert environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    assert environment().from_string("{{ x|bdi }}").render(x="<b>") == "<bdi>&lt;b&gt;</bdi>"
    assert environment().from_string("{{ x }}").render(x=Markup("<b>")) == "<b>"
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing_of_that_name }}").render()


def test_a_picture_is_one_click_away_in_both_versions_and_neither_is_shown():
    old, new = (
        Figure(file="Map.svg", caption="Tolls", sha1=sha1, url=f"https://files.example.org/{sha1}/Map.svg")
        for sha1 in ("0a", "1b")
    )
    fields = (FieldChange(name="sha1", old="0a", new="1b"),)
    whole = a_comparison(a_finding(Kind.FIGURE_CHANGED, Severity.MEDIUM, old=old, new=new, fields=fields))
    shown = report(whole, "html")
    for sha1 in ("0a", "1b"):
        assert f'href="https://files.example.org/{sha1}/Map.svg" rel="noreferrer">Open this version' in shown
    assert "<img" not in shown
    whole = a_comparison(a_finding(Kind.FIGURE_REPLACED, Severity.MEDIUM))
    shown = report(whole, "html", ReportOptions(links=Links.on(INDEX, whole)))
    assert shown.count("Open the image") == 4  # where the wiki is known
    assert "Open the image" not in report(whole, "html")


def test_the_finding_in_focus_is_on_a_page_that_has_no_room_for_all():
    many = a_comparison(*[a_finding()] * 2000)
    assert 'id="finding-1999"' not in report(many, "html")
    assert '<article class="card sev-high" id="finding-1999"' in report(many, "html", ReportOptions(focus=1999))


@for_each(("language", "expected"))
def test_a_quoted_sentence_has_the_language_and_direction_of_its_wiki(language: str, expected: str):
    whole = a_comparison(a_finding())
    page = report(whole, "html", ReportOptions(links=Links.on(INDEX, whole, language=language)))
    assert f'<blockquote class="sentence">{expected}' in page
