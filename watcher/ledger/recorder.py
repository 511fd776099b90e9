"""Record what each revision did to the elements of the previous text, and find the current ones in the newest."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Final

from watcher.diff.element_pairs import ElementPairs, changed_sentences, pair_elements
from watcher.diff.statistics import statistic_fields
from watcher.ledger.follow import NamedFollower, SentenceFollower
from watcher.ledger.head import Changes, EditDraft, Head, Journal, kind_of, remember_ended, state_of, titles_of
from watcher.model import Claim, Dialect, Document, FieldChange, Reference, Revision, Sentence, Snapshot, Statistic
from watcher.model.elements import Guard, cell_names
from watcher.model.ledger import EditVerb, ElementState, Entry, Episode, LedgerEdit, Timeline, value_of
from watcher.model.revisions import is_too_large
from watcher.parse import parse_pair
from watcher.parse.document import clear_caches, clear_text_caches, facts_of

MAX_ENTRIES: Final = 3000
"""How many entries of an edit are written; the others are only counted."""
MAX_RECENT: Final = 64
"""Edits; a text that is older than these is compared even if it comes back."""
# Numbers of comparisons after which the parser's caches are cleared. That of whole texts takes 40 MB for 64 of a large
# page, and the next comparison needs only one; that of their parts is useful again when an edit is undone.
_CLEAR_TEXTS_EVERY: Final = 32
_CLEAR_EVERY: Final = 400
_ENGLISH: Final = Dialect()
_LOG: Final = logging.getLogger(__name__)
_Fact = Statistic | Claim

Documents = Callable[[str, str, Dialect], tuple[Document, Document]]
"""A function that parses the parts in which two texts differ."""
PairedTexts = tuple[Sequence[Reference], Sequence[Reference], ElementPairs]
"""The references of two texts, and the pairs of their elements."""


_WITHOUT_FACTS: Final[Documents] = partial(parse_pair, with_facts=False)


def read_and_pair(old: str, new: str, dialect: Dialect, read: Documents = _WITHOUT_FACTS) -> PairedTexts:
    """Return the references of two texts, and the pairs of the elements in which they differ."""
    before, after = read(old, new, dialect)
    pairs = pair_elements(before, after, lambda sentences: facts_of(sentences, dialect.language))
    return before.references, after.references, pairs


@dataclass(frozen=True, slots=True)
class _RecordedEdit:
    """A recent edit, with the digest of its text and its changes of the head, in case an earlier text is restored."""

    digest: bytes
    edit: LedgerEdit
    changes: Changes
    journal: Journal


def text_digest(text: str) -> bytes:
    """Return a digest that identifies a text, which may contain lone surrogates from JSON."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


class Recorder:
    """A recorder of an article's edits, text by text; the work for a revision depends on how much it changed.

    `head` and `text` are those at which an earlier run ended, or None and "" before the first text. Hidden and too
    large texts are skipped: the next one is compared with the last that was read. `read` is `read_and_pair` or a cached
    version of it.
    """

    def __init__(
        self,
        dialect: Dialect = _ENGLISH,
        head: Head | None = None,
        text: str = "",
        read: Callable[[str, str, Dialect], PairedTexts] = read_and_pair,
    ) -> None:
        self.head = head or Head()
        self._dialect, self._text, self._read = dialect, text, read
        self._compared = 0
        self._recent: deque[_RecordedEdit] = deque(maxlen=MAX_RECENT)

    def begin(self, snapshot: Snapshot) -> LedgerEdit:
        """Begin with a revision whose past is unknown; none of its elements has a key yet."""
        self._text = snapshot.wikitext or ""
        edit = LedgerEdit(revision=snapshot.revision)
        self._recent.append(_RecordedEdit(snapshot.digest or text_digest(self._text), edit, {}, []))
        return edit

    def add(self, snapshot: Snapshot) -> LedgerEdit | None:
        """Record a revision and return the edit; None if its text is hidden or cannot be compared."""
        text, revision = snapshot.wikitext, snapshot.revision
        if text is None or is_too_large(text):
            return None
        if text == self._text:  # a null edit, for example by a page move
            return LedgerEdit(revision=revision)
        digest = snapshot.digest or text_digest(text)
        guard = Guard()
        recorded = guard.run(
            lambda: self._revert(revision, digest) or self._compare(revision, text),
            otherwise=None,
            element="a revision",
        )
        if recorded is None:  # a failure with one text must not end the recording of the article
            _LOG.warning("revision %d was not recorded in the ledger (%s)", revision.id, type(guard.error).__name__)
            self.head.undo(self.head.drain_journal())
            self.head.drain_journal()
            return None
        edit, changes = recorded
        self._recent.append(_RecordedEdit(digest, edit, changes, self.head.drain_journal()))
        self._text = text
        return edit

    def _compare(self, revision: Revision, text: str) -> tuple[LedgerEdit, Changes]:
        self._compared += 1
        if self._compared % _CLEAR_EVERY == 0:
            clear_caches()
        elif self._compared % _CLEAR_TEXTS_EVERY == 0:
            clear_text_caches()
        *references, pairs = self._read(self._text, text, self._dialect)
        draft = EditDraft(self.head, *map(titles_of, references))
        SentenceFollower(draft, pairs, lambda sentences: facts_of(sentences, self._dialect.language)).run()
        NamedFollower(draft, pairs).run()
        sentences = tuple(changed_sentences(pairs))
        return _bounded(revision, draft.entries(), sentences=sentences), draft.changes()

    def _revert(self, revision: Revision, digest: bytes) -> tuple[LedgerEdit, Changes] | None:
        """Undo the edits since the text with this digest, if it is one of the last ones; else return None."""
        recent = [*self._recent]
        # The last occurrence counts: the edits before it were undone when it was restored.
        at = next((index for index in reversed(range(len(recent))) if recent[index].digest == digest), None)
        if at is None:
            return None
        undone = recent[at + 1 :]
        last: Changes = {}
        earlier: dict[int, ElementState | None] = {}
        for key, change in (item for each in undone for item in each.changes.items()):
            earlier.setdefault(key, change[0])
            last[key] = change
        # In reverse order, as each journal applies to the state that its edit left.
        for each in reversed(undone):
            self.head.undo(each.journal)
        keys = dict.fromkeys(entry.key for each in undone for entry in each.edit.entries)
        entries = [made for key in keys if (made := _restoration(key, last[key], earlier[key]))]
        remember_ended(self.head, entries)
        sentences = tuple((new, old) for each in reversed(undone) for old, new in each.edit.sentences)
        edit = _bounded(revision, entries, recent[at].edit.revision.id, sentences)
        return edit, {key: (last[key][1], before) for key, before in earlier.items()}


def _bounded(
    revision: Revision, entries: Iterable[Entry], reverted_to: int = 0, sentences: tuple[tuple[str, str], ...] = ()
) -> LedgerEdit:
    made = tuple(entries)
    return LedgerEdit(
        revision=revision,
        entries=made[:MAX_ENTRIES],
        sentences=sentences,
        reverted_to=reverted_to,
        not_written=max(len(made) - MAX_ENTRIES, 0),
    )


def _restoration(
    key: int, last: tuple[ElementState | None, ElementState | None], earlier: ElementState | None
) -> Entry | None:
    """Return the entry of an edit that restores an element's earlier state; None if it is in that state.

    `last` are the states before and after the last edit that touched the element.
    """
    current = last[1]
    state = earlier or current
    fields: tuple[FieldChange, ...] = ()
    if state is None:
        return None
    if earlier is None or current is None:
        verb = EditVerb.REMOVED if earlier is None else EditVerb.RESTORED
    elif value_of(earlier.element) != value_of(current.element):
        verb = EditVerb.CHANGED
        if isinstance(current.element, Statistic) and isinstance(earlier.element, Statistic):
            fields = statistic_fields(current.element, earlier.element)
    elif earlier.sources != current.sources:
        verb = EditVerb.RESOURCED
    else:
        return None
    returns = current is None and last[0] == earlier
    return Entry(
        key=key, kind=kind_of(state.element), verb=verb, before=current, after=earlier, fields=fields, returns=returns
    )


def with_current(timelines: Iterable[Timeline], head: Head, document: Document, base: Revision) -> tuple[Timeline, ...]:
    """Return the timelines with the current sentence and location of each element, in the order in which they began.

    Elements that no edit has touched since the first compared revision, `base`, have no key; their timelines get the
    next numbers. The lines of the head are removed.
    """
    result = {timeline.number: timeline for timeline in timelines}
    titles, names = titles_of(document.references), cell_names(document.sentences)
    untouched: list[Timeline] = []
    for key, fact, sentence in _current(head, document):
        known, label = result.get(key or 0), names.get((sentence.location, sentence.text), "")
        if known is not None and known.is_current:
            result[known.number] = replace(known, location=fact.location, sentence=sentence.text, label=label)
        elif key is None:
            state = state_of(fact, sentence, titles)
            episode = Episode(
                verb=EditVerb.KNOWN,
                revision=base,
                origin=None,
                source_origin=None,
                element=state.element,
                sentence=state.sentence,
                section=state.section,
                sources=state.sources,
            )
            timeline = Timeline(
                number=head.next_key + len(untouched),
                subject=kind_of(fact),
                episodes=(episode,),
                location=fact.location,
                sentence=state.sentence,
                label=label,
            )
            untouched.append(timeline)
    return (*result.values(), *untouched)


def _current(head: Head, document: Document) -> Iterator[tuple[int | None, _Fact, Sentence]]:
    """Yield the statistics and claims of a text with their keys; the key is None if no edit touched them."""
    facts: defaultdict[tuple[int, int, str], list[_Fact]] = defaultdict(list)
    for statistic in document.statistics:
        if not statistic.quantity.measure.is_context:
            facts[statistic.location.start, statistic.location.end, statistic.sentence].append(statistic)
    for claim in document.claims:
        facts[claim.location.start, claim.location.end, claim.text].append(claim)
    for sentence in document.sentences:
        stated = facts.pop((sentence.location.start, sentence.location.end, sentence.text), ())
        line = head.pop(sentence) if stated else None  # removed, so that each of several equal sentences gets its own
        starts = dict(line.statistics) if line else {}
        for fact in stated:
            if isinstance(fact, Statistic):
                yield starts.get(fact.quantity.start), fact, sentence
            else:
                yield from ((key, fact, sentence) for key in (line.claims if line else ()))
