"""Test that each finding names the edit that made it, whatever else was edited between two checks."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.cases import for_each
from watcher.ledger.recorder import Recorder
from watcher.model import Article, Comparison, Dialect, Policy, Revision, Snapshot
from watcher.pipeline import compare
from watcher.services.checks.attribution import attribute
from watcher.services.history.ledger import PendingEdits

PAGE = Article(wiki="test", page_id=7, title="River fish")
START = (
    "'''River fish''' are fish that live in rivers. The harbour office counted 597,000 tonnes in 2019.<ref>Harbour "
    "office, ''Annual count'', 2019.</ref>\n\n== Trade ==\nIt is the third largest market in the country. Some 4,200 "
    "people work in it, and 12 companies own the boats.\n\n== Law ==\nThe catch was forbidden in 1931 and allowed "
    "again.\n\n== Prices ==\nA crate costs 31 crowns.\n"
)


class ArticleStory:
    """The revisions of a page in memory."""

    def __init__(self, *edits: tuple[str, Callable[[str], str] | str | None]) -> None:
        """Each edit is an editor with what he does to the text: a function, the new text, or None (hidden)."""
        self.texts: dict[int, str | None] = {1: START}
        self.revisions = [self._revision(1, "Starter")]
        text = START
        for number, (editor, action) in enumerate(edits, 2):
            if action is not None:
                text = action if isinstance(action, str) else action(text)
            self.texts[number] = None if action is None else text
            self.revisions.append(self._revision(number, editor))

    def _revision(self, number: int, editor: str) -> Revision:
        text = self.texts[number]
        return Revision(
            article=PAGE,
            id=number,
            parent_id=number - 1,
            at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            editor=editor,
            comment="",
            sha1=None if text is None else hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        )

    def compared(self) -> Comparison:
        """The comparison of the first text with the last."""
        before, after = (
            Snapshot(revision=side, wikitext=self.texts[side.id]) for side in (self.revisions[0], self.revisions[-1])
        )
        return compare(before, after, policy=Policy(), dialect=Dialect())

    def pending(self) -> PendingEdits:
        """What each edit after the first text did."""
        recorder = Recorder()
        first, *others = (Snapshot(revision=side, wikitext=self.texts[side.id]) for side in self.revisions)
        recorder.begin(first)
        edits = tuple(edit for snapshot in others if (edit := recorder.add(snapshot)))
        return PendingEdits(revisions=tuple(self.revisions[1:]), edits=edits)

    def editors(self) -> dict[str, list[str | None]]:
        """The summary of each finding with the editors that are named for it."""
        comparison = self.compared()
        edits = attribute(comparison, self.pending())
        return {
            finding.summary: [revision.editor for revision in made]
            for finding, made in zip(comparison.findings, edits, strict=True)
        }


def swap(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


def only(editors: dict[str, list[str | None]], part: str) -> list[str | None]:
    (result,) = [names for summary, names in editors.items() if part in summary]
    return result


@for_each(("edits", "named"))
def test_each_finding_names_who_made_it(edits: tuple[tuple[str, ...], ...], named: dict[str, tuple[str, ...]]) -> None:
    """Each edit is an editor with what he replaces by what, his whole text, or nothing where that is hidden."""
    actions = ((editor, swap(*given) if len(given) > 1 else (given or (None,))[0]) for editor, *given in edits)
    editors = ArticleStory(*actions).editors()
    assert {part: tuple(only(editors, part)) for part in named} == named


def test_where_not_all_edits_could_be_compared_all_are_named() -> None:
    story = ArticleStory(("Vandal", swap("597,000", "97,000")), *[("Alice", lambda text: f"{text}\nA gate.\n")] * 5)
    pending = replace(story.pending(), is_complete=False)
    assert {len(made) for made in attribute(story.compared(), pending)} == {6}


@pytest.mark.parametrize("vandal", [3, 30, 58])
def test_in_a_long_backlog_the_edit_is_found(vandal: int) -> None:
    def edit(number: int) -> tuple[str, Callable[[str], str]]:
        if number == vandal:
            return "Vandal", swap("597,000", "97,000")
        return (
            f"Editor {number}",
            lambda text: f"{text}\nThe market has a gate called {'ABCDEFGHIJ'[number % 10] * 4}.\n",
        )

    story = ArticleStory(*(edit(number) for number in range(60)))
    assert only(story.editors(), "→ 97,000") == ["Vandal"]


@for_each("editor, kind")
def test_the_kind_of_an_account_follows_from_its_name(editor: str, kind: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert Revision(article=PAGE, id=1, parent_id=0, at=at, editor=editor or None, comment="").account == kind
