import pytest

from tests.cases import for_each
from watcher.model import Dialect, TextKind
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


def test_a_parameter_has_its_own_place():
    box = "{{Infobox port\n| name = Deal\n| ships = {{formatnum:12345}} a year<ref>Report 7.</ref>\n| owner =\n}}"
    ships = next(sentence for sentence in analyse(box, ENGLISH).sentences if sentence.label == "ships")
    assert box[ships.location.start : ships.location.end].strip().startswith("ships = {{formatnum:12345}}")


def test_a_cell_has_its_own_place():
    text = "Before.\n{|\n! Port !! Ships\n|-\n| Deal || 3\n|}\nAfter."
    locations = {
        sentence.text: text[sentence.location.start : sentence.location.end]
        for sentence in analyse(text, ENGLISH).sentences
    }
    assert locations["3"] == "|| 3\n"
    assert locations["Port"] == "! Port "


def cells(text: str):
    return [
        (sentence.label, sentence.text)
        for sentence in analyse(text, ENGLISH).sentences
        if sentence.where is TextKind.TABLE
    ]


@pytest.mark.slow
@pytest.mark.parametrize("span", ["colspan=99999999999", "rowspan=99999999999", "colspan=0", "colspan=x", "rowspan=-3"])
def test_a_senseless_span_loses_no_cell(span: str):
    rows = f"|-\n| {span} | a || b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600


@pytest.mark.slow
def test_spans_that_ask_for_a_million_slots_end_without_losing_a_cell():
    rows = "|-\n| colspan=1000 rowspan=900 | a || colspan=1000 rowspan=900 | b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600
