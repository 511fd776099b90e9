"""Build the timelines of an article's statistics, claims, references and figures from its revisions."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from watcher.diff.element_mapping import map_elements
from watcher.diff.removed import LINK_SECTIONS
from watcher.errors import Corrupt
from watcher.history.edit import apply_edit
from watcher.history.state import RemovedSentences, TextState, TrackedSentence
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import Track, TrackedElement, TrackVersion
from watcher.model import Dialect, Document, Revision, Sentence, Snapshot, Statistic
from watcher.model.history import SERIALIZABLE, CurrentElement, HistoryEntries, Timeline
from watcher.model.serialization import Codec
from watcher.parse import parse, parse_pair
from watcher.parse.analysis import facts_of
from watcher.parse.document import clear_caches

_CODEC: Final = Codec((*SERIALIZABLE, TrackVersion, TrackedElement, TrackedSentence, Track))
VERSION: Final = _CODEC.version  # of the classes' fields: what another release stored is built again


def dump(tracker: HistoryTracker) -> bytes:
    """Serialize what `HistoryTracker` needs to go on; about as large as the text that it follows, before packing."""
    return _CODEC.dump(
        (
            _parts(tracker.state),
            tuple(tracker.tracks),
            tracker.titles,
            tuple(tracker.removed),
            dict(tracker.removed_references),
            dict(tracker.removed_figures),
            {digest: _parts(state) for digest, state in tracker.states.items()},
        )
    )


def load(body: bytes) -> HistoryTracker:
    """Restore the tracker that `dump` serialized. Raises Corrupt for anything else."""
    try:
        state, tracks, titles, removed, references, figures, states = _CODEC.load(body)
        history_tracker = HistoryTracker()
        history_tracker.state = _state(state)
        history_tracker.tracks = [track.copy() for track in tracks]
        history_tracker.titles = dict(titles)
        history_tracker.removed = RemovedSentences(removed)
        history_tracker.removed_references, history_tracker.removed_figures = (
            OrderedDict(references),
            OrderedDict(figures),
        )
        history_tracker.states = OrderedDict((digest, _state(parts)) for digest, parts in states.items())
    except (TypeError, ValueError, AttributeError) as error:
        raise Corrupt(f"the stored history cannot be read ({error!r}): it is built again from the texts") from error
    return history_tracker


def _parts(state: TextState) -> tuple[Mapping[str, Any], ...]:
    return state.lines, state.references, state.figures


def _state(parts: tuple[dict[str, Any], ...]) -> TextState:
    # Equal dicts come back as one object, and a TextState is changed in place.
    lines, references, figures = parts
    return TextState(dict(lines), dict(references), dict(figures))


_ENGLISH = Dialect()

# What the edit toolbar inserts as an example of a table.
_SAMPLE_TABLE: Final = re.compile(r"\b(?:header \d|row \d, cell \d)\b")


def _states_facts(sentence: Sentence) -> bool:
    """Return whether a sentence may state a fact: no line of a list of works or links, no example of markup."""
    return not (_lists_links(sentence.location.section) or _SAMPLE_TABLE.search(sentence.text))


@lru_cache(maxsize=1024)
def _lists_links(section: tuple[str, ...]) -> bool:
    return any(LINK_SECTIONS.match(heading) for heading in section)


def _without_bases(statistics: Sequence[Statistic]) -> tuple[Statistic, ...]:
    """Leave out the bases of rates: "3 per 100,000 people" is one fact, whose unit has the 100,000."""
    rates = {
        (statistic.location, statistic.sentence, unit.rpartition("per ")[2])
        for statistic in statistics
        if "per " in (unit := statistic.quantity.unit or "")
    }
    return tuple(
        statistic
        for statistic in statistics
        if statistic.quantity.value is None
        or (statistic.location, statistic.sentence, f"{statistic.quantity.value:,f}") not in rates
    )


# The first part is raised when the same texts would be followed otherwise; what others wrote is then made anew.
HISTORY_VERSION: Final = f"5-{VERSION}"


# Revisions after which the parser's caches are cleared: they save work within a few, and hold 70 MB of a large page
# after some hundred.
_CLEAR_EVERY: Final = 200


class HistoryBuilder:
    """Builds the history of an article, one revision after the other; a revision costs what it changed.

    Hidden texts are skipped: their changes are attributed to the next readable revision. Memory stays flat where
    `drain_entries` is called now and then; `checkpoint` and `resume` continue in another process.
    """

    def __init__(self, dialect: Dialect = _ENGLISH) -> None:
        self._dialect = dialect
        self._tracker = HistoryTracker()
        self._text = ""
        self._read = 0

    @classmethod
    def resume(cls, state: bytes, text: str, dialect: Dialect = _ENGLISH) -> HistoryBuilder:
        """Continue from a checkpoint after the revision with this text. Raises Corrupt where it cannot be read."""
        history_builder = cls(dialect)
        history_builder._tracker = load(state)
        history_builder._text = text
        return history_builder

    def add(self, snapshot: Snapshot) -> None:
        """Record what a revision did to the text before it."""
        text = snapshot.wikitext
        if text is None or text == self._text:  # RevisionDelete hides a text; a null edit (page move) repeats it
            return
        self._note(snapshot.revision, text)
        self._text = text
        self._read += 1
        if self._read % _CLEAR_EVERY == 0:
            clear_caches()

    def _note(self, revision: Revision, text: str) -> None:
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()  # JSON may bring lone surrogates
        if self._tracker.has_text(digest):
            self._tracker.revert_to(revision, digest)  # a page blanked every week costs no comparison
            return
        documents = parse_pair(self._text, text, self._dialect, stating=_states_facts)
        mapping = map_elements(*(replace(side, statistics=_without_bases(side.statistics)) for side in documents))
        lines, fresh = self._tracker.reappearing(mapping)
        back = None
        if fresh:
            back = map_elements(
                self._sentence_document([sentence.sentence for sentence in lines]), self._sentence_document(fresh)
            )
        apply_edit(self._tracker, revision, digest, mapping, back)

    def _sentence_document(self, sentences: Sequence[Sentence]) -> Document:
        """Return a Document of sentences alone, with their facts."""
        statistics, claims = facts_of(filter(_states_facts, sentences), self._dialect.language)
        return Document(sentences=tuple(sentences), statistics=_without_bases(statistics), claims=claims)

    def timelines(self) -> tuple[Timeline, ...]:
        """Return all timelines in the order in which they began; no entries may have been drained."""
        return self._tracker.timelines(parse(self._text, self._dialect).sentences)

    def drain_entries(self) -> tuple[HistoryEntries, ...]:
        """Return the entries since the last call; all of them, in order, make up the timelines.

        The parser's caches are cleared as well: they would grow over thousands of revisions.
        """
        clear_caches()
        return self._tracker.drain_entries()

    def current_elements(self) -> tuple[CurrentElement, ...]:
        """Return the elements of the newest text, each with the revisions of its value and source."""
        return self._tracker.current_elements(parse(self._text, self._dialect).sentences)

    def checkpoint(self) -> bytes:
        """Return what `resume` continues from; the entries must have been drained."""
        return dump(self._tracker)
