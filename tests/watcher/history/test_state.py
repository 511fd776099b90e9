from __future__ import annotations

import time

from watcher.history.state import TextState, TrackedSentence, context_of, keys_of
from watcher.history.tracks import TrackedElement, TrackVersion
from watcher.model import Figure, Location, Reference, Sentence, TextKind


def sentence(text: str = "12", label: str = "", section: tuple[str, ...] = (), **more: object) -> Sentence:
    return Sentence(text=text, label=label, where=TextKind.TABLE, location=Location(section=section), **more)  # type: ignore[arg-type]


def line(track: int, words: Sentence) -> TrackedSentence:
    return TrackedSentence(words, (TrackedElement(TrackVersion(track), words),))


def taken(state: TextState, words: Sentence) -> int | None:
    (sentence,) = state.take([words])
    return sentence.tracked[0].slot.track if sentence else None


def test_of_equal_cells_the_one_under_the_same_header_is_taken():
    state = TextState()
    state.put([line(1, sentence(label="2010"))])
    state.put([line(2, sentence(label="2011"))])
    assert taken(state, sentence(label="2011")) == 2
    assert taken(state, sentence(label="2011")) == 1
    assert taken(state, sentence(label="2011")) is None


def test_of_equal_sentences_the_one_in_the_same_section_is_taken():
    state = TextState()
    state.put([line(1, sentence(section=("A",)))])
    state.put([line(2, sentence(section=("B",)))])
    assert taken(state, sentence(section=("B",))) == 2


def test_equal_cells_are_taken_in_order_the_nearest_first():
    state = TextState()
    cells = [
        sentence(section=("A",), references=("k",)),
        sentence(section=("B",)),
        sentence(label="2010", section=("A",)),
        sentence(section=("A",)),
    ]
    state.put(line(number, cell) for number, cell in enumerate(cells))
    assert [taken(state, sentence(section=("A",))) for _ in cells] == [3, 0, 1, 2]


def test_equal_cells_cost_no_square_of_their_number():
    def seconds(count: int) -> float:
        cells = [sentence(references=(f"k{number}",)) for number in range(count)]
        state = TextState()
        begun = time.process_time()
        state.put(line(number, cell) for number, cell in enumerate(cells))
        result = state.take(cells[::-1])
        spent = time.process_time() - begun
        assert all(result)
        return spent

    # 16 where the cost is the square; whatever else a machine does may spoil a measurement, but not every one.
    assert min(seconds(8_000) / seconds(2_000) for _ in range(3)) < 9


def test_a_sentence_that_states_nothing_is_not_kept():
    state = TextState()
    state.put([TrackedSentence(sentence())])
    assert not state.lines


def test_a_copy_does_not_follow():
    state = TextState()
    state.put([line(1, sentence())])
    kept = state.copy()
    state.take([sentence()])
    assert [tracked.slot.track for tracked, _ in kept.everything()] == [1]


def test_renamed_sections_take_their_sentences_with_them():
    state = TextState()
    state.put([line(1, sentence(section=("A",)))])
    state.put([line(2, sentence(text="13", section=("C",)))])
    state.rename({("A",): ("B",)})
    assert [where.location.section for _, where in state.everything() if where] == [("B",), ("C",)]


def test_claims_references_and_pictures_are_all_there():
    state = TextState()
    state.put([TrackedSentence(sentence(), (), TrackedElement(TrackVersion(1), sentence()))])
    state.references["k"] = TrackedElement(TrackVersion(2), Reference(key="k"))
    state.figures["f"] = (TrackedElement(TrackVersion(3), Figure(file="f")), 1)
    assert [tracked.slot.track for tracked, _ in state.everything()] == [1, 2, 3]


def test_a_picture_stands_with_its_caption_and_rests_on_its_own_sources():
    figure = Figure(file="f", caption="The sea", references=("k",), location=Location(section=("A",)))
    context = context_of(figure, None, ("Census",))
    assert (context.sentence, context.section, context.sources) == ("The sea", ("A",), ("Census",))
    assert keys_of(figure, None) == ("k",)
    assert keys_of(Reference(key="k"), None) == ()
    assert keys_of(figure, sentence(references=("q",))) == ("q",)
