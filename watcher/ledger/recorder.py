"""Record what each text of an article did to the elements of the one before it, and find what the newest has."""

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

MOST_ENTRIES: Final = 3000
"""Entries of an edit that are written; the others are counted."""
_REACH: Final = 64  # edits that are undone without a comparison when their text before comes back
# Comparisons after which the parser's caches are cleared: of whole texts, of which the next comparison needs one and 64
# of a large page take 40 MB; and of their pieces, which come again when an edit is undone.
_CLEAR_TEXTS_EVERY: Final = 32
_CLEAR_EVERY: Final = 400
_ENGLISH: Final = Dialect()
_LOG: Final = logging.getLogger(__name__)
_Fact = Statistic | Claim

Documents = Callable[[str, str, Dialect], tuple[Document, Document]]
"""Reads of two texts what differs."""
PairedTexts = tuple[Sequence[Reference], Sequence[Reference], ElementPairs]
"""The references of two texts, and which element of one is which of the other."""


_WITHOUT_FACTS: Final[Documents] = partial(parse_pair, with_facts=False)


def read_and_pair(old: str, new: str, dialect: Dialect, read: Documents = _WITHOUT_FACTS) -> PairedTexts:
    """Return the elements in which two texts differ as pairs, with their references."""
    before, after = read(old, new, dialect)
    pairs = pair_elements(before, after, lambda sentences: facts_of(sentences, dialect.language))
    return before.references, after.references, pairs


@dataclass(frozen=True, slots=True)
class _Past:
    """An edit that may be undone by the return of an earlier text: its own text, and what it changed in the head."""

    digest: bytes
    edit: LedgerEdit
    changes: Changes
    journal: Journal


def text_digest(text: str) -> bytes:
    """Return what identifies a text; JSON may bring lone surrogates."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


class Recorder:
    """Follows an article from one text to the next; a revision costs what it changed.

    `head` and `text` are where an earlier run ended, or None and "" before the first text. Hidden and too large texts
    are skipped: the next one is compared with the last that could be. `read` is `read_and_pair`, or what remembers what
    that returned.
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
        self._past: deque[_Past] = deque(maxlen=_REACH)

    def begin(self, snapshot: Snapshot) -> LedgerEdit:
        """Begin with the text of a revision before which the article is not known: nothing of it has a key yet."""
        self._text = snapshot.wikitext or ""
        edit = LedgerEdit(revision=snapshot.revision)
        self._past.append(_Past(snapshot.digest or text_digest(self._text), edit, {}, []))
        return edit

    def add(self, snapshot: Snapshot) -> LedgerEdit | None:
        """Record a revision; None where its text is hidden or cannot be compared."""
        text, revision = snapshot.wikitext, snapshot.revision
        if text is None or is_too_large(text):
            return None
        if text == self._text:  # a null edit, as of a page move, repeats it
            return LedgerEdit(revision=revision)
        digest = snapshot.digest or text_digest(text)
        guard = Guard()
        recorded = guard.run(
            lambda: self._revert(revision, digest) or self._compare(revision, text),
            otherwise=None,
            element="a revision",
        )
        if recorded is None:  # one text must not cost the history of its article
            _LOG.warning("revision %d was not recorded in the ledger (%s)", revision.id, type(guard.error).__name__)
            self.head.undo(self.head.take_journal())
            self.head.take_journal()
            return None
        edit, changes = recorded
        self._past.append(_Past(digest, edit, changes, self.head.take_journal()))
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
        """Undo the edits since the text with this digest, if it is one of the last ones."""
        past = [*self._past]
        # The last one counts: a text that came back twice left nothing behind the first time.
        at = next((index for index in reversed(range(len(past))) if past[index].digest == digest), None)
        if at is None:
            return None
        undone = past[at + 1 :]
        last: Changes = {}
        then: dict[int, ElementState | None] = {}
        for key, change in (item for each in undone for item in each.changes.items()):
            then.setdefault(key, change[0])
            last[key] = change
        # Each takes back what it changed in what the edits before it had left.
        for each in reversed(undone):
            self.head.undo(each.journal)
        keys = dict.fromkeys(entry.key for each in undone for entry in each.edit.entries)
        entries = [made for key in keys if (made := _reverse(key, last[key], then[key]))]
        remember_ended(self.head, entries)
        sentences = tuple((new, old) for each in reversed(undone) for old, new in each.edit.sentences)
        edit = _bounded(revision, entries, past[at].edit.revision.id, sentences)
        return edit, {key: (last[key][1], before) for key, before in then.items()}


def _bounded(
    revision: Revision, entries: Iterable[Entry], reverted_to: int = 0, sentences: tuple[tuple[str, str], ...] = ()
) -> LedgerEdit:
    made = tuple(entries)
    return LedgerEdit(
        revision=revision,
        entries=made[:MOST_ENTRIES],
        sentences=sentences,
        reverted_to=reverted_to,
        not_written=max(len(made) - MOST_ENTRIES, 0),
    )


def _reverse(
    key: int, last: tuple[ElementState | None, ElementState | None], then: ElementState | None
) -> Entry | None:
    """Return the entry of an edit that brings an element back to an earlier state; None where it has that.

    `last` is what the last edit before made of the element.
    """
    now = last[1]
    state = then or now
    fields: tuple[FieldChange, ...] = ()
    if state is None:
        return None
    if then is None or now is None:
        verb = EditVerb.REMOVED if then is None else EditVerb.RESTORED
    elif value_of(then.element) != value_of(now.element):
        verb = EditVerb.CHANGED
        if isinstance(now.element, Statistic) and isinstance(then.element, Statistic):
            fields = statistic_fields(now.element, then.element)
    elif then.sources != now.sources:
        verb = EditVerb.RESOURCED
    else:
        return None
    returns = now is None and last[0] == then
    return Entry(
        key=key, kind=kind_of(state.element), verb=verb, before=now, after=then, fields=fields, returns=returns
    )


def with_current(timelines: Iterable[Timeline], head: Head, document: Document, base: Revision) -> tuple[Timeline, ...]:
    """Return the timelines with the newest sentence and location of each element, in the order in which they began.

    What no edit touched since the first compared revision, `base`, has no key: its timeline has the next numbers.
    The lines of the head are used up.
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
    """Yield the statistics and claims of a text with their keys; None for those that no edit touched."""
    facts: defaultdict[tuple[int, int, str], list[_Fact]] = defaultdict(list)
    for statistic in document.statistics:
        if not statistic.quantity.measure.is_context:
            facts[statistic.location.start, statistic.location.end, statistic.sentence].append(statistic)
    for claim in document.claims:
        facts[claim.location.start, claim.location.end, claim.text].append(claim)
    for sentence in document.sentences:
        stated = facts.pop((sentence.location.start, sentence.location.end, sentence.text), ())
        line = head.take(sentence) if stated else None  # of equal sentences each has its own
        starts = dict(line.statistics) if line else {}
        for fact in stated:
            if isinstance(fact, Statistic):
                yield starts.get(fact.quantity.start), fact, sentence
            else:
                yield from ((key, fact, sentence) for key in (line.claims if line else ()))
