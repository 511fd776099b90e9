"""Test that another statement alerts, and that other words for the same statement do not."""

from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher import compare_wikitext, parse
from watcher.model import Dialect, Severity


def alerts(old: str, new: str, language: str = "en") -> list[str]:
    """The summaries of the findings that reach the default threshold."""
    result = compare_wikitext(old, new, wiki=Dialect(language=language)).findings
    return [item.summary for item in result if item.severity >= Severity.MEDIUM]


@for_each(
    ("old", "new"),
    [
        (  # one reservation for another
            "It is believed that the settlement had a granary near the wall.",
            "The settlement likely had a granary near the wall.",
        ),
        (
            "All carts in the district must have plates under the new rules.",
            "All carts in the district will be required to have plates under the new rules.",
        ),
        (
            "The flag may have inspired the banner of the guild.",
            "The flag may or may not have inspired the banner of the guild.",
        ),
        (  # the tense of reported speech
            "The court ruled that the question raised is a political question.",
            "The court ruled that the question raised was a political question.",
        ),
        (
            "Red glazes came into use in the early fifteenth century in the valley.",
            "Red glazes came into use in the early 1400s in the valley.",
        ),
        (
            "About 60 Frisians who are refugees from the flood live in the town.",
            "About 60 Frisian refugees from the flood live in the town.",
        ),
        (
            "The raids helped the majority of women in the district, the study found.",
            "The raids helped most of women in the district, the study found.",
        ),
        (
            "The claims have been questioned by a number of scholars in the region.",
            "The claims have been questioned by several scholars in the region.",
        ),
        ("Ada Hill was only 19 years old when she won the race.", "Ada Hill was 19 years old when she won the race."),
        ("The clerk was held for upto 14 days at the fort.", "The clerk was held for up to 14 days at the fort."),
        (
            "Her rival came only 6 in the final attempt of the season.",
            "Her rival came only 6th in the final attempt of the season.",
        ),
        (
            "The ministers ordered the closure of the plant on July, 20. They then left the country for a week.",
            "The ministers ordered the closure of the plant on July 20. They then left the country for a week.",
        ),
        (
            "As of 07 April 2009, the league of the northern harbours admits nobody.",
            "As of 7 April 2009, the league of the northern harbours admits nobody.",
        ),
        (  # one title more in a list
            'Hill wrote several plays for the guild, such as "Low Tide", and others.',
            'Hill wrote several plays for the guild, such as "Low Tide", "Brass Lanterns", and others.',
        ),
        (
            "Merchants of the coast often trusted sailors more than from the hills, he wrote.",
            "Merchants of the coast often trusted sailors more than others from the hills, he wrote.",
        ),
        (
            "The guild was a wayfarer-federalist group that defended pilots of the coast.",
            "The guild was a wayfarer federalist group that defended pilots of the coast.",
        ),
        (
            "The Guild General del Puerto is still the third union of the coast today.",
            "The Guild_General_del_Puerto_%28Coast%29 General del Puerto is still the third union of the coast today.",
        ),
        (  # the volumes of a book
            "Wool paid.\n\n== Literature ==\n* Hill, ''Looms'', 2 vols. in 1, 1038 pages\n* Moss, ''Salt''\n",
            "Wool paid.\n\n== Literature ==\n* Moss, ''Salt''\n",
        ),
        (  # the front of a site of which a page is still cited
            "Read more [http://wool.example.org/looms about looms] at [http://wool.example.org Wool.example].",
            "Read more [http://wool.example.org/looms about looms].",
        ),
        (  # text about the page
            "Wool paid for the town walls. Note: a new draft of this article is being written at Wool/Draft.",
            "Wool paid for the town walls.",
        ),
        (  # a link to read on
            "Wool paid.\n\n== External links ==\n* [http://example.org Wool] compares the largest mills.\n* Looms\n",
            "Wool paid.\n\n== External links ==\n* Looms\n",
        ),
        (
            "The meeting of 1999 of the guild was the last that Hill led in person.",
            "The meeting in Halden (1999) of the guild was the last that Hill led in person.",
        ),
        (  # a sentence was parted
            "It is the zone where light reaches the sea floor and is, therefore, the most fertile.",
            "It is the zone where light reaches the sea floor. This makes the shallow zone the most fertile.",
        ),
        (  # two sentences were joined
            "Weights, coins and measures were unified. Books were burned as the ministry grew stronger.",
            "Weights, coins and measures would be standardized and books were burned as the ministry grew stronger.",
        ),
        (
            "Hydro-electric analysis of the remains in the valley has shown how the village lived.",
            "Hydroelectric analysis of the remains in the valley has shown how the village lived.",
        ),
    ],
)
def test_other_words_for_the_same_statement_are_quiet(old: str, new: str) -> None:
    assert alerts(old, new) == []


TRADE = """== Trade ==
Wool from the hills paid for the walls of the town in those years. Critics claim that merchants never paid their share
of the toll. The guild of Ada Hill kept the largest books of all guilds in the valley.
"""


def test_a_section_that_stood_twice_is_not_missed_when_one_copy_goes() -> None:
    intro = "A town on the coast that lives of wool and salt.\n\n"
    other = TRADE.replace("== Trade ==", "=== Trade ===").replace("of all guilds", "of all the guilds")
    twice = f"{intro}{TRADE}\n== Schools ==\nThe town has schools.\n\n{other}"
    assert alerts(twice, twice.replace(TRADE, "")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Die Straße verläuft von Köln nach Bonn.", "Die Straße verläuft von Köln nach Mainz."),
        ("Er war nicht an dem Überfall beteiligt.", "Er war an dem Überfall beteiligt."),
        ("Alle Schiffe erreichten den Hafen von Kiel.", "Einige Schiffe erreichten den Hafen von Kiel."),
        ("Das Schloss ist heute ein Hotel.", "Das Schloss ist heute ein Gefängnis."),
        ("Er wurde vor dem Krieg Minister.", "Er wurde nach dem Krieg Minister."),
    ],
)
def test_german_that_states_something_else_alerts(old: str, new: str) -> None:
    assert alerts(old, new, "de")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Die Brücke wurde 1912 von der Stadt gebaut.", "1912 baute die Stadt die Brücke."),
        ("Seine Schwester war auch Malerin.", "Auch seine Schwester war Malerin."),
        ("Der Bezirk grenzt im Norden an Linz.", "Im Norden grenzt der Bezirk an Linz."),
        ("Das Gesetz wurde vom Parlament beschlossen.", "Das Parlament beschloss das Gesetz."),
        ("Die Firma verkauft Schrauben und Nägel.", "Die Firma verkauft Nägel und Schrauben."),
    ],
)
def test_german_in_another_order_is_quiet(old: str, new: str) -> None:
    assert alerts(old, new, "de") == []


LEAD = (
    "'''Halden''' is a harbour town that lives of wool, salt and the ferry trade across the southern strait. Merchants "
    "built warehouses, churches, schools and bridges during several centuries of peace, while neighbouring islands "
    "suffered from famine, piracy and earthquakes. Visitors admire gardens, markets, museums, theatres, cliffs.\n\n"
    "== Trade ==\nWool paid for the walls.\n"
)


def test_another_lead_in_place_of_the_old_one_is_one_critical_finding_above_all() -> None:
    junk = "My favourite hamster loves pizza, cartoons and trampolines. " * 6
    new = junk + LEAD[LEAD.index("\n\n==") :]
    first = compare_wikitext(LEAD, new).findings[0]
    assert (first.severity, first.summary.startswith("the page is now an article with another lead")) == (
        Severity.CRITICAL,
        True,
    )


def test_a_lead_that_was_rewritten_is_no_page_level_finding() -> None:
    new = LEAD.replace("while neighbouring islands suffered from famine, piracy and earthquakes", "which paid for all")
    assert all(item.severity < Severity.CRITICAL for item in compare_wikitext(LEAD, new).findings)


REPORT = "The town has 4,000 people.<ref name=count>{{cite web|title=Count of people|url=%s}}</ref>"


@pytest.mark.parametrize(
    ("url", "is_alert"),
    [
        ("https://stats.example.co.uk/new/count", False),
        ("https://blog.elsewhere.net/count", True),
    ],
)
def test_another_host_under_the_same_name_is_another_source(url: str, *, is_alert: bool) -> None:
    assert bool(alerts(REPORT % "https://www.example.co.uk/count", REPORT % url)) is is_alert


def test_a_colour_in_a_table_is_no_name() -> None:
    table = '{| class="wikitable"\n! Line !! Colour\n|-\n| Red line || %s\n|}\n'
    assert alerts(table % "2ef", table % "DCF") == []


def test_a_citation_within_a_wrapper_is_the_source_of_its_footnote() -> None:
    bundle = "The town has people.<ref>{{citation bundle|{{cite web|title=%s|url=%s}}|{{cite book|title=Salt}}}}</ref>"
    old, new = bundle % ("Count of people", "http://a.example/x"), bundle % ("My blog", "http://z.example/y")
    assert alerts(old, new) == ["cites another source: Count of people (a.example) → My blog (z.example)"]


def test_a_code_in_an_infobox_is_no_statistic() -> None:
    box = "{{Infobox town\n| name = Halden\n| calling_code = %s\n| population = 4,000\n}}\nHalden is a town."
    assert [item.quantity.text for item in parse(box % "+381").statistics] == ["4,000"]
