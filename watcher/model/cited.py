"""Define what an article states on the authority of a work, so that articles can be compared with each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from watcher.model.elements import Quantity
from watcher.model.revisions import Article

# Raised when the same text would give other statistics; every article is then read again. Here, so that a check that
# reads no text need not load the parser.
CITED_VERSION: Final = 1


class Work(NamedTuple):
    """What a reference cites, by one of its identities (`doi:10.1000/x`), and the year of its edition, or nothing."""

    identity: str
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedStatistic:
    """A statistic with the works that its sentence cites.

    `year` is the one that it holds for, None where neither it nor its sentence names one. `names` are the proper names
    by which its sentence says what it is about, else those of a title that is one, folded to their beginnings. `block`
    identifies the paragraph in the article's text. `source` is what a reader calls the first work.
    """

    quantity: Quantity
    year: str | None
    sentence: str
    label: str = ""
    section: str = ""
    names: tuple[str, ...] = ()
    works: tuple[Work, ...] = ()
    source: str = ""
    block: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleStatistic:
    """A cited statistic of an article, stated `since` a revision; `id` is its row's, `language` that of its wiki."""

    id: int
    article: Article
    statistic: CitedStatistic
    language: str = field(default="en", compare=False)
    since: datetime | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        """Hash by the id alone: its words are looked up for each pair that it is part of."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two articles that give a number of one work differently, found at a time."""

    id: int
    first: ArticleStatistic
    second: ArticleStatistic
    at: datetime
