"""Define what was read of a cited page: its passages, or why it could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from watcher.model.source_checks import Problem

SECONDS: Final = 20.0
"""Within which a page is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePassage:
    """A paragraph, item or cell of a page.

    `heading` is the one above it, `label` names a cell by its headers or caption. `aside` marks what stands beside the
    content: navigation, comments, other articles. A number there is on the page, and nothing is stated by it.
    """

    text: str
    heading: str = ""
    label: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """What was read at an address, which is that after redirects.

    Of a page with a `problem` nothing is taken, but for a paywall: then the passages are those before it. `partial`
    says that there may be more than was read. `language` is that of its words.
    """

    url: str
    passages: tuple[SourcePassage, ...] = field(default=(), repr=False)
    title: str = ""
    language: str = ""
    partial: bool = False
    problem: Problem | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON."""
        rows = [[passage.text, passage.heading, passage.label, passage.aside] for passage in self.passages]
        return asdict(self) | {"passages": rows, "problem": self.problem and self.problem.name}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> SourcePage:
        """Return the page that `to_dict` wrote."""
        passages = tuple(
            SourcePassage(text=text, heading=heading, label=label, aside=aside)
            for text, heading, label, aside in written["passages"]
        )
        problem = written["problem"]
        return cls(**{**written, "passages": passages, "problem": Problem[problem] if problem else None})


class Unreadable(Exception):
    """A page cannot be read, for this reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem
