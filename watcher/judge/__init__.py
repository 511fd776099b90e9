"""Judge changes by their severity."""

from watcher.judge.engine import RULES, SCORE, RuleTrace, explain, judge
from watcher.judge.limits import limit_findings
from watcher.judge.structure import lowered_by_namespace
from watcher.judge.worth import Surroundings

__all__ = [
    "RULES",
    "SCORE",
    "RuleTrace",
    "Surroundings",
    "explain",
    "judge",
    "limit_findings",
    "lowered_by_namespace",
]
