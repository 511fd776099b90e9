from __future__ import annotations

from watcher.model import Figure, Place, Reference, Sentence, Where
from watcher.timeline.state import Line, State, context_of, keys_of
from watcher.timeline.tracks import Held, Slot


def sentence(text: str = "12", label: str = "", section: tuple[str, ...] = (), **more: object) -> Sentence:
    return Sentence(text=text, label=label, where=Where.TABLE, place=Place(section=section), **more)  # type: ignore[arg-type]


def line(track: int, words: Sentence) -> Line:
    return Line(words, (Held(Slot(track), words),))


def taken(state: State, words: Sentence) -> int | None:
    found = state.take(words)
    return found.held[0].slot.track if found else None


def test_of_equal_cells_the_one_under_the_same_header_is_taken():
    state = State()
    state.put(line(1, sentence(label="2010")))
    state.put(line(2, sentence(label="2011")))
    assert taken(state, sentence(label="2011")) == 2
    assert taken(state, sentence(label="2011")) == 1
    assert taken(state, sentence(label="2011")) is None


def test_of_equal_sentences_the_one_in_the_same_section_is_taken():
    state = State()
    state.put(line(1, sentence(section=("A",))))
    state.put(line(2, sentence(section=("B",))))
    assert taken(state, sentence(section=("B",))) == 2


def test_a_sentence_that_states_nothing_is_not_kept():
    state = State()
    state.put(Line(sentence()))
    assert not state.lines


def test_a_copy_does_not_follow():
    state = State()
    state.put(line(1, sentence()))
    kept = state.copy()
    state.take(sentence())
    assert [held.slot.track for held, _ in kept.everything()] == [1]


def test_renamed_sections_take_their_sentences_with_them():
    state = State()
    state.put(line(1, sentence(section=("A",))))
    state.put(line(2, sentence(text="13", section=("C",))))
    state.rename({("A",): ("B",)})
    assert [where.place.section for _, where in state.everything() if where] == [("B",), ("C",)]


def test_claims_references_and_pictures_are_all_there():
    state = State()
    state.put(Line(sentence(), (), Held(Slot(1), sentence())))
    state.references["k"] = Held(Slot(2), Reference(key="k"))
    state.figures["f"] = (Held(Slot(3), Figure(file="f")), 1)
    assert [held.slot.track for held, _ in state.everything()] == [1, 2, 3]


def test_a_picture_stands_with_its_caption_and_rests_on_its_own_sources():
    figure = Figure(file="f", caption="The sea", references=("k",), place=Place(section=("A",)))
    context = context_of(figure, None, ("Census",))
    assert (context.sentence, context.section, context.sources) == ("The sea", ("A",), ("Census",))
    assert keys_of(figure, None) == ("k",)
    assert keys_of(Reference(key="k"), None) == ()
    assert keys_of(figure, sentence(references=("q",))) == ("q",)
