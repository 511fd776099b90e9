"""Read the data that several checkouts share, in a folder next to this one or in WATCHER_SHARED."""

import gzip
import json
import lzma
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared")) / "data"
ARTICLE = SHARED / "articles/human-trafficking.wikitext"
PAIRS = SHARED / "revision-pairs/recent-changes.jsonl.gz"


def is_missing(path: Path) -> bool:
    """Whether a file or folder is missing; if so, print that."""
    if path.exists():
        return False
    sys.stderr.write(f"not measured: no {path}; set WATCHER_SHARED\n")
    return True


def article() -> str:
    """The wikitext of a long article."""
    return ARTICLE.read_text(encoding="utf-8")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, compressed or not."""
    opened: Callable[..., Any] = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opened(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
