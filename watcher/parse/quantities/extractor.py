"""Extract the quantities of a text by one visible table of rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, localcontext
from functools import lru_cache

from watcher.model import Quantity
from watcher.parse.quantities.context import quantities_of
from watcher.parse.quantities.dates import clock, date, year
from watcher.parse.quantities.languages import Language, language_of
from watcher.parse.quantities.names import designation, identifier
from watcher.parse.quantities.token_stream import NUMBER, PART, Candidate, Match, TokenStream
from watcher.parse.quantities.values import between, multiple, odds, rank, rating, score, share, single, vague

Rule = Callable[[TokenStream, int], Match | None]

# Asked in this order at each token that can begin a number; the first answer is taken.
RULES: tuple[Rule, ...] = (
    vague,
    designation,
    clock,
    date,
    year,
    rank,
    rating,
    identifier,
    odds,
    score,
    between,
    multiple,
    share,
    single,
)
# A third has 28 digits, whatever the caller's context is.
EXACT = Context(prec=28)
COUNTING = frozenset({NUMBER, PART})
# Longer texts are read anew each time, so that the cache holds sentences and not articles.
CACHED_LENGTH = 4_000


def read_quantities(text: str, language: str = "en") -> tuple[Quantity, ...]:
    """Return all quantities of a rendered text in order, years, dates and ranks among them as context.

    `text[q.start:q.end] == q.text` covers the number with its scale, currency and percent sign. Of a
    language that is not shipped (see `knows`) only digits and signs are read. Linear in the length.

    >>> [(q.text, str(q.value), q.unit, q.as_of) for q in read_quantities("In 2012, 21 million victims were counted.")]
    [('2012', '2012', None, '2012'), ('21 million', '21000000', 'victims', '2012')]
    """
    if len(text) > CACHED_LENGTH:
        return _read(text, language_of(language))
    return _remembered(text, language)


@lru_cache(maxsize=16_384)
def _remembered(text: str, language: str) -> tuple[Quantity, ...]:
    return _read(text, language_of(language))


def _read(text: str, language: Language) -> tuple[Quantity, ...]:
    if not language.may_count(text):
        return ()
    with localcontext(EXACT):
        line = TokenStream.of(text, language)
        drafts = _drafts(line, language)
        return quantities_of(line, drafts) if drafts else ()


def _drafts(line: TokenStream, language: Language) -> list[Candidate]:
    drafts: list[Candidate] = []
    index, reached, starters = 0, 0, language.starters
    tokens = line.tokens
    while index < line.count:
        token = tokens[index]
        if token.kind not in COUNTING and token.lower not in starters and index not in line.spelled:
            index += 1
            continue
        result, after = _first_answer(line, index)
        for draft in result:
            # In "5 $ half" both numbers ask for the sign: the first keeps it.
            draft.first, reached = max(draft.first, reached), draft.last
            drafts.append(draft)
        index = max(after, index + 1)
    return drafts


def _first_answer(line: TokenStream, index: int) -> Match:
    for rule in RULES:
        answer = rule(line, index)
        if answer is not None:
            return answer
    return (), index + 1
