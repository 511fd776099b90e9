"""Judge changes by severity."""

from watcher.judge.engine import RULES, RuleTrace, explain, judge
from watcher.judge.limits import limit_findings
from watcher.judge.lint import lint_statistics, statistic_id

__all__ = ["RULES", "RuleTrace", "explain", "judge", "limit_findings", "lint_statistics", "statistic_id"]
