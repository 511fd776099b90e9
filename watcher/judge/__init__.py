"""Changes in, Findings out."""

from watcher.judge.faults import faults, spot_of
from watcher.judge.stage import RULES, Opinion, explain, judge

__all__ = ["RULES", "Opinion", "explain", "faults", "judge", "spot_of"]
