"""Test that `{{ref|x}}` cites what is written behind `{{note|x}}`, of which no sentence is made."""

from __future__ import annotations

from watcher.model import Dialect, TextKind
from watcher.parse import parse
from watcher.parse.document import analyse

ENGLISH = Dialect()


def test_a_sentence_is_supported_by_the_note_that_it_names():
    document = parse(
        "The mill had 40 men. {{ref|Orr}} It burned in 1904.{{Ref label|b|B|none}}\n\n== Notes ==\n"
        "# {{note|Orr}} Ann Orr, ''Mills of the coast'', p. 5.\n"
        "# {{note_label|b|B|none}} {{cite web\n|title=Fires|url=https://fires.example.org/1904}} {{dead link}}\n"
    )
    assert [(sentence.text, sentence.references) for sentence in document.sentences] == [
        ("The mill had 40 men.", ("endnote/Orr",)),
        ("It burned in 1904.", ("endnote/b",)),
    ]
    assert [(ref.source, ref.text, ref.uses) for ref in document.references] == [
        ("text:ann orr mills of the coast p 5", "Ann Orr, Mills of the coast, p. 5.", 1),
        ("url:fires.example.org/1904", "Fires", 1),
    ]
    assert [tag.name for tag in document.tags] == ["dead link"]


def test_words_around_a_note_are_those_of_the_text():
    text = "{{note|a}}Orr.<ref name=k />\nThe mill had 40 men.\n\nIn 1904 {{note|b}} it burned."
    sentences = [sentence for sentence in analyse(text, ENGLISH).sentences if sentence.where is TextKind.PROSE]
    shown = [sentence.text for sentence in sentences]
    assert shown == ["The mill had 40 men.", "In 1904 it burned."]
    assert [sentence.references for sentence in sentences] == [(), ()]
    start, end = sentences[-1].location.start, sentences[-1].location.end
    assert text[start:end] == "In 1904 {{note|b}} it burned."


def test_a_mark_without_a_note_is_a_use_of_nothing():
    document = parse("The mill had 40 men.{{ref|gone}}")
    assert document.sentences[0].text == "The mill had 40 men."
    assert document.used - document.defined == {"endnote/gone"}


def test_the_first_of_two_notes_counts():
    document = parse("Mills stood.{{ref|a}}\n# {{note|a}} Orr.\n# {{note|a}} Li.\n")
    assert [reference.text for reference in document.references] == ["Orr."]
