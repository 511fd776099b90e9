"""Play the demo's scenario: one article and a dozen edits, which `story.toml` has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from watcher.demo.servers import WikiStore

TITLE = "Human trafficking"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEdit:
    """An edit of the story, named by its `label`.

    It replaces the first of each pair of `swaps` by the second, moves the `section` of a name, under a new one, before
    another, has a whole `text`, or takes the edit before it back.
    """

    label: str
    editor: str
    comment: str = ""
    minor: bool = False
    tags: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    section: tuple[str, str, str] | None = None
    text: str = ""
    undo: bool = False

    def applied(self, text: str) -> str:
        """Return the article after this edit; what it replaces must occur once."""
        for old, new in self.swaps:
            if text.count(old) != 1:
                raise ValueError(f"the story expects one {old[:60]!r}, found {text.count(old)}")
            text = text.replace(old, new)
        if self.section is not None:
            name, renamed, following = self.section
            start = text.index(f"\n== {name} ==\n")
            end = text.index("\n== ", start + 1)
            section = text[start:end].replace(f"== {name} ==", f"== {renamed} ==")
            rest = text[:start] + text[end:]
            text = rest.replace(f"\n== {following} ==\n", f"{section}\n== {following} ==\n")
        return self.text or text


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


STORY = (
    ScenarioEdit(
        label="baseline",
        editor="Lena Ostrow",
        comment="Rewrite from current sources",
        text=_read("article.wikitext").rstrip(),
    ),
    *(ScenarioEdit(**edit) for edit in tomllib.loads(_read("story.toml"))["edit"]),
)


def texts() -> Iterator[tuple[ScenarioEdit, datetime, str]]:
    """Yield each edit with its time and its whole text, in order."""
    shown = [""]
    for number, step in enumerate(STORY):
        shown.append(shown[-2] if step.undo else step.applied(shown[-1]))
        yield step, BEGIN + EVERY * number, shown[-1]


def apply_edits(store: WikiStore) -> Iterator[tuple[ScenarioEdit, int]]:
    """Save the story in `store`, one edit for each step of the iterator: yields the edit and its revision id."""
    for step, at, text in texts():
        saved = store.edit(
            TITLE, text, editor=step.editor, comment=step.comment, at=at, minor=step.minor, tags=tuple(step.tags)
        )
        yield step, saved
