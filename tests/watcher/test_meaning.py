"""Test that another statement alerts, and that other words for the same statement do not."""

from tests.cases import for_each
from watcher import compare_wikitext, parse
from watcher.model import Dialect, Severity


def alerts(old: str, new: str, language: str = "en") -> list[str]:
    """The summaries of the findings that reach the default threshold."""
    result = compare_wikitext(old, new, wiki=Dialect(language=language)).findings
    return [item.summary for item in result if item.severity >= Severity.MEDIUM]


@for_each(("old", "new"))
def test_other_words_for_the_same_statement_are_quiet(old: str, new: str) -> None:
    assert alerts(old, new) == []


@for_each(("old", "new"))
def test_german_that_states_something_else_alerts(old: str, new: str) -> None:
    assert alerts(old, new, "de")


@for_each(("old", "new"))
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


@for_each(("url", "is_alert"))
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
