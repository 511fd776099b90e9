from __future__ import annotations

from watcher.history.state import MOST, RemovedSentences, TrackedSentence
from watcher.model import Location, Sentence, TextKind


def line(text: str, label: str = "") -> TrackedSentence:
    return TrackedSentence(Sentence(text=text, label=label, where=TextKind.TABLE if label else TextKind.PROSE))


def matches(gone: RemovedSentences, text: str, label: str = "") -> list[str]:
    return [sentence.sentence.text for sentence in gone.similar(Sentence(text=text, label=label), lambda _: True)]


def test_a_line_is_found_by_its_exact_words():
    kept = line("The port of Tarn has 12 cranes.")
    gone = RemovedSentences([kept])
    assert gone.get("The port of Tarn has 12 cranes.") is kept
    assert gone.get("The port of Tarn has 13 cranes.") is None


def test_a_line_is_found_by_most_of_its_words():
    gone = RemovedSentences([line("The port of Tarn has 12 cranes."), line("Nobody counts the gulls of Corvane.")])
    assert matches(gone, "In 2020 the port of Tarn had 15 cranes.") == ["The port of Tarn has 12 cranes."]
    assert matches(gone, "Whales are rare here.") == []


def test_a_cell_is_found_by_its_headers():
    gone = RemovedSentences([line("12,400", "Aldermouth × Barges counted"), line("12,400", "Corvane × Ferries")])
    assert matches(gone, "13,100", "Aldermouth × Barges counted") == []
    assert matches(
        RemovedSentences([line("12,400", "Aldermouth × Barges counted")]), "13,100", "Aldermouth × Barges counted"
    ) == ["12,400"]


def test_words_that_stand_everywhere_show_nothing():
    gone = RemovedSentences(line(f"This harbour has cranes, number {number}{'x' * number}.") for number in range(70))
    assert matches(gone, "This harbour has cranes.") == []


def test_the_newest_line_with_the_same_words_counts():
    first, second = (
        line("Twelve ports have cranes."),
        TrackedSentence(Sentence(text="Twelve ports have cranes.", location=Location(section=("Trade",)))),
    )
    gone = RemovedSentences([first, second])
    assert gone.get("Twelve ports have cranes.") is second
    assert len(gone) == 1


def test_the_oldest_lines_are_forgotten_so_that_memory_stays_flat():
    gone = RemovedSentences(line(f"Harbour {'abcdefghij'[n % 10]}{n} has ropewalks{n}.") for n in range(MOST + 1))
    assert len(gone) == MOST
    assert gone.get("Harbour a0 has ropewalks0.") is None
    assert next(iter(gone)).sentence.text == "Harbour b1 has ropewalks1."


def test_a_line_that_is_forgotten_is_found_by_no_word():
    gone = RemovedSentences([line("The port of Tarn has 12 cranes.")])
    gone.forget("The port of Tarn has 12 cranes.")
    gone.forget("never heard of")
    assert matches(gone, "The port of Tarn has 12 cranes.") == []
