"""Build the timelines of an article's statistics, claims, references and figures from its revisions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from watcher.errors import Corrupt
from watcher.history.comparison import Comparer, text_digest
from watcher.history.edit import apply_edit
from watcher.history.parallel import ParallelComparison
from watcher.history.state import RemovedSentences, TextState, TrackedSentence
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import Track, TrackedElement, TrackVersion
from watcher.history.wordings import KnownSentence, Wording, Wordings
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.model.history import SERIALIZABLE, CurrentElement, ElementMapping, HistoryEntries, Timeline
from watcher.model.serialization import Codec

_CODEC: Final = Codec((*SERIALIZABLE, TrackVersion, TrackedElement, TrackedSentence, Track, Wording, KnownSentence))
VERSION: Final = _CODEC.version  # of the classes' fields: what another release stored is built again


def dump(tracker: HistoryTracker) -> bytes:
    """Serialize what `HistoryTracker` needs to go on; about as large as the text that it follows, before packing."""
    return _CODEC.dump(
        (
            _parts(tracker.state),
            tuple(tracker.tracks.values()),
            tracker.started,
            tracker.titles,
            tuple(tracker.removed),
            dict(tracker.stated),
            tracker.wordings.parts(),
            tuple(tracker.last_edits),
            dict(tracker.removed_references),
            dict(tracker.removed_figures),
            {digest: _parts(state) for digest, state in tracker.states.items()},
        )
    )


def load(body: bytes) -> HistoryTracker:
    """Restore the tracker that `dump` serialized. Raises Corrupt for anything else."""
    try:
        state, tracks, started, titles, removed, stated, wordings, edits, references, figures, states = _CODEC.load(
            body, _by_id
        )
        history_tracker = HistoryTracker()
        history_tracker.state = _state(state)
        history_tracker.tracks = {track.number: track.copy() for track in tracks}
        history_tracker.started = started
        history_tracker.titles = dict(titles)
        history_tracker.removed = RemovedSentences(removed)
        history_tracker.stated = dict(stated)
        history_tracker.wordings = Wordings.of_parts(*wordings)
        history_tracker.last_edits.extend(edits)
        history_tracker.removed_references, history_tracker.removed_figures = (
            OrderedDict(references),
            OrderedDict(figures),
        )
        history_tracker.states = OrderedDict((digest, _state(parts)) for digest, parts in states.items())
    except (TypeError, ValueError, AttributeError) as error:
        raise Corrupt(f"the stored history cannot be read ({error!r}): it is built again from the texts") from error
    return history_tracker


def _by_id(ids: Iterable[int]) -> dict[int, Revision]:
    """Return revisions of which only the ids are known, which is all that is stored of them with an entry."""
    article, never = Article(wiki="", page_id=0, title=""), datetime.min.replace(tzinfo=UTC)
    return {
        number: Revision(article=article, id=number, parent_id=0, at=never, editor=None, comment=None) for number in ids
    }


_Parts = tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any], int, str]


def _parts(state: TextState) -> _Parts:
    return state.lines, state.references, state.figures, state.revision, f"{state.present:x}"


def _state(parts: _Parts) -> TextState:
    # Equal dicts come back as one object, and a TextState is changed in place.
    lines, references, figures, revision_id, present = parts
    return TextState(dict(lines), dict(references), dict(figures), revision_id, int(present, 16))


_ENGLISH: Final = Dialect()

# The first part is raised when the same texts would be followed otherwise; what others wrote is then made anew.
HISTORY_VERSION: Final = f"21-{VERSION}"


class HistoryBuilder:
    """Builds the history of an article, one revision after the other; a revision costs what it changed.

    Hidden texts are skipped: their changes are attributed to the next readable revision. Memory stays flat where
    `drain_entries` is called now and then; `checkpoint` and `resume` continue in another process.
    """

    def __init__(self, dialect: Dialect = _ENGLISH) -> None:
        self._dialect = dialect
        self._comparer = Comparer(dialect)
        self._tracker = HistoryTracker()
        self._text = ""

    @classmethod
    def resume(cls, state: bytes, text: str, dialect: Dialect = _ENGLISH) -> HistoryBuilder:
        """Continue from a checkpoint after the revision with this text. Raises Corrupt where it cannot be read."""
        history_builder = cls(dialect)
        history_builder._tracker = load(state)
        history_builder._text = text
        return history_builder

    def add_all(self, snapshots: Iterable[Snapshot], processes: int = 1) -> Generator[Snapshot]:
        """Record what each revision did to the text before it, and yield it; `processes` compare the texts."""
        if processes == 1:
            compared: Iterable[tuple[Snapshot, ElementMapping | None]] = ((snapshot, None) for snapshot in snapshots)
        else:
            parallel = ParallelComparison(self._dialect, processes)
            compared = parallel.run(snapshots, self._text, self._tracker.states, self._comparer.learn)
        for snapshot, mapping in compared:
            self.add(snapshot, mapping)
            yield snapshot

    def add(self, snapshot: Snapshot, mapping: ElementMapping | None = None) -> None:
        """Record what a revision did to the text before it; `mapping` is how the two compare, where that is known."""
        text = snapshot.wikitext
        if text is None or text == self._text:  # RevisionDelete hides a text; a null edit (page move) repeats it
            return
        digest = snapshot.digest or text_digest(text)
        if self._tracker.has_text(digest):
            # A page that is blanked every week costs no comparison.
            self._tracker.revert_to(snapshot.revision, digest, lambda: self._comparer.sentences_of(text))
        else:
            self._apply(snapshot.revision, digest, mapping or self._comparer.texts(self._text, text))
        self._text = text

    def _apply(self, revision: Revision, digest: bytes, mapping: ElementMapping) -> None:
        lines, fresh = self._tracker.reappearing(mapping)
        back = self._comparer.sentences([line.sentence for line in lines], fresh) if fresh else None
        apply_edit(self._tracker, revision, digest, mapping, back, self._comparer.claims_differ)

    def timelines(self) -> tuple[Timeline, ...]:
        """Return all timelines in the order in which they began; no entries may have been drained."""
        return self._tracker.timelines(self._comparer.sentences_of(self._text))

    def count_entries(self) -> int:
        """Count the entries since the last `drain_entries`."""
        return sum(len(track.entries) for track in self._tracker.tracks.values())

    def drain_entries(self) -> tuple[HistoryEntries, ...]:
        """Return the entries since the last call; all of them, in order, make up the timelines."""
        return self._tracker.drain_entries()

    def current_elements(self) -> tuple[CurrentElement, ...]:
        """Return the elements of the newest text, each with the revisions of its value and source."""
        return self._tracker.current_elements(self._comparer.sentences_of(self._text))

    def checkpoint(self) -> bytes:
        """Return what `resume` continues from; the entries must have been drained."""
        self._tracker.forget_ended()
        return dump(self._tracker)
