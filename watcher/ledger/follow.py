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

_CALLED: Final = frozenset({"name", "group"})  # attributes of a reference that do not change the cited work
_LIKELY: Final = 3  # ended sentences that each new one is compared with
_FEWEST_SHARED: Final = 2  # words of three letters or more
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LABELS: Final = frozenset({"unit", "measure"})  # if one of these differs, it is another statistic


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

    def keyed(self) -> Iterator[tuple[int, model.Statistic | model.Claim]]:
        """Yield each key with its element; a claim that lost its cue has no element and is left out."""
        if self.facts.claim is not None:
            yield from ((key, self.facts.claim) for key in self.claims)
        for key, statistic in zip(self.statistics, self.facts.statistics, strict=True):
            if key is not None:
                yield key, statistic


_Row = tuple[list[_Passage], list[_Passage]]


class SentenceFollower:
    """The step that moves keys of old sentences to new ones, and ends or begins others.

    `read_facts` reads the statistics and claims of sentences.
    """

    def __init__(self, draft: head.EditDraft, pairs: ElementPairs, read_facts: FactsReader) -> None:
        self.draft, self.head, self.pairs, self.read_facts = draft, draft.head, pairs, read_facts

    def run(self) -> None:
        """Follow all sentences of the edit."""
        # All old sentences leave the head before new ones are added, since two may have exchanged their words.
        rows = [self._taken(pair) for pair in self.pairs.sentences]
        flat = [([*_numbered(old)], [*_numbered(new)]) for old, new in rows]
        for pair in self.pairs.statistics:
            before, own = flat[pair.old[0]][0][pair.old[1]]
            after, other = flat[pair.new[0]][1][pair.new[1]]
            key = before.statistics[own]
            if key is not None:
                after.statistics[other] = key
                touched = self.draft.touch(key, "statistic", was_alive=True)
                touched.changed, touched.resourced = bool(pair.fields), pair.sources_changed
                touched.fields = pair.fields
        for (old, new), sentences in zip(rows, self.pairs.sentences, strict=True):
            self._continue_claims(old, new, sentences)
        # Only elements that this edit did not move can be ones that an earlier edit removed.
        passages = [passage for _, new in rows for passage in new]
        self._restore([passage for passage in passages if passage.is_new])
        for passage in passages:
            self._put(passage)
        for old, _ in rows:
            for passage in old:
                self._end(passage)

    def _taken(self, pair: PairedSentences) -> _Row:
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
                passage.claims = (self.draft.learn(head.state_of(facts.claim, facts.sentence, self.draft.old)),)
            passage.statistics = [
                known.get(item.quantity.start) or self.draft.learn(head.state_of(item, facts.sentence, self.draft.old))
                for item in facts.statistics
            ]
            if line is None or {*line.keys} != {*passage.line.keys}:
                self.head.learn(facts.sentence, passage.line)
            self.head.take(facts.sentence)
            for key, element in passage.keyed():
                self.draft.touch(key, head.kind_of(element), was_alive=True).before = head.state_of(
                    element, facts.sentence, self.draft.old
                )
        return old, new

    def _continue_claims(self, old: Sequence[_Passage], new: Sequence[_Passage], pair: PairedSentences) -> None:
        """Continue the claims of joined sentences in the joined one, and those of a split sentence in each part."""
        claims = tuple(dict.fromkeys(key for passage in old for key in passage.claims))
        for key in claims:
            touched = self.draft.touch(key, "claim", was_alive=True)
            touched.changed, touched.resourced = bool(pair.claim_fields), pair.sources_changed
            touched.fields = pair.claim_fields
        for passage in new:
            if passage.facts.claim is not None:
                passage.claims = claims

    def _restore(self, passages: Sequence[_Passage]) -> None:
        """Restore the keys of ended elements, by pairing the sentences that had them with the new ones (`diff`)."""
        likely = self._likely(passages)
        if not likely:
            return
        old, new = ([item.sentence for item in likely], [passage.facts.sentence for passage in passages])
        documents = model.Document(sentences=tuple(old)), model.Document(sentences=tuple(new))
        pairs = pair_elements(*documents, self.read_facts)
        lines = {id(item.sentence): item.line for item in likely}
        by_sentence = {id(passage.facts.sentence): passage for passage in passages}
        ended, fresh = list[list[int | None]](), list[list[tuple[_Passage, int]]]()
        for pair in pairs.sentences:
            held = [lines[id(facts.sentence)] for facts in pair.old]
            successors = [by_sentence[id(facts.sentence)] for facts in pair.new]
            stated = zip(pair.old, held, strict=True)
            ended.append(
                [dict(line.statistics).get(item.quantity.start) for own, line in stated for item in own.statistics]
            )
            fresh.append([*_numbered(successors)])
            claims = [key for line in held for key in line.claims if not pair.claim_fields]
            for passage in successors:
                if passage.facts.claim is not None and not passage.claims:
                    passage.claims = tuple(key for key in claims if self._revive(key, "claim"))
        for match in pairs.statistics:
            key = ended[match.old[0]][match.old[1]]
            passage, at = fresh[match.new[0]][match.new[1]]
            # "40 cranes" and "40 sheds" in the same wording are two statistics.
            is_same = not any(item.name in _LABELS for item in match.fields)
            if key and is_same and passage.statistics[at] is None and self._revive(key, "statistic", match.fields):
                passage.statistics[at] = key

    def _revive(self, key: int, kind: str, fields: tuple[model.FieldChange, ...] = ()) -> bool:
        """Continue an ended key; return whether it had ended, by an earlier edit than this one."""
        if key in self.head.holders or key in self.draft.touched:
            return False
        touched = self.draft.touch(key, kind, was_alive=False)
        touched.restored, touched.fields = True, fields
        return True

    def _likely(self, passages: Sequence[_Passage]) -> list[head.EndedLine]:
        """Return the ended sentences that share the most words with the new ones; rare words count more."""
        ended = self.head.ended
        sentences = {
            (passage.facts.sentence.label, passage.facts.sentence.text): passage.facts.sentence for passage in passages
        }
        chosen = {name for name in sentences if name in ended}
        new = [name for name in sentences if name not in ended] if ended else []
        asked = frozenset(chain.from_iterable(_words(*name) for name in new))
        common = {name: words for name in (ended if new else ()) if (words := _words(*name) & asked)}
        # "was counted in" may be in every sentence of a list, but the name of a port is in only one.
        often = Counter(chain.from_iterable(common.values()))
        for name in new:
            words = _words(*name)
            # A field of an infobox or a cell has few words, and is recognized by its label.
            rated = (
                (sum(1 / often[word] for word in shared), other)
                for other, known in common.items()
                if (shared := words & known)
                and (len(shared) >= _FEWEST_SHARED or name[0] == other[0] != "")
                and _may_be_same(ended[other].sentence, sentences[name])
            )
            chosen.update(other for _, other in nlargest(_LIKELY, rated))
        # If a sentence lost some elements and was reworded later, the later wording has all keys: skip the earlier one.
        kept = [(name, item, {*item.line.keys}) for name, item in ended.items() if name in chosen]
        return [
            item
            for at, (name, item, keys) in enumerate(kept, 1)
            if name in sentences or not any(keys < later for _, _, later in kept[at:])
        ]

    def _put(self, passage: _Passage) -> None:
        """Add a sentence of the new text to the head, with new keys for elements without one."""
        if passage.facts.claim is not None and not passage.claims:
            passage.claims = (self.head.new_key(),)
        passage.statistics = [key or self.head.new_key() for key in passage.statistics]
        for key, element in passage.keyed():
            self.draft.touch(key, head.kind_of(element), was_alive=False).after = head.state_of(
                element, passage.facts.sentence, self.draft.new
            )
        # Many sentences state no facts: the head of a page of 150 KB has some 600 of its 1,300 sentences.
        if passage.claims or passage.statistics:
            self.head.add(passage.facts.sentence, passage.line)
            name = passage.facts.sentence.label, passage.facts.sentence.text
            if name in self.head.ended:
                self.head.put(self.head.ended, name, None)

    def _end(self, passage: _Passage) -> None:
        """Remember an old sentence whose elements have ended."""
        line = passage.line
        lost = [key for key in line.keys if key not in self.head.holders]
        if lost:
            statistics = tuple(item for item in line.statistics if item[1] in lost)
            ended = replace(line, claims=tuple(key for key in line.claims if key in lost), statistics=statistics)
            sentence = passage.facts.sentence
            self.head.remember(replace(sentence, cites=(), references=(), tags=()), ended)


def _numbered(passages: Iterable[_Passage]) -> Iterator[tuple[_Passage, int]]:
    """Yield the statistics of the sentences on one side in order, as pairs of passage and index."""
    return ((passage, at) for passage in passages for at in range(len(passage.statistics)))


def _may_be_same(old: model.Sentence, new: model.Sentence) -> bool:
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
                    if any(item.name not in _CALLED for item in change.fields):
                        self.go_on(old, new, change.fields)
                case model.Kind.REFERENCE_CHANGED, model.Reference() as old, model.Reference() as new if (
                    old.source in gone and new.source in come and not self._has_ended(new)
                ):
                    self.go_on(gone.pop(old.source), come.pop(new.source), change.fields)
                case _:
                    pass
        for reference in gone.values():
            self.leave(reference)
        for reference in come.values():
            if _number(reference) not in self.head.named:
                self.appear(reference)

    def _figures(self) -> None:
        # An image that moved to another paragraph is listed as removed and added; removals come first.
        for change in sorted(self.pairs.figures, key=lambda change: change.kind is model.Kind.FIGURE_ADDED):
            old, new = change.old, change.new
            if isinstance(old, model.Figure) and isinstance(new, model.Figure):
                known = old.file == new.file or not (self._has_ended(new) or _number(new) in self.head.named)
                if change.kind is model.Kind.FIGURE_MOVED:
                    continue
                if known:
                    self.go_on(old, new, change.fields)
                    continue
            if isinstance(old, model.Figure):
                self.leave(old)
            if isinstance(new, model.Figure):
                self.appear(new)

    def _sections(self) -> None:
        for old, new in self.pairs.renamed.items():
            # Below a renamed section, the paths of all subsections change, but nothing else does.
            fields = (model.FieldChange(name="heading", old=old[-1], new=new[-1]),) if old[-1] != new[-1] else ()
            self.go_on(_section(old), _section(new), fields)
        for path in self.pairs.removed_sections:
            self.leave(_section(path))
        for path in self.pairs.new_sections:
            self.appear(_section(path))

    def _has_ended(self, element: model.Element) -> bool:
        return _number(element) in self.head.ended_named

    def key_of(self, element: model.Element) -> tuple[int, int]:
        """Return the key of an element of the old text, and the number of times that it occurs there."""
        number, state = _number(element), _state_of(element, self.draft.old)
        if number not in self.head.named:
            self.head.named[number] = (self.draft.learn(state), 1)  # not in the journal: it existed before this edit
        key, times = self.head.named[number]
        touched = self.draft.touch(key, head.kind_of(element), was_alive=True)
        touched.before = touched.before or state
        return key, times

    def go_on(self, old: model.Element, new: model.Element, fields: tuple[model.FieldChange, ...]) -> None:
        """Continue an element under a new name, or changed under the same name."""
        key, times = self.key_of(old)
        self.head.put(self.head.named, _number(old), None)
        self.head.put(self.head.named, _number(new), (key, times))
        touched = self.draft.touched[key]
        touched.after = _state_of(new, self.draft.new)
        touched.changed, touched.fields = bool(fields) or not isinstance(new, model.Section), fields

    def leave(self, element: model.Element) -> None:
        """Remove an element from one of its locations; it ends when the last one is removed."""
        key, times = self.key_of(element)
        touched = self.draft.touched[key]
        # It may occur several times, as a flag does in a table of countries.
        touched.after = touched.before if times > 1 else None
        self.head.put(self.head.named, _number(element), (key, times - 1) if times > 1 else None)
        if times == 1:
            self.head.put_last(self.head.ended_named, _number(element), key)

    def appear(self, element: model.Element) -> None:
        """Add an occurrence of an element: of a current one, of one that ended (restoring its key), or of a new one."""
        number = _number(element)
        if number in self.head.named:
            key, times = self.head.named[number]
            self.head.put(self.head.named, number, (key, times + 1))
            return
        ended = self.head.ended_named.get(number)
        key = ended or self.head.new_key()
        touched = self.draft.touch(key, head.kind_of(element), was_alive=False)
        touched.restored, touched.after = ended is not None, _state_of(element, self.draft.new)
        touched.changed = touched.before is not None and touched.before.element != touched.after.element
        self.head.put(self.head.named, number, (key, 1))
        if ended:
            self.head.put(self.head.ended_named, number, None)


def _number(element: model.Element) -> int:
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
