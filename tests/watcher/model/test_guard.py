"""Test that an element that cannot be read is named, and that the rest of the edit is reported."""

from dataclasses import replace

import pytest

from watcher.diff import diff
from watcher.judge import judge
from watcher.model import Change, Dialect, Document, Figure, Kind, Location, Reference, Sentence, Severity, Statistic
from watcher.model.elements import Guard, failures
from watcher.parse.document import analyse_blocks, assemble, facts_of
from watcher.parse.wikitext.sections import Block, split_sections


class Poison(str):
    """Text that no step can read: stands for whatever strangers will find."""

    __slots__ = ()

    def _raise(self, *_: object) -> str:
        raise ValueError("unreadable on purpose")

    casefold = lower = split = partition = isascii = _raise

    def __iter__(self):
        raise ValueError("unreadable on purpose")


_LOCATION = Location(section=("Scale",), start=3, end=9)
_GOOD = Sentence(text="It had 21 million victims.", location=Location(start=20, end=46))
_BETTER = replace(_GOOD, text="It had 25 million victims.")


def test_a_guard_names_what_fails_where_and_with_which_error():
    guard = Guard()
    assert guard.run(lambda: 1, otherwise=2, element="a link") == 1
    assert guard.run(lambda: int("x"), otherwise=2, element="a link", location=_LOCATION) == 2
    (unread,) = guard.unread
    assert (unread.reason, unread.location) == ("failed to read a link: ValueError", _LOCATION)
    assert failures(guard.unread) == (unread,)


def test_a_guard_names_a_hundred_failures_at_most():
    guard = Guard()
    for _ in range(1_000):
        guard.run(lambda: int("x"), otherwise=None, element="a link")
    assert len(guard.unread) == 100


def test_a_guard_leaves_memory_to_those_who_watch_the_process():
    def exhausted() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        Guard().run(exhausted, otherwise=None, element="a link")


def test_a_block_that_cannot_be_read_leaves_the_others():
    text = "It had 21 million victims.\n\nAnd poison."
    chosen = [Block(path=(), start=0, text=text[:26]), Block(path=(), start=28, text=Poison(text[28:]))]
    document = assemble(text, split_sections(text), analyse_blocks(chosen, Dialect()), Dialect())
    assert [str(statistic.quantity.value) for statistic in document.statistics] == ["21000000"]
    assert [(unread.reason, unread.location.start) for unread in document.unread] == [
        ("failed to read a paragraph: ValueError", 28)
    ]


def test_a_sentence_whose_numbers_cannot_be_read_leaves_the_others():
    guard = Guard()
    nothing = Sentence(text=None, location=_LOCATION)  # type: ignore[arg-type]
    statistics, _ = facts_of([nothing, _GOOD], "en", guard)
    assert [str(statistic.quantity.value) for statistic in statistics] == ["21000000"]
    assert {unread.location for unread in guard.unread} == {_LOCATION}


def test_a_reference_that_cannot_be_compared_leaves_the_others_and_the_figures():
    old, new = (
        Document(
            references=(Reference(key=f"a{n}", title=Poison(f"A {n}"), text="A"), Reference(key="b", title=f"B {n}")),
            sentences=(sentence,),
            statistics=facts_of([sentence], "en")[0],
        )
        for n, sentence in enumerate((_GOOD, _BETTER))
    )
    guard = Guard()
    kinds = {change.kind for change in diff(old, new, guard=guard)}
    assert {Kind.STATISTIC_CHANGED, Kind.REFERENCE_CHANGED} <= kinds
    assert [unread.reason for unread in guard.unread] == ["failed to read a reference: ValueError"]


def test_figures_that_cannot_be_compared_leave_the_numbers():
    class Broken(Figure):
        @property
        def caption(self) -> str:  # type: ignore[override]
            raise ValueError("unreadable on purpose")

    image = object.__new__(Broken)
    object.__setattr__(image, "file", "A.jpg")
    sentences = [
        Document(sentences=(sentence,), statistics=facts_of([sentence], "en")[0]) for sentence in (_GOOD, _BETTER)
    ]
    guard = Guard()
    changes = diff(replace(sentences[0], figures=(image,)), sentences[1], guard=guard)
    assert [change.kind for change in changes] == [Kind.STATISTIC_CHANGED]
    assert [unread.reason.split(":")[0] for unread in guard.unread] == ["failed to read the figures"]


def test_a_change_that_no_rule_can_judge_is_worth_a_look():
    nothing = Statistic(quantity=None, sentence="It had 21 million victims.")  # type: ignore[arg-type]
    poisoned = Change(kind=Kind.STATISTIC_CHANGED, old=nothing, new=nothing, location=_LOCATION)
    plain = Change(kind=Kind.PROSE_ADDED, old=None, new=_GOOD, new_sentence=_GOOD.text)
    guard = Guard()
    result = judge((poisoned, plain), guard=guard)
    assert [(finding.rule, finding.severity) for finding in result][:1] == [("unjudged", Severity.MEDIUM)]
    assert len(result) == 2
    assert [unread.location for unread in guard.unread] == [_LOCATION]
