from __future__ import annotations

import pytest

from watcher.model import Dialect, TextKind
from watcher.parse.document import analyse

ENGLISH = Dialect()


def cells(text: str):
    return [
        (sentence.label, sentence.text)
        for sentence in analyse(text, ENGLISH).sentences
        if sentence.where is TextKind.TABLE
    ]


@pytest.mark.slow
@pytest.mark.parametrize("span", ["colspan=99999999999", "rowspan=99999999999", "colspan=0", "colspan=x", "rowspan=-3"])
def test_a_senseless_span_loses_no_cell(span: str):
    rows = f"|-\n| {span} | a || b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600


@pytest.mark.slow
def test_spans_that_ask_for_a_million_slots_end_without_losing_a_cell():
    rows = "|-\n| colspan=1000 rowspan=900 | a || colspan=1000 rowspan=900 | b\n" * 300
    assert len(cells(f"{{|\n{rows}|}}")) == 600
