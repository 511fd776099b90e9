from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.analysis import analyse
from watcher.parse.render.passages import boundaries

ENGLISH = Dialect()


def split(text: str, language: str = "en", where: TextKind = TextKind.PROSE):
    return [text[start:end] for start, end in boundaries(text, language, where)]


@for_each(
    ("language", "sentences"),
    [
        ("en", ["Rents fell.", "Wages rose!", "Why?"]),
        ("en", ["See vol. 3 of the survey.", "It counts approx. 400 ships."]),
        ("en", ["Table no. 5 lists them on pp. 12–14.", "Dr. Ode wrote it."]),
        ("en", ["The U.S. fleet had 12 ships.", "Others had none."]),
        ("en", ["It grew by 3.5 percent.", "Then it shrank."]),
        ("en", ["“It is over.”", "They left."]),
        ("en", ["They left. . ."]),
        ("en", ["Was it over?!", "They said no… maybe."]),
        ("ru", ["Доход вырос до 3 млн. руб. за год.", "Затем упал."]),
        ("zh", ["船只增加了。", "工资下降了。"]),
        ("hi", ["जहाज़ बढ़े।", "मज़दूरी घटी।"]),
        ("hi", ["लेखक पं. राम थे।", "वे चले गए।"]),
        ("th", ["เรือ 12 ลำ พ.ศ. 2540 และ พ.ศ. 2541 ที่ท่า"]),
    ],
)
def test_text_splits_at_the_ends_of_sentences_only(language: str, sentences: list[str]):
    joint = "" if language == "zh" else " "
    assert split(joint.join(sentences), language) == sentences


@pytest.mark.parametrize("where", [TextKind.TABLE, TextKind.INFOBOX])
def test_a_short_cell_is_one_sentence_and_a_long_one_is_prose(where: TextKind):
    assert split("Est. 1900. Closed.", where=where) == ["Est. 1900. Closed."]
    long = "The first mill burned down in a storm. " * 8
    assert len(split(long.strip(), where=where)) == 8


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
