import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.model import Document, Sentence
from watcher.parse import parse, parse_pair
from watcher.parse.pair import blank_common_rows
from watcher.parse.wikitext.sections import Block

ARTICLE = (
    "The harbour opened in 1871.<ref name=a>{{cite web |title=Opening |url=https://a.example/opening}}</ref>\n\n"
    "== Trade ==\nShips carried 40 barrels.<ref name=a />\n\n* Herring\n* Wool\n\n== Crew ==\n"
    "[[File:Crew.jpg|thumb|The crew.]]\n\nFour keepers worked in shifts.\n"
)


def texts_of(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences]


def test_what_both_say_alike_is_not_read() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert (texts_of(old), texts_of(new)) == (["Ships carried 40 barrels."], ["Ships carried 60 barrels."])


def test_sections_are_listed_in_full() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert (
        [section.path for section in old.sections]
        == [section.path for section in new.sections]
        == [("Trade",), ("Crew",)]
    )


def test_equal_texts_leave_nothing_to_compare() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE)
    assert (texts_of(old), old.figures, texts_of(new), new.figures) == ([], (), [], ())


def test_block_that_only_moved_is_not_read_unless_it_shows_a_figure() -> None:
    moved = ARTICLE.replace("* Herring\n", "").replace("[[File:Crew.jpg|thumb|The crew.]]\n", "") + "* Herring\n"
    old, new = parse_pair(ARTICLE, moved.replace("* Wool", "* Wool\n\n[[File:Crew.jpg|thumb|The crew.]]"))
    assert texts_of(old) == texts_of(new) == ["The crew."]
    assert [figure.location.section for figure in (*old.figures, *new.figures)] == [("Crew",), ("Trade",)]


def test_definition_elsewhere_is_fetched_for_a_sentence_that_uses_it() -> None:
    _, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert [(reference.key, reference.title, reference.uses) for reference in new.references] == [("a", "Opening", 2)]


def test_names_defined_and_used_are_those_of_the_whole_text() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("<ref name=a />", "").replace("Wool", "Hides"))
    assert (old.defined, old.used, new.defined, new.used) == ({"a"}, {"a"}, {"a"}, {"a"})


def test_facts_are_read_from_sentences_that_the_other_side_lacks() -> None:
    kept = "It has 12 piers and rests on oak. "
    old, new = parse_pair(kept + "It stood 40 years.", kept + "It stood 60 years.")
    assert [statistic.quantity.text for statistic in (*old.statistics, *new.statistics)] == ["40", "60"]
    assert len(old.sentences) == len(new.sentences) == 2


def test_source_that_unchanged_text_cites_is_still_cited() -> None:
    source = "<ref>{{cite web |title=Tides |url=https://tides.example/long-table}}</ref>"
    text = f"Tides are high.{source}\n\nBoats wait.{source}\n"
    old, _ = parse_pair(text, text.replace(f"wait.{source}", "wait."))
    assert old.still_cited == {old.references[0].source}


def test_of_very_many_sources_those_that_unchanged_text_cites_are_still_cited() -> None:
    sources = [
        f"<ref>{{{{cite web |title=Tides of {n} |url=https://www.tides.example/log/{n}/}}}}</ref>" for n in range(300)
    ]
    notes = [f"<ref>Harbour master, ''Log of the long pier'', volume {n}</ref>" for n in range(300)]
    kept = "Boats wait." + "".join(sources[::2] + notes[::3])
    old, new = parse_pair(f"Tides are high.{''.join(sources + notes)}\n\n{kept}", f"Tides are high.\n\n{kept}")
    cited = [reference.text or reference.url for reference in old.references if reference.source in old.still_cited]
    assert len(cited) == 150 + 100
    assert new.still_cited == old.still_cited


def test_note_that_unchanged_text_cites_is_still_cited() -> None:
    note = "<ref>Harbour master of the old town, ''Log of the long pier'', p. 12</ref>"
    text = f"Tides are high.{note}\n\nBoats wait.{note}\n"
    old, _ = parse_pair(text, text.replace(f"wait.{note}", "wait."))
    assert old.still_cited == {old.references[0].source}


def test_address_that_merely_occurs_as_a_word_is_not_still_cited() -> None:
    text = "The own is a word of its own.\n\nBoats wait.\n"
    source = "<ref>{{cite web |title=Tides |url=https://www.example.org/own}}</ref>"
    _, new = parse_pair(text, text.replace("wait.", f"wait.{source}"))
    assert new.still_cited == frozenset()


def test_block_that_holds_a_pinned_sentence_is_read_although_it_is_unchanged() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("Wool", "Hides"), pinned=["Ships carried 40 barrels"])
    assert "Ships carried 40 barrels." in texts_of(old)
    assert "Ships carried 40 barrels." in texts_of(new)


def test_reference_put_into_a_heading_is_read() -> None:
    _, new = parse_pair(ARTICLE, ARTICLE.replace("== Crew ==", "== Crew<ref>Log book</ref> =="))
    assert [reference.text for reference in new.references] == ["Log book"]


LINES = st.lists(
    st.sampled_from(
        ["== A ==", "== B ==", "Boats wait.", "It has 12 piers.", "* Wool", "", "It has 14 piers.<ref name=a />",
         "[[File:A.jpg|thumb|A view]]", "<ref name=a>Log</ref>", "{{Box|name=Ravn}}", "{|\n! Year\n|-\n| 1901\n|}"]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@pytest.mark.slow
@given(LINES, LINES)
@pytest.mark.parametrize("side", [0, 1])
def test_what_is_read_is_part_of_what_the_whole_text_says(side: int, old: str, new: str) -> None:
    whole = parse((old, new)[side])
    read = parse_pair(old, new)[side]
    assert read.sections == whole.sections
    locations = {
        (sentence.text, sentence.location.section, sentence.location.start, sentence.location.end)
        for sentence in whole.sentences
    }
    assert {
        (sentence.text, sentence.location.section, sentence.location.start, sentence.location.end)
        for sentence in read.sentences
    } <= locations
    assert set(read.figures) <= set(whole.figures)
    assert (read.defined, read.used) == (whole.defined, whole.used)


@pytest.mark.slow
def test_line_of_a_megabyte_is_given_up_and_the_rest_is_reported():
    flood = "word 12 " * 130_000
    old, new = parse_pair("Some 4,500 ships.", f"Some 5,500 ships.\n\n{flood}")
    assert [statistic.quantity.text for statistic in new.statistics] == ["5,500"]
    assert [unread.reason for unread in new.unread] == ["more than 1,500 changed sentences"]
    assert old.unread == ()


def test_a_section_that_stands_twice_is_read_where_it_was_added() -> None:
    wages = "== Wages ==\nKeepers of the northern lights earned 40 shillings.\n\n"
    once = f"The harbour opened in 1871.\n\n{wages}== Food ==\nHerring.\n\n"
    twice = once + wages
    assert [len(texts_of(document)) for document in parse_pair(once, twice)] == [0, 1]
    assert [len(texts_of(document)) for document in parse_pair(twice, once)] == [1, 0]


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


@pytest.mark.parametrize(("before", "after"), [("", ""), ("{{Boats}}", "\n'''Deal''' has 12 boats.")])
def test_parameters_that_both_have_become_blank_in_their_place(before: str, after: str) -> None:
    old, new = (before + box(fields) + after for fields in (FIELDS, {**FIELDS, "field7": "9 boats"}))
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
