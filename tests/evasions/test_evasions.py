"""Test that no edit of a known class stays below an alert, and that their harmless twins do.

Run `python -m tests.evasions.test_evasions` for the table of classes: how many were tried, how many were told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.evasions.articles import Evasion
from tests.evasions.forms import MONSTERS, evasions
from tests.evasions.harmless import harmless
from watcher import compare_wikitext
from watcher.model import Comparison, Policy, Severity
from watcher.parse.template_names import dialect_for

_ALARMED = 0.02  # of the harmless ones


def compared(edit: Evasion) -> Comparison:
    return compare_wikitext(edit.old, edit.new, policy=Policy(pinned=edit.pins), wiki=dialect_for(edit.language))


def alerts(edit: Evasion) -> bool:
    """Whether the edit alerts; of a drowned one, whether the alert names what was planted."""
    findings = compared(edit).at_least(Severity.MEDIUM)
    return any(all(word in f"{finding.summary} {finding.to_dict()}" for word in edit.planted) for finding in findings)


def silent(edits: Iterable[Evasion]) -> list[str]:
    return [f"{edit.name} ({edit.kind}): {edit.form}" for edit in edits if not alerts(edit)]


def sample(edits: Iterable[Evasion], step: int) -> Iterator[Evasion]:
    """Yield the first form of each class, and one in so many of the others."""
    seen = Counter[str]()
    for edit in edits:
        if not seen[edit.name] % step:
            yield edit
        seen[edit.name] += 1


@pytest.mark.parametrize("step", [61, pytest.param(1, marks=pytest.mark.slow)])
def test_the_forms_of_every_class_alert(step: int):
    edits = [*evasions()]
    assert len(edits) >= 1_800
    assert silent(sample(edits, step)) == []


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_harmless_twins_wake_nobody(step: int):
    edits = [*harmless()]
    assert len(edits) >= 700
    tried = [*sample(edits, step)]
    alarmed = [f"{edit.name} ({edit.kind}): {edit.form}" for edit in tried if compared(edit).at_least(Severity.MEDIUM)]
    assert len(alarmed) <= _ALARMED * len(tried), alarmed


def test_a_number_that_cannot_be_calculated_with_leaves_the_others_readable():
    for monster in MONSTERS:
        old, new = (f"In 2012, {people} million people came ({monster})." for people in (21, 25))
        comparison = compare_wikitext(old, new)
        assert comparison.unread == ()
        assert any("21 million → 25 million" in finding.summary for finding in comparison.findings), monster


def test_what_is_collapsed_is_noted_and_wakes_nobody():
    table = '{| class="wikitable"\n! Year !! People\n|-\n| 2010 || 640\n|}'
    styled = table.replace('"wikitable"', '"wikitable mw-collapsed"')
    for new in (styled, f"{{{{Hidden begin|x}}}}\n{table}\n{{{{hidden end}}}}"):
        finding = compare_wikitext(table, new).findings[-1]
        assert (finding.severity, finding.rule) == (Severity.LOW, "collapsed")
        assert finding.summary == "more of the page is collapsed: 1 parts, before 0"


def main() -> None:
    tried, alerting = Counter[str](), Counter[str]()
    for edit in evasions():
        tried[edit.name] += 1
        alerting[edit.name] += alerts(edit)
    for name, count in tried.items():
        print(f"{name:24} tried {count:4}  told {alerting[name]:4}")
    alarmed = [edit.name for edit in harmless() if compared(edit).at_least(Severity.MEDIUM)]
    print(f"{'harmless':24} tried {sum(1 for _ in harmless()):4}  alarmed {len(alarmed)}")


if __name__ == "__main__":
    main()
