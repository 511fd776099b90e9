"""Follow the elements of an article through one edit.

Statistics and claims are found by the sentences that the edit removed and added; sources, images and sections by their
names, which are the work, the file or the heading path.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import nlargest
from itertools import chain
from typing import Final

from watcher import model
from watcher.diff.element_pairs import ElementPairs, FactsReader, PairedSentences, SentenceFacts, pair_elements
from watcher.ledger import head
from watcher.model.ledger import ElementState

_NAMING_FIELDS: Final = frozenset({"name", "group"})  # attributes of a reference that do not change the cited work
_MAX_CANDIDATES: Final = 3  # ended sentences that each new one is compared with
_MIN_SHARED_WORDS: Final = 2  # words of three letters or more
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_IDENTIFYING_FIELDS: Final = frozenset({"unit", "measure"})  # if one of these differs, it is another statistic


class _Passage:
    """A sentence of either text with the keys of its claim and statistics; None for those without a key yet."""

    def __init__(self, facts: SentenceFacts) -> None:
        self.facts = facts
        self.claims: tuple[int, ...] = ()
        self.statistics: list[int | None] = [None] * len(facts.statistics)

    @property
    def line(self) -> head.Line:
        """The keys in the form in which the head stores them."""
        numbered = zip(self.facts.statistics, self.statistics, strict=True)
        known = tuple((statistic.quantity.start, key) for statistic, key in numbered if key is not None)
        return head.Line(head.context_of(self.facts.sentence), self.claims, known)

    @property
    def is_new(self) -> bool:
        """Whether its claim or a statistic has no key yet."""
        return None in self.statistics or (self.facts.claim is not None and not self.claims)

    def keyed_elements(self) -> Iterator[tuple[int, model.Statistic | model.Claim]]:
        """Yield each key with its element; a claim that lost its cue has no element and is left out."""
        if self.facts.claim is not None:
            yield from ((key, self.facts.claim) for key in self.claims)
        for key, statistic in zip(self.statistics, self.facts.statistics, strict=True):
            if key is not None:
                yield key, statistic


_PassagePair = tuple[list[_Passage], list[_Passage]]


class SentenceFollower:
    """The step that moves keys of old sentences to new ones, and ends or begins others.

    `read_facts` reads the statistics and claims of sentences.
    """

    def __init__(self, draft: head.EditDraft, pairs: ElementPairs, read_facts: FactsReader) -> None:
        self.draft, self.head, self.pairs, self.read_facts = draft, draft.head, pairs, read_facts

    def run(self) -> None:
        """Follow all sentences of the edit."""
        # All old sentences leave the head before new ones are added, since two may have exchanged their words.
        rows = [self._take_old_keys(pair) for pair in self.pairs.sentences]
        flat = [([*_indexed_statistics(old)], [*_indexed_statistics(new)]) for old, new in rows]
        for pair in self.pairs.statistics:
            before, own = flat[pair.old[0]][0][pair.old[1]]
            after, other = flat[pair.new[0]][1][pair.new[1]]
            key = before.statistics[own]
            if key is not None:
                after.statistics[other] = key
                change = self.draft.touch(key, "statistic", was_alive=True)
                change.changed, change.resourced = bool(pair.fields), pair.sources_changed
                change.fields = pair.fields
        for (old, new), sentences in zip(rows, self.pairs.sentences, strict=True):
            self._continue_claims(old, new, sentences)
        # Only elements that this edit did not move can be ones that an earlier edit removed.
        passages = [passage for _, new in rows for passage in new]
        self._restore([passage for passage in passages if passage.is_new])
        for passage in passages:
            self._add(passage)
        for old, _ in rows:
            for passage in old:
                self._remember_ended(passage)

    def _take_old_keys(self, pair: PairedSentences) -> _PassagePair:
        """Take the keys of the old sentences from the head; elements without a key get one now."""
        old, new = ([_Passage(facts) for facts in side] for side in (pair.old, pair.new))
        for passage in old:
            facts = passage.facts
            if facts.claim is None and not facts.statistics:
                continue
            line = self.head.find(facts.sentence)
            known = dict(line.statistics) if line else {}
            passage.claims = line.claims if line else ()
            if facts.claim is not None and not passage.claims:
                passage.claims = (self.draft.new_key(head.state_of(facts.claim, facts.sentence, self.draft.old)),)
            passage.statistics = [
                known.get(item.quantity.start)
                or self.draft.new_key(head.state_of(item, facts.sentence, self.draft.old))
                for item in facts.statistics
            ]
            if line is None or {*line.keys} != {*passage.line.keys}:
                self.head.add_known(facts.sentence, passage.line)
            self.head.pop(facts.sentence)
            for key, element in passage.keyed_elements():
                self.draft.touch(key, head.kind_of(element), was_alive=True).before = head.state_of(
                    element, facts.sentence, self.draft.old
                )
        return old, new

    def _continue_claims(self, old: Sequence[_Passage], new: Sequence[_Passage], pair: PairedSentences) -> None:
        """Continue the claims of joined sentences in the joined one, and those of a split sentence in each part."""
        claims = tuple(dict.fromkeys(key for passage in old for key in passage.claims))
        for key in claims:
            change = self.draft.touch(key, "claim", was_alive=True)
            change.changed, change.resourced = bool(pair.claim_fields), pair.sources_changed
            change.fields = pair.claim_fields
        for passage in new:
            if passage.facts.claim is not None:
                passage.claims = claims

    def _restore(self, passages: Sequence[_Passage]) -> None:
        """Restore the keys of ended elements, by pairing the sentences that had them with the new ones (`diff`)."""
        candidates = self._candidates(passages)
        if not candidates:
            return
        old, new = ([item.sentence for item in candidates], [passage.facts.sentence for passage in passages])
        documents = model.Document(sentences=tuple(old)), model.Document(sentences=tuple(new))
        pairs = pair_elements(*documents, self.read_facts)
        lines = {id(item.sentence): item.line for item in candidates}
        by_sentence = {id(passage.facts.sentence): passage for passage in passages}
        ended_keys, new_statistics = list[list[int | None]](), list[list[tuple[_Passage, int]]]()
        for pair in pairs.sentences:
            old_lines = [lines[id(facts.sentence)] for facts in pair.old]
            successors = [by_sentence[id(facts.sentence)] for facts in pair.new]
            stated = zip(pair.old, old_lines, strict=True)
            ended_keys.append(
                [dict(line.statistics).get(item.quantity.start) for own, line in stated for item in own.statistics]
            )
            new_statistics.append([*_indexed_statistics(successors)])
            claims = [key for line in old_lines for key in line.claims if not pair.claim_fields]
            for passage in successors:
                if passage.facts.claim is not None and not passage.claims:
                    passage.claims = tuple(key for key in claims if self._restore_key(key, "claim"))
        for match in pairs.statistics:
            key = ended_keys[match.old[0]][match.old[1]]
            passage, index = new_statistics[match.new[0]][match.new[1]]
            # "40 cranes" and "40 sheds" in the same wording are two statistics.
            is_same = not any(item.name in _IDENTIFYING_FIELDS for item in match.fields)
            is_free = passage.statistics[index] is None
            if key and is_same and is_free and self._restore_key(key, "statistic", match.fields):
                passage.statistics[index] = key

    def _restore_key(self, key: int, kind: str, fields: tuple[model.FieldChange, ...] = ()) -> bool:
        """Continue an ended key; return whether it had ended, by an earlier edit than this one."""
        if key in self.head.holders or key in self.draft.touched:
            return False
        change = self.draft.touch(key, kind, was_alive=False)
        change.restored, change.fields = True, fields
        return True

    def _candidates(self, passages: Sequence[_Passage]) -> list[head.EndedLine]:
        """Return the ended sentences that share the most words with the new ones; rare words count more."""
        ended = self.head.ended
        sentences = {
            (passage.facts.sentence.label, passage.facts.sentence.text): passage.facts.sentence for passage in passages
        }
        chosen = {name for name in sentences if name in ended}
        new = [name for name in sentences if name not in ended] if ended else []
        searched_words = frozenset(chain.from_iterable(_words(*name) for name in new))
        common = {name: words for name in (ended if new else ()) if (words := _words(*name) & searched_words)}
        # "was counted in" may be in every sentence of a list, but the name of a port is in only one.
        sentence_counts = Counter(chain.from_iterable(common.values()))
        for name in new:
            words = _words(*name)
            # A field of an infobox or a cell has few words, and is recognized by its label.
            rated = (
                (sum(1 / sentence_counts[word] for word in shared), other)
                for other, known in common.items()
                if (shared := words & known)
                and (len(shared) >= _MIN_SHARED_WORDS or name[0] == other[0] != "")
                and _may_restate(ended[other].sentence, sentences[name])
            )
            chosen.update(other for _, other in nlargest(_MAX_CANDIDATES, rated))
        # If a sentence lost some elements and was reworded later, the later wording has all keys: skip the earlier one.
        matching = [(name, item, {*item.line.keys}) for name, item in ended.items() if name in chosen]
        return [
            item
            for position, (name, item, keys) in enumerate(matching, 1)
            if name in sentences or not any(keys < later for _, _, later in matching[position:])
        ]

    def _add(self, passage: _Passage) -> None:
        """Add a sentence of the new text to the head, with new keys for elements without one."""
        if passage.facts.claim is not None and not passage.claims:
            passage.claims = (self.head.new_key(),)
        passage.statistics = [key or self.head.new_key() for key in passage.statistics]
        for key, element in passage.keyed_elements():
            self.draft.touch(key, head.kind_of(element), was_alive=False).after = head.state_of(
                element, passage.facts.sentence, self.draft.new
            )
        # Many sentences state no facts: the head of a page of 150 KB has some 600 of its 1,300 sentences.
        if passage.claims or passage.statistics:
            self.head.add(passage.facts.sentence, passage.line)
            name = passage.facts.sentence.label, passage.facts.sentence.text
            if name in self.head.ended:
                self.head.put(self.head.ended, name, None)

    def _remember_ended(self, passage: _Passage) -> None:
        """Remember an old sentence whose elements have ended."""
        line = passage.line
        ended_keys = [key for key in line.keys if key not in self.head.holders]
        if ended_keys:
            statistics = tuple(item for item in line.statistics if item[1] in ended_keys)
            ended = replace(line, claims=tuple(key for key in line.claims if key in ended_keys), statistics=statistics)
            sentence = passage.facts.sentence
            self.head.remember(replace(sentence, cites=(), references=(), tags=()), ended)


def _indexed_statistics(passages: Iterable[_Passage]) -> Iterator[tuple[_Passage, int]]:
    """Yield the statistics of the sentences on one side in order, as pairs of passage and index."""
    return ((passage, at) for passage in passages for at in range(len(passage.statistics)))


def _may_restate(old: model.Sentence, new: model.Sentence) -> bool:
    """Return whether a new sentence may restate an old one, by the names in both.

    A field of an infobox repeats statements of the text, but is another element.
    """
    if (old.where is model.TextKind.INFOBOX) != (new.where is model.TextKind.INFOBOX):
        return False
    own, other = _names(old.label, old.text), _names(new.label, new.text)
    return own <= other or other <= own


@lru_cache(maxsize=4096)
def _names(label: str, text: str) -> frozenset[str]:
    """Return the capitalized words, without the first one of the sentence."""
    return frozenset(word for word in (*_WORD.findall(text)[1:], *_WORD.findall(label)) if word[0].isupper())


@lru_cache(maxsize=4096)
def _words(label: str, text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{label} {text}".casefold()))


class NamedFollower:
    """The step that continues, ends and begins the sources, images and sections of one edit, by their names."""

    def __init__(self, draft: head.EditDraft, pairs: ElementPairs) -> None:
        self.draft, self.head, self.pairs = draft, draft.head, pairs

    def run(self) -> None:
        """Follow all sources, images and sections."""
        self._sources()
        self._figures()
        self._sections()

    def _sources(self) -> None:
        # A note may cite several works, and several notes may cite one work: only the works of the whole text count.
        gone, come = dict(self.pairs.removed_sources), dict(self.pairs.added_sources)
        for change in self.pairs.references:
            match change.kind, change.old, change.new:
                case model.Kind.REFERENCE_CHANGED, model.Reference() as old, model.Reference() as new if (
                    old.source == new.source
                ):
                    if any(item.name not in _NAMING_FIELDS for item in change.fields):
                        self.continue_as(old, new, change.fields)
                case model.Kind.REFERENCE_CHANGED, model.Reference() as old, model.Reference() as new if (
                    old.source in gone and new.source in come and not self._has_ended(new)
                ):
                    self.continue_as(gone.pop(old.source), come.pop(new.source), change.fields)
                case _:
                    pass
        for reference in gone.values():
            self.remove(reference)
        for reference in come.values():
            if _name_digest(reference) not in self.head.named:
                self.add(reference)

    def _figures(self) -> None:
        # An image that moved to another paragraph is listed as removed and added; removals come first.
        for change in sorted(self.pairs.figures, key=lambda change: change.kind is model.Kind.FIGURE_ADDED):
            old, new = change.old, change.new
            if isinstance(old, model.Figure) and isinstance(new, model.Figure):
                known = old.file == new.file or not (self._has_ended(new) or _name_digest(new) in self.head.named)
                if change.kind is model.Kind.FIGURE_MOVED:
                    continue
                if known:
                    self.continue_as(old, new, change.fields)
                    continue
            if isinstance(old, model.Figure):
                self.remove(old)
            if isinstance(new, model.Figure):
                self.add(new)

    def _sections(self) -> None:
        for old, new in self.pairs.renamed.items():
            # Below a renamed section, the paths of all subsections change, but nothing else does.
            fields = (model.FieldChange(name="heading", old=old[-1], new=new[-1]),) if old[-1] != new[-1] else ()
            self.continue_as(_section(old), _section(new), fields)
        for path in self.pairs.removed_sections:
            self.remove(_section(path))
        for path in self.pairs.new_sections:
            self.add(_section(path))

    def _has_ended(self, element: model.Element) -> bool:
        return _name_digest(element) in self.head.ended_named

    def key_of(self, element: model.Element) -> tuple[int, int]:
        """Return the key of an element of the old text, and the number of times that it occurs there."""
        digest, state = _name_digest(element), _state_of(element, self.draft.old)
        if digest not in self.head.named:
            self.head.named[digest] = (self.draft.new_key(state), 1)  # not in the journal: it existed before this edit
        key, times = self.head.named[digest]
        change = self.draft.touch(key, head.kind_of(element), was_alive=True)
        change.before = change.before or state
        return key, times

    def continue_as(self, old: model.Element, new: model.Element, fields: tuple[model.FieldChange, ...]) -> None:
        """Continue an element under a new name, or changed under the same name."""
        key, times = self.key_of(old)
        self.head.put(self.head.named, _name_digest(old), None)
        self.head.put(self.head.named, _name_digest(new), (key, times))
        change = self.draft.touched[key]
        change.after = _state_of(new, self.draft.new)
        change.changed, change.fields = bool(fields) or not isinstance(new, model.Section), fields

    def remove(self, element: model.Element) -> None:
        """Remove an element from one of its locations; it ends when the last one is removed."""
        key, times = self.key_of(element)
        change = self.draft.touched[key]
        # It may occur several times, as a flag does in a table of countries.
        change.after = change.before if times > 1 else None
        self.head.put(self.head.named, _name_digest(element), (key, times - 1) if times > 1 else None)
        if times == 1:
            self.head.put_newest(self.head.ended_named, _name_digest(element), key)

    def add(self, element: model.Element) -> None:
        """Add an occurrence of an element: of a current one, of one that ended (restoring its key), or of a new one."""
        digest = _name_digest(element)
        if digest in self.head.named:
            key, times = self.head.named[digest]
            self.head.put(self.head.named, digest, (key, times + 1))
            return
        ended = self.head.ended_named.get(digest)
        key = ended or self.head.new_key()
        change = self.draft.touch(key, head.kind_of(element), was_alive=False)
        change.restored, change.after = ended is not None, _state_of(element, self.draft.new)
        change.changed = change.before is not None and change.before.element != change.after.element
        self.head.put(self.head.named, digest, (key, 1))
        if ended:
            self.head.put(self.head.ended_named, digest, None)


def _name_digest(element: model.Element) -> int:
    return head.digest(head.kind_of(element), head.name_of(element))


def _section(path: tuple[str, ...]) -> model.Section:
    return model.Section(path=path, level=len(path) + 1)


def _state_of(element: model.Element, titles: head.Titles) -> ElementState:
    match element:
        case model.Figure(caption=caption, references=references, location=location):
            plain: model.Element = replace(element, location=model.NO_LOCATION, references=())
            sources = head.labels_of(references, titles)
            return ElementState(element=plain, sentence=caption, section=location.section, sources=sources)
        case model.Reference(location=location):
            return ElementState(
                element=replace(element, location=model.NO_LOCATION, parts=()), section=location.section
            )
        case model.Section(path=path):
            return ElementState(element=element, section=path)
        case _:
            return ElementState(element=element)
