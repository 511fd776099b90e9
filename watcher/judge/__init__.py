"""Judge changes by their severity."""

from watcher.judge.engine import RULES, SCORE, RuleTrace, explain, judge
from watcher.judge.limits import limit_findings
from watcher.judge.structure import lowered_by_namespace
from watcher.judge.worth import EditCounts

__all__ = [
    "RULES",
    "SCORE",
    "EditCounts",
    "RuleTrace",
    "explain",
    "judge",
    "limit_findings",
    "lowered_by_namespace",
]
