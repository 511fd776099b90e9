"""Compare sentences through the whole pipeline, so that every rule takes part."""

from collections.abc import Callable

import pytest

from watcher import compare_wikitext
from watcher.judge import judge
from watcher.model import Finding, Policy
from watcher.pipeline import changes_between

OLD_SOURCE = '<ref name="a">{{cite web |url=https://example.org/2012 |title=Survey of 2012}}</ref>'
NEW_SOURCE = '<ref name="b">{{cite web |url=https://example.org/2016 |title=Survey of 2016}}</ref>'

Findings = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def findings() -> Findings:
    """Compare two texts under a policy."""

    def compare(old: str, new: str, policy: Policy | None = None) -> tuple[Finding, ...]:
        return compare_wikitext(old, new, policy=policy).findings

    return compare


@pytest.fixture
def ruled() -> Findings:
    """Compare two texts, and let the rules alone judge: no score lowers what they say."""

    def compare(old: str, new: str) -> tuple[Finding, ...]:
        return judge(changes_between(old, new)[0], table={})

    return compare


@pytest.fixture
def judged(findings: Findings) -> Callable[..., Finding]:
    """The one finding between two texts of the given kind."""

    def only(old: str, new: str, kind: str = "statistic.changed", policy: Policy | None = None) -> Finding:
        rows = [finding for finding in findings(old, new, policy) if finding.change.kind.value == kind]
        assert len(rows) == 1, [(finding.change.kind.value, finding.summary) for finding in findings(old, new, policy)]
        return rows[0]

    return only


@pytest.fixture
def old_source() -> str:
    return OLD_SOURCE


@pytest.fixture
def new_source() -> str:
    return NEW_SOURCE
