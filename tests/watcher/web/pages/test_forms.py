from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from snapshots import EditPosition, FacetCounts, ReviewState, SortOrder
from tests.cases import for_each
from watcher.model import Article, Severity
from watcher.web.auth.access import LOCAL_USER
from watcher.web.pages.forms import Filters, active_filters, cursor_of, facets_of, options_of

DAYS = st.dates(date(2, 1, 1), date(9998, 12, 31))
BOUNDS = (datetime(1970, 1, 1), datetime(3000, 1, 1))  # noqa: DTZ001  hypothesis adds the zone
SEEN = datetime(2026, 11, 3, tzinfo=UTC)


@for_each(("query", "parts"))
def test_a_query_says_what_is_wanted(query: str, parts: dict[str, object]):
    filters = Filters.read(query).to_query(LOCAL_USER, SEEN, Severity.MEDIUM)
    assert {name: plain(getattr(filters, name)) for name in parts} == parts


def plain(value: Any) -> Any:
    """What a value is called in the table: a severity by its label, nothing as no words."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value.label if isinstance(value, Severity) else "" if value is None else value


@for_each("query")
def test_what_is_not_understood_is_left_out(query: str):
    assert Filters.read(query) == Filters()


@given(
    state=st.sampled_from([*(state.value for state in ReviewState), "all"]),
    severity=st.lists(st.sampled_from(["high", "low"]), unique=True).map(tuple),
    section=st.none() | st.text(max_size=20),
    editor=st.text(max_size=20),
    q=st.text(max_size=20).map(str.strip),
    new=st.booleans(),
    first_day=st.just("") | DAYS.map(str),
    last_day=st.just("") | DAYS.map(str),
    order=st.sampled_from([sort_order.value for sort_order in SortOrder]),
    after=st.just("")
    | st.builds(
        EditPosition,
        rank=st.integers(0, 49),
        at=st.datetimes(*BOUNDS, timezones=st.just(UTC)),
        id=st.integers(1, 10**18 - 1),
    ).map(cursor_of),
)
def test_an_address_reads_back_as_the_filters_it_was_made_of(**parts: object):
    filters = Filters(**parts)  # type: ignore[arg-type]
    address = filters.url(after=filters.after)
    assert address.startswith("/")
    assert not address.startswith("//")
    assert Filters.read(address.partition("?")[2]) == filters
    assert Filters.read(filters.query) == filters


def test_a_value_is_added_and_taken_away_and_a_form_carries_the_others_along():
    filters = Filters.read("severity=high&after=5")
    assert filters.toggle_url("severity", "low") == "/?severity=high&severity=low"
    assert filters.toggle_url("severity", "high") == "/"
    filters = Filters.read("q=a&severity=high&section=&after=5")
    assert filters.fields("q") == [("severity", "high"), ("section", "")]
    assert Filters.read(f"section={'S' * 600}").section == "S" * 600  # headings in headings
    assert [Filters.read(query).is_filtered for query in ("", "state=all&order=newest", "q=a")] == [False, False, True]


COUNTS = FacetCounts(
    total=5,
    unassigned=2,
    states={ReviewState.OPEN: 5, ReviewState.DISMISSED: 2},
    severities={Severity.HIGH: 4, Severity.LOW: 1},
    kinds={"statistic.changed": 3, "weather.changed": 2},
    articles=((Article(wiki="en", page_id=17, title="Tolls"), 5),),
    sections={"": 1, "A › B": 4},
    editors={"Ada": 5},
    assignees={"eve": 1, "reviewer": 2},
)


def chosen(query: str) -> dict[str, list[tuple[str, int, str, bool]]]:
    made = facets_of(Filters.read(query), COUNTS, LOCAL_USER)
    return {each.heading: [(item.label, item.count, item.href, item.chosen) for item in each.options] for each in made}


def test_the_most_frequent_values_are_beside_the_list_and_the_others_a_link_away():
    many = replace(COUNTS, editors={f"Editor {number}": 99 - number for number in range(40)})
    by_name = {facet.name: facet for facet in facets_of(Filters.read("q=a&editor=Editor+30"), many, LOCAL_USER)}
    editors = by_name["editor"]
    assert [option.label for option in editors.options] == [*(f"Editor {number}" for number in range(8)), "Editor 30"]
    assert editors.more_url == "/filter/editor?editor=Editor+30&q=a"
    assert by_name["article"].more_url is None


def test_each_choice_has_its_number_and_an_address_that_adds_it():
    result = chosen("q=a")
    assert result["Article"] == [("Tolls", 5, "/?article=en%2F17&q=a", False)]
    assert result["Kind"][0] == ("Statistic changed", 3, "/?kind=statistic.changed&q=a", False)
    assert result["Section"][0] == ("Lead", 1, "/?q=a&section=", False)
    assert result["Editor"] == [("Ada", 5, "/?editor=Ada&q=a", False)]
    assert [item[:2] for item in result["Assigned"]] == [("To me", 2), ("eve", 1), ("To nobody", 2)]


@for_each(("query", "heading"))
def test_a_chosen_one_leads_back_to_all(query: str, heading: str):
    first = chosen(query)[heading][0]
    assert first[2:] == ("/", True)


def test_states_and_severities_are_all_offered():
    states = options_of(Filters(), COUNTS, LOCAL_USER, "state")
    labels = ("Open", "In discussion", "Decided", "Muted", "Resolved", "All")
    assert {each.label: each.count for each in states} == dict(zip(labels, (5, 0, 2, 0, 0, 7), strict=True))
    assert [each.label for each in states if each.chosen] == ["Open"]
    levels = options_of(Filters.read("severity=high"), COUNTS, LOCAL_USER, "severity")
    assert [(each.value, each.count, each.chosen) for each in levels][:2] == [("critical", 0, False), ("high", 4, True)]


def test_what_is_chosen_can_be_taken_away_one_by_one():
    query = "article=en/17&severity=high&kind=claim.changed&section=&editor=Ada&assignee=me&new=1&q=a"
    result = dict(active_filters(Filters.read(f"{query}&minimum_severity=low"), COUNTS, None))
    labels = "High; Claim changed; Tolls; in Lead; by Ada; assigned to me; low or more severe; new to you; “a”"
    assert "; ".join(result) == labels
    assert "severity=high" not in result["High"]
    assert "q=" not in result["“a”"]
