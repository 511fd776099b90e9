"""Find the watchlist of this installation: where the environment says, else in the working directory.

Flows take names and ids as parameters, never a path: whoever may start a flow run would otherwise choose which file is
read, and where databases and reports are written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

WATCHLIST_VARIABLE: Final = "WATCHER_WATCHLIST"
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


def installed_watchlist(environ: Mapping[str, str] = os.environ) -> Path:
    """The watchlist that the environment names, as for every command."""
    return Path(environ.get(WATCHLIST_VARIABLE) or DEFAULT_WATCHLIST)
