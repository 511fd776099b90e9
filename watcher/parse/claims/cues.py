"""Load a language's cue tables for reading claims."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from watcher.model import Cue
from watcher.model.cached import load_once

_CUES = (
    Cue.SUPERLATIVE, Cue.NEGATION, Cue.HEDGE, Cue.ATTRIBUTION, Cue.DIRECTION, Cue.COMPARISON, Cue.DEFINITION,
)  # fmt: skip


_GRADING = frozenset({"best", "worst"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A cue's words: those after the first, which cue they are, what they say."""

    rest: tuple[str, ...]
    cue: Cue
    normalized: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The cue tables of one language; `phrases` are by first word, longest first."""

    phrases: dict[str, tuple[Phrase, ...]]
    ordinals: dict[str, int]
    most: str
    least: str
    same: dict[str, str]
    among: tuple[tuple[str, ...], ...]
    articles: frozenset[str]
    joiners: frozenset[str]
    no_names: frozenset[str]
    superlative: re.Pattern[str]
    ending: str

    def grades(self, word: str) -> bool:
        """Return whether a lower-case word can begin a superlative: "most", "largest", "worst"."""
        if word in _GRADING or word in (self.most, self.least):
            return True
        return word.endswith(self.ending) and self.superlative.match(word) is not None


def _phrases(raw: dict[str, dict[str, str]]) -> dict[str, tuple[Phrase, ...]]:
    result: dict[str, list[Phrase]] = {}
    for cue in _CUES:
        for message, row in raw.get(cue.value, {}).items():
            for phrase in row.split():
                first, *rest = phrase.split("_")
                result.setdefault(first, []).append(Phrase(tuple(rest), cue, message))
    return {first: tuple(sorted(rows, key=lambda row: -len(row.rest))) for first, rows in result.items()}


def _superlative(ending: str, exceptions: str) -> re.Pattern[str]:
    if not ending:
        return re.compile(r"(?!)")
    barred = "|".join(map(re.escape, exceptions.split())) or "(?!)"
    return re.compile(rf"(?!(?:{barred})$)[^\W\d_]{{2,}}{ending}$")


@load_once
def cues(language: str) -> Cues | None:
    """Return the tables of a language ("en", "de", "fr", "es"; "pt-br" is "pt"), None where there are none."""
    source = files(__package__).joinpath(f"{language.partition('-')[0].casefold()}.toml")
    if not language.isascii() or not language.replace("-", "").isalnum() or not source.is_file():
        return None
    raw = tomllib.loads(source.read_text(encoding="utf-8"))
    return Cues(
        phrases=_phrases(raw),
        ordinals={word: number for number, word in enumerate(raw["ordinals"].split(), start=1)},
        most=raw["most"],
        least=raw["least"],
        same=dict(pair.replace("_", " ").split("=") for pair in raw.get("same", "").split()),
        among=tuple(tuple(phrase.split("_")) for phrase in raw["among"].split()),
        articles=frozenset(raw["article"].split()),
        joiners=frozenset(joiner.partition("_")[0] for joiner in raw["list_joiners"].split()),
        no_names=frozenset(raw["month_names"].split()),
        ending=raw["superlative_ending"],
        superlative=_superlative(raw["superlative_ending"], raw["no_superlative"]),
    )
