import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.diff import diff
from watcher.model import Document
from watcher.parse import files_in, parse, parse_pair, shows_same_files
from watcher.parse.document import analyse, clear_caches
from watcher.parse.wikitext.sections import outline

TEXT = (
    "The harbour opened in 1871.<ref name=a>{{cite web |title=Opening |url=https://a.example/opening}}</ref>\n\n"
    "== Trade ==\nShips carried 40 barrels.<ref name=a />{{cn}}\n\n[[File:Crew.jpg|thumb|The crew of 9.]]\n\n"
    "=== Wool ===\n* Wool was not sold.\n"
)


def test_document_has_what_the_text_says_in_order() -> None:
    document = parse(TEXT)
    assert [section.path for section in document.sections] == [("Trade",), ("Trade", "Wool")]
    assert [figure.file for figure in document.figures] == ["Crew.jpg"]
    assert [(reference.key, reference.uses, reference.source) for reference in document.references] == [
        ("a", 2, "url:a.example/opening")
    ]
    assert [
        statistic.quantity.text for statistic in document.statistics if not statistic.quantity.measure.is_context
    ] == ["40", "9"]
    assert [claim.text for claim in document.claims] == ["Wool was not sold."]
    assert [(tag.name, tag.sentence) for tag in document.tags] == [("citation needed", "Ships carried 40 barrels.")]


def test_places_are_of_the_whole_text() -> None:
    document = parse(TEXT)
    for sentence in document.sentences:
        assert sentence.text.split()[0] in TEXT[sentence.location.start : sentence.location.end]
    locations = [sentence.location.section for sentence in document.sentences]
    assert locations == [(), ("Trade",), ("Trade",), ("Trade", "Wool")]


def test_section_has_its_own_text_without_subsections() -> None:
    trade = parse(TEXT).sections[0]
    assert "40 barrels" in trade.body
    assert "Wool" not in trade.body


@for_each("text", ["", "\n", "==", "{{", "<ref>", "[[File:", "{|", "\x00", "\ud800", "'''''"])
def test_odd_texts_are_read_without_complaint(text: str) -> None:
    assert isinstance(parse(text), Document)


def test_what_never_closes_is_named_with_its_place() -> None:
    (unread,) = parse("Words. {{broken|\n\n== A ==\nMore.").unread
    assert (unread.reason, unread.location.start) == ("template never closed", 7)


SHOWN = table(__file__, "shown")


@for_each("text", SHOWN.values(), ids=SHOWN)
def test_files_are_those_of_the_whole_document(text: str) -> None:
    assert files_in(text) == tuple(dict.fromkeys(figure.file for figure in parse(text).figures))


@for_each(
    ("new", "same"),
    [
        (TEXT.replace("40", "50"), True),
        (TEXT.replace("The crew of 9", "The crew of 10"), True),
        (TEXT.replace("Crew.jpg", "Staff.jpg"), False),
        (TEXT + "\n[[File:Wool.jpg]]", False),
        (TEXT + f"\n[[File:{'W' * 300}.jpg]]", True),  # a name that no wiki takes
        ("Nothing.", False),
    ],
)
def test_an_edit_that_touches_no_file_is_told_from_one_that_does(new: str, same) -> None:
    assert shows_same_files(TEXT, new) is same


PIECES = st.lists(
    st.sampled_from(
        ["== A ==\n", "== B ==\n", "\n", "It has 12 piers. ", "* 40 tons\n", "{{", "}}", "{|\n! Year\n|-\n| 9\n|}\n",
         "<ref name=a>Log</ref>", "<ref name=a /> ", "''", "[[File:A.jpg|thumb|A view]]\n", "{{cn}}", "<ref>", "]]"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.slow
@given(PIECES)
def test_a_document_does_not_differ_from_itself(text: str) -> None:
    document = parse(text)
    assert diff(document, document) == ()


def test_the_clock_and_the_position_of_a_place_are_no_statistics():
    box = "{{Infobox port\n| utc_offset = +2\n| utc_offset_DST = +3\n| latd = 41\n| piers = 12\n}}"
    assert [statistic.quantity.text for statistic in parse(box).statistics] == ["12"]


def test_the_parser_forgets_what_it_read_and_reads_it_again_alike():
    before = parse(TEXT), parse_pair(TEXT, TEXT.replace("40", "41"))
    assert analyse.cache_info().currsize
    assert outline.cache_info().currsize
    clear_caches()
    assert (analyse.cache_info().currsize, outline.cache_info().currsize) == (0, 0)
    assert (parse(TEXT), parse_pair(TEXT, TEXT.replace("40", "41"))) == before
