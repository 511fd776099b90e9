"""Test that other places that state a changed figure are located in any notation."""

from tests.cases import for_each
from watcher import compare_wikitext

LEAD = "In all, 4.5 million sheep were counted.\n\n== Flocks ==\n"
CHANGED = LEAD.replace("4.5 million", "5.5 million")


def elsewhere(old, new):
    result = [
        finding for finding in compare_wikitext(old, new).findings if finding.change.kind.value == "statistic.changed"
    ]
    return [mention.sentence for mention in result[0].change.elsewhere]


@for_each(
    "written",
    ["4.5 million sheep", "4.5&nbsp;million sheep", "'''4.5 million''' sheep", "4,500,000 sheep", "4500000 sheep"],
)
def test_same_figure_in_any_writing_is_a_mention(written):
    other = f"The census saw {written} in the hills."
    assert len(elsewhere(LEAD + other, CHANGED + other)) == 1


@for_each("other")
def test_another_figure_is_no_mention(other):
    assert elsewhere(LEAD + other, CHANGED + other) == []


def test_figure_of_another_year_is_no_mention():
    old = "In 2012, 4.5 million sheep were counted.\n\nIn 1990, 4.5 million sheep were counted in the hills."
    assert elsewhere(old, old.replace("In 2012, 4.5", "In 2012, 5.5")) == []


def test_percentage_in_words_is_a_mention():
    old = "Of the flock, 68% were ewes.\n\nAbroad, 68 per cent were ewes too."
    assert len(elsewhere(old, old.replace("68%", "78%"))) == 1


def test_edit_of_every_figure_asks_for_a_bounded_number():
    old = " ".join(f"Row {n} holds {n * 1000 + 7} sheep." for n in range(1, 80))
    new = old.replace("7 sheep", "9 sheep")
    assert len(compare_wikitext(old, new).findings) == 79
