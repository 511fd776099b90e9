"""Test shortened texts that once made a comparison raise; fuzzing and reviews found them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from tests.cases import for_each, table
from tests.hostile import read_texts
from watcher import compare_wikitext, parse
from watcher.model import Alert, Article, Kind, Notice, Revision, Severity
from watcher.notify import compose
from watcher.notify.messages import COMPACT_BYTES, TEXT_BYTES
from watcher.report import ReportOptions, report
from watcher.report.engine import Format

_FIGURE = "\n\nIn 2012, the survey counted {} million boats in all harbours."
# What stands in the new text beside the changed figure; `cited` is the same with another address before.
_ADDRESSES: list[str] = table(__file__, "addresses")
_TEXTS = read_texts(Path(__file__).with_name("fuzz_texts.jsonl"))


def _edits() -> list[tuple[str, str]]:
    cited = [
        (
            f"<ref>{{{{cite web|title=Tidal survey|url=https://e.org/a}}}}</ref>{_FIGURE.format(21)}",
            f"<ref>{{{{cite web|title=Tidal surveys|url={url}}}}}</ref>{_FIGURE.format(25)}",
        )
        for url in _ADDRESSES
    ]
    beside = [
        (form.format("x") + _FIGURE.format(21), form.format(text) + _FIGURE.format(25))
        for text in (*_TEXTS, *_ADDRESSES)
        for form in ("{}", "It is {} boats.", "[[{}|y]]", "[[File:{0}|thumb|{0}]]", "== {} ==\n", "<ref>[{} y]</ref>")
    ]
    return cited + beside


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
@for_each(("number", "old", "new"), [(number, *edit) for number, edit in enumerate(_edits())])
def test_a_figure_is_reported_beside_each_text_in_each_place(step: int, number: int, old: str, new: str):
    if number % step:
        return
    comparison = compare_wikitext(old, new)
    moved = [finding for finding in comparison.findings if finding.change.kind is Kind.STATISTIC_CHANGED]
    assert any("21 million → 25 million" in finding.summary for finding in moved)
    assert not [unread.reason for unread in comparison.unread if unread.reason.startswith("failed")]
    for form in get_args(Format):
        written = report(comparison, form, ReportOptions(before_text=old, after_text=new))
        assert written.encode()
    assert parse(new).statistics


@for_each("text", [*_TEXTS, *_ADDRESSES], ids=lambda text: ascii(text)[:40])
def test_a_message_is_composed_of_whatever_a_wiki_says(text: str):
    at = datetime(2026, 3, 4, tzinfo=UTC)
    article = Article(wiki="w", page_id=1, title=text)
    before, after = (
        Revision(article=article, id=number, parent_id=0, at=at, editor=text, comment=text) for number in (1, 2)
    )
    notice = Notice(
        kind=Kind.PROSE_CHANGED,
        severity=Severity.HIGH,
        section=(text,),
        summary=text,
        old_sentence=text,
        new_sentence=f"{text} {text}",
    )
    alert = Alert(
        key="k", article=article, before=before, after=after, notices=(notice,), diff_url=text, report_url=text
    )
    message = compose(alert)
    assert len(message.text.encode()) <= TEXT_BYTES
    assert len(message.compact_text.encode()) <= COMPACT_BYTES
    assert message.markdown.encode()
    assert message.html.encode()
