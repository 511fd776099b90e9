"""`watcher demo`: the whole product offline, on a small wiki that plays an article's history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where the demo writes.")] = Path("demo"),
) -> None:
    """Show the whole product offline: a small wiki, the real flow, alerts in an inbox, a report.

    Example: watcher demo
    """
    from flows.demonstration import demonstrate

    raise typer.Exit(demonstrate(folder))
