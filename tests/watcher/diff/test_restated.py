"""Test that a value in another notation or unit is no change, and that the same digits in another unit are one."""

from tests.cases import for_each
from watcher.model import Severity
from watcher.pipeline import compare_wikitext


def severities(old: str, new: str) -> list[Severity]:
    return [finding.severity for finding in compare_wikitext(old, new).findings]


@for_each(("old", "new"))
def test_a_kept_value_raises_no_alarm(old: str, new: str) -> None:
    assert all(severity < Severity.MEDIUM for severity in severities(old, new))


@for_each(("old", "new"))
def test_a_changed_value_raises_an_alarm(old: str, new: str) -> None:
    assert any(severity >= Severity.HIGH for severity in severities(old, new))


def test_a_row_of_headers_says_what_its_numbers_are_of() -> None:
    table = '{{| class="wikitable"\n! Team !! Points\n|-\n! Ajax !! {points}\n|}}\n'

    result = compare_wikitext(table.format(points=98), table.format(points=105)).findings

    assert [finding.summary for finding in result] == ["Ajax × Points: 98 → 105 (+7.1 %), no source"]


@for_each(
    ("old", "new", "severity"),
    [
        ("|score=2–1|goals=Orr 12'", "|score=3–1|goals=Orr 12'", Severity.HIGH),
        ("|group 1=40 : 30 : 20", "|group 1=40 : 60 : 20", Severity.HIGH),
        ("|win_ARD=8|loss_ARD=1|win_TOR=7|loss_TOR=3", "|win_ARD=18|loss_ARD=1|win_TOR=7|loss_TOR=3", Severity.HIGH),
        # A round: one finding about the table
        (
            "|win_ARD=8|loss_ARD=1|win_TOR=7|loss_TOR=3|win_HAV=5|loss_HAV=4",
            "|win_ARD=9|loss_ARD=1|win_TOR=7|loss_TOR=4|win_HAV=6|loss_HAV=4",
            Severity.MEDIUM,
        ),
    ],
)
def test_the_values_of_a_module_are_those_of_a_template(old: str, new: str, severity: Severity) -> None:
    assert severities(f"{{{{#invoke:Results|main{old}}}}}", f"{{{{#invoke:Results|main{new}}}}}") == [severity]


BOX = "{{{{Infobox town\n|people = {}\n|elevation = {}\n|Stand = {}\n}}}}\nArdal has {} people.<ref>{{{{cite web|title={}|url=http://x.org/{}}}}}</ref>\n"


@for_each(
    ("box", "cited", "worst"),
    [
        (("12,340", "320", "2010"), "2020", Severity.LOW),  # another source of the new value in the text
        (("12,340", "520", "2010"), "2020", Severity.HIGH),  # of another value it says nothing
        (("12,340", "320", "2010"), "2010", Severity.HIGH),
    ],
)
def test_a_value_of_a_box_rests_on_the_source_that_the_text_has_for_it(box, cited, worst) -> None:
    people, elevation, _ = box
    old = BOX.format(people, "320", "2010", people, "Census 2010", "2010")
    new = BOX.format("13,001", elevation, "2020", "13,001", f"Census {cited}", cited)
    assert max(severities(old, new)) == worst
