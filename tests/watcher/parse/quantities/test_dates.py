from __future__ import annotations

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "expected", "iso"),
    [
        ("On 24 October 2007 it sank.", "24 October 2007", "2007-10-24"),
        ("On October 24, 2007 it sank.", "October 24, 2007", "2007-10-24"),
        ("On Oct. 24 it sank.", "Oct. 24", "--10-24"),
        ("On October 24 and 26, 2007 it sank.", "October 24 and 26, 2007", "2007-10-24"),
        ("On 4th  November, 2010 it sank.", "4th  November, 2010", "2010-11-04"),
        ("On the 4th of May 2010 it sank.", "4th of May 2010", "2010-05-04"),
        ("On 12 march 2005 it sank.", "12 march 2005", "2005-03-12"),
        ("In November, 2018 it sank.", "November, 2018", "2018-11"),
        ("As of 26.11.2018 it floats.", "26.11.2018", "2018-11-26"),
        ("As of 2018-11-26 it floats.", "2018-11-26", "2018-11-26"),
        ("As of 5/17/2018 it floats.", "5/17/2018", "2018-05-17"),
    ],
)
def test_a_date_is_one_piece_of_context(text: str, expected: str, iso: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.measure, quantity.text, quantity.as_of) == (Measure.DATE, expected, iso)


@for_each(
    "text",
    [
        "In 1994 it sank.",
        "It sank (2004).",
        "The 2012 study.",
        "By the year 2020.",
        "In mid-2012 it sank.",
        "Since 1500 it floats.",
        "It sank c. 1905.",
        "It sank (c.1789).",
        "It was war (~1860–1921).",
        "It was war (1936-9).",
        "In 900 AD 2000 AD came.",
    ],
)
def test_a_year_is_context(text: str) -> None:
    assert Measure.YEAR in {q.measure for q in read_quantities(text)}


@for_each(
    "text",
    [
        "It had 1914 employees.",
        "More than 2000 boats.",
        "It numbered 1850.",
        "A crowd of 1500 people.",
        "It weighs 2000 kg.",
        "It cost $1999.",
        "2000% more.",
    ],
)
def test_a_year_shaped_number_can_count(text: str) -> None:
    assert not [q for q in read_quantities(text) if q.measure.is_context]


@for_each(
    "text",
    ["At 12:30 it left.", "At 6 p.m. it left.", "In 2:15:25 she came.", "At 5 o'clock.", "午後5時頃", "下午5时30分"],
)
def test_a_time_of_day_is_nothing(text: str) -> None:
    assert read_quantities(text) == ()


def test_hours_that_last_are_counted() -> None:
    assert [q.text for q in read_quantities("17時間30分続いた", "ja")] == ["17", "30"]


def test_a_count_after_a_date_is_no_second_day() -> None:
    assert [(q.text, q.unit) for q in read_quantities("On October 24 and 26 people sank.")] == [
        ("October 24", None),
        ("26", "people"),
    ]
