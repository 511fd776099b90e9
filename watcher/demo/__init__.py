"""An article's history in, a wiki on loopback that lives through it out."""

from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf
from watcher.demo.story import STORY, TITLE, Step, play

__all__ = ["STORY", "TITLE", "ReplayWiki", "Shelf", "Step", "play"]
