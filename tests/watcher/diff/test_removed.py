"""Test that a removed statement is a removed claim, unless another sentence repeats it."""

import pytest

from tests.cases import for_each
from watcher.diff import diff
from watcher.model import Change, Claim, Kind, SourceChange
from watcher.parse import parse
from watcher.pipeline import compare_wikitext

KEPT = "The town lies between two rivers of the northern plain.\n\n"
STATED = "The bishop ordered the builders to raise the wooden bridge again."
OTHER = "Merchants from the coast settled around the covered market."


def changes(old: str, new: str) -> list[Change]:
    return [*diff(parse(old), parse(new))]


def test_a_sentence_that_is_gone_is_a_removed_claim() -> None:
    (change,) = changes(KEPT + STATED, KEPT)
    assert change.kind is Kind.CLAIM_REMOVED
    assert isinstance(change.old, Claim)
    assert (change.old.text, change.new, change.fields) == (STATED, None, ())


LATER_YEARS = (
    "In later years, as the chronicles of monks and merchants tell, when the plague was over and the wooden bridge "
    "had burned to the water, {}."
)
REPEATED = LATER_YEARS.format("the bishop ordered that the builders raise it again")
DIVIDED = f"{KEPT}== Middle ages ==\n{{}}It had a market.\n\n== Chronicles ==\n{{}}\n"


def test_a_removed_claim_names_the_sentence_that_repeats_it() -> None:
    old, new = DIVIDED.format(f"{STATED}\n\n", LATER_YEARS.format("the town was empty")), DIVIDED.format("", REPEATED)
    (removed,) = (change for change in changes(old, new) if change.kind is Kind.CLAIM_REMOVED)
    assert [(field.name, field.old, field.new) for field in removed.fields] == [("restated", STATED, REPEATED)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{KEPT}* A short entry.\n", KEPT),
        (f"{KEPT}lol you are so funny, haha, the bridge and the bishop and the builders!!\n", KEPT),
        (f"{KEPT}== External links ==\n* The official site of the bridge builders and the bishop of the town\n", KEPT),
    ],
    ids=["too short", "chat", "list of links"],
)
def test_text_that_states_nothing_is_no_claim(old: str, new: str) -> None:
    assert Kind.CLAIM_REMOVED not in {change.kind for change in changes(old, new)}


def test_a_sentence_whose_figure_is_reported_as_removed_is_not_a_claim_too() -> None:
    result = changes(f"{KEPT}The bridge carried 4,100 wagons to the covered market.\n", KEPT)
    assert [change.kind for change in result] == [Kind.STATISTIC_REMOVED]


def test_a_section_that_lost_several_sentences_says_how_many() -> None:
    lost = f"{STATED} {OTHER} Nobody rebuilt the southern granary after the great fire."
    result = [change for change in changes(f"{KEPT}{lost}\n", KEPT) if change.kind is Kind.CLAIM_REMOVED]
    assert [[(field.name, field.old) for field in change.fields] for change in result] == [[("passage", "3")]] * 3


@for_each("sentence")
def test_a_quotation_a_year_in_brackets_or_a_plain_see_does_not_make_a_statement_none(sentence: str) -> None:
    (change,) = changes(f"{KEPT}{sentence}\n", KEPT)
    assert change.kind is Kind.CLAIM_REMOVED


@for_each("line")
def test_a_line_of_a_bibliography_and_a_pointer_state_nothing(line: str) -> None:
    assert Kind.CLAIM_REMOVED not in {change.kind for change in changes(f"{KEPT}{line}\n", KEPT)}


@for_each(
    ("field", "kinds"),
    [
        ("builder = Tom Orr", [Kind.CLAIM_REMOVED]),
        ("builder = n/a", [Kind.PROSE_REMOVED]),
        ("builder = 不明", [Kind.PROSE_REMOVED]),
        ("builder = unbekannt", [Kind.PROSE_REMOVED]),
        ("url = http://mill.example/card?Cat=20~40&Site=ebb", [Kind.PROSE_REMOVED]),
        ("pushpin_map = Brae relief", []),
    ],
)
def test_a_field_of_an_infobox_that_says_nothing_of_the_subject_is_no_claim(field: str, kinds: list[Kind]) -> None:
    box = "{{{{Infobox mill\n| name = Ebb\n{}}}}}\n" + KEPT
    findings = compare_wikitext(box.format(f"| {field}\n"), box.format("")).findings
    assert [finding.change.kind for finding in findings] == kinds


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


@for_each(
    ("new", "names"),
    [
        (TEXT.format(number=300, source=CENSUS), ["replaced"]),
        (TEXT.format(number=400, source=""), []),
        (TEXT.format(number=300, source=CENSUS).replace("outer basin", "main canal"), ["replaced"]),
    ],
)
def test_a_source_that_went_without_another_value_and_source_has_no_successor(new: str, names: list[str]) -> None:
    assert [field.name for field in lost(TEXT.format(number=300, source=SURVEY), new).fields] == names


def test_a_citation_with_another_address_and_title_is_a_source_replaced_with_its_value() -> None:
    old = TEXT.format(number=300, source=SURVEY.replace("<ref>", '<ref name="boats">'))
    new = TEXT.format(number=400, source=CENSUS.replace("<ref>", '<ref name="boats">'))
    assert "replaced_by" in {field.name for field in lost(old, new).fields}


def test_a_source_of_another_sentence_is_not_replaced_by_the_update() -> None:
    old = TEXT.format(number=300, source="") + f"Its crews are paid by the town.{SURVEY}\n"
    new = TEXT.format(number=400, source=CENSUS) + "Its crews are paid by the town.\n"
    assert lost(old, new).fields == ()


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


SETTLED = "{{{{Infobox town\n| population_total = {total}\n{companion}\n| area_total = {area}\n}}}}\n"


@pytest.mark.parametrize(
    ("before", "now", "source"),
    [
        ("| population_as_of = 2011", "| population_as_of = 2021", SourceChange.CHANGED),
        ("", f"| population_footnotes = {CENSUS}", SourceChange.ADDED),
        (f"| population_footnotes = {SURVEY}", f"| population_footnotes = {CENSUS}", SourceChange.CHANGED),
        ("| population_date = 2011", "| population_date = 2021", SourceChange.CHANGED),
        ("| populated_as_of = 2011", "| populated_as_of = 2021", SourceChange.NONE),
    ],
)
def test_what_sources_the_values_of_a_box_is_known_by_how_their_names_begin(
    before: str, now: str, source: SourceChange
) -> None:
    old, new = (
        parse(SETTLED.format(total=total, companion=companion, area=area))
        for total, companion, area in ((8_232, before, 30), (8_967, now, 40))
    )
    sources = {row.label: row.source for row in diff(old, new) if row.kind is Kind.STATISTIC_CHANGED}
    assert sources == {"population_total": source, "area_total": SourceChange.NONE}


def test_a_date_is_of_the_numbers_that_are_named_for_it_and_no_place() -> None:
    box = "{{{{Infobox ship\n| launch_place = {}\n| launch_crew = {}\n| launch_date = {}\n}}}}\n"
    rows = diff(parse(box.format("Ardal", 40, "3 May 1970")), parse(box.format("Varr", 50, "4 June 1971")))
    assert {row.label: row.source for row in rows} == {
        "launch_place": SourceChange.NONE,
        "launch_crew": SourceChange.CHANGED,
        "launch_date": SourceChange.CHANGED,
    }


def test_a_year_of_a_box_is_updated_with_the_text_that_has_it_with_its_source() -> None:
    text = "{{{{Infobox ville\n| année_pop = {0}\n| maire_depuis = {0}\n}}}}\nEn {0}, elle compte {1} habitants.{2}\n"
    old = parse(text.format(2016, 4_213, SURVEY))
    for source, change in ((CENSUS, SourceChange.CHANGED), (SURVEY, SourceChange.NONE)):
        rows = diff(old, parse(text.format(2019, 4_302, source)))
        assert [row.source for row in rows if row.label == "année_pop"] == [change]


def test_a_source_of_the_whole_box_is_that_of_all_its_values() -> None:
    box = "{{{{Weather box\n| Jan high C = {}\n| Feb high C = 2.8\n| source 1 = Met office{}\n}}}}\n"
    old = box.format(2.1, SURVEY)
    for value, source, change in ((2.9, CENSUS, SourceChange.CHANGED), (2.9, SURVEY, SourceChange.UNCHANGED)):
        rows = diff(parse(old), parse(box.format(value, source)))
        assert [row.source for row in rows if row.label == "Jan high C"] == [change]


def test_a_note_with_every_word_of_the_former_names_the_same_work() -> None:
    short = "<ref>Gull, Ann(ed); Tern, Bo (ed), 2001. Pp. 20.</ref>"
    full = "<ref>Gull, Ann; Tern (ed), Bo (ed). The Harbour and the Challenge of Tides. Ebb: Quay, 2001. Pp. 20.</ref>"
    old = TEXT.format(number=300, source=short)
    for source in (full, short.replace("Pp. 20", "Pp. 21")):
        assert [field.name for field in lost(old, TEXT.format(number=300, source=source)).fields] == ["text"]
    other = "<ref>Skua, Eve. Storms. Arlen: Mill, 1999.</ref>"
    assert [field.name for field in lost(old, TEXT.format(number=300, source=other)).fields] == ["replaced"]
