from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.analysis import analyse

ENGLISH = Dialect()


def cells(text: str):
    return [
        (sentence.label, sentence.text)
        for sentence in analyse(text, ENGLISH).sentences
        if sentence.where is TextKind.TABLE
    ]


@for_each(
    ("table", "expected"),
    [
        pytest.param(
            "{|\n! Year !! Ships\n|-\n| 1900 || 12\n|-\n| 1901 || 15\n|}",
            [
                ("header", "Year"),
                ("header", "Ships"),
                ("Year", "1900"),
                ("1900 × Ships", "12"),
                ("Year", "1901"),
                ("1901 × Ships", "15"),
            ],
            id="first column names the row",
        ),
        pytest.param(
            '{|\n! Year !! Ships\n|-\n! scope="row" | 1900\n| 12\n|}',
            [("header", "Year"), ("header", "Ships"), ("Year", "1900"), ("1900 × Ships", "12")],
            id="row header",
        ),
        pytest.param(
            '{|\n! rowspan="2" | Port\n! colspan=2 | Ships\n|-\n! 1900 !! 1901\n|-\n| Deal || 3 || 4\n|}',
            [
                ("header", "Port"),
                ("header", "Ships"),
                ("Ships", "1900"),
                ("Ships", "1901"),
                ("Port", "Deal"),
                ("Deal × Ships / 1900", "3"),
                ("Deal × Ships / 1901", "4"),
            ],
            id="two rows of headers",
        ),
        pytest.param(
            "{|\n! Port !! Year !! Ships\n|-\n| rowspan=2 | Deal || 1900 || 3\n|-\n| 1901 || 4\n|}",
            [
                ("header", "Port"),
                ("header", "Year"),
                ("header", "Ships"),
                ("Port", "Deal"),
                ("Deal × Year", "1900"),
                ("Deal × Ships", "3"),
                ("Deal × Year", "1901"),
                ("Deal × Ships", "4"),
            ],
            id="a cell over two rows names both",
        ),
        pytest.param(
            "{|\n! Name\n| ''Ark''\n|-\n! Built\n| 1900\n|}",
            [("", "Name"), ("Name", "Ark"), ("", "Built"), ("Built", "1900")],
            id="headers down the side",
        ),
        pytest.param(
            "<table><thead><tr><th>Year</th><th>Ships</th></tr></thead><tbody><tr><td>1900</td><td>12</td></tr></tbody></table>",
            [("header", "Year"), ("header", "Ships"), ("Year", "1900"), ("1900 × Ships", "12")],
            id="HTML with groups",
        ),
        pytest.param(
            "{|\n! Year !! Ships\n|-\n{{Row of ships|1900|12}}\n|}",
            [("header", "Year"), ("header", "Ships"), ("", "1900 12")],
            id="a row in a template",
        ),
        pytest.param("{|\n| only\n|}", [("", "only")], id="one cell"),
        pytest.param(
            "<table><tr><th>Year</th><th>Ships</th></tr><tr><td>1900</td><td>12</td></tr></table>",
            [("header", "Year"), ("header", "Ships"), ("Year", "1900"), ("1900 × Ships", "12")],
            id="HTML",
        ),
        pytest.param(
            "{|\n! Port !! Goods\n|-\n| Deal ||\n* salt\n* wool\n|}",
            [
                ("header", "Port"),
                ("header", "Goods"),
                ("Port", "Deal"),
                ("Deal × Goods", "salt"),
                ("Deal × Goods", "wool"),
            ],
            id="a list in a cell",
        ),
        pytest.param(
            "{|\n! A !! B\n|-\n| 1 || 2\n|-\n! C !! D\n|-\n| 3 || 4\n|}",
            [
                ("header", "A"),
                ("header", "B"),
                ("A", "1"),
                ("1 × B", "2"),
                ("header", "C"),
                ("header", "D"),
                ("C", "3"),
                ("3 × D", "4"),
            ],
            id="a second head",
        ),
        pytest.param(
            "{|\n! Pos !! Club !! Won\n|-\n| 1 || [[Ardal FC|Ardal]] || 9\n|-\n| 2 || Borvik || 8\n|}",
            [
                ("header", "Pos"),
                ("header", "Club"),
                ("header", "Won"),
                ("Ardal × Pos", "1"),
                ("Club", "Ardal"),
                ("Ardal × Won", "9"),
                ("Borvik × Pos", "2"),
                ("Club", "Borvik"),
                ("Borvik × Won", "8"),
            ],
            id="a place in the order names no row",
        ),
        pytest.param(
            "{|\n! !! Club !! Won\n|-\n! 1\n| Ardal || 9\n|-\n! 2\n| Borvik || 8\n|}",
            [
                ("header", "Club"),
                ("header", "Won"),
                ("", "1"),
                ("Club", "Ardal"),
                ("Ardal × Won", "9"),
                ("", "2"),
                ("Club", "Borvik"),
                ("Borvik × Won", "8"),
            ],
            id="a place that is marked as the row's header",
        ),
        pytest.param(
            "{|\n! Place !! Scorer !! Goals\n|-\n| 1 || 9 || 12\n|-\n| 2 || 7 || 10\n|}",
            [
                ("header", "Place"),
                ("header", "Scorer"),
                ("header", "Goals"),
                ("Place", "1"),
                ("1 × Scorer", "9"),
                ("1 × Goals", "12"),
                ("Place", "2"),
                ("2 × Scorer", "7"),
                ("2 × Goals", "10"),
            ],
            id="places alone name the rows",
        ),
        pytest.param(
            "{|\n! Port !! Ships\n|-\n| Deal || {{nts|1200}}\n|-\n| Dover || {{flag|Malta}}\n|}",
            [
                ("header", "Port"),
                ("header", "Ships"),
                ("Port", "Deal"),
                ("Deal × Ships", "1,200"),
                ("Port", "Dover"),
                ("Dover × Ships", "Malta"),
            ],
            id="templates in cells",
        ),
    ],
)
def test_a_cell_is_labelled_with_its_row_and_column(table: str, expected: list[tuple[str, str]]):
    assert cells(table) == expected


@pytest.mark.parametrize("caption", ["|+ Ships by ''port''", '|+ class="x" | Ships by port'])
def test_a_table_caption_is_a_caption(caption: str):
    analysis = analyse(f"{{|\n{caption}\n|-\n| 3\n|}}", ENGLISH)
    assert [(sentence.where, sentence.text) for sentence in analysis.sentences] == [
        (TextKind.CAPTION, "Ships by port"),
        (TextKind.TABLE, "3"),
    ]


def test_a_reference_in_a_cell_belongs_to_the_cell():
    analysis = analyse("{|\n! Port !! Ships\n|-\n| Deal || 3<ref name=log />\n|}", ENGLISH)
    assert [sentence.text for sentence in analysis.sentences if sentence.cites] == ["3"]
    assert analysis.uses == ("log",)


def test_a_cell_has_its_own_place():
    text = "Before.\n{|\n! Port !! Ships\n|-\n| Deal || 3\n|}\nAfter."
    locations = {
        sentence.text: text[sentence.location.start : sentence.location.end]
        for sentence in analyse(text, ENGLISH).sentences
    }
    assert locations["3"] == "|| 3\n"
    assert locations["Port"] == "! Port "


def test_a_nested_table_keeps_its_words():
    text = "{|\n| outer\n{|\n| inner\n|}\n|}"
    assert [sentence.text for sentence in analyse(text, ENGLISH).sentences] == ["outer", "inner"]


@pytest.mark.slow
@pytest.mark.parametrize("span", ["colspan=99999999999", "rowspan=99999999999", "colspan=0", "colspan=x", "rowspan=-3"])
def test_a_senseless_span_loses_no_cell(span: str):
    rows = f"|-\n| {span} | a || b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600


@pytest.mark.slow
def test_spans_that_ask_for_a_million_slots_end_without_losing_a_cell():
    rows = "|-\n| colspan=1000 rowspan=900 | a || colspan=1000 rowspan=900 | b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600
