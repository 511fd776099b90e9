"""Compare consecutive texts of a history.

Which elements of a text continue in the next is a question of these two texts alone, and takes four fifths of the
time; what became of each element over all texts is then followed in order, by one process.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from watcher.diff.element_mapping import claims_differ, map_elements
from watcher.diff.passages import JoinedSentence, SentenceIndex
from watcher.history.pieces import words_of
from watcher.history.rewording import has_other_words
from watcher.history.statements import states_facts
from watcher.history.statistics import facts_among
from watcher.model import Claim, Dialect, Document, Sentence, Statistic
from watcher.model.history import AlignedRow, ElementMapping
from watcher.parse import parse, parse_pair
from watcher.parse.analysis import Analysis, analyse, facts_of
from watcher.parse.document import clear_caches, clear_text_caches
from watcher.parse.wikitext.sections import blocks, split_sections

# Comparisons after which the parser's caches are cleared: of whole texts, of which the next comparison needs one and 64
# of a large page take 40 MB; and of their pieces, which come again when an edit is undone.
_CLEAR_TEXTS_EVERY: Final = 32
_CLEAR_EVERY: Final = 400
KEPT_BLOCKS: Final = 1024  # of edits, beside those of the text that is compared next


def _claims_differ(old: JoinedSentence, new: JoinedSentence) -> bool | None:
    """Return whether a claim changed; None where its words are the same, or quite others."""
    then, now = old.text or "", new.text or ""
    return None if words_of(then) == words_of(now) or has_other_words(then, now) else claims_differ(old, new)


def text_digest(text: str) -> bytes:
    """Return what identifies a text; JSON may bring lone surrogates."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Edit:
    """How a text follows from the one before: what both have at their ends, and what this one has between them."""

    before: int
    after: int
    middle: str
    digest: bytes  # of the whole text
    is_compared: bool  # not: it is hidden, equal to the one before, or one of the last ones

    def text(self, old: str) -> str:
        """Return the text, from the one before."""
        return "".join((old[: self.before], self.middle, old[len(old) - self.after :]))


Blocks = dict[str, Analysis | bytes]  # by their text; as bytes what another process has read
Mappings = list[ElementMapping | None]


class BlockReader:
    """Reads blocks, and remembers all of the newest text: an edit that removes most of it costs no reading again."""

    def __init__(self) -> None:
        self._known: Blocks = {}
        self._most = KEPT_BLOCKS
        self._returned: Blocks = {}

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, text: str, dialect: Dialect) -> Analysis:
        """Return the elements of a block."""
        known = self._known.get(text)
        if isinstance(known, Analysis):
            return known
        read = self._known[text] = pickle.loads(known) if known else analyse.__wrapped__(text, dialect)  # noqa: S301
        return read

    def forget(self, *texts: str) -> None:
        """Forget what is not in these texts, once it is much."""
        if len(self._known) > self._most:
            self._known = self._known_of(*texts)
            self._most = len(self._known) + KEPT_BLOCKS

    def news_of(self, text: str) -> Blocks:
        """Return the blocks that were read of a text, without those that the last call returned or left out."""
        before, self._returned = self._returned, self._known_of(text)
        return {block: analysis for block, analysis in self._returned.items() if block not in before}

    def learn(self, read: Blocks, text: str) -> None:
        """Remember blocks that another reader has read, beside what it knows of a text."""
        self.forget(text)
        self._known = read | self._known

    def _known_of(self, *texts: str) -> Blocks:
        current = (block.text for text in texts for part in split_sections(text) for block in blocks(part))
        return {block: self._known[block] for block in current if block in self._known}


class Comparer:
    """Compares texts; what it and the parser remember between two comparisons is bounded."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compared = 0
        self._reader = BlockReader()

    def texts(self, old: str, new: str, ends: tuple[int, int] | None = None) -> ElementMapping:
        """Map the elements of a text to those of the next; `ends` are their common ends, where they are known."""
        self._compared += 1
        if self._compared % _CLEAR_EVERY == 0:
            clear_caches()
        elif self._compared % _CLEAR_TEXTS_EVERY == 0:
            clear_text_caches()
        documents = parse_pair(old, new, self._dialect, with_facts=False, analysed=self._reader, ends=ends)
        self._reader.forget(old, new)
        return map_elements(*documents, self._facts, _claims_differ)

    def edits(self, text: str, edits: Iterable[Edit | None]) -> tuple[Mappings, Blocks]:
        """Map the elements of each text to those of the next, from the first text on; None for what needs none.

        With it comes what was read of the last text, so that another process need not.
        """
        mappings: Mappings = []
        for edit in edits:
            old, text = text, edit.text(text) if edit else text
            ends = (edit.before, edit.after) if edit and edit.is_compared else None
            mappings.append(self.texts(old, text, ends) if ends else None)
        return mappings, self._reader.news_of(text)

    def claims_differ(self, row: AlignedRow) -> bool:
        """Return whether the sentences of a row make another claim, where that was not compared."""
        if row.claim_changed is not None:
            return row.claim_changed
        return claims_differ(*(self._joined([facts.sentence for facts in side]) for side in (row.old, row.new)))

    def _joined(self, sentences: Sequence[Sentence]) -> JoinedSentence:
        statistics, claims = self._facts(sentences)
        return SentenceIndex(Document(statistics=statistics, claims=claims)).side(sentences)

    def learn(self, read: Blocks, text: str) -> None:
        """Remember what another process has read, and this one of the newest text."""
        self._reader.learn(read, text)

    def sentences(self, old: Iterable[Sentence], new: Iterable[Sentence]) -> ElementMapping:
        """Map what removed sentences stated to what others state."""
        documents = Document(sentences=tuple(old)), Document(sentences=tuple(new))
        return map_elements(*documents, self._facts, _claims_differ)

    def sentences_of(self, text: str) -> tuple[Sentence, ...]:
        """Return the sentences of a text; most were read when an edit brought them."""
        return parse(text, self._dialect, with_facts=False, analysed=self._reader).sentences

    def _facts(self, sentences: Iterable[Sentence]) -> tuple[tuple[Statistic, ...], tuple[Claim, ...]]:
        statistics, claims = facts_of(filter(states_facts, sentences), self._dialect.language)
        return facts_among(statistics), claims
