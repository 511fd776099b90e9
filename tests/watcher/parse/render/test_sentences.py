from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.analysis import analyse

ENGLISH = Dialect()


@for_each(
    ("text", "cites", "references"),
    [
        ("Rents fell.<ref name=x/> Wages rose.<ref name=y/>", [("x",), ("y",)], [("x",), ("y",)]),
        ("Rents fell. Wages rose.<ref name=y/>", [(), ("y",)], [("y",), ("y",)]),
        (
            "Rents fell. Wages rose. Ships left.<ref name=y/> Trade grew.",
            [(), (), ("y",), ()],
            [("y",), ("y",), ("y",), ()],
        ),
        ("Rents fell.<ref name=x/><ref name=y/> Wages rose.", [("x", "y"), ()], [("x", "y"), ()]),
        ("Rents <ref name=x/> fell. <ref name=y/> Wages rose.", [("x", "y"), ()], [("x", "y"), ()]),
        ("Rents fell.<ref name=x/>Wages rose.", [("x",), ()], [("x",), ()]),
        ("Rents fell<ref name=x/> The wages rose.<ref name=y/>", [("x",), ("y",)], [("x",), ("y",)]),
        (
            'It was "so.<ref name=x/> Smith left it."<ref name=y/><ref name=z/>Wages rose.',
            [("x",), ("y", "z"), ()],
            [("x",), ("y", "z"), ()],
        ),
        ("<ref name=x/>Rents fell. Wages rose.", [("x",), ()], [("x",), ()]),
        ("Rents fell.\n\nWages rose.<ref name=y/>", [(), ("y",)], [(), ("y",)]),
        ("* Rents fell\n* Wages rose<ref name=y/>", [(), ("y",)], [(), ("y",)]),
        ("Rents fell.{{r|x|y}} Wages rose.", [("x", "y"), ()], [("x", "y"), ()]),
        ("Rents fell.<ref name=x/><ref name=x/>", [("x",)], [("x",)]),
    ],
)
def test_a_reference_belongs_to_the_sentence_it_closes_and_supports_those_before(
    text: str, cites: list[tuple[str, ...]], references: list[tuple[str, ...]]
):
    sentences = analyse(text, ENGLISH).sentences
    assert [sentence.cites for sentence in sentences] == cites
    assert [sentence.references for sentence in sentences] == references


@for_each(
    ("text", "spans"),
    [
        ("Rents ''fell''. Wages  rose.", ["Rents ''fell''.", "Wages  rose."]),
        ("Rents [[fall|fell]].<ref>x. Y z.</ref> Wages rose.", ["Rents [[fall|fell]].", "Wages rose."]),
        ("Rents fell.<!-- no. Yes. --> Wages rose.\n", ["Rents fell.", "Wages rose.\n"]),
        ("* Rents fell. Wages rose.\n* Done.", ["Rents fell.", "Wages rose.", "* Done."]),
        ("Sand&nbsp;banks. Now {{convert|3|km}}. End.", ["Sand&nbsp;banks.", "Now {{convert|3|km}}.", "End."]),
    ],
)
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
