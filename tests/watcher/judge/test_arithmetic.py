"""Test that sums and shares that held before an edit are checked after it."""

from __future__ import annotations

from watcher import parse
from watcher.judge.anomalies import broken_share, broken_sum, implied_wholes


def stated(text):
    return [statistic for statistic in parse(text).statistics if not statistic.quantity.measure.is_context]


def test_parts_that_made_their_whole_and_no_longer_do():
    old, new = "Of 50 ships, 20 sank and 30 survived.", "Of 50 ships, 20 sank and 35 survived."
    assert broken_sum(stated(old), stated(new)) == "parts that added up to 50 no longer do"
    assert broken_sum(stated(old), stated(old)) is None


def test_share_of_a_total_in_the_same_sentence():
    old, new = "Of 200 votes, 50 (25%) were void.", "Of 200 votes, 90 (25%) were void."
    assert broken_share(stated(old), stated(new)) is not None
    assert broken_share(stated(new), stated(old)) is None


def test_share_past_the_whole():
    old, new = "Some 60% of the ships sank.", "Some 160% of the ships sank."
    assert broken_sum(stated(old), stated(new)) == "160 % is more than the whole"


def test_sentence_with_another_number_of_figures_is_not_compared():
    assert broken_sum(stated("Some 60% are men and 40% women."), stated("Some 60% are men.")) is None


def test_whole_is_implied_by_a_count_and_its_percentage():
    assert [round(whole) for _, whole in implied_wholes(stated("In all 50 (25%) were void."))] == [200]
