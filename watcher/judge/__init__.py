"""Changes in, Findings out."""

from watcher.judge.faults import faults, spot_of
from watcher.judge.limits import limit_findings
from watcher.judge.stage import RULES, Opinion, explain, judge

__all__ = ["RULES", "Opinion", "explain", "faults", "judge", "limit_findings", "spot_of"]
