"""Test that a replaced value under the same label is reported, in any script."""

import pytest

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.diff.names import Names
from watcher.model import Severity
from watcher.parse import dialect_for

BOX = "{{{{Infobox office\n| name = Port\n| {} = {}\n}}}}"


def loudest(old: str, new: str, title: str | None = None, language: str = "en") -> Severity:
    comparison = compare_wikitext(old, new, wiki=dialect_for(language), title=title)
    return max(finding.severity for finding in comparison.findings)


@for_each(("old", "new", "language"))
def test_another_thing_in_a_field_is_reported(old, new, language):
    assert loudest(BOX.format("incumbent", old), BOX.format("incumbent", new), language=language) >= Severity.MEDIUM


@for_each(("old", "new"))
def test_the_same_thing_or_more_of_it_is_not(old, new):
    assert loudest(BOX.format("incumbent", old), BOX.format("incumbent", new)) < Severity.MEDIUM


def test_a_count_to_the_thousandth_was_thousands():
    texts = [f"The guild has {number} members." for number in ("450.000", "450,000")]
    assert loudest(*texts) < Severity.MEDIUM


@for_each(("old", "new"))
def test_another_writing_and_the_notes_of_the_wiki_are_no_alert(old: str, new: str):
    assert loudest(old, new, language="ja") < Severity.MEDIUM


@for_each(("old", "new"))
def test_another_value_in_another_writing_is_an_alert(old: str, new: str):
    assert loudest(old, new, language="ja") >= Severity.MEDIUM


@for_each("setting", ["embed", "show_flag", "pushpin_map_narrow", "italic_title", "no_wrap"])
def test_yes_and_no_of_how_a_box_is_shown_are_no_facts(setting):
    assert loudest(BOX.format(setting, "yes"), BOX.format(setting, "no")) < Severity.MEDIUM


@for_each(
    ("old", "new", "severity"),
    [
        ("Length (km)", "Length (miles)", Severity.MEDIUM),
        ("Time (minutes)", "Time (hours)", Severity.MEDIUM),
        ("Length (km)", "Length, km", Severity.LOW),
    ],
)
def test_a_heading_that_gives_another_unit_is_reported(old, new, severity):
    text = "A port.\n\n== {} ==\n* 2009: 640\n"
    assert loudest(text.format(old), text.format(new)) == severity


@for_each(("racer", "at_least"), [("{{flagicon|NLD}} Ada Orr", Severity.LOW), ("Edwin Tarn", Severity.MEDIUM)])
def test_a_flag_beside_the_name_of_a_row_makes_no_other_row_of_it(racer, at_least):
    text = "A race.\n\n{{|\n! Place !! Racer !! Laps\n|-\n| 1 || {} || 64\n|-\n| 2 || Ove Lind || 61\n|}}\n"
    assert loudest(text.format("Ada Orr"), text.format(racer)) == at_least


@for_each(
    ("old", "cell", "new", "bare", "severity"),
    [
        ("Area", "451.2 km²", "Area (km²)", "451.2", Severity.LOW),
        ("Cost ($)", "9", "Cost ($)", "$9", Severity.INFO),
        ("Area", "451.2 km²", "Area (ha)", "451.2", Severity.HIGH),
        ("People", "3 million", "People", "3", Severity.CRITICAL),
    ],
)
def test_a_unit_may_stand_in_the_head_of_its_column(old, cell, new, bare, severity):
    text = "A port.\n\n{{|\n! Place !! {}\n|-\n| Ardal || {}\n|}}\n"
    assert loudest(text.format(old, cell), text.format(new, bare)) == severity


@for_each(
    ("name", "old", "new", "severity"),
    [
        ("area_total_km2", "451.2 km²", "451.2", Severity.INFO),
        ("share_percent1", "34.2", "34.2 %", Severity.INFO),
        ("length_km", "12", "12 m", Severity.HIGH),
        ("weight", "90 kg", "90", Severity.HIGH),
    ],
)
def test_a_unit_may_stand_in_the_name_of_its_parameter(name, old, new, severity):
    text = "{{{{Infobox port\n| {} = {}\n}}}}\nA port.\n"
    assert loudest(text.format(name, old), text.format(name, new)) == severity


@for_each(("new", "severity"), [("Ardal Hauptbahnhof", Severity.INFO), ("Varr Hauptbahnhof", Severity.HIGH)])
def test_a_row_whose_name_is_written_out_is_the_same_row(new, severity):
    text = "Ein Netz.\n\n{{|\n! Ort !! km !! Gleise\n|-\n| {} || 12,4 || 3\n|}}\n"
    assert loudest(text.format("Ardal Hbf"), text.format(new)) == severity


@for_each(("new", "severity"), [("Points", Severity.LOW), ("Goals", Severity.MEDIUM)])
def test_a_head_that_is_written_out_is_the_same_head(new, severity):
    text = "A cup.\n\n{{|\n! Club !! {}\n|-\n| Ardal || 64\n|}}\n"
    assert loudest(text.format("Pts"), text.format(new)) == severity


def test_a_column_with_its_unit_in_brackets_is_the_same():
    text = "A port.\n\n{{|\n! Place !! {}\n|-\n| Ardal || 64\n|}}\n"
    assert loudest(text.format("Length in km"), text.format("Length (km)")) < Severity.MEDIUM


ROW = '{{| class="wikitable"\n| 2009\n| Arlen\n| 5\n|-\n| 2010\n| {}\n| 4\n| {}\n| Quay\n|}}'


def test_cells_of_a_row_without_heads_are_compared_in_place():
    findings = compare_wikitext(ROW.format("Buena Vista", "Orr"), ROW.format("Rose", "Takata")).findings
    assert [(finding.change.kind.value, finding.summary) for finding in findings] == [
        ("claim.changed", "2010: Buena Vista → Rose"),
        ("claim.changed", "2010: Orr → Takata"),
    ]


def test_numbers_of_a_row_without_heads_are_paired_in_place_whatever_numbers_stand_beside():
    text = "{{|\n| 1\n| Ardal\n| {}\n|-\n| 2\n| Vell\n| 5\n| 9\n|}}"
    findings = compare_wikitext(text.format("4\n| 7\n| 8"), text.format("7\n| 4\n| 8")).findings
    changed = [(change.old.quantity.text, change.new.quantity.text) for change in (item.change for item in findings)]
    assert changed == [("4", "7"), ("7", "4")]


def test_a_number_under_one_head_is_none_under_another():
    text = "{{|\n! Driver !! {}\n|-\n| Orr || {}\n|-\n| Vell || 3\n|}}"
    findings = compare_wikitext(text.format("Grid", "1"), text.format("Laps", "50")).findings
    assert "statistic.changed" not in {finding.change.kind.value for finding in findings}
    findings = compare_wikitext(text.format("People in 2019", "1"), text.format("People in 2020", "50")).findings
    assert "statistic.changed" in {finding.change.kind.value for finding in findings}


@for_each("old, new, severity", [("(€ million)", "(€m)", Severity.INFO), ("(€m)", "(€bn)", Severity.MEDIUM)])
def test_a_scale_of_a_column_is_known_by_its_abbreviation(old: str, new: str, severity: Severity):
    text = "{{|\n! Year !! Sales {} !! Profit (€m)\n|-\n| 2019 || 482 || 31\n|-\n| 2020 || 401 || 20\n|}}"
    assert loudest(text.format(old), text.format(new)) is severity


def test_a_column_of_names_or_dates_that_is_gone_is_an_alert():
    old = "{|\n! No. !! Until !! Note\n|-\n| 1 || 2012 || First\n|-\n| 2 || 2016 || Plan\n|-\n| 3 || 2021 || Copy\n|}"
    new = "{|\n! No. !! Note\n|-\n| 1 || First\n|-\n| 2 || Plan\n|-\n| 3 || Copy\n|}"
    assert loudest(old, new) is Severity.MEDIUM


SERIES = "{{|\n! Series !! Parts !! Start\n|-\n| 1 || {} 6 || May\n|-\n| 2 {}|| June\n|-\n| 3 {}|| July\n|}}"


def test_a_cell_that_spans_the_rows_below_stands_in_each():
    apart, spanned = SERIES.format("", "|| 6 ", "|| 6 "), SERIES.format('rowspan="3" |', "", "")
    assert compare_wikitext(apart, spanned).findings == compare_wikitext(spanned, apart).findings == ()
    assert loudest(SERIES.format("", "|| 6 ", "|| 7 "), spanned) is Severity.MEDIUM
    assert loudest(apart, spanned.replace("6", "8")) > Severity.MEDIUM


@for_each("new, severity", [("Number of speakers", Severity.LOW), ("Rural speakers", Severity.MEDIUM)])
def test_a_head_with_a_general_word_more_says_the_same(new: str, severity: Severity):
    text = "{{|\n! Place !! {}\n|-\n| Ardal || 64\n|-\n| Vell || 20\n|}}"
    assert loudest(text.format("Speakers"), text.format(new)) is severity


LEAD = "'''Ada Maria Corvik''' (born 1950) is a painter. "


@pytest.mark.parametrize(("old", "new"), [("Ada", "Corvik"), ("Corvik", "Ada Corvik"), ("Maria", "Corvik")])
def test_the_subject_under_another_part_of_its_name_is_the_same_person(old, new):
    texts = [f"{LEAD}In that winter {name} taught drawing to the children of the harbour." for name in (old, new)]
    assert loudest(*texts, title="Ada Corvik (painter)") < Severity.MEDIUM


def test_another_person_in_the_place_of_the_subject_is_reported():
    texts = [f"{LEAD}In that winter {name} taught drawing to the children." for name in ("Corvik", "Lindqvist")]
    assert loudest(*texts, title="Ada Corvik") >= Severity.MEDIUM


def test_another_label_that_the_old_text_gives_a_link_is_the_same_thing():
    old = "The horse won the [[Northern Derby]] in May. Crowds came to the [[Northern Derby|Harbour Stakes]]."
    assert loudest(old, old.replace("[[Northern Derby]]", "[[Harbour Stakes]]")) < Severity.MEDIUM
    assert loudest(old, old.replace("[[Northern Derby]]", "[[Northern Derby|Harbour Stakes]]")) < Severity.MEDIUM
    labelled = "The horse won the [[Northern Derby|Harbour Stakes]] in May."
    assert loudest(labelled, labelled.replace("Northern Derby|Harbour Stakes", "Northern Derby")) < Severity.MEDIUM


def test_no_edit_makes_two_names_one_by_a_label_of_its_own():
    old = "The horse won the [[Northern Derby]] in May."
    for new in ("[[Northern Derby|Harbour Stakes]]", "[[Harbour Stakes]]"):
        assert loudest(old, old.replace("[[Northern Derby]]", new)) >= Severity.MEDIUM


def test_a_long_name_spelt_otherwise_by_a_letter_is_mended():
    old = "The letters went to Alexandrowitch in the spring."
    assert loudest(old, old.replace("Alexandrowitch", "Aleksandrowitch")) < Severity.MEDIUM


def test_without_a_title_no_word_is_the_subjects():
    assert Names().subject == frozenset()
    assert Names(title="Ada Corvik (painter)", texts=(LEAD, LEAD)).subject == {"ada", "maria", "corvik"}


@for_each(
    ("old", "new", "below", "at_least"),
    [
        ("Nominated", "Won<ref>[https://a.example/won Winners]</ref>", "", Severity.LOW),
        ("Nominated", "Won", "", Severity.MEDIUM),
        # What stands below the table is of something else.
        (
            "Nominated",
            "Won",
            "A list is kept.<ref>{{cite web|title=Lists|url=https://a.example/l}}</ref>",
            Severity.MEDIUM,
        ),
        ("Ada Orr", "{{flagicon|NOR}} [[Ada Orr]]", "", Severity.LOW),
    ],
)
def test_a_cell_with_its_own_new_source_is_an_update(old: str, new: str, below: str, at_least: Severity):
    table = '{{| class="wikitable"\n! Film !! Result\n|-\n| The Gate || {}\n|}}\n{}\n'
    findings = compare_wikitext(table.format(old, ""), table.format(new, below)).findings
    assert max((finding.severity for finding in findings), default=Severity.INFO) == at_least


@for_each(("ranks", "severity"), [("123", Severity.LOW), ("132", Severity.MEDIUM), ("579", Severity.MEDIUM)])
def test_a_column_of_running_numbers_may_go(ranks: str, severity: Severity):
    table = '{| class="wikitable"\n! No. !! Name\n|-\n| %s || Orr\n|-\n| %s || Hill\n|-\n| %s || Gull\n|}'
    new = table.replace("No. !! ", "").replace("%s || ", "")
    assert max(finding.severity for finding in compare_wikitext(table % (*ranks,), new).findings) == severity
