"""The command line as a user meets it: words in, an exit code and two streams out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from watcher.cli import main


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def watcher(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Answer]:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("WATCHER_WATCHLIST", "WATCHER_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Answer:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        shown = capsys.readouterr()
        return Answer(int(end.value.code or 0), shown.out, shown.err)

    return run
