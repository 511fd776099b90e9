from __future__ import annotations

from tests.cases import for_each
from tests.contradiction_cases import case_of, find_pairs, read_cases, statistics_of
from watcher.judge.contradictions import agree, contradictions

CITE = "<ref>{{cite web|title=T|url=https://a.example.org/b/c|date=2014}}</ref>"


def test_planted_contradictions_are_found_and_nothing_else_is_taken_for_one():
    cases, articles = read_cases()
    matched, wrong = set[str](), list[str]()
    for first, second in find_pairs(articles):
        case = case_of(cases, first, second)
        if case is not None and case.planted:
            matched.add(case.label)
        else:
            wrong.append(f"{first.statistic.sentence} | {second.statistic.sentence}")
    planted = {case.label for case in cases if case.planted}
    assert len(planted) >= 40
    assert len(matched) >= 0.9 * len(planted), planted - matched
    assert len(wrong) <= 2, wrong


@for_each(
    "words, others, expected",
    [
        ("21 million boats", "20.9 million boats", True),
        ("21 million boats", "21.6 million boats", False),
        ("0.5 million boats", "540,000 boats", True),
        ("20 million boats", "21 million boats", False),
        ("about 20 million boats", "21 million boats", True),
        ("more than 20 million boats", "25 million boats", True),
        ("more than 20 million boats", "more than 25 million boats", False),
        ("up to 20 boats", "25 boats", False),
        ("between 20 and 30 boats", "25 boats", True),
        ("between 20 and 30 boats", "between 20 and 40 boats", False),
        ("nearly 300 boats", "297 boats", True),
        ("12 boats", "13 boats", False),
    ],
)
def test_values_agree_where_both_can_be_right(words: str, others: str, expected: object):
    texts = (f"In 2012, a count matched {stated} in harbours.{CITE}" for stated in (words, others))
    (first,), (second,) = (list(statistics_of(number, "Boat", text)) for number, text in enumerate(texts, 1))
    assert agree(first, second) is agree(second, first) is expected
    assert bool([*contradictions([first], [second])]) is not expected
