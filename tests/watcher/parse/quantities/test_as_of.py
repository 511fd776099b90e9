from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "years"),
    [
        ("As of 2014, 40 boats sail.", ["2014"]),
        ("Some 40 boats sailed as of June 2014.", ["2014"]),
        ("In 2012, 40 boats sank and 50 sailed.", ["2012", "2012"]),
        ("It fell from 50 in 2000 to 40 boats in 2012.", ["2000", "2012"]),
        ("Some 40 boats (2014) sank.", ["2014"]),
        ("Some 40 boats sank between 2016 and 2018.", ["2018"]),
        ("The 2012 study counted 40 boats.", [None]),
        ("Some 40 boats sank.", [None]),
        ("The firm, founded in 1998, has 40 boats.", [None]),
        ("It must fall 45% from 2010 levels by 2030.", ["2030"]),
        ("In 2012 it was 5%. Now 40 boats sank.", ["2012", None]),
        ("In 2012, the U.S. Navy had 40 boats.", ["2012"]),
    ],
)
def test_the_year_that_dates_a_figure(text: str, years: list[str | None]) -> None:
    assert [q.as_of for q in read_quantities(text) if not q.measure.is_context] == years
