import logging

from watcher.web.connections import LogRate


def a_record(text: str, created: float, *, line: int = 1) -> logging.LogRecord:
    record = logging.LogRecord("asyncio", logging.ERROR, "base_events.py", line, "%s", (text,), None)
    record.created = created
    return record


def test_a_line_that_comes_again_and_again_is_written_a_few_times_a_minute_and_then_counted():
    rate = LogRate(burst=3, window=60)
    written = [rate.filter(a_record(f"out of files, socket {number}", 100 + number / 100)) for number in range(1000)]
    assert written == [True] * 3 + [False] * 997
    after = a_record("out of files, socket 7", 161)
    assert rate.filter(after)
    assert after.getMessage() == "out of files, socket 7 (997 more of these were not logged)"


def test_each_line_of_code_has_its_own_count():
    rate = LogRate(burst=1, window=60)
    assert rate.filter(a_record("a", 100))
    assert not rate.filter(a_record("b", 100))
    assert rate.filter(a_record("a", 100, line=2))


def test_a_clock_that_was_set_back_begins_a_new_minute():
    rate = LogRate(burst=1, window=60)
    assert rate.filter(a_record("a", 1000))
    assert rate.filter(a_record("a", 10))
