"""Test that no regular expression takes quadratic time on hostile text: `re` holds the GIL meanwhile."""

import re
from collections.abc import Iterator

import pytest

from tests.watcher.pattern_attacks import Named, attacks, growth, patterns
from watcher.parse.mentions import _written
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.token_stream import _pattern
from watcher.text.words import forms

_PACKAGES = (
    "watcher.parse",
    "watcher.diff",
    "watcher.judge",
    "watcher.report",
    "watcher.notify",
    "watcher.fetch",
    "watcher.ledger",
    "watcher.text",
)
_SQUARE = 9.0  # four times the text: 4 where the cost is linear, 16 where it is the square
_ENOUGH = 0.004  # seconds; below, a clock says nothing, and the square of 8,000 characters takes ten times as long
_TRIES = 4  # a machine that is busy with other things may spoil a measurement, but not every one


def _built() -> list[Named]:
    """Patterns that functions make of tables and numbers."""
    (quantity,) = read_quantities("It had 1,234 victims.", "en")
    written = _written(quantity)
    assert written is not None
    made = {
        "quantities.tokens (en)": _pattern(".", ","),
        "quantities.tokens (de)": _pattern(",", "."),
        "mentions._written": written,
        "words.forms": forms().pattern,
    }
    return [Named(where, pattern) for where, pattern in made.items()]


def _grows(named: Named) -> Iterator[str]:
    """The attacks whose cost grows with the square of their length, in each of several measurements."""
    for attack in attacks(named.pattern):
        rate = growth(named, attack, enough=_ENOUGH)
        if rate > _SQUARE and all(growth(named, attack, enough=_ENOUGH) > _SQUARE for _ in range(_TRIES)):
            yield f"{attack}: ×{rate:.0f} for ×4"


def test_a_pattern_of_quadratic_cost_is_noticed():
    assert any(_grows(Named("planted", re.compile(r"\s*;\s*"))))
    assert any(_grows(Named("planted", re.compile(r"<([a-z]+)[^<>]*>"))))
    assert not any(_grows(Named("mended", re.compile(r"<([a-z]++)[^<>]*>"))))


@pytest.mark.slow
@pytest.mark.parametrize("package", _PACKAGES)
def test_no_pattern_of_a_stage_takes_the_square_of_a_text(package: str):
    assert {named.where: grown for named in patterns(package) if (grown := [*_grows(named)])} == {}


@pytest.mark.slow
@pytest.mark.parametrize("named", _built(), ids=lambda named: named.where)
def test_no_pattern_that_is_made_at_run_time_takes_the_square_of_a_text(named: Named):
    assert [*_grows(named)] == []
