from dataclasses import replace

from snapshots import FacetCounts, ReviewState
from tests.cases import for_each
from watcher.model import Article, Severity
from watcher.web.auth.authentication import LOCAL_USER
from watcher.web.pages import facets
from watcher.web.pages.filters import Filters

COUNTS = FacetCounts(
    total=5,
    states={ReviewState.OPEN: 5, ReviewState.DISMISSED: 2},
    severities={Severity.HIGH: 4, Severity.LOW: 1},
    kinds={"statistic.changed": 3, "weather.changed": 2},
    articles=((Article(wiki="en", page_id=17, title="Tolls"), 5),),
    sections={"": 1, "A › B": 4},
    editors={"Ada": 5},
    assignees={"eve": 1, "reviewer": 2},
)


def chosen(query: str) -> dict[str, list[tuple[str, int, str, bool]]]:
    made = facets.facets(Filters.read(query), COUNTS, LOCAL_USER)
    return {
        facet.heading: [(option.label, option.count, option.href, option.chosen) for option in facet.options]
        for facet in made
    }


def test_the_most_frequent_values_are_beside_the_list_and_the_others_a_link_away():
    many = replace(COUNTS, editors={f"Editor {number}": 99 - number for number in range(40)})
    by_name = {facet.name: facet for facet in facets.facets(Filters.read("q=a&editor=Editor+30"), many, LOCAL_USER)}
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


@for_each(
    ("query", "heading"),
    [("article=en/17", "Article"), ("kind=statistic.changed", "Kind"), ("section=", "Section"),
     ("editor=Ada", "Editor"), ("assignee=me", "Assigned")],
)  # fmt: skip
def test_a_chosen_one_leads_back_to_all(query: str, heading: str):
    first = chosen(query)[heading][0]
    assert first[2:] == ("/", True)


def test_states_and_severities_are_all_offered():
    states = facets.states(Filters(), COUNTS)
    assert [(facet_option.label, facet_option.count) for facet_option in states] == [
        ("Open", 5), ("In discussion", 0), ("Decided", 2), ("Muted", 0), ("Resolved", 0),
        ("All", 7),
    ]  # fmt: skip
    assert [facet_option.chosen for facet_option in states] == [True, False, False, False, False, False]
    levels = facets.severities(Filters.read("severity=high"), COUNTS)
    assert [(facet_option.mark, facet_option.count, facet_option.chosen) for facet_option in levels][:2] == [
        ("critical", 0, False),
        ("high", 4, True),
    ]


def test_what_is_chosen_can_be_taken_away_one_by_one():
    query = "article=en/17&severity=high&kind=claim.changed&section=&editor=Ada&assignee=me&new=1&q=a"
    result = dict(facets.active_filters(Filters.read(query), COUNTS, None))
    assert list(result) == [
        "High",
        "Claim changed",
        "Tolls",
        "in Lead",
        "by Ada",
        "assigned to me",
        "new to you",
        "“a”",
    ]
    assert "severity" not in result["High"]
    assert "q=" not in result["“a”"]
