from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "expected", "code"),
    [
        ("It cost $5 then.", "$5", "USD"),
        ("It cost US$5 then.", "US$5", "USD"),
        ("It cost US $5 then.", "US $5", "USD"),
        ("A $5 fee.", "$5", "USD"),
        ("It cost C$5 then.", "C$5", "CAD"),
        ("It cost HK$5 then.", "HK$5", "HKD"),
        ("It cost £5 then.", "£5", "GBP"),
        ("It cost 5 € then.", "5 €", "EUR"),
        ("It cost 5€ then.", "5€", "EUR"),
        ("It cost ¥5 then.", "¥5", "JPY"),
        ("It cost Rs. 5 then.", "Rs. 5", "INR"),
        ("It cost EUR 5 then.", "EUR 5", "EUR"),
        ("It cost USD5 then.", "USD5", "USD"),
        ("It cost 5 euros then.", "5 euros", "EUR"),
        ("It cost 5 U.S. dollars then.", "5 U.S. dollars", "USD"),
        ("It cost 5 Hong Kong dollars then.", "5 Hong Kong dollars", "HKD"),
        ("It cost 5 million pounds then.", "5 million pounds", "GBP"),
        ("Up 45 cents then.", "45 cents", "cent"),
        ("It fell to 1,245p then.", "1,245p", "penny"),
        ("It cost -$5 then.", "-$5", "USD"),
    ],
)
def test_names_the_currency(text: str, expected: str, code: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.measure, quantity.text, quantity.unit) == (Measure.CURRENCY, expected, code)


@pytest.mark.parametrize("text", ["It weighs 25 pounds.", "Of them 3 won medals.", "It left 5 marks."])
def test_a_weight_or_a_verb_is_no_currency(text: str) -> None:
    assert [q.measure for q in read_quantities(text)] != [Measure.CURRENCY]
