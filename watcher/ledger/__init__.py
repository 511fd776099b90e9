"""Compare each text of an article with the one before: snapshots in, what every edit did to each element out."""

from watcher.ledger.recorder import Recorder, with_current

__all__ = ["Recorder", "with_current"]
