from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Sentence
from watcher.parse import parse, parse_pair
from watcher.parse.pair import blank_common_rows
from watcher.parse.wikitext.sections import Block


def table(*rows: str, head: str = "! Year !! Flour !! Bran") -> str:
    return "\n|-\n".join(["{| class=wikitable", head, *rows]) + "\n|}"


def row(year: int, flour: int, *, cell: str = "|") -> str:
    return f"{cell} {year}\n| {flour} tonnes of flour from the upper mill || {year - flour} tonnes of bran"


ROWS = [row(year, year % 89) for year in range(1900, 1930)]


def block(text: str, *path: str) -> Block:
    return Block(text=text, start=0, path=path)


def changed(rows: list[str], index: int, text: str) -> list[str]:
    return [*rows[:index], text, *rows[index + 1 :]]


def test_rows_that_both_have_become_blank_in_their_place() -> None:
    old, new = table(*ROWS), table(*changed(ROWS, 7, row(1907, 500)))
    left, right = blank_common_rows([block(old)], [block(new)])
    assert len(left[0].text) == len(old)
    assert (ROWS[7] in left[0].text, ROWS[6] in left[0].text) == (True, False)
    assert row(1907, 500) in right[0].text


@pytest.mark.parametrize("text", ["A short paragraph.", table(*ROWS[:2]), "No table at all. " * 200])
def test_other_blocks_are_what_they_were(text: str) -> None:
    assert blank_common_rows([block(text)], [block(text + "x")]) == ([block(text)], [block(text + "x")])


def test_rows_of_another_section_are_other_rows() -> None:
    old, new = table(*ROWS), table(*changed(ROWS, 7, row(1907, 500)))
    assert blank_common_rows([block(old, "A")], [block(new, "B")])[0] == [block(old, "A")]


def test_rows_under_another_head_are_other_rows() -> None:
    old, new = table(*ROWS), table(*ROWS, head="! Year !! Bran !! Flour")
    assert blank_common_rows([block(old)], [block(new)])[0] == [block(old)]


def cells(old: str, new: str) -> tuple[list[Sentence], list[Sentence]]:
    before, after = parse_pair(old, new)
    return list(before.sentences), list(after.sentences)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        [row(year, year % 89, cell="!") for year in range(1900, 1930)],
        [*ROWS[:5], "! Year !! Rye !! Bran", *ROWS[5:]],
        [*ROWS[:5], "| rowspan=3 | 1950\n| 12 tonnes || 13 tonnes", "| 14 tonnes || 15 tonnes", "| 1 || 2", *ROWS[5:]],
        [*ROWS[:5], "| 1950\n|\n{|\n|-\n| inner\n|-\n| other\n|}\n| 15 tonnes", *ROWS[5:]],
    ],
    ids=["plain", "row headers", "second head", "rowspan", "nested table"],
)
@pytest.mark.parametrize("index", [0, 4, 5, 6, 7, 12, 29])
def test_cells_that_are_read_have_the_labels_that_they_have_in_the_whole_table(rows: list[str], index: int) -> None:
    new = table(*changed(rows, index, "| 1999\n| 777 tonnes || 888 tonnes"))
    _, read = cells(table(*rows), new)
    whole = parse(new).sentences
    assert {(sentence.text, sentence.label) for sentence in read} <= {
        (sentence.text, sentence.label) for sentence in whole
    }
    assert "777 tonnes" in [sentence.text for sentence in read]


def test_table_inside_a_template_is_thinned_too() -> None:
    old, new = ("{{Numbered|start=1|\n" + table(*rows) + "\n}}" for rows in (ROWS, changed(ROWS, 7, row(1907, 500))))
    assert ROWS[3] not in blank_common_rows([block(old)], [block(new)])[0][0].text


FIELDS = {f"field{n}": f"{n} boats of the harbour at {{{{Place|{n}}}}}" for n in range(1, 30)}


def box(fields: dict[str, str], name: str = "Infobox port") -> str:
    return "{{" + name + "\n" + "".join(f"| {key} = {value}\n" for key, value in fields.items()) + "}}"


def test_parameters_that_both_have_become_blank_in_their_place() -> None:
    old, new = box(FIELDS), box({**FIELDS, "field7": "9 boats"})
    left, right = blank_common_rows([block(old)], [block(new)])
    assert (len(left[0].text), len(right[0].text)) == (len(old), len(new))
    assert (FIELDS["field7"] in left[0].text, FIELDS["field6"] in left[0].text) == (True, False)
    assert right[0].text.index("9 boats") == new.index("9 boats")


@for_each("kept")
def test_parameters_that_may_belong_to_a_picture_are_kept(kept: dict[str, str]) -> None:
    old, new = box({**FIELDS, **kept}), box({**FIELDS, **kept, "field7": "9 boats"})
    left, _ = blank_common_rows([block(old)], [block(new)])
    assert next(iter(kept.values())) in left[0].text


@pytest.mark.parametrize("swapped", ["field3", "field20"])
def test_boxes_that_exchange_a_value_are_both_read(swapped: str) -> None:
    old, new = (
        "\n\n".join(box({**FIELDS, "name": name, swapped: value}) for name, value in zip("AB", values, strict=True))
        for values in (("12 boats", "40 boats"), ("40 boats", "12 boats"))
    )
    before, after = parse_pair(old, new)
    assert [sentence.text for sentence in before.sentences] == ["12 boats", "40 boats"]
    assert [sentence.text for sentence in after.sentences] == ["40 boats", "12 boats"]


def test_parameter_written_twice_is_kept() -> None:
    twice = box(FIELDS).replace("}}", "| field9 = last\n}}")[: -len("}}")] + "| field9 = last\n}}"
    left, _ = blank_common_rows([block(twice)], [block(twice.replace("1 boats", "2 boats", 1))])
    assert "| field9 = last" in left[0].text


def test_parameters_are_read_as_in_the_whole_box() -> None:
    old, new = box(FIELDS), box({**FIELDS, "field7": "9 boats<ref>Log</ref>"})
    whole = parse(new).sentences
    read = parse_pair(old, new)[1].sentences
    assert [(sentence.text, sentence.label, sentence.location) for sentence in read] == [
        (sentence.text, sentence.label, sentence.location) for sentence in whole if sentence.label == "field7"
    ]
