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


@for_each("words, others, expected")
def test_values_agree_where_both_can_be_right(words: str, others: str, expected: object):
    texts = (f"In 2012, a count matched {stated} in harbours.{CITE}" for stated in (words, others))
    (first,), (second,) = (list(statistics_of(number, "Boat", text)) for number, text in enumerate(texts, 1))
    assert agree(first, second) is agree(second, first) is expected
    assert bool([*contradictions([first], [second])]) is not expected
