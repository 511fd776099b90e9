"""Test the editor's list of problems that a text has before any edit."""

from watcher import parse
from watcher.judge.lint import lint_statistics, statistic_id


def codes(text):
    document = parse(text)
    result = lint_statistics(document)
    return {
        statistic.quantity.text: {reason.code for reason in result.get(statistic_id(statistic), ())}
        for statistic in document.statistics
    }


def test_figure_without_source_is_listed():
    assert codes("Some 4,500 ships sank.")["4,500"] == {"unsourced"}


def test_figure_with_source_is_not():
    assert codes("Some 4,500 ships sank.<ref>Lloyd's list</ref>")["4,500"] == set()


def test_percentage_of_another_whole_is_the_odd_one_out():
    text = "Of these, 140 (70%) sank, 40 (20%) fled and 90 (10%) burned.<ref>x</ref>"
    assert codes(text) == {
        "140": set(), "70%": set(), "40": set(), "20%": set(), "90": {"share-mismatch"}, "10%": set(),
    }  # fmt: skip


def test_two_numbers_for_one_thing_in_one_year_contradict_each_other():
    text = (
        "In 2012, registered trawlers numbered 4,500 vessels.<ref>x</ref>\n\n"
        "== Fleet ==\nRegistered trawlers numbered 5,100 vessels in 2012.<ref>y</ref>"
    )
    result = codes(text)
    assert result["4,500"] == result["5,100"] == {"contradicts-elsewhere"}


def test_numbers_of_two_years_do_not_contradict():
    text = (
        "In 2012, registered trawlers numbered 4,500 vessels.<ref>x</ref> "
        "In 2014, registered trawlers numbered 5,100 vessels.<ref>x</ref>"
    )
    assert all("contradicts-elsewhere" not in result for result in codes(text).values())
