"""Find the keys of what the newest text states, in document order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from watcher.ledger.edit import kind_of, state_of, titles_of
from watcher.ledger.head import Head
from watcher.model import Claim, Document, Revision, Sentence, Statistic
from watcher.model.elements import cell_names
from watcher.model.ledger import EditVerb, Episode, Timeline

_Fact = Statistic | Claim


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
