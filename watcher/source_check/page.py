"""Define what was read of a cited page, and let a process of its own read it, which has bounded time and memory.

Pages are by strangers, and neither the parser of HTML nor that of PDF bounds what a page makes it do. The process is
started by its own command, not forked: it inherits no database connection, no lock and no secret of the environment,
and this one loads no parser.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files
from typing import Any, Final

from watcher.model.source_checks import Problem
from watcher.processes import command_of

WORDS: Final = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
SECONDS: Final = 20.0
"""Within which a page is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePassage:
    """A paragraph, item or cell of a page.

    `heading` is the one above it, `label` names a cell by its headers or caption. `aside` marks what stands beside the
    content: navigation, comments, other articles. A number there is on the page, and nothing is stated by it.
    """

    text: str
    heading: str = ""
    label: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """What was read at an address, which is that after redirects.

    Of a page with a `problem` nothing is taken, but for a paywall: then the passages are those before it. `partial`
    says that there may be more than was read. `language` is that of its words.
    """

    url: str
    passages: tuple[SourcePassage, ...] = field(default=(), repr=False)
    title: str = ""
    language: str = ""
    partial: bool = False
    problem: Problem | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON."""
        rows = [[passage.text, passage.heading, passage.label, passage.aside] for passage in self.passages]
        return asdict(self) | {"passages": rows, "problem": self.problem and self.problem.name}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> SourcePage:
        """Return the page that `to_dict` wrote."""
        passages = tuple(
            SourcePassage(text=text, heading=heading, label=label, aside=aside)
            for text, heading, label, aside in written["passages"]
        )
        problem = written["problem"]
        return cls(**{**written, "passages": passages, "problem": Problem[problem] if problem else None})


class Unreadable(Exception):
    """A page cannot be read, for this reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "COVERAGE_PROCESS_CONFIG")


def read_source(url: str, *, contact: str, hosts: Collection[str] = (), seconds: float = SECONDS) -> SourcePage:
    """Read a page within `seconds`; `contact` is told to its server, `hosts` (`host:port`) are allowed besides.

    Whatever goes wrong is the page's `problem`.
    """
    request = {"url": url, "contact": contact, "hosts": [*hosts], "seconds": seconds}
    failed = SourcePage(url=url, problem=Problem.LATE)
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            command_of("watcher.source_check.reader"),
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Without secrets and proxies; one arena of memory, for each reserves 64 MB.
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"MALLOC_ARENA_MAX": "1"},
            timeout=seconds,
            check=False,
        )
        return SourcePage.from_dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return failed
    except (OSError, ValueError, KeyError, TypeError):  # it took too much memory or time of the processor
        return replace(failed, problem=Problem.BROKEN)
