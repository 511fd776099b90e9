"""Changes in, Findings out."""

from watcher.judge.stage import RULES, Opinion, explain, judge

__all__ = ["RULES", "Opinion", "explain", "judge"]
