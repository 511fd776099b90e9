"""Test that an alert's message is complete, bounded, and free of active content."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html import unescape
from html.parser import HTMLParser
from zlib import crc32

import markdown as python_markdown
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.cases import for_each
from watcher.model import Alert, AlertTopic, Article, Cited, Kind, Notice, Revision, Severity
from watcher.notify import compose
from watcher.notify.messages import COMPACT_BYTES, MAIL_CHARACTERS, TEXT_BYTES, facts_of

ARTICLE = Article(wiki="w", page_id=7, title="Human trafficking")
OLD = "In 2012 an agency put the number of people in forced labour at 21 million worldwide."
NEW = OLD.replace("21", "25")
NOTICE = Notice(
    kind=Kind.STATISTIC_CHANGED,
    severity=Severity.HIGH,
    section=(),
    summary="21 million → 25 million people (+19 %), same source, same year",
    old_sentence=OLD,
    new_sentence=NEW,
    reasons=("source-unchanged", "as-of-unchanged"),
)
REVIEW = "http://127.0.0.1:8765/compare/w/1/2?finding=0123456789abcdef"
RICH = replace(
    NOTICE,
    explanations=("the cited source is the same",),
    sources=(Cited(label="Estimate", url="https://labour.example.org/2012", status="kept"),),
    review_url=REVIEW,
)
DIFF = "https://wiki.example.org/w/index.php?title=Human_trafficking&diff=1234567891&oldid=1234567890"
REPORT = "http://127.0.0.1:8765/comparisons/42"


def a_revision(number: int, editor: str | None = "Marian") -> Revision:
    at = datetime(2026, 3, 4, 6, 6, tzinfo=timezone(timedelta(hours=1)))
    return Revision(article=ARTICLE, id=number, parent_id=number - 1, at=at, editor=editor, comment="new number")


def notices(count: int, notice: Notice = NOTICE) -> list[Notice]:
    """Findings of as many sentences: those of one are told as one."""
    return [
        replace(notice, summary=f"{n} → {n + 1} wells", old_sentence=f"{n}: {OLD}", new_sentence=f"{n}: {NEW}")
        for n in range(count)
    ]


def an_alert(*notices: Notice, title: str = ARTICLE.title, editor: str | None = "Marian", diff: str = DIFF) -> Alert:
    return Alert(
        key="3f9ac2d1" * 4,
        article=ARTICLE
        if title == ARTICLE.title
        else replace(ARTICLE, title=title, page_id=crc32(title.encode("utf-8", "surrogatepass"))),
        before=a_revision(1234567890),
        after=a_revision(1234567891, editor),
        notices=notices,
        diff_url=diff,
        report_url=REPORT,
    )


def test_one_changed_statistic_is_shown_with_both_sentences_its_reason_sources_and_links():
    text = compose(an_alert(RICH)).text
    assert text.splitlines() == [
        "Human trafficking",
        "",
        "high · lead: 21 million → 25 million people (+19 %), same source, same year",
        f"Before: “{OLD}”",
        f"Now: “{NEW}”",
        "Why high: the cited source is the same",
        "Source: Estimate, https://labour.example.org/2012",
        f"Finding: {REVIEW}",
        f"Mute: {REVIEW}#mute",
        "",
        "by Marian, 2026-03-04 05:06 UTC: “new number”",
        f"Difference: {DIFF}",
        f"Report: {REPORT}",
        "watcher explain 'Human trafficking' 1234567890 1234567891",
    ]


def test_a_source_without_a_title_is_named_once_by_its_address():
    address = "https://labour.example.org/2012"
    bare = replace(RICH, sources=(Cited(label=address, url=address, status="removed"),))
    assert f"Source removed: {address}" in compose(an_alert(bare)).text.splitlines()


def test_the_compact_text_has_what_fits_500_bytes():
    text = compose(an_alert(NOTICE)).compact_text
    assert text.splitlines() == [
        "Human trafficking",
        "high · lead: 21 million → 25 million people (+19 %), same source, same year",
        "Before: “…an agency put the number of people in forced labour at 21 million worldwide.”",
        "Now: “…an agency put the number of people in forced labour at 25 million worldwide.”",
        "by Marian, 2026-03-04 05:06 UTC: “new number”",
        DIFF.replace("title=Human_trafficking&", ""),
        REPORT,
        "watcher explain 'Human trafficking' 1234567890 1234567891",
    ]
    assert len(text.encode()) <= COMPACT_BYTES


def test_the_key_is_in_no_body_for_headers_carry_it():
    message = compose(an_alert(NOTICE), "team-77")
    assert message.key == "team-77"
    assert "team-77" not in message.text + message.html + message.markdown + message.mail


@for_each(("topic", "begins"))
def test_a_subject_begins_with_the_severity(topic: str, begins: str):
    alert = replace(an_alert(NOTICE, replace(NOTICE, severity=Severity.CRITICAL)), topic=AlertTopic(topic))
    assert compose(alert).subject.startswith(begins)


@for_each("summary, headline")
def test_a_quotation_in_a_subject_is_whole_or_closed_or_left_out(summary: str, headline: str):
    line = compose(an_alert(replace(NOTICE, summary=summary, reasons=()))).subject
    assert line == f"High: Human trafficking: {headline} (lead)"


def test_what_is_resolved_has_no_severity():
    message = compose(
        replace(an_alert(replace(RICH, severity=Severity.CRITICAL, explanations=())), topic=AlertTopic.RESOLVED)
    )
    bodies = (message.text, message.compact_text, message.markdown, message.html, visible(message.mail))
    assert [body for body in bodies if "critical" in body.casefold()] == []
    assert message.is_resolved


SIZES = {
    "plain": an_alert(NOTICE),
    "long sentence": an_alert(replace(NOTICE, new_sentence="before " * 300 + NEW + " after" * 300)),
    "two long sentences": an_alert(
        replace(NOTICE, old_sentence="before " * 300 + OLD, new_sentence="before " * 300 + NEW + " after" * 300)
    ),
    "long title": an_alert(NOTICE, title="Ä" * 127, diff=DIFF.replace("Human_trafficking", "%C3%84" * 127)),
    "long everything": an_alert(
        replace(
            NOTICE, section=("Überschrift " * 20,) * 5, summary="21 → 25 " + "Wörter " * 200, new_sentence=NEW * 50
        ),
        title="漢" * 85,
        editor="人" * 85,
        diff=DIFF.replace("Human_trafficking", "%E6%BC%A2" * 85),
    ),
    "long addresses": replace(
        an_alert(NOTICE, diff="https://w.org/" + "d" * 400), report_url="https://r.org/" + "r" * 400
    ),
    "long key": replace(an_alert(NOTICE), key="k" * 300),
    "no sentence": an_alert(replace(NOTICE, old_sentence=None, new_sentence=None)),
    "no notice": an_alert(),
    "two": an_alert(NOTICE, replace(NOTICE, severity=Severity.CRITICAL)),
    "forty": an_alert(*notices(40)),
    "thousands": an_alert(*notices(3_000)),
    "forty long ones": an_alert(
        *[replace(each, summary="値 → 値 " * 90) for each in notices(40, replace(NOTICE, section=("部" * 90,)))]
    ),
}


@for_each("case", SIZES)
def test_each_form_has_a_bounded_size_whatever_the_wiki_holds(case: str):
    message = compose(SIZES[case])
    assert len(message.text.encode()) <= TEXT_BYTES
    assert len(message.compact_text.encode()) <= COMPACT_BYTES
    assert len(message.short.encode()) <= 140
    assert len(message.subject.encode()) <= 160
    assert len(message.markdown) <= 7_000
    assert len(message.compact_markdown) <= 1_800
    assert len(message.html) <= 3_600
    assert len(message.mail) <= MAIL_CHARACTERS
    assert "\n" not in message.subject


def test_what_is_long_is_shortened_around_the_change_and_leaves_article_editor_and_link():
    text = compose(SIZES["two long sentences"]).compact_text
    before, now, *_ = re.findall("“(.*)”", text)
    assert "21 million" in before
    assert "25 million" in now
    assert (before[0], now[0]) == ("…", "…")
    text = compose(SIZES["long everything"]).compact_text
    assert [part in text for part in ("漢漢", "21 → 25", "人人", "diff=1234567891")] == [True] * 4


def test_the_most_severe_finding_comes_first():
    low = replace(NOTICE, severity=Severity.LOW, summary="1 → 2 wells")
    worst = replace(NOTICE, severity=Severity.CRITICAL, summary="3 → 4 wells")
    message = compose(an_alert(low, NOTICE, worst))
    assert message.compact_text.splitlines()[1].startswith("critical · lead: 3 → 4 wells")
    assert message.subject.startswith("Critical: Human trafficking: 3 → 4 wells")
    assert message.severity is Severity.CRITICAL


def test_five_findings_are_shown_in_full_and_the_rest_is_counted_by_kind():
    message = compose(SIZES["forty"])
    for body in (message.text, message.markdown, visible(message.mail)):
        assert re.findall(r"(\d+) → \d+ wells", body) == ["0", "1", "2", "3", "4"]
        assert body.count("25 million worldwide") + body.count("25  million worldwide") == 5
        assert "nd 35 more: 35 statistics" in body
    assert message.subject.endswith("+39 statistics")
    message = compose(SIZES["thousands"])
    assert "and 2,995 more: 2,995 statistics" in message.text
    assert message.subject.endswith("+2,999 statistics")


def test_where_less_fits_findings_are_cut_at_their_borders_and_counted():
    message = compose(SIZES["forty"])
    for body in (message.compact_text, message.compact_markdown, message.html):
        shown = re.findall(r"(\d+) → (\d+) wells", body)
        more = re.search(r"and (\d+) more: \d+ statistics", body)
        assert more is not None
        assert len(shown) > 1
        assert len(shown) + int(more[1]) == 40
        assert all(int(new) == int(old) + 1 for old, new in shown)


@for_each("case", ["plain", "forty", "long sentence", "two long sentences", "long key", "thousands"])
def test_the_command_that_explains_it_is_in_every_body(case: str):
    message = compose(SIZES[case])
    command = "watcher explain 'Human trafficking' 1234567890 1234567891"
    for body in (message.text, message.compact_text, message.markdown, message.compact_markdown, message.html):
        assert command in unescape(body)
    assert command in visible(message.mail)


def test_a_link_that_is_not_plain_a_command_that_could_not_be_typed_and_a_hidden_name_are_left_out():
    message = compose(an_alert(NOTICE, diff="javascript:alert(1)"))
    assert "javascript" not in message.text + message.markdown + message.html
    assert REPORT in message.text
    assert "watcher explain" not in compose(an_alert(NOTICE, title="www.example.org")).text
    assert "watcher explain -- -stan 1234" in compose(an_alert(NOTICE, title="-stan")).text
    assert "by a hidden editor, 2026" in compose(an_alert(NOTICE, editor=None)).text


def visible(page: str) -> str:
    """The text of a page as a reader has it."""
    return unescape(re.sub(r"<head>.*?</head>|<[^>]*>", " ", page, flags=re.DOTALL))


class LiveMarkup(HTMLParser):
    """Which tags and addresses a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str | None] = set()
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value for name, value in attrs if name in ("href", "src")}

    def handle_comment(self, data: str) -> None:
        self.tags.add(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.tags.add(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.tags.add(f"<?{data}")


SHOWN = (
    "high", "lead", RICH.summary, "68 % → 70 % of wells", "Why high: the cited source is the same", "Source: Estimate",
    "by Marian", "2026-03-04 05:06 UTC", "“new number”", "watcher explain 'Human trafficking' 1234567890 1234567891",
)  # fmt: skip


def test_the_plain_part_of_a_mail_says_what_its_page_says():
    message = compose(an_alert(RICH, replace(RICH, summary="68 % → 70 % of wells", old_sentence=None)))
    assert LiveMarkup(message.mail).links == set(re.findall(r"http\S+", message.text))
    page = " ".join(visible(message.mail).split()).casefold()
    assert [words for words in SHOWN if words.casefold() not in page or words not in message.text] == []


def test_a_template_of_the_user_may_show_all_that_the_built_in_ones_show():
    (item,) = facts_of(an_alert(RICH), "k")["items"]
    assert (item["why"], item["review"], item["mute"]) == (RICH.explanations[0], REVIEW, f"{REVIEW}#mute")
    assert (item["before"], item["sentence"], item["sources"][0]["label"]) == (OLD, NEW, "Estimate")


ATTACKS = st.sampled_from([
    "<script>alert(1)</script>", "<img src=x onerror=a>", "<!--", "-->", "<!channel>", "@everyone", "[a](http://evil)",
    "![i](http://evil/i.png)", "<http://evil>", "http://evil", "www.evil.org", "[r]: http://evil\n", "\n\n# h", "\n> q",
    "**", "__", "`", "```\n", "~~", "||", "\\", "\\[", "]", ")", "(", "&lt;b&gt;", "&#60;b>", "</li></ul>", '"', "'",
    "{{ 7*7 }}", "{% if %}", "<", ">", "&", "\n- x", "\n1. x", "| a | b |\n|-|-|", "<@U1>", "\u202e", "\x00", "\u200b",
    "<\u200bb>", "\n\n    code", "javascript:alert(1)", "mailto:a@b.org", "$x$", "<b", "ftp://evil", "[^1]", "21 m",
])  # fmt: skip
HOSTILE = st.lists(ATTACKS | st.text(max_size=5), max_size=6).map("".join)
OURS = {DIFF, REPORT, REVIEW, f"{REVIEW}#mute", "https://labour.example.org/2012"}


def hostile_alert(texts: list[str]) -> Alert:
    title, section, summary, old, new, editor = texts
    source = Cited(label=summary, url=f"javascript:{old}", status="kept")
    notice = replace(
        RICH, section=(section,), summary=summary, old_sentence=old, new_sentence=new, explanations=(editor,),
        sources=(source, *RICH.sources),
    )  # fmt: skip
    return an_alert(notice, notice, title=title, editor=editor)


RENDERERS = (
    python_markdown.markdown,
    MarkdownIt("commonmark").render,
    MarkdownIt("gfm-like", {"linkify": False}).render,
)
PLAIN = LiveMarkup(compose(an_alert(RICH, RICH)).mail)
CALLS = re.compile(r"@(?!\u200b)|<[!@#a-z/]|\]\(|://|www\.(?!\u200b)|[\x00-\x09\x0b-\x1f\u202a-\u202e]", re.IGNORECASE)


@given(st.lists(HOSTILE, min_size=6, max_size=6))
def test_no_text_of_the_wiki_lives_in_any_form(texts: list[str]):
    message = compose(hostile_alert(texts))
    seen = LiveMarkup(message.html)
    assert seen.tags <= {"p", "b", "ul", "li", "br", "a", "code"}
    assert seen.attributes <= {"href", "rel"}
    assert seen.links <= OURS
    seen = LiveMarkup(message.mail)
    assert seen.tags <= PLAIN.tags | {"ins", "del", "br"}
    assert seen.attributes <= PLAIN.attributes
    assert seen.links <= OURS
    for render in RENDERERS:
        seen = LiveMarkup(render(message.markdown))
        assert seen.tags <= {"p", "strong", "ul", "li", "a"}
        assert seen.links <= OURS
    for body in (message.text, message.compact_text, message.subject, message.short):
        rest = body
        for link in sorted({*OURS, DIFF.replace("title=Human_trafficking&", "")}, key=len, reverse=True):
            rest = rest.replace(link, "")
        assert not CALLS.search(rest)
        assert len(body.encode()) <= TEXT_BYTES


def test_mail_marks_the_words_of_the_wiki_with_its_language() -> None:
    bengali = compose(replace(an_alert(NOTICE), language="bn")).mail
    page = compose(an_alert(NOTICE)).mail
    assert bengali.count(' lang="bn"') == len(re.findall(r'<h1|class="line text"|<span dir="auto"', bengali)) > 2
    assert bengali.count(' lang="en"') == page.count(' lang="en"')
    assert ' lang="bn"' not in page
