from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.document import analyse

ENGLISH = Dialect()


@for_each(("text", "spans"))
def test_a_place_holds_the_source_of_its_sentence(text: str, spans: list[str]):
    sentences = analyse(text, ENGLISH).sentences
    result = [text[sentence.location.start : sentence.location.end] for sentence in sentences]
    assert len(result) == len(spans)
    for slice_, span in zip(result, spans, strict=True):
        assert span.removeprefix("* ") in slice_
        assert len(slice_) <= len(span) + 4


def test_a_line_of_100_kb_is_one_pass():
    text = "The count was 12 ships at sea. " * 3500
    sentences = analyse.__wrapped__(text, ENGLISH).sentences
    assert len(sentences) == 3500
    assert text[sentences[-1].location.start :].strip() == "The count was 12 ships at sea."


BOX = """{{Infobox port
| name        = Deal
| image       = Deal pier.jpg
| caption     = The pier in ''May''<ref name=pier />
| image_size  = 220px
| opened      = {{start date|1864|11|8|df=yes}}
| ships       = {{formatnum:12345}} a year<ref>Harbour office, report 7.</ref>
| goods       = {{plainlist|
* salt
* wool
}}
| owner       =
| area        = {{convert|12|ha|acre}}
}}"""


def test_a_parameter_has_its_own_place():
    ships = next(sentence for sentence in analyse(BOX, ENGLISH).sentences if sentence.label == "ships")
    assert BOX[ships.location.start : ships.location.end].strip().startswith("ships       = {{formatnum:12345}}")


def test_a_cell_has_its_own_place():
    text = "Before.\n{|\n! Port !! Ships\n|-\n| Deal || 3\n|}\nAfter."
    locations = {
        sentence.text: text[sentence.location.start : sentence.location.end]
        for sentence in analyse(text, ENGLISH).sentences
    }
    assert locations["3"] == "|| 3\n"
    assert locations["Port"] == "! Port "
