"""Score how much a change is worth a message, from its features, with weights fitted on labelled edits.

With a score of zero or more, a change keeps its severity and may alert. Below zero, it is only listed, but down to
BESIDE it is reported together with a change that alerts. `python tests/benchmarks/evidence.py --fit` writes the weights
to `weights.toml`, and shows what each is worth on articles that it was not fitted on.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import Indel

from watcher.model import Change, Kind, TextKind
from watcher.text.words import words

SCORED: Final = frozenset(
    {
        Kind.CLAIM_CHANGED,
        Kind.CLAIM_REMOVED,
        Kind.STATISTIC_REMOVED,
        Kind.REFERENCE_REMOVED,
        Kind.REFERENCE_CHANGED,
        Kind.SECTION_REMOVED,
    }
)
SCORE_BESIDE_ALERT: Final = -0.75  # the least; from here to zero, as many show a labelled fact as above zero
ESTABLISHED_SCORE: Final = 1.2
"""The score required of mere wording by an account that is established, or is a month old and edited the page before.

Like the score, it is a logarithm of odds. Of 968 edits of "Anarchism" that only changed wording, 259 were undone: 34 of
331 by accounts with ten edits of it before, none of them undone (-1.15 ± .4); of those with fewer, 2 of 30 after a
month or more, 7 of 54 within a month; 10 of 40 first edits of registered accounts; 122 of 336 by accounts that had been
undone there.
"""
Features = Mapping[str, float]
# Kinds and fields with weights of their own. More were fitted, such as replaced names, captions, scripts without blanks
# and statistics in tables: they did not improve the verdicts on articles left out.
_LOCATIONS: Final = frozenset({TextKind.PROSE, TextKind.LIST})
_FIELDS: Final = frozenset(
    {
        "date replaced", "entity came", "hedge came", "hedge gone", "insertion came",
        "number replaced", "predicate replaced", "wording replaced",
    }
)  # fmt: skip
EDIT_LEVEL_FEATURES: Final = frozenset(
    {
        "facts beside", "facts elsewhere", "other claim.changed", "other prose.changed", "other statistic.changed",
        "texts added", "words come to the page",
    }
)  # fmt: skip
"""The features of the other changes of an edit; their sum is at least zero. Without this bound, four harmless
rewordings elsewhere lowered 330 of 997 falsified sentences; it changes no verdict of the labelled edits left out."""
_DIGITS: Final = re.compile(r"\d+")
_MIN_NAME_LIKENESS: Final = 0.6  # likeness of two names; below that, they are different names
CATEGORY: Final = "category"  # label of a link to a category, which is no text of the article
_MAX_COUNTED: Final = 10  # changes of a kind; more do not count, or the largest edits would alert least
_MAX_LENGTH: Final = 25.0  # content words; longer sentences do not score lower (15 and 40 work nearly as well)
_ADDITIONS: Final = (Kind.CLAIM_ADDED, Kind.STATISTIC_ADDED, Kind.PROSE_ADDED)
_NUMERALS: Final = frozenset({"date", "number", "rank"})
# Fields that may consist of common words only
_WORDS: Final = frozenset({"predicate", "definition", "wording", "tense", "insertion", "deletion"})


class EditCounts:
    """Counts over all changes of an edit, from which features of each of them are computed."""

    def __init__(self, changes: Sequence[Change]) -> None:
        facts = [change for change in changes if change.kind.changes_fact]
        self.facts = Counter(change.location.section for change in facts)
        self.removed_facts = Counter(change.location.section for change in facts if change.new is None)
        self.all_facts = len(facts)
        self.kinds = Counter(change.kind for change in changes if change.label != CATEGORY)
        self.added_word_count = sum(change.rewording.added for change in changes if change.rewording)
        self.replaced = Counter(
            (field.old, field.new)
            for change in changes
            if change.kind is Kind.CLAIM_CHANGED
            for field in {(field.old, field.new): field for field in change.fields}.values()
        )
        self.added_words = Counter(
            word
            for text in dict.fromkeys(change.new_sentence for change in changes if change.new_sentence)
            for word in set(words(text))
        )
        self.shares: dict[str, float] = {}  # cached, since a sentence may lose a thousand statistics

    def restated(self, text: str) -> float:
        """Return the share (0 to 1) of a text's words that new sentences contain; 0 if they lack one of its numbers."""
        if text not in self.shares:
            own = set(words(text))
            missing = [word for word in own if word not in self.added_words]
            is_other = any(map(str.isdecimal, missing))
            self.shares[text] = 0.0 if is_other or not own else 1 - len(missing) / len(own)
        return self.shares[text]


def features(change: Change, counts: EditCounts) -> dict[str, float]:
    """Return the features of a change by name: flags are 1, counts are logarithms, shares are 0 to 1."""
    result = {change.kind.value: 1.0} if change.kind is Kind.CLAIM_CHANGED else {}
    # An edit that rewords and adds much revises the text; a falsification changes little else.
    for kind in (Kind.PROSE_CHANGED, Kind.CLAIM_CHANGED, Kind.STATISTIC_CHANGED):
        result[f"other {kind.value}"] = math.log1p(min(counts.kinds[kind], _MAX_COUNTED) - (kind is change.kind))
    result["texts added"] = math.log1p(sum(min(counts.kinds[kind], _MAX_COUNTED) for kind in _ADDITIONS))
    result["words come to the page"] = math.log1p(min(counts.added_word_count, 50))
    subject = change.kind.subject
    if subject in ("claim", "statistic"):
        if subject == "claim" and change.where in _LOCATIONS:
            is_in_lead = change.where is TextKind.PROSE and not change.location.section
            result[f"claim in {'lead' if is_in_lead else change.where.value}"] = 1.0
        # Not whether there is a source at all: that would excuse falsified statements with a citation.
        result[f"{subject} source kept"] = float(change.keeps_sources)
        result["facts beside"] = math.log1p(counts.facts[change.location.section] - 1)
        result["facts elsewhere"] = math.log1p(counts.all_facts - counts.facts[change.location.section])
    if change.kind is Kind.CLAIM_CHANGED:
        for name, value in _rewording_features(change, counts):
            result[name] = max(result.get(name, -math.inf), value)
    elif change.kind in (Kind.CLAIM_REMOVED, Kind.STATISTIC_REMOVED):
        is_restated = any(field.name == "restated" for field in change.fields)
        result["sentence restated"] = 1.0 if is_restated else counts.restated(change.old_sentence or "")
    elif change.kind is Kind.SECTION_REMOVED:
        removed_facts = counts.removed_facts[change.location.section]
        result["section holds lost facts"] = math.log1p(removed_facts)
        result["section holds nothing lost"] = float(not removed_facts)
    return result


def _rewording_features(change: Change, counts: EditCounts) -> Iterator[tuple[str, float]]:
    """Yield the features of the changed words of a sentence, and of how much of it is left."""
    is_renamed = any(field.name == "entity" and field.old and field.new for field in change.fields)
    for field in change.fields:
        kind = "insertion" if field.name == "definition" and field.old is None else field.name
        name = f"{kind} {'came' if field.old is None else 'gone' if field.new is None else 'replaced'}"
        # Words that were added beside a replaced name do not excuse it.
        if name in _FIELDS and not (is_renamed and field.old is None):
            yield name, 1.0
        removed, added = (set(_DIGITS.findall(text or "")) for text in (field.old, field.new))
        if field.name in ("deletion", "insertion", "wording", "predicate", "statement"):
            yield "number in words gone", float(bool(removed - added))
            yield "number in words come", float(bool(added - removed))
        if field.old is not None and field.new is not None and field.name != "statement":
            yield from _replacement_features(field.name, field.old, field.new)
            # Replacing a name or word on the whole page is a choice of words.
            yield "same replacement elsewhere", float(counts.replaced[field.old, field.new] > 1)
        elif field.old is not None and field.new is None:
            yield "one word gone", float(len(words(field.old)) == 1)
    if rewording := change.rewording:
        removed_words, added_words = math.log1p(rewording.removed), math.log1p(rewording.added)
        yield "words gone", removed_words
        yield "words come", added_words
        yield "more on one side", abs(added_words - removed_words)
        # Splitting or joining sentences excuses changed words, but not changed numbers.
        is_numeral = any(field.name in _NUMERALS and field.old and field.new for field in change.fields)
        yield "sentences split", float(rewording.splits and not is_numeral)
        yield "long sentence", math.log1p(min(rewording.length, _MAX_LENGTH))


def _replacement_features(name: str, old: str, new: str) -> Iterator[tuple[str, float]]:
    """Yield how similar replaced words are to the old ones: a correction keeps most letters."""
    if name in ("predicate", "definition", "wording"):
        yield "capital came", float(new[:1].isupper() and not old[:1].isupper())
    before, after = old.casefold(), new.casefold()
    if any(map(str.isdigit, before + after)):
        return
    likeness = float(Indel.normalized_similarity(before, after))
    # At the start of a sentence, only the capitals of both words suggest a name.
    is_name = name == "entity" or (old[:1].isupper() and new[:1].isupper())
    yield "name spelt alike", likeness if is_name and likeness > _MIN_NAME_LIKENESS else 0.0


@cache
def weights() -> Features:
    """Return the weight of each feature, and that of the intercept under "intercept"."""
    return {
        name: float(weight)
        for name, weight in tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8")).items()
    }


def score(values: Features, table: Features) -> float:
    """Return the sum of the weighted features; zero or more is worth a message.

    The other changes of the edit can raise the score but not lower it, so that a change cannot be hidden among them.
    """
    return table["intercept"] + sum(contribution for _, contribution in _weighted(values, table))


def _weighted(values: Features, table: Features) -> Iterator[tuple[str, float]]:
    other_changes = 0.0
    for name, value in values.items():
        contribution = table.get(name, 0.0) * value
        if name in EDIT_LEVEL_FEATURES:
            other_changes += contribution
        else:
            yield name, contribution
    yield "other changes", max(other_changes, 0.0)


def contributions(values: Features, table: Features) -> list[tuple[str, float]]:
    """Return the nonzero contribution of each feature to a score, the largest first."""
    return sorted((entry for entry in _weighted(values, table) if entry[1]), key=lambda entry: -abs(entry[1]))


def required_score(change: Change) -> float:
    """Return the least score with which a change is worth a message: 0, or -inf if only hedges were removed."""
    removed_hedges = [field for field in change.fields if field.name == "hedge" and field.new is None]
    return -math.inf if removed_hedges and len(removed_hedges) == len(change.fields) else 0.0


def only_rewords(change: Change) -> bool:
    """Return whether words of running text were replaced, with no name, number or source among them.

    Words must be in lower case: so scripts without capitals and German nouns, which may be names, do not qualify.
    """
    return (
        change.kind is Kind.CLAIM_CHANGED
        and change.where is TextKind.PROSE
        and change.keeps_sources
        and any(field.old for field in change.fields)
        and any(field.new for field in change.fields)
        and all(
            field.name in _WORDS
            and all(letter.islower() for letter in f"{field.old or ''}{field.new or ''}" if letter.isalnum())
            for field in change.fields
        )
    )
