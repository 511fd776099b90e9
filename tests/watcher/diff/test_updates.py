"""Test that a source replaced together with its value names its successor, and that any other is lost."""

from __future__ import annotations

from watcher.diff import diff
from watcher.model import Change, Kind, SourceChange
from watcher.parse import parse

SURVEY = "<ref>{{cite web |title=Tidal survey |url=https://a.example/survey}}</ref>"
CENSUS = "<ref>{{cite web |title=Census of boats |url=https://b.example/census}}</ref>"
TEXT = "The harbour had {number} boats in the outer basin.{source}\n\nFishing is older than the town.\n"


def lost(old: str, new: str) -> Change:
    """The one reference that is gone."""
    kinds = (Kind.REFERENCE_REMOVED, Kind.REFERENCE_CHANGED)
    (change,) = (change for change in diff(parse(old), parse(new)) if change.kind in kinds)
    return change


def test_a_source_that_went_with_the_value_it_supported_names_its_successor() -> None:
    old, new = TEXT.format(number=300, source=SURVEY), TEXT.format(number=400, source=CENSUS)
    _, field = lost(old, new).fields
    (successor,) = parse(new).references
    assert (field.name, field.old, field.new) == ("replaced_by", parse(old).references[0].key, successor.key)


def test_a_source_that_went_while_the_value_stayed_has_no_successor() -> None:
    old, new = TEXT.format(number=300, source=SURVEY), TEXT.format(number=300, source=CENSUS)
    assert [field.name for field in lost(old, new).fields] == ["replaced"]


def test_a_source_that_went_without_another_in_its_place_has_no_successor() -> None:
    old, new = TEXT.format(number=300, source=SURVEY), TEXT.format(number=400, source="")
    assert lost(old, new).fields == ()


def test_a_citation_with_another_address_and_title_is_a_source_replaced_with_its_value() -> None:
    old = TEXT.format(number=300, source=SURVEY.replace("<ref>", '<ref name="boats">'))
    new = TEXT.format(number=400, source=CENSUS.replace("<ref>", '<ref name="boats">'))
    assert "replaced_by" in {field.name for field in lost(old, new).fields}


def test_a_source_of_another_sentence_is_not_replaced_by_the_update() -> None:
    old = TEXT.format(number=300, source="") + f"Its crews are paid by the town.{SURVEY}\n"
    new = TEXT.format(number=400, source=CENSUS) + "Its crews are paid by the town.\n"
    assert lost(old, new).fields == ()


def test_a_source_that_went_with_other_words_is_replaced_by_no_value() -> None:
    old, new = TEXT.format(number=300, source=SURVEY), TEXT.format(number=300, source=CENSUS)
    assert [field.name for field in lost(old, new.replace("outer basin", "main canal")).fields] == ["replaced"]


BOX = "{{{{Infobox port\n| catch = {catch} tonnes{source}\n| catch_year = {year}\n| ship = Gull {year}\n}}}}\n"


def test_the_value_and_its_year_in_a_box_are_one_update() -> None:
    def year(source: str) -> SourceChange:
        old = BOX.format(catch=300, source=SURVEY, year=1990)
        rows = diff(parse(old), parse(BOX.format(catch=400, source=source, year=1991)))
        (change,) = (row for row in rows if row.kind is Kind.CLAIM_CHANGED and row.label == "catch_year")
        assert all(row.source is SourceChange.NONE for row in rows if row.label == "ship")
        return change.source

    assert year(CENSUS) is SourceChange.CHANGED
    assert year(SURVEY) is SourceChange.CHANGED  # a value with its own date is an update, too


def test_a_note_with_every_word_of_the_former_names_the_same_work() -> None:
    short = "<ref>Gull, Ann(ed); Tern, Bo (ed), 2001. Pp. 20.</ref>"
    full = "<ref>Gull, Ann; Tern (ed), Bo (ed). The Harbour and the Challenge of Tides. Ebb: Quay, 2001. Pp. 20.</ref>"
    old = TEXT.format(number=300, source=short)
    for source in (full, short.replace("Pp. 20", "Pp. 21")):
        assert [field.name for field in lost(old, TEXT.format(number=300, source=source)).fields] == ["text"]
    other = "<ref>Skua, Eve. Storms. Arlen: Mill, 1999.</ref>"
    assert [field.name for field in lost(old, TEXT.format(number=300, source=other)).fields] == ["replaced"]
