"""Judge changes by severity."""

from watcher.judge.engine import RULES, SCORE, RuleTrace, explain, judge
from watcher.judge.limits import limit_findings
from watcher.judge.lint import lint_statistics, statistic_id
from watcher.judge.worth import Surroundings

__all__ = [
    "RULES",
    "SCORE",
    "RuleTrace",
    "Surroundings",
    "explain",
    "judge",
    "limit_findings",
    "lint_statistics",
    "statistic_id",
]
