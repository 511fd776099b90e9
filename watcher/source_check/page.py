"""Define the content of a cited page, and read it in a separate process with limited time and memory.

Pages are by strangers, and neither the HTML parser nor the PDF parser limits the work that a page causes. The process
is started by a command, not forked: it inherits no database connection, no lock and no secret of the environment, and
the parent loads no parser.
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
"""The time limit for reading a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePassage:
    """A paragraph, list item or cell of a page.

    `heading` is the heading above it; `label` names a cell by its headers or caption. `aside` marks text beside the
    content: navigation, comments, other articles. A number there is on the page, but does not state anything.
    """

    text: str
    heading: str = ""
    label: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """The content of a page; `url` is its address after redirects.

    A page with a `problem` has no passages, except for a paywall: then they are the ones before it. `partial` means
    that the page may have more text than was read. `language` is the language of the text.
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
    """A page cannot be read, for the reason `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "COVERAGE_PROCESS_CONFIG")


def read_source(url: str, *, contact: str, hosts: Collection[str] = (), seconds: float = SECONDS) -> SourcePage:
    """Read a page within `seconds`; `contact` is sent to its server, and `hosts` (`host:port`) are also allowed.

    Any failure is returned as the page's `problem`.
    """
    request = {"url": url, "contact": contact, "hosts": [*hosts], "seconds": seconds}
    failed = SourcePage(url=url, problem=Problem.LATE)
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            command_of("watcher.source_check.reader"),
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Without secrets and proxies; with one memory arena, as each reserves 64 MB.
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"MALLOC_ARENA_MAX": "1"},
            timeout=seconds,
            check=False,
        )
        return SourcePage.from_dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return failed
    except (OSError, ValueError, KeyError, TypeError):  # it took too much memory or processor time
        return replace(failed, problem=Problem.BROKEN)
